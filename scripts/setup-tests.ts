// Installs what the tests drive beside Node: as root on Debian with apt-get, elsewhere it prints the one
// command that would. What is still missing makes its tests skipped, and skipped tests fail the run.

import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { findEngine } from '../test/helpers/container-engine.ts';

interface Need {
  /** A program on PATH, or where it must be, as a pattern where its version is part of the path. */
  readonly program: string;
  /** The Debian package that has it. */
  readonly package: string;
  readonly why: string;
  /** Asked when it is missing: something else does its work. */
  readonly needless?: () => boolean;
}

const needs: readonly Need[] = [
  { program: '/usr/bin/python3', package: 'python3', why: 'example app' },
  { program: 'ruby', package: 'ruby', why: 'example app' },
  { program: 'php', package: 'php-cli', why: 'example app' },
  { program: 'java', package: 'default-jdk-headless', why: 'example app' },
  { program: 'go', package: 'golang-go', why: 'example app' },
  { program: 'socat', package: 'socat', why: 'example app in shell' },
  { program: '/usr/bin/wrk', package: 'wrk', why: 'load' },
  { program: 'zsh', package: 'zsh', why: 'completion' },
  { program: 'fish', package: 'fish', why: 'completion' },
  { program: 'celery', package: 'celery', why: 'recipes of workers' },
  {
    program: '/usr/lib/rabbitmq/bin/rabbitmq-server',
    package: 'rabbitmq-server',
    why: 'recipes of workers',
  },
  {
    program: '/usr/lib/python3/dist-packages/pika/__init__.py',
    package: 'python3-pika',
    why: 'messages of another client',
  },
  {
    program: '/usr/lib/postgresql/*/bin/initdb',
    package: 'postgresql',
    why: 'migration gates',
  },
  { program: '/usr/bin/django-admin', package: 'python3-django', why: 'migration gates' },
  {
    program: '/usr/lib/python3/dist-packages/psycopg2/__init__.py',
    package: 'python3-psycopg2',
    why: 'migration gates',
  },
  {
    program: '/usr/lib/python3/dist-packages/debugpy/__init__.py',
    package: 'python3-debugpy',
    why: 'debuggers',
  },
  { program: '/usr/lib/php/*/xdebug.so', package: 'php-xdebug', why: 'debuggers' },
  { program: '/usr/sbin/cron', package: 'cron', why: 'recipes of workers' },
  { program: '/usr/bin/chromium', package: 'chromium', why: 'pages in a browser' },
  { program: 'strip', package: 'binutils', why: 'the single executable' },
  { program: 'patchelf', package: 'patchelf', why: 'the image' },
  { program: 'busybox', package: 'busybox-static', why: 'an image without glibc' },
  ...['podman', 'runc', 'debootstrap'].map((name) => ({
    ...{ program: name, package: name, why: 'images without Docker' },
    needless: () => findEngine()?.isOurs === false,
  })),
];

const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Says what it does. Does nothing, and says nothing, when everything is there. With `packages` only these
 * are looked for.
 */
export function setUpTests(packages?: readonly string[]): void {
  const wanted = needs.filter((need) => packages?.includes(need.package) ?? true);
  const missing = wanted.filter(
    ({ program, needless }) => !isInstalled(program) && needless?.() !== true,
  );
  if (missing.length === 0) return;
  const names = missing.map((need) => need.package);
  const reasons = missing.map((need) => `${need.package} (${need.why})`).join(', ');
  if (!isInstalled('apt-get') || process.getuid?.() !== 0) {
    console.error(
      `The tests also need ${reasons}. On Debian: sudo apt-get install ${names.join(' ')}`,
    );
    return;
  }
  console.log(`Installing with apt-get what the tests need: ${reasons}`);
  aptGet('update');
  withoutServices(() => aptGet('install', '--yes', '--no-install-recommends', ...names));
}

/** Debian's packages start what they bring, PostgreSQL and RabbitMQ too; tests start their own. */
function withoutServices(install: () => void): void {
  if (existsSync(POLICY)) {
    install();
    return;
  }
  // As deb-systemd-invoke(1) and invoke-rc.d(8) ask it: 101 is no.
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(POLICY);
  }
}

function aptGet(...args: readonly string[]): void {
  execFileSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

export function isInstalled(program: string): boolean {
  // A path may also be that of a library.
  if (program.startsWith('/')) return globSync(program).length > 0;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}

if (import.meta.main) setUpTests();
