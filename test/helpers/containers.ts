// Containers that run images as a cluster would.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';

import { findEngine, perform, type ContainerEngine } from './container-engine.ts';
import { Hurricane, type Result } from './hurricane.ts';
import { usePort } from './port.ts';

/** What a restricted pod has, in a namespace with users of its own as OpenShift gives them, and little of all. */
export const restricted = [
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--user', '1000660000:0', '--pids-limit', '64', '--memory', '128m'],
];

/**
 * Defines a test with an engine that has the carrier of this build; skipped where `npm test` has found that
 * images can neither be built nor run.
 */
export function testInContainers(
  title: string,
  body: (engine: ContainerEngine, t: TestContext) => Promise<void>,
): void {
  test(title, async (t) => {
    const engine = findEngine();
    const reason = process.env['NO_IMAGES'];
    if (engine === undefined || reason !== undefined) t.skip(reason ?? 'nobody runs images here');
    else await body(engine, t);
  });
}

interface ContainerOptions {
  /** Of `run`. */
  readonly flags?: readonly string[];
  /** Behind the image: they replace its CMD. */
  readonly args?: readonly string[];
}

/** Runs a container to its end. */
export async function runContainer(
  engine: ContainerEngine,
  image: string,
  options: ContainerOptions = {},
): Promise<Result> {
  const [program = '', ...words] = commandOf(engine, image, options);
  const child = spawn(program, words, { signal: AbortSignal.timeout(60_000) });
  child.stdin.end();
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, signal, stdout, stderr };
}

export interface Container {
  readonly hurricane: Hurricane;
  /** Has the engine stop it as `docker stop -t 30` does; resolves when it has ended. */
  readonly stop: () => Promise<void>;
  /** That of hurricane, as this machine counts. */
  readonly pid: () => Promise<number>;
}

/** Starts a container whose hurricane listens on ports of its own; removed after the test. */
export async function startContainer(
  t: TestContext,
  engine: ContainerEngine,
  image: string,
  { flags = [], args = [] }: ContainerOptions = {},
): Promise<Container> {
  const port = await usePort();
  const name = `hurricane-test-${randomUUID()}`;
  const ports = [`HURRICANE_PORT=${port}`, `HURRICANE_PROBE_PORT=${port + 1}`];
  const [program = '', ...words] = commandOf(engine, image, {
    flags: ['--name', name, ...ports.flatMap((variable) => ['--env', variable]), ...flags],
    args,
  });
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const hurricane = new Hurricane(child, child.stdout, { port, probePort: port + 1 });
  t.after(async () => {
    await perform(engine, ['rm', '--force', name]).catch(() => undefined); // it is gone already
    await hurricane.exit;
  });
  return {
    hurricane,
    pid: async () => Number(await perform(engine, ['inspect', '--format', '{{.State.Pid}}', name])),
    stop: async () => {
      await perform(engine, ['stop', '-t', '30', name]);
    },
  };
}

function commandOf(
  { words, runFlags }: ContainerEngine,
  image: string,
  { flags = [], args = [] }: ContainerOptions,
): readonly string[] {
  return [...words, 'run', '--rm', '--network', 'host', ...runFlags, ...flags, image, ...args];
}
