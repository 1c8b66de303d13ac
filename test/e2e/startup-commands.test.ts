// What runs before the app, and the ways in which it goes wrong.

import assert from 'node:assert/strict';
import { readFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useApp } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useWebhookSink, type WebhookSink } from '../helpers/webhook-sink.ts';

/** Leaves a trace, were it ever started. */
const app = ['sh', '-c', 'touch app-was-started'];

interface Scene {
  readonly hurricane: Hurricane;
  readonly sink: WebhookSink;
  /** The working directory. */
  readonly folder: string;
  /** The termination message, parsed. */
  readonly message: () => Record<string, unknown>;
}

interface SceneOptions {
  readonly flags: readonly string[];
  readonly app?: readonly string[] | undefined;
}

async function play(t: TestContext, artefact: Artefact, options: SceneOptions): Promise<Scene> {
  const folder = useTempDir(t);
  const path = join(folder, 'termination-log');
  writeFileSync(path, 'what stood here before');
  writeFileSync(join(folder, 'not-executable'), '#!/bin/sh\n', { mode: 0o644 });
  const sink = await useWebhookSink(t);
  const hurricane = await startHurricane(
    t,
    ['--termination-log', path, ...options.flags, '--', ...(options.app ?? app)],
    { artefact, cwd: folder, env: { HURRICANE_WEBHOOK_URL: sink.url } },
  );
  const message = (): Record<string, unknown> =>
    JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  return { hurricane, sink, folder, message };
}

function webhooks({ sink }: Scene, type: string): readonly Record<string, unknown>[] {
  return sink.deliveries
    .map(({ payload }) => payload)
    .filter((payload) => payload['type'] === type);
}

/** The app was never started and nothing answers any more. */
function assertNothingRan({ hurricane, folder }: Scene): void {
  assert.ok(!hurricane.logs.some(({ event }) => event === 'app.started'));
  assert.ok(!existsSync(join(folder, 'app-was-started')));
  assert.ok(!existsSync(join(folder, 'later-was-started')));
}

const failures = [
  {
    what: 'fails',
    command: 'sh -c "echo first; echo the database is locked >&2; exit 3"',
    reason: /^startup command ".*" exited with code 3$/,
    traceback: /^(first\nthe database is locked\n|the database is locked\nfirst\n)$/,
    next: /its last output says why; the app was not started/,
  },
  {
    what: 'is killed',
    command: 'sh -c "echo half done; kill -KILL $$"',
    reason: /^startup command ".*" was ended by SIGKILL$/,
    traceback: /^half done\n$/,
    next: /raise the memory limit/,
  },
  {
    what: 'hangs past its timeout',
    command: 'sh -c "echo waiting for a lock; sleep 60"',
    flags: ['--command-timeout', '700ms'],
    reason: /^startup command ".*" did not end within 0\.7s \(--command-timeout\)$/,
    traceback: /^waiting for a lock\n$/,
    next: /its last output says where it hangs; or raise --command-timeout/,
  },
  {
    what: 'hangs past its timeout and ignores SIGTERM',
    command: `sh -c "trap '' TERM; echo deaf; while :; do sleep 1; done"`,
    flags: ['--command-timeout', '700ms'],
    reason: /did not end within 0\.7s \(--command-timeout\)$/,
    traceback: /^deaf\n$/,
    next: /raise --command-timeout/,
  },
  {
    what: 'is missing',
    command: 'no-such-program --migrate',
    reason:
      /^startup command "no-such-program --migrate" .*: no-such-program was not found in PATH$/,
    traceback: /no-such-program was not found in PATH/,
    next: /install the program in the image, or correct --command/,
  },
  {
    what: 'is not executable',
    command: './not-executable',
    reason: /\.\/not-executable is not executable$/,
    traceback: /\.\/not-executable is not executable/,
    next: /make the file executable, or correct --command/,
  },
  {
    what: 'prints 10 MB on one line and fails',
    command: `${process.execPath} -e "process.stdout.write('x'.repeat(1e7) + 'the end'); process.exitCode = 4"`,
    reason: /exited with code 4$/,
    traceback: /^x{1000,17000}the end\n$/,
    next: /its last output says why/,
  },
] as const;

type Failure = (typeof failures)[number];

forEachArtefact(
  'a startup command that fails in any way ends the start with 75, and its last output is told',
  async (t, artefact) => {
    await Promise.all(
      failures.map(async (failure) => {
        await endsTheStart(t, artefact, failure).catch((error: unknown) => {
          throw new Error(`a startup command that ${failure.what}`, { cause: error });
        });
      }),
    );
  },
);

async function endsTheStart(t: TestContext, artefact: Artefact, failure: Failure): Promise<void> {
  const { command, reason, traceback, next } = failure;
  const flags = [
    ...['--command', 'echo before', '--command', command],
    ...['--command', 'touch later-was-started', ...('flags' in failure ? failure.flags : [])],
  ];
  const scene = await play(t, artefact, { flags });
  const { code } = await scene.hurricane.exit;
  assert.equal(code, 75);
  assertNothingRan(scene);

  const end = await scene.hurricane.sees(/^hurricane ends$/);
  assert.equal(end['phase'], 'prepare');
  assert.match(String(end['reason']), reason);
  assert.match(String(end['next']), next);

  const [told, ...more] = webhooks(scene, 'startup');
  assert.deepEqual(more, []);
  assert.equal(told?.['status'], 'failed');
  assert.match(String(told['traceback']), traceback);
  assert.match(String(told['reason']), reason);

  const message = scene.message();
  assert.equal(message['code'], 75);
  assert.match(String(message['reason']), reason);
  assert.ok(String(told['traceback']).endsWith(String(message['stderr'])));
  assert.equal(scene.hurricane.stderr, '');
}

forEachArtefact('a startup command may print 10 MB on one line', async (t, artefact) => {
  const command = `${process.execPath} -e "process.stdout.write('x'.repeat(1e7) + 'the end')"`;
  const scene = await play(t, artefact, { flags: ['--command', command] });
  assert.equal((await scene.hurricane.exit).code, 0);
  assert.ok(existsSync(join(scene.folder, 'app-was-started')));
  const lengths = scene.hurricane.logs.map((line) => JSON.stringify(line).length);
  assert.ok(Math.max(...lengths) < 16_384, `${Math.max(...lengths)} characters in one log line`);
});

forEachArtefact('a missing termination log is not created', async (t, artefact) => {
  const folder = useTempDir(t);
  const path = join(folder, 'none');
  const args = ['--termination-log', path, '--command', 'false', '--', ...app];
  const hurricane = await startHurricane(t, args, { artefact, cwd: folder });
  assert.equal((await hurricane.exit).code, 75);
  assert.ok(!existsSync(path));
});

forEachArtefact(
  'SIGTERM reaches the startup command that runs; then 143, and no webhook says failed',
  async (t, artefact) => {
    const command = `sh -c "trap 'echo asked to stop; exit 0' TERM; echo ready; sleep 60 & wait"`;
    const scene = await play(t, artefact, {
      flags: ['--command', command, '--command', 'touch later-was-started'],
    });
    const { hurricane } = scene;
    await hurricane.sees(({ line }) => line === 'ready');
    assert.equal((await hurricane.probe('startup')).status, 400);
    hurricane.signal('SIGTERM');
    await hurricane.sees(({ line }) => line === 'asked to stop');
    assert.equal((await hurricane.exit).code, 143);
    assertNothingRan(scene);
    assert.deepEqual(webhooks(scene, 'startup'), []);
    assert.ok(!scene.sink.deliveries.some(({ payload }) => payload['status'] === 'failed'));
    const { code, signal, reason } = scene.message();
    assert.deepEqual({ code, signal }, { code: 143, signal: 'SIGTERM' });
    const waited = 'stopped by SIGTERM before the app was started, while it waited for ';
    assert.equal(reason, `${waited}the startup command ${command}`);
  },
);

forEachArtefact('SIGTERM ends the waiting for a dependency with 143', async (t, artefact) => {
  const scene = await play(t, artefact, {
    flags: [
      '--wait-for',
      `tcp://127.0.0.1:${await usePort()}`,
      '--command',
      'touch later-was-started',
    ],
  });
  await scene.hurricane.sees(/^waiting for a dependency$/);
  scene.hurricane.signal('SIGTERM');
  assert.equal((await scene.hurricane.exit).code, 143);
  assertNothingRan(scene);
  assert.deepEqual(webhooks(scene, 'startup'), []);
});

forEachArtefact('dependencies that stay away are all named, with 75', async (t, artefact) => {
  const [first, second] = [await usePort(), await usePort()];
  const scene = await play(t, artefact, {
    flags: [
      ...['--wait-for', `tcp://127.0.0.1:${first}`],
      ...['--wait-for', `http://user:hunter2@127.0.0.1:${second}/`],
      ...['--wait-timeout', '500ms', '--command', 'touch later-was-started'],
    ],
  });
  assert.equal((await scene.hurricane.exit).code, 75);
  assertNothingRan(scene);
  const [told] = webhooks(scene, 'startup');
  assert.equal(told?.['status'], 'failed');
  const reason = String(told['reason']);
  assert.match(reason, new RegExp(`tcp://127\\.0\\.0\\.1:${first} \\(connection refused\\)`));
  assert.match(reason, new RegExp(`http://\\*\\*\\*@127\\.0\\.0\\.1:${second}/ \\(`));
  const everything = JSON.stringify([scene.hurricane.logs, scene.sink.deliveries, scene.message()]);
  assert.doesNotMatch(everything, /hunter2/);
});

forEachArtefact(
  'an app that is not up within --app-start-timeout ends the start with 75 and is told what to change',
  async (t, artefact) => {
    await Promise.all([
      neverListens(t, artefact),
      listensElsewhere(t, artefact),
      failsItsStartupChecks(t, artefact),
    ]);
  },
);

async function neverListens(t: TestContext, artefact: Artefact): Promise<void> {
  const flags = ['--app-start-timeout', '800ms'];
  const scene = await play(t, artefact, { flags, app: ['sleep', '60'] });
  const { reason, next } = await endsNotUp(scene);
  assert.match(
    reason,
    /did not come up on 127\.0\.0\.1:\d+ .* within 0\.8s \(--app-start-timeout\)/,
  );
  assert.match(next, /let the app listen on \$PORT .* --app-port/);
}

/** It is told while it waits, too. */
async function listensElsewhere(t: TestContext, artefact: Artefact): Promise<void> {
  const [node = [], port] = [await useApp(t), await usePort()];
  const flags = ['--app-start-timeout', '8s'];
  const scene = await play(t, artefact, { flags, app: ['env', `PORT=${port}`, ...node] });
  const hint = `the app listens on ${port}: use --app-port ${port}`;
  await scene.hurricane.sees(({ msg }) => msg === hint, 30_000);
  assert.equal((await endsNotUp(scene)).next, hint);
}

async function failsItsStartupChecks(t: TestContext, artefact: Artefact): Promise<void> {
  const flags = [
    ...['--app-start-timeout', '5s', '--check-interval', '100ms'],
    ...['--check', 'startup:schema=sh -c "echo no table; exit 1"'],
  ];
  const scene = await play(t, artefact, { flags, app: await useApp(t) });
  const { reason, next } = await endsNotUp(scene);
  await scene.hurricane.sees('app.listening');
  assert.match(reason, /at the end of --app-start-timeout: schema: .*no table/);
  assert.match(next, /raise --app-start-timeout/);
}

async function endsNotUp(scene: Scene): Promise<{ reason: string; next: string }> {
  assert.equal((await scene.hurricane.exit).code, 75);
  const told = webhooks(scene, 'startup').map(({ status }) => status);
  assert.deepEqual(told, ['failed']);
  const { reason, next } = await scene.hurricane.sees(/^hurricane ends$/);
  return { reason: String(reason), next: String(next) };
}

forEachArtefact(
  'an app that dies before it listens ends with its own code',
  async (t, artefact) => {
    const scene = await play(t, artefact, { flags: [], app: ['sh', '-c', 'exit 42'] });
    assert.equal((await scene.hurricane.exit).code, 42);
    const end = await scene.hurricane.sees(/^hurricane ends$/);
    assert.deepEqual([end['phase'], end['reason']], ['start', 'the app exited with code 42']);
    const { status, traceback } = webhooks(scene, 'startup')[0] ?? {};
    assert.deepEqual([status, traceback], ['failed', 'the app exited with code 42']);
    assert.equal(scene.message()['code'], 42);
  },
);
