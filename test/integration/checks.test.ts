import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';

import { CheckRunner } from '../../src/checks/check-runner.ts';
import { checkOf } from '../../src/checks/check.ts';
import { runChecksOnce, type CheckReport } from '../../src/checks/run-checks-once.ts';
import type {
  CheckConfig,
  CheckSpec,
  CheckTag,
  CheckTarget,
} from '../../src/config/slices/observation.ts';
import { Deadline } from '../../src/core/deadline.ts';
import type { EventMap } from '../../src/core/events.ts';
import type { FailingCheck } from '../../src/core/failing-check.ts';
import { eventually } from '../helpers/eventually.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { recordedLog } from '../helpers/recorded-log.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const env = { PATH: process.env['PATH'] };

function config(checks: readonly CheckSpec[], changes: Partial<CheckConfig> = {}): CheckConfig {
  return {
    ...{ checks, intervalMs: 200, timeoutMs: 5000, maxAgeMs: 30_000 },
    ...{ failures: 1, window: 1, silenced: [] },
    ...changes,
  };
}

function spec(target: CheckTarget, tags: readonly CheckTag[] = ['readiness'], name?: string) {
  return { tags, name, target, text: 'as the user wrote it' };
}

/** A command of the shell. */
function sh(script: string, tags?: readonly CheckTag[], name?: string): CheckSpec {
  return spec({ kind: 'command', words: ['sh', '-c', script] }, tags, name);
}

function module(path: string, tags?: readonly CheckTag[]): CheckSpec {
  return spec({ kind: 'module', path }, tags);
}

/** Returns the path of the new file. */
function write(dir: string, name: string, content: string): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

const noSignal = new AbortController().signal;

async function once(
  checks: readonly CheckSpec[],
  changes: Partial<CheckConfig> = {},
): Promise<readonly CheckReport[]> {
  const options = { env, cwd: '/', signal: noSignal, log: recordedLog() };
  return runChecksOnce(config(checks, changes), options);
}

async function outcome(check: CheckSpec, changes: Partial<CheckConfig> = {}): Promise<string> {
  const [report] = await once([check], changes);
  return `${String(report?.outcome)} ${String(report?.text)}`.trim();
}

/** A running set of checks, and everything it told. */
function makeRunner(t: TestContext, checksConfig: CheckConfig) {
  const events: string[] = [];
  const ran: number[] = [];
  const failing: Record<'readiness' | 'liveness', readonly FailingCheck[]> = {
    readiness: [],
    liveness: [],
  };
  const log = recordedLog();
  let changed = Promise.withResolvers<undefined>();
  const state = { phase: 'starting' };
  const runner = new CheckRunner({
    config: checksConfig,
    env,
    cwd: '/',
    log,
    app: () => ({}),
    state: () => state.phase,
    onResult: (tag, checks) => {
      failing[tag] = checks;
    },
    emit: (name, data) => {
      if (name === 'check.ran') ran.push(performance.now());
      if (name === 'check.changed') {
        const { check, passing, text } = data as EventMap['check.changed'];
        events.push(`${check} ${passing ? 'passes' : 'fails'} ${text}`.trim());
      }
      changed.resolve(undefined);
      changed = Promise.withResolvers();
    },
  });
  t.after(() => runner.stop(Deadline.after(2000)));
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await changed.promise;
  };
  return { runner, events, ran, failing, log, state, until };
}

test('passes a command by its exit code, and says how another one ended', async () => {
  assert.equal(await outcome(sh('exit 0')), 'pass');
  assert.equal(await outcome(sh('exit 3')), 'fail exited with code 3');
  assert.equal(
    await outcome(sh('echo first; echo refused >&2; exit 1')),
    'fail exited with code 1: refused',
  );
  assert.equal(await outcome(sh('kill -KILL $$')), 'fail was ended by SIGKILL');
  assert.match(
    await outcome(spec({ kind: 'command', words: ['/no/such/program'] })),
    /^fail could not be started: .*not found/,
  );
});

test('fails a command that does not end in time, and leaves nothing of it', async (t) => {
  const dir = useTempDir(t);
  const script = `trap '' TERM; echo $$ > ${dir}/pid; while :; do sleep 0.05; done`;
  const startedAt = performance.now();
  assert.equal(
    await outcome(sh(script), { timeoutMs: 300 }),
    'fail no end within 0.3s (--check-timeout)',
  );
  assert.ok(performance.now() - startedAt < 3000);
  const pid = Number(readFileSync(`${dir}/pid`, 'utf8'));
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

test('reads messages from the output of a command', async () => {
  const warning = `echo '{"level":"warning","msg":"slow","id":"a"}'`;
  const error = `echo '{"level":"error","msg":"down","hint":"start it","id":"b"}'`;
  assert.equal(await outcome(sh(warning)), 'warn slow');
  assert.equal(await outcome(sh(`${warning}; ${error}`)), 'fail down, start it');
  assert.equal(await outcome(sh(`${error}; exit 1`)), 'fail down, start it');
  assert.equal(await outcome(sh(`${error} >&2`)), 'pass');
});

test('leaves out what is silenced, by the id of a message or the name of the check', async () => {
  const error = `echo '{"level":"error","msg":"down","id":"b"}'`;
  assert.equal(await outcome(sh(`${error}; exit 1`), { silenced: ['b'] }), 'pass');
  assert.equal(await outcome(sh(`${error}; exit 1`), { silenced: ['c'] }), 'fail down');
  assert.equal(await outcome(sh('exit 1', ['readiness'], 'db'), { silenced: ['db'] }), 'pass');
});

test('tells a command its tag, its name and the state', async () => {
  const say = '"$HURRICANE_CHECK_TAG/$HURRICANE_CHECK_NAME/$HURRICANE_CHECK_STATE"';
  const check = sh(`echo ${say} >&2; exit 1`, ['readiness', 'liveness'], 'db');
  assert.equal(await outcome(check), 'fail exited with code 1: readiness,liveness/db/once');
});

test('takes what a module returns or throws, at once or later', async (t) => {
  const dir = useTempDir(t);
  const exporting = (name: string, body: string): CheckSpec =>
    module(write(dir, name, `export default ${body};`));
  assert.equal(await outcome(exporting('good.mjs', '() => {}')), 'pass');
  assert.equal(
    await outcome(exporting('warn.mjs', `async () => [{ level: 'warning', msg: 'slow' }]`)),
    'warn slow',
  );
  assert.equal(
    await outcome(
      exporting('told.mjs', `(told) => ({ level: 'error', msg: told.tag + told.state })`),
    ),
    'fail readinessonce',
  );
  assert.match(
    await outcome(exporting('throws.mjs', `async () => { throw new Error('refused'); }`)),
    /^fail Error: refused/,
  );
});

test('fails a module that loops for ever, and asks it anew the next time', async (t) => {
  const dir = useTempDir(t);
  const loop = module(write(dir, 'loop.mjs', 'export default () => { for (;;); };'));
  const { runner, ran, failing, until } = makeRunner(t, config([loop], { timeoutMs: 400 }));
  await runner.start(noSignal);
  await runner.startupPassed(noSignal);
  assert.deepEqual(failing.readiness, [{ name: undefined, text: 'no answer within 0.4s' }]);
  await until(() => ran.length === 2);
});

test('refuses to start with a module that cannot be loaded', async (t) => {
  const dir = useTempDir(t);
  const broken = module(write(dir, 'broken.mjs', 'export default 7;'));
  const { runner } = makeRunner(t, config([broken]));
  await assert.rejects(runner.start(noSignal), { code: 'module-not-loadable' });
  await assert.rejects(once([broken]), { code: 'module-not-loadable' });
});

test('reaches HTTP and TCP, and says why not', async (t) => {
  const { url, port, server } = await useHttpServer(t, (req, res) => {
    res.writeHead(req.url === '/good' ? 204 : 503).end();
  });
  const tcp = spec({ kind: 'tcp', host: '127.0.0.1', port });
  assert.equal(await outcome(spec({ kind: 'http', url: `${url}/good` })), 'pass');
  assert.equal(await outcome(spec({ kind: 'http', url: `${url}/bad` })), 'fail answered 503');
  assert.equal(await outcome(tcp), 'pass');
  server.close();
  server.closeAllConnections();
  assert.equal(await outcome(tcp), 'fail connection refused');
});

test('asks the app itself, by the port it was told', async (t) => {
  const { port } = await useHttpServer(t, (req, res) => {
    res.writeHead(req.url === '/good' ? 204 : 503).end();
  });
  const ask = async (target: CheckTarget, app: Record<string, string>): Promise<string> => {
    const options = { env, cwd: '/', silenced: [], log: recordedLog() };
    const check = checkOf(spec(target), 1, options);
    const limits = { timeoutMs: 5000, signal: noSignal };
    const { outcome: result, text } = await check.run({ state: 'up', app }, limits);
    return `${result} ${text}`.trim();
  };
  const app = { HURRICANE_APP_PORT: `${port}` };
  const url = 'http://127.0.0.1:{port}';
  assert.equal(await ask({ kind: 'app', url: `${url}/good` }, app), 'pass');
  assert.equal(await ask({ kind: 'app', url: `${url}/bad` }, app), 'fail answered 503');
  assert.equal(await ask({ kind: 'app', url: 'tcp://{host}:{port}' }, app), 'pass');
  const words = ['sh', '-c', `test {host}:{port} = 127.0.0.1:${port}`];
  assert.equal(await ask({ kind: 'command', words }, app), 'pass');
  assert.match(await ask({ kind: 'app', url }, {}), /^fail \{port\} is known only while/);
});

test('wants a file to be there, and to be young enough', async (t) => {
  const dir = useTempDir(t);
  const path = write(dir, 'beat', '');
  const file = (maxAgeMs?: number): CheckSpec => spec({ kind: 'file', path, maxAgeMs });
  assert.equal(await outcome(file()), 'pass');
  assert.equal(await outcome(file(60_000)), 'pass');
  const old = Date.now() / 1000 - 120;
  utimesSync(path, old, old);
  assert.equal(await outcome(file()), 'pass');
  assert.equal(await outcome(file(60_000)), `fail ${path} is 120s old, allowed are 60s`);
  const missing = spec({ kind: 'file', path: `${dir}/none`, maxAgeMs: undefined });
  assert.equal(await outcome(missing), `fail ${dir}/none does not exist`);
});

test('reports every check of one run in its order, by name or place', async () => {
  const reports = await once([sh('sleep 0.2'), sh('exit 1', ['liveness'], 'db')]);
  assert.deepEqual(
    reports.map(({ check, tags, outcome: how }) => [check, tags, how]),
    [
      ['check-1', ['readiness'], 'pass'],
      ['db', ['liveness'], 'fail'],
    ],
  );
});

test('runs 10 times in 10 intervals, however long a run takes', async (t) => {
  const { url } = await useHttpServer(t, (_req, res) => {
    void sleep(50).then(() => res.end());
  });
  const { runner, ran, until } = makeRunner(t, config([spec({ kind: 'http', url })]));
  await runner.startupPassed(noSignal);
  await until(() => ran.length === 12);
  const first = ran[0] ?? 0;
  const inTenIntervals = ran.filter((time) => time > first && time <= first + 2000).length;
  assert.ok(Math.abs(inTenIntervals - 10) <= 1, `${inTenIntervals} runs`);
});

test('never runs a check twice at a time', async (t) => {
  const dir = useTempDir(t);
  const lock = `${dir}/lock`;
  const script = `mkdir ${lock} || exit 1; sleep 0.25; rmdir ${lock}`;
  const { runner, ran, events, until } = makeRunner(t, config([sh(script)], { intervalMs: 50 }));
  await runner.startupPassed(noSignal);
  await until(() => ran.length === 4);
  assert.deepEqual(events, ['check-1 passes']);
});

test('tells each edge once, and the probes which checks fail and why', async (t) => {
  const dir = useTempDir(t);
  const flag = write(dir, 'up', '');
  const check = sh(`test -e ${flag} || { echo gone; exit 1; }`, ['readiness', 'liveness'], 'db');
  const { runner, ran, events, failing, until } = makeRunner(t, config([check, sh('exit 0')]));
  await runner.startupPassed(noSignal);
  assert.deepEqual(events.toSorted(), ['check-2 passes', 'db passes']);
  rmSync(flag);
  await until(() => events.length === 3);
  const expected = [{ name: 'db', text: 'exited with code 1: gone' }];
  assert.deepEqual(failing, { readiness: expected, liveness: expected });
  const before = ran.length;
  await until(() => ran.length >= before + 4);
  assert.equal(events.length, 3);
  write(dir, 'up', '');
  await until(() => events.length === 4);
  assert.equal(events.at(-1), 'db passes');
  assert.deepEqual(failing, { readiness: [], liveness: [] });
});

test('warns once of a check that passes with a warning', async (t) => {
  const warning = sh(`echo '{"level":"warning","msg":"slow"}'`);
  const { runner, ran, events, log, until } = makeRunner(t, config([warning]));
  await runner.startupPassed(noSignal);
  await until(() => ran.length === 3);
  assert.deepEqual(events, ['check-1 passes slow']);
  assert.deepEqual(log.lines, []);
});

test('asks startup checks until they pass, and then no more', async (t) => {
  const dir = useTempDir(t);
  const count = `echo x >> ${dir}/runs; test $(wc -l < ${dir}/runs) -ge 3`;
  const other = sh('exit 0');
  const { runner, events, ran, until } = makeRunner(
    t,
    config([sh(count, ['startup']), other], { intervalMs: 100 }),
  );
  await runner.startupPassed(noSignal);
  assert.equal(readFileSync(`${dir}/runs`, 'utf8'), 'x\nx\nx\n');
  assert.ok(events.includes('check-1 passes'));
  const before = ran.length;
  await until(() => ran.length >= before + 4);
  assert.equal(readFileSync(`${dir}/runs`, 'utf8'), 'x\nx\nx\n');
});

test('goes on with a startup check that has other tags too', async (t) => {
  const { runner, ran, until } = makeRunner(t, config([sh('exit 0', ['startup', 'readiness'])]));
  await runner.startupPassed(noSignal);
  await until(() => ran.length >= 4);
});

test('gives up on startup checks in time, and says which one fails why', async (t) => {
  const { runner } = makeRunner(t, config([sh('echo no table; exit 1', ['startup'], 'schema')]));
  await assert.rejects(runner.startupPassed(noSignal, 400), {
    code: 'app-not-up',
    message:
      'startup checks had not passed at the end of --app-start-timeout: schema: exited with code 1: no table',
  });
});

test('ends the wait for startup checks when it is told to stop', async (t) => {
  const { runner, ran, until } = makeRunner(t, config([sh('exit 1', ['startup'])]));
  const stop = new AbortController();
  const waiting = runner.startupPassed(stop.signal);
  await until(() => ran.length === 1);
  stop.abort('SIGTERM');
  await assert.rejects(waiting, { name: 'AbortError' });
});

test('knows the result of every check when startup has passed', async (t) => {
  const { runner, failing } = makeRunner(
    t,
    config([sh('sleep 0.2; exit 1', ['readiness']), sh('exit 0', ['startup'])]),
  );
  await runner.startupPassed(noSignal);
  assert.equal(failing.readiness.length, 1);
});

test('asks the others when startup has passed: what they look at may come with it', async (t) => {
  const dir = useTempDir(t);
  const checks = [
    sh(`test -e ${dir}/there`, ['liveness']),
    sh(`sleep 0.2; touch ${dir}/there`, ['startup']),
  ];
  const { runner, failing, events } = makeRunner(t, config(checks));
  await runner.startupPassed(noSignal);
  assert.deepEqual(failing.liveness, []);
  assert.deepEqual(events, ['check-2 passes', 'check-1 passes']);
});

test('asks the others too when only a second app passes startup', async (t) => {
  const dir = useTempDir(t);
  const checks = [sh('exit 1', ['readiness']), sh(`test -e ${dir}/there`, ['startup'])];
  const { runner, failing, ran, until } = makeRunner(t, config(checks));
  const first = new AbortController();
  const waiting = runner.startupPassed(first.signal);
  await until(() => ran.length === 1);
  first.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  writeFileSync(`${dir}/there`, '');
  await runner.startupPassed(noSignal);
  assert.equal(failing.readiness.length, 1);
});

test('fails a check whose last result is too old', async (t) => {
  const dir = useTempDir(t);
  const script = `test -e ${dir}/ran && sleep 20; touch ${dir}/ran`;
  const { runner, events, failing, until } = makeRunner(
    t,
    config([sh(script)], { maxAgeMs: 400, timeoutMs: 20_000 }),
  );
  await runner.startupPassed(noSignal);
  await until(() => events.length === 2);
  const text = 'stale: the last result is older than 0.4s (--check-max-age)';
  assert.deepEqual(failing.readiness, [{ name: undefined, text }]);
  assert.equal(events[1], `check-1 fails ${text}`);
});

test('warns once of a liveness check that reaches another host', async (t) => {
  const far: CheckTarget = { kind: 'tcp', host: 'db.example', port: 5432 };
  const near: CheckTarget = { kind: 'tcp', host: '127.0.0.1', port: 5432 };
  const { runner, log } = makeRunner(
    t,
    config([spec(far, ['liveness'], 'db'), spec(far), spec(near, ['liveness'])]),
  );
  await runner.start(noSignal);
  assert.deepEqual(
    log.lines.map(({ level, fields }) => [level, fields]),
    [['warn', { check: 'db' }]],
  );
});

test('stops in the midst of a run, and tells nothing about it', async (t) => {
  const dir = useTempDir(t);
  const script = `echo $$ > ${dir}/pid; exec sleep 60`;
  const { runner, events } = makeRunner(t, config([sh(script)]));
  const stop = new AbortController();
  const waiting = runner.startupPassed(stop.signal).catch(() => undefined);
  await eventually(() => assert.ok(statSync(`${dir}/pid`).size > 0));
  await runner.stop(Deadline.after(5000));
  stop.abort();
  await waiting;
  assert.deepEqual(events, []);
  const pid = Number(readFileSync(`${dir}/pid`, 'utf8'));
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
