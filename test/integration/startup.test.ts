import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';

import { Deadline } from '../../src/core/deadline.ts';
import type { Emit } from '../../src/core/events.ts';
import { isAbort } from '../../src/core/scope.ts';
import { Child } from '../../src/process/child.ts';
import { portsOf } from '../../src/process/listening-ports.ts';
import { waitUntilUp } from '../../src/startup/app-up.ts';
import {
  runStartupCommands,
  type StartupCommandOptions,
} from '../../src/startup/startup-commands.ts';
import { waitForDependencies } from '../../src/startup/wait-for.ts';
import { eventually } from '../helpers/eventually.ts';
import { recordedLog } from '../helpers/recorded-log.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const never = new AbortController().signal;
const silent: Emit = () => undefined;

async function useServer(t: TestContext, status = 200): Promise<{ port: number }> {
  const server: Server = createServer((_request, response) => response.writeHead(status).end());
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
}

/** Runs shell scripts as startup commands in a folder of their own. */
function useCommands(t: TestContext, options: Partial<StartupCommandOptions> = {}) {
  const cwd = useTempDir(t);
  const events: string[] = [];
  const log = recordedLog();
  const all: StartupCommandOptions = {
    timeoutMs: Infinity,
    ...{ graceMs: 200, env: process.env, cwd, signal: never, log },
    emit: (name, data) => {
      const ended = 'ending' in data && data.ending;
      events.push(['command' in data && data.command, name, ended].filter(Boolean).join(' '));
    },
    ...options,
  };
  const run = (...scripts: string[]): Promise<void> =>
    runStartupCommands(
      scripts.map((script, at) => ({ words: ['sh', '-c', script], text: `step ${at + 1}` })),
      all,
    );
  return { run, events, log, has: (file: string) => existsSync(join(cwd, file)) };
}

suite('startup commands', () => {
  test('run one after the other, and each line they print is logged under its command', async (t) => {
    const { run, events, log, has } = useCommands(t);
    await run('sleep 0.05; touch first', 'test -e first && echo done >&2 && touch second');
    assert.equal(has('second'), true);
    assert.deepEqual(events, [
      'step 1 command.started',
      'step 1 command.ended exited with code 0',
      'step 2 command.started',
      'step 2 command.ended exited with code 0',
    ]);
    assert.deepEqual(log.lines, [
      {
        level: 'info',
        message: 'startup command output',
        fields: { command: 'step 2', stream: 'stderr', line: 'done' },
      },
    ]);
  });

  const failures: readonly (readonly [title: string, script: string, sentence: string])[] = [
    ['fails', 'echo why; exit 3', 'startup command "step 1" exited with code 3'],
    ['is killed', 'echo why; kill -KILL $$', 'startup command "step 1" was ended by SIGKILL'],
    [
      'hangs',
      'echo why; trap "" TERM; sleep 60',
      'startup command "step 1" did not end within 0.5s (--command-timeout)',
    ],
    [
      'prints 10 MB on one line',
      'head -c 10000000 /dev/zero | tr "\\0" x; echo; echo why; exit 1',
      'startup command "step 1" exited with code 1',
    ],
  ];
  for (const [title, script, message] of failures) {
    test(`one that ${title} ends the start with its last output, and none after it runs`, async (t) => {
      const { run, events, has } = useCommands(t, {
        timeoutMs: title === 'hangs' ? 500 : Infinity,
      });
      await assert.rejects(run(script, 'touch second'), (error: Error & { output?: string }) => {
        assert.equal(error.message, message);
        assert.match(error.output ?? '', /why\n$/);
        assert.ok((error.output ?? '').length <= 16 * 1024);
        return true;
      });
      assert.equal(has('second'), false);
      assert.equal(events.length, 2);
    });
  }

  test('one that is missing ends the start and says what to do', async () => {
    const commands = [{ words: ['no-such-program'], text: 'no-such-program --now' }];
    await assert.rejects(
      runStartupCommands(commands, {
        ...{ timeoutMs: Infinity, env: process.env, cwd: '/', signal: never },
        ...{ emit: silent, log: recordedLog() },
      }),
      {
        code: 'startup-command-failed',
        message:
          'startup command "no-such-program --now" could not be started: no-such-program was not found in PATH',
        hint: 'install the program in the image, or correct --command',
      },
    );
  });

  test('a signal during one is forwarded, waited for, and no failure', async (t) => {
    const controller = new AbortController();
    const { run, has } = useCommands(t, { signal: controller.signal, graceMs: 20_000 });
    const running = run(
      'trap "touch stopped; exit 1" TERM; touch up; while :; do sleep 0.01; done',
      'touch second',
    );
    await eventually(() => assert.ok(has('up')));
    controller.abort('SIGTERM');
    await assert.rejects(running, (error) => isAbort(error));
    assert.deepEqual([has('stopped'), has('second')], [true, false]);
  });

  test('none runs after a signal', async (t) => {
    const { run, has } = useCommands(t, { signal: AbortSignal.abort('SIGTERM') });
    await assert.rejects(run('touch first'), (error) => isAbort(error));
    assert.equal(has('first'), false);
  });
});

suite('dependencies', () => {
  test('are reached by TCP and HTTP, a server that comes later included', async (t) => {
    const { port } = await useServer(t);
    const late = createServer((_request, response) => response.end());
    t.after(() => late.close());
    late.listen(0, '127.0.0.1');
    await once(late, 'listening');
    const latePort = (late.address() as AddressInfo).port;
    late.close();
    await once(late, 'close');
    const log = recordedLog();
    const waiting = waitForDependencies(
      [
        { kind: 'tcp', host: '127.0.0.1', port },
        { kind: 'http', url: `http://127.0.0.1:${latePort}/` },
      ],
      { timeoutMs: 20_000, signal: never, emit: silent, log },
    );
    await eventually(() => assert.equal(log.lines[0]?.fields['reason'], 'connection refused'));
    late.listen(latePort, '127.0.0.1');
    await waiting;
  });

  test('one that answers an error is not there', async (t) => {
    const { port } = await useServer(t, 503);
    const url = `http://127.0.0.1:${port}/health`;
    await assert.rejects(
      waitForDependencies([{ kind: 'http', url }], {
        ...{ timeoutMs: 2000, signal: never, emit: silent, log: recordedLog() },
      }),
      { code: 'dependency-unavailable', message: `not reached within 2s: ${url} (answered 503)` },
    );
  });
});

suite('the app', () => {
  function useApp(t: TestContext, host: string): Child {
    const code = `require('node:http').createServer((q, s) => s.writeHead(204).end()).listen(0, '${host}')`;
    const child = new Child({
      spec: { words: [process.execPath, '-e', code], env: process.env, cwd: '/' },
      ...{ stopSignal: { signal: 'SIGTERM', leaderOnly: false }, emit: silent, log: recordedLog() },
    });
    t.after(() => child.stop(Deadline.after(5000)));
    child.start();
    return child;
  }

  async function portOf(child: Child): Promise<number> {
    return eventually(
      () => {
        const [port] = portsOf(child.pid ?? 0);
        assert.ok(port !== undefined);
        return port;
      },
      { within: 20_000 },
    );
  }

  for (const host of ['127.0.0.1', '::1']) {
    test(`is up when it answers on ${host}`, async (t) => {
      const child = useApp(t, host);
      const port = await portOf(child);
      const addresses = ['127.0.0.1', '::1'].map((name) => ({ host: name, port }));
      const address = await waitUntilUp({
        ...{ addresses, readyPath: '/', timeoutMs: 20_000, signal: never },
        ...{ otherPorts: () => [], log: recordedLog() },
      });
      assert.deepEqual(address, { host, port });
    });
  }

  test('that listens on another port is told by the flag to use', async (t) => {
    const child = useApp(t, '127.0.0.1');
    const port = await portOf(child);
    await assert.rejects(
      waitUntilUp({
        ...{ addresses: [{ host: '127.0.0.1', port: 1 }], readyPath: undefined, timeoutMs: 100 },
        ...{ signal: never, otherPorts: () => portsOf(child.pid ?? 0), log: recordedLog() },
      }),
      { code: 'app-not-up', hint: `the app listens on ${port}: use --app-port ${port}` },
    );
  });

  test('may listen on a unix socket', async (t) => {
    const socketPath = join(useTempDir(t), 'app.sock');
    const server = createServer((_request, response) => response.end());
    t.after(() => server.close());
    const waiting = waitUntilUp({
      ...{ addresses: [{ socketPath }], readyPath: '/up', timeoutMs: 20_000, signal: never },
      ...{ otherPorts: () => [], log: recordedLog() },
    });
    server.listen(socketPath);
    assert.deepEqual(await waiting, { socketPath });
  });
});
