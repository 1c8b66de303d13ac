import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import {
  displayCommand,
  fillPlaceholders,
  findExecutable,
  programName,
} from '../../../src/process/command.ts';
import { stopSignalFor } from '../../../src/process/signals.ts';
import { useTempDir } from '../../helpers/temp-dir.ts';

function write(dir: string, name: string, mode: number): string {
  const path = join(dir, name);
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

suite('a command', () => {
  test('gets its port and host wherever the placeholders stand', () => {
    const words = ['run', '--listen={host}:{port}', '{port}', '{other}', '{socket}'];
    assert.deepEqual(fillPlaceholders(words, { host: '127.0.0.1', port: 81, socket: undefined }), [
      'run',
      '--listen=127.0.0.1:81',
      '81',
      '{other}',
      '{socket}',
    ]);
  });

  test('is shown as a shell would take it, without passwords of URLs', () => {
    assert.equal(
      displayCommand(['sh', '-c', "echo 'a b'", '', '--db=postgres://u:p@db/x']),
      String.raw`sh -c 'echo '\''a b'\''' '' --db=postgres://***@db/x`,
    );
  });

  test('is found in PATH, by its path, or seen to be missing, not executable or a folder', (t) => {
    const dir = useTempDir(t);
    const program = write(dir, 'program', 0o755);
    const text = write(dir, 'text', 0o644);
    const options = { path: `/nowhere:${dir}`, cwd: dir };
    assert.deepEqual(findExecutable('program', options), { kind: 'found', path: program });
    assert.deepEqual(findExecutable('./program', options), { kind: 'found', path: program });
    assert.deepEqual(findExecutable(program, options), { kind: 'found', path: program });
    assert.deepEqual(findExecutable('text', options), { kind: 'not-executable', path: text });
    assert.deepEqual(findExecutable(dir, options), { kind: 'no-file', path: dir });
    assert.deepEqual(findExecutable('absent', options), { kind: 'missing' });
    assert.deepEqual(findExecutable('./absent/program', options), { kind: 'missing' });
    assert.deepEqual(findExecutable(join('text', 'x'), options), { kind: 'missing' });
  });

  test('an executable later in PATH beats a file that is none', (t) => {
    const first = useTempDir(t);
    const second = useTempDir(t);
    write(first, 'tool', 0o644);
    const tool = write(second, 'tool', 0o755);
    const path = `${first}:${second}`;
    assert.deepEqual(findExecutable('tool', { path, cwd: '/' }), { kind: 'found', path: tool });
  });
});

suite('the program of a command', () => {
  const names: readonly (readonly [command: string, name: string])[] = [
    ['/usr/sbin/nginx -g daemon', 'nginx'],
    ['env A=1 B=2 nginx', 'nginx'],
    ['env', 'env'],
    ['env -i nginx', 'env'],
    ['/docker-entrypoint.sh nginx -g', 'nginx'],
    ['docker-php-entrypoint php-fpm', 'php-fpm'],
    ['docker-php-entrypoint --version', 'docker-php-entrypoint'],
    ['env X=1 docker-entrypoint.sh httpd-foreground', 'httpd-foreground'],
    ['node nginx', 'node'],
    ['/usr/bin/python3.11 -m celery worker', 'celery'],
    ['python3 -u -m celery worker', 'celery'],
    ['python3 -Wignore -X dev -um celery worker', 'celery'],
    ['python3 -mcelery worker', 'celery'],
    ['bundle exec unicorn -c config/unicorn.rb', 'unicorn'],
    ['env A=1 /srv/bin/bundle exec --keep-file-descriptors bin/unicorn_rails', 'unicorn_rails'],
    ['bundle3.1 exec env A=1 unicorn', 'unicorn'],
    ['bundle exec puma', 'puma'],
    ['bundle exec', 'bundle'],
    ['bundle install unicorn', 'bundle'],
    ['bundle-audit exec unicorn', 'bundle-audit'],
    ['python3 app.py -m celery', 'python3'],
    ['python3 -u app.py -m celery', 'python3'],
    ['python3 -c pass -m celery', 'python3'],
    ['python3 -m', 'python3'],
  ];
  for (const [command, name] of names) {
    test(`is ${name} in: ${command}`, () => assert.equal(programName(command.split(' ')), name));
  }

  test('decides the stop signal', () => {
    const signals = {
      'nginx -g x': 'SIGQUIT',
      'php-fpm8.2 -F': 'SIGQUIT',
      'apache2 -D': 'SIGWINCH',
      'httpd-foreground': 'SIGWINCH',
      'env A=1 unicorn': 'SIGQUIT',
      'bundle exec unicorn': 'SIGQUIT',
      'bundle exec puma': 'SIGTERM',
      haproxy: 'SIGUSR1',
      'node nginx.js': 'SIGTERM',
      'nginx-exporter': 'SIGTERM',
    };
    for (const [command, signal] of Object.entries(signals)) {
      const stop = { signal, leaderOnly: false };
      assert.deepEqual(stopSignalFor(command.split(' ')), stop, command);
    }
  });

  test('decides who gets it, whatever signal is given', () => {
    const celery = ['celery', '--app', 'tasks', 'worker'];
    assert.deepEqual(stopSignalFor(celery), { signal: 'SIGTERM', leaderOnly: true });
    const quit = { signal: 'SIGQUIT', leaderOnly: false } as const;
    assert.deepEqual(stopSignalFor(celery, quit), { signal: 'SIGQUIT', leaderOnly: true });
    assert.deepEqual(stopSignalFor(['nginx'], quit), quit);
    const leader = { signal: 'SIGINT', leaderOnly: true } as const;
    assert.deepEqual(stopSignalFor(['sh', '-c', 'exec celery'], leader), leader);
  });
});
