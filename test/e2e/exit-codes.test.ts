// How the app ended, or was ended, as the exit code that Kubernetes shows.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useApp } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { runHurricane, startHurricane } from '../helpers/hurricane.ts';
import { useGate } from '../helpers/gate.ts';
import { assertGone } from '../helpers/gone.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { isFree, usePort } from '../helpers/port.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

/** So many at a time keep two cores busy. */
const AT_A_TIME = 4;

/** A start costs Node three times as much as it costs the single executable. */
const codes: Readonly<Record<Artefact, readonly number[]>> = {
  binary: Array.from({ length: 256 }, (_, code) => code),
  js: [0, 1, 2, 64, 70, 75, 78, 99, 126, 127, 128, 137, 143, 200, 254, 255],
};

/** All that end a process unless it says otherwise; of real-time signals Node does not tell. */
const signals = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT XCPU XFSZ VTALRM ' +
  'PROF IO PWR SYS'
)
  .split(' ')
  .map((name) => constants.signals[`SIG${name}` as NodeJS.Signals]);

forEachArtefact('exit codes of the app pass through', async (t, artefact) => {
  const seen = new Map<number, number | null>();
  await inTurns(codes[artefact], async (code) => {
    seen.set(code, await codeOf(t, artefact, `exit ${code}`));
  });
  for (const code of codes[artefact]) assert.equal(seen.get(code), code);
});

forEachArtefact('a signal that ends the app is 128 + its number', async (t, artefact) => {
  const seen = new Map<number, number | null>();
  await inTurns(signals, async (signal) => {
    seen.set(signal, await codeOf(t, artefact, `ulimit -c 0; kill -${signal} $$`));
  });
  for (const signal of signals) assert.equal(seen.get(signal), 128 + signal);
});

forEachArtefact(
  'the last lines of the app are in the termination message with --log-app json, and only then',
  async (t, artefact) => {
    const path = join(useTempDir(t), 'termination-log');
    const told = async (...flags: readonly string[]): Promise<unknown> => {
      writeFileSync(path, '');
      const own = ['serve', '--port', '0', '--no-probe', '--termination-log', path, ...flags];
      const app = ['--', 'sh', '-c', 'echo lost the database >&2; exit 3'];
      assert.equal((await runHurricane(t, [...own, ...app], { artefact })).code, 3);
      return (JSON.parse(readFileSync(path, 'utf8')) as { readonly stderr: string }).stderr;
    };
    assert.match(String(await told('--log-app', 'json')), /^lost the database/);
    assert.equal(await told(), '');
  },
);

async function inTurns<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

async function codeOf(t: TestContext, artefact: Artefact, script: string): Promise<number | null> {
  const args = ['serve', '--port', '0', '--no-probe', '--', 'sh', '-c', script];
  const { code, stderr } = await runHurricane(t, args, { artefact });
  assert.equal(stderr, '');
  return code;
}

forEachArtefact('a missing app is 127 and one that is not executable 126', async (t, artefact) => {
  const cwd = useTempDir(t);
  writeFileSync(join(cwd, 'app'), '#!/bin/sh\nexit 5\n', { mode: 0o644 });
  writeFileSync(join(cwd, 'bad'), '#!/no/such/interpreter\n', { mode: 0o755 });
  const end = async (app: string, ...flags: string[]) => {
    const hurricane = await startHurricane(t, [...flags, '--', app], { artefact, cwd });
    const { code } = await hurricane.exit;
    const { phase, reason, next } = await hurricane.sees(/^hurricane ends$/);
    return { code, phase, reason: String(reason), next: String(next) };
  };

  const missing = await end('no-such-app');
  assert.deepEqual([missing.code, missing.phase], [127, 'listen']);
  assert.equal(missing.reason, 'the app no-such-app was not found');
  assert.match(missing.next, /name a program in PATH, or its path, behind `--`/);

  const forbidden = await end('./app');
  assert.deepEqual([forbidden.code, forbidden.phase], [126, 'listen']);
  assert.match(forbidden.reason, /^the app \/.*\/app is not executable$/);
  assert.match(forbidden.next, /chmod \+x/);

  const orphaned = await end('./bad');
  assert.deepEqual([orphaned.code, orphaned.phase], [127, 'start']);
  assert.match(orphaned.reason, /the interpreter that \.\/bad needs, .* was not found$/);
  assert.match(orphaned.next, /correct what stands behind `--`/);

  // A startup command may build it, so it is looked for after them.
  const late = await end('no-such-app', '--command', 'touch ran');
  assert.deepEqual([late.code, late.phase], [127, 'start']);
  assert.ok(existsSync(join(cwd, 'ran')));
  const built = await end('./app', '--command', 'chmod +x app');
  assert.deepEqual([built.code, built.reason], [5, 'the app exited with code 5']);
});

forEachArtefact('a taken port is 69, names its flag, and starts nothing', async (t, artefact) => {
  const { port } = await useHttpServer(t, () => undefined);
  const cwd = useTempDir(t);
  const cases = {
    '--port': ['--port', `${port}`],
    '--probe-port': ['--port', '0', '--probe-port', `${port}`],
  };
  for (const [flag, ports] of Object.entries(cases)) {
    const args = ['--host', '127.0.0.1', ...ports, '--command', 'touch ran', '--', 'touch', 'ran'];
    const hurricane = await startHurricane(t, args, { artefact, cwd, choosePorts: false });
    assert.equal((await hurricane.exit).code, 69);
    const { phase, reason, next } = await hurricane.sees(/^hurricane ends$/);
    assert.equal(phase, 'listen');
    assert.match(String(reason), new RegExp(`^port ${port} \\(.+\\) is taken$`));
    assert.ok(String(next).startsWith(`choose another with ${flag}`), String(next));
    assert.ok(!existsSync(join(cwd, 'ran')));
  }
});

forEachArtefact('an orderly stop is 0, by SIGTERM and by SIGINT', async (t, artefact) => {
  const app = (await useApp(t)) ?? [];
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const hurricane = await startHurricane(t, ['--', ...app], { artefact });
    await hurricane.up();
    hurricane.signal(signal);
    assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
    const { reason } = await hurricane.sees(/^hurricane ends$/);
    assert.equal(reason, 'stopped in order');
  }
});

forEachArtefact('a JVM that answers SIGTERM with 143 stopped in order', async (t, artefact) => {
  const app = await useApp(t, 'java');
  if (app === undefined) return;
  const hurricane = await startHurricane(t, ['--', ...app], { artefact });
  await hurricane.up(60_000);
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
  assert.equal((await hurricane.sees('app.ended')).msg, 'app exited with code 143');
});

forEachArtefact('an app that stops with an error of its own shows it', async (t, artefact) => {
  const app = (await useApp(t)) ?? [];
  const script = `trap 'kill $app; exit 9' TERM; "$@" & app=$!; wait $app`;
  const hurricane = await startHurricane(t, ['--', 'sh', '-c', script, 'sh', ...app], { artefact });
  await hurricane.up();
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 9);
  const { reason, next } = await hurricane.sees(/^hurricane ends$/);
  assert.equal(reason, 'the app exited with code 9 while it was stopping');
  assert.match(String(next), /its own log says why/);
});

/** The budget, and what a busy machine adds to it. */
const GRACE_MS = 3000;
const SLACK_MS = 5000;

forEachArtefact(
  'an app that ignores SIGTERM is killed within the budget: 137',
  async (t, artefact) => {
    const app = (await useApp(t)) ?? [];
    const args = ['--grace-period', `${GRACE_MS}ms`, '--', ...app];
    const hurricane = await startHurricane(t, args, { artefact, env: { IGNORE_TERM: '1' } });
    await hurricane.up();
    const stoppedAt = performance.now();
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 137);
    const tookMs = performance.now() - stoppedAt;
    assert.ok(tookMs < GRACE_MS + SLACK_MS, `took ${tookMs} ms`);
    const { reason, next } = await hurricane.sees(/^hurricane ends$/);
    assert.match(
      String(reason),
      /did not end on SIGTERM within the [\d.]+ s that it has of the grace period/,
    );
    assert.match(String(next), /--stop-signal, or raise --grace-period/);
  },
);

forEachArtefact('a second signal skips every wait: 130', async (t, artefact) => {
  const app = (await useApp(t)) ?? [];
  const args = ['--grace-period', '10m', '--drain-delay', '5m', '--', ...app];
  const hurricane = await startHurricane(t, args, { artefact, env: { IGNORE_TERM: '1' } });
  await hurricane.up();
  hurricane.signal('SIGTERM');
  await hurricane.sees('drain.started');
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 130);
  const { reason } = await hurricane.sees(/^hurricane ends$/);
  assert.equal(reason, 'a second signal cut the stop short');
});

forEachArtefact(
  'a stopped app and a grandchild that keeps the port are gone at the end',
  async (t, artefact) => {
    await Promise.all([
      killsAStoppedApp(t, artefact),
      killsAGrandchild(t, artefact, { script: '"$@" & wait', code: 0 }),
      killsAGrandchild(t, artefact, { script: '"$@" & $GATE; exit 3', code: 3 }),
    ]);
  },
);

async function killsAStoppedApp(t: TestContext, artefact: Artefact): Promise<void> {
  const app = (await useApp(t)) ?? [];
  const args = ['--grace-period', `${GRACE_MS}ms`, '--', ...app];
  const hurricane = await startHurricane(t, args, { artefact });
  await hurricane.up();
  const pid = Number((await hurricane.get('/pid')).text);
  process.kill(pid, 'SIGSTOP');
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 137);
  await assertGone(pid);
}

/** The app is a shell that starts a server which ignores SIGTERM; it ends by ours, or by itself. */
async function killsAGrandchild(
  t: TestContext,
  artefact: Artefact,
  { script, code }: { script: string; code: number },
): Promise<void> {
  const [app = [], port, gate] = [await useApp(t), await usePort(), useGate(t)];
  const flags = ['--grace-period', `${GRACE_MS}ms`, '--app-port', `${port}`];
  const hurricane = await startHurricane(t, [...flags, '--', 'sh', '-c', script, 'sh', ...app], {
    artefact,
    env: { IGNORE_TERM: '1', GATE: gate.command },
  });
  await hurricane.up();
  const pid = Number((await hurricane.get('/pid')).text);
  if (code === 0) hurricane.signal('SIGTERM');
  else await gate.open();
  assert.equal((await hurricane.exit).code, code);
  await hurricane.sees(/^the app ended, processes it had started did not and were killed$/);
  await assertGone(pid);
  assert.ok(await isFree(port));
}
