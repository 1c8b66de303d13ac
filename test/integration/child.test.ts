import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test, type TestContext } from 'node:test';

import { Deadline } from '../../src/core/deadline.ts';
import type { EventMap, EventName } from '../../src/core/events.ts';
import { exitCodeOf } from '../../src/core/exit-status.ts';
import { Child, type ChildOptions } from '../../src/process/child.ts';
import { portsOf } from '../../src/process/listening-ports.ts';
import type { OutputLine } from '../../src/process/output.ts';
import { readProcesses } from '../../src/process/proc.ts';
import { eventually } from '../helpers/eventually.ts';
import { recordedLog } from '../helpers/recorded-log.ts';

type Told = { [N in EventName]?: EventMap[N] };

/** A child whose lines can be waited for; nothing of it outlives the test. */
function useChild(t: TestContext, words: readonly string[], options: Partial<ChildOptions> = {}) {
  const told: Told = {};
  const log = recordedLog();
  const lines: OutputLine[] = [];
  const waiting: { text: string; seen: () => void }[] = [];
  const child = new Child({
    spec: { words, env: process.env, cwd: import.meta.dirname },
    stopSignal: { signal: 'SIGTERM', leaderOnly: false },
    onLine: (line) => {
      lines.push(line);
      for (const { text, seen } of waiting) if (text === line.text) seen();
    },
    emit: (name, data) => Object.assign(told, { [name]: data }),
    log,
    ...options,
  });
  const prints = async (text: string): Promise<void> => {
    if (lines.some((line) => line.text === text)) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    waiting.push({ text, seen: () => resolve(undefined) });
    await promise;
  };
  t.after(() => child.stop(Deadline.after(0)));
  return { child, told, log, lines, prints };
}

const shell = (script: string): string[] => ['sh', '-c', script];
const program = (code: string): string[] => [process.execPath, '-e', code];
const soon = (): Deadline => Deadline.after(300);
const ample = (): Deadline => Deadline.after(20_000);

function members(group: number | undefined): number[] {
  const live = readProcesses()?.filter((entry) => entry.group === group && entry.state !== 'Z');
  return (live ?? []).map(({ pid }) => pid);
}

suite('a child', () => {
  test('tells its start and its end, and leads a group of its own', async (t) => {
    const { child, told, prints } = useChild(t, shell('echo up; read x < /dev/null; sleep 60'));
    assert.equal(await child.stop(ample()), undefined);
    child.start();
    await prints('up');
    assert.equal(told['app.started']?.pid, child.pid);
    assert.ok(members(child.pid).includes(child.pid ?? 0));
    assert.ok(!members(child.pid).includes(process.pid));
    const end = await child.stop(ample());
    assert.deepEqual(end?.status, { kind: 'signalled', signal: 'SIGTERM' });
    assert.deepEqual(
      { expected: end.expected, killed: end.killed },
      { expected: true, killed: false },
    );
    assert.equal(told['app.ended']?.expected, true);
    assert.deepEqual(members(child.pid), []);
  });

  test('codes 0-255 pass through exactly', async (t) => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    for (const some of [codes.slice(0, 128), codes.slice(128)]) {
      const ends = some.map(async (code) => {
        const { child } = useChild(t, shell(`exit ${code}`));
        child.start();
        return exitCodeOf(await child.ended);
      });
      assert.deepEqual(await Promise.all(ends), some);
    }
  });

  test('a signal that was not ours passes through as 128 + n', async (t) => {
    for (const [signal, code] of [
      ['KILL', 137],
      ['TERM', 143],
      ['ABRT', 134],
      ['HUP', 129],
    ] as const) {
      const { child, told } = useChild(t, shell(`kill -${signal} $$`));
      child.start();
      assert.equal(exitCodeOf(await child.ended), code);
      assert.equal(told['app.ended']?.expected, false);
      assert.equal(told['app.ended'].killed, false);
    }
  });

  test('a program that is missing ends with 127, one that is not executable with 126', async (t) => {
    for (const [word, code, reason] of [
      ['no-such-program', 127, 'no-such-program was not found in PATH'],
      ['./no-such-program', 127, './no-such-program was not found'],
      ['./child.test.ts', 126, './child.test.ts is not executable'],
    ] as const) {
      const { child, told } = useChild(t, [word]);
      child.start();
      assert.deepEqual(await child.ended, { kind: 'not-started', code, reason });
      assert.equal(told['app.started'], undefined);
      assert.equal((await child.stop(ample()))?.pid, undefined);
    }
  });

  test('gets exactly the words and the environment it is given, without a shell', async (t) => {
    const code = 'console.log(JSON.stringify([process.argv.slice(1), Object.keys(process.env)]))';
    const words = [...program(code), '$HOME', 'a b', '*', ''];
    const env = { ONLY: 'this', NOT: undefined };
    const { child, prints } = useChild(t, words, { spec: { words, env, cwd: '/' } });
    child.start();
    await prints('[["$HOME","a b","*",""],["ONLY"]]');
  });

  test('one that ignores the stop signal is killed at the deadline', async (t) => {
    const { child, prints } = useChild(
      t,
      shell('trap "" TERM; echo up; while :; do sleep 1; done'),
    );
    child.start();
    await prints('up');
    const end = await child.stop(soon());
    assert.equal(end?.killed, true);
    assert.equal(exitCodeOf(end.status), 137);
    assert.deepEqual(members(child.pid), []);
  });

  test('one that is stopped by SIGSTOP is killed at the deadline', async (t) => {
    // With exec: a shell whose child is stopped before its own exec waits for it in another state.
    const { child, prints } = useChild(t, shell('echo up; exec sleep 60'));
    child.start();
    await prints('up');
    child.signal('SIGSTOP');
    await eventually(() =>
      assert.equal(readProcesses()?.find((p) => p.pid === child.pid)?.state, 'T'),
    );
    assert.equal((await child.stop(soon()))?.killed, true);
    assert.deepEqual(members(child.pid), []);
  });

  test('a grandchild that keeps the port is ended with it', async (t) => {
    const stubborn = `process.on('SIGTERM', () => {});
      require('node:net').createServer().listen(0, () => console.log('listens'))`;
    const { child, prints, log } = useChild(t, [
      ...shell('trap "exit 0" TERM; "$0" -e "$1" & wait'),
      process.execPath,
      stubborn,
    ]);
    child.start();
    await prints('listens');
    assert.equal(portsOf(child.pid ?? 0).length, 1);
    const end = await child.stop(soon());
    assert.deepEqual(end?.status, { kind: 'exited', code: 0 });
    assert.equal(end.killed, false);
    assert.deepEqual(members(child.pid), []);
    assert.deepEqual(portsOf(child.pid ?? 0), []);
    assert.equal(log.lines.at(-1)?.level, 'warn');
  });

  test('a grandchild may finish in order after the leader ended', async (t) => {
    const slow = `process.on('SIGTERM', () => setTimeout(() => { console.log('done'); process.exit() }, 100));
      setInterval(() => {}, 1000); console.log('up')`;
    const { child, prints, lines, log } = useChild(t, [
      ...shell('"$0" -e "$1" & wait'),
      process.execPath,
      slow,
    ]);
    child.start();
    await prints('up');
    await child.stop(ample());
    assert.equal(lines.at(-1)?.text, 'done');
    assert.deepEqual(log.lines, []);
  });

  test('what a crashed leader left behind is ended by the stop', async (t) => {
    const { child } = useChild(t, shell('sleep 60 & exit 3'));
    child.start();
    assert.deepEqual(await child.ended, { kind: 'exited', code: 3 });
    assert.equal(members(child.pid).length, 1);
    const end = await child.stop(ample());
    assert.equal(end?.expected, false);
    assert.deepEqual(members(child.pid), []);
  });

  test('a second stop with a shorter deadline wins', async (t) => {
    const { child, prints } = useChild(
      t,
      shell('trap "" TERM; echo up; while :; do sleep 1; done'),
    );
    child.start();
    await prints('up');
    const patient = Deadline.after(60_000);
    const stops = [child.stop(patient), child.stop(soon())];
    assert.deepEqual(
      (await Promise.all(stops)).map((end) => end?.killed),
      [true, true],
    );
    patient.expire();
  });

  test('signals reach every member of the group, every time', async (t) => {
    const { child, prints } = useChild(
      t,
      program(`let n = 0; setInterval(() => {}, 1000);
        process.on('SIGHUP', () => console.log('hup ' + ++n)); console.log('up')`),
    );
    child.start();
    await prints('up');
    for (const n of [1, 2, 3]) {
      child.signal('SIGHUP');
      await prints(`hup ${n}`);
    }
  });

  test('a leader may be told alone; what it leaves behind is told when it has ended', async (t) => {
    const pool =
      'trap "echo died; exit" TERM; trap "echo finished; exit" USR1; sleep 60 & echo pool; wait';
    const leader = `trap 'kill -USR1 $pool; wait $pool; exit 0' TERM
      sleep 60 & sh -c '${pool}' & pool=$!; echo leader; wait`;
    const stopSignal = { signal: 'SIGTERM', leaderOnly: true } as const;
    const { child, lines, log, prints } = useChild(t, shell(leader), { stopSignal });
    child.start();
    await prints('leader');
    await prints('pool');
    const end = await child.stop(ample());
    assert.deepEqual(end?.status, { kind: 'exited', code: 0 });
    assert.deepEqual(lines.map(({ text }) => text).sort(), ['finished', 'leader', 'pool']);
    assert.deepEqual(log.lines, []);
    assert.deepEqual(members(child.pid), []);
  });

  test('a stop before the start of the program is seen still stops it', async (t) => {
    const { child } = useChild(t, shell('sleep 60'));
    child.start();
    const end = await child.stop(ample());
    assert.deepEqual(end?.status, { kind: 'signalled', signal: 'SIGTERM' });
  });

  test('keeps the end of what it wrote to stderr', async (t) => {
    const { child } = useChild(t, shell('echo out; echo first >&2; printf last >&2'));
    child.start();
    await child.ended;
    await child.stop(ample());
    assert.equal(child.lastErrors, 'first\nlast\n');
  });

  test('10 MB on one line, not all of it UTF-8, flow through in pieces', async (t) => {
    const { child, lines, prints } = useChild(
      t,
      program(`const fs = require('node:fs');
        fs.writeSync(1, Buffer.alloc(10_000_000, 0xff)); fs.writeSync(1, '\\nafter\\n')`),
    );
    child.start();
    await prints('after');
    await child.ended;
    const pieces = lines.slice(0, -1);
    assert.equal(
      pieces.reduce((sum, { text }) => sum + text.length, 0),
      10_000_000,
    );
    assert.ok(pieces.every(({ text }) => text.length <= 8192));
    assert.deepEqual(
      pieces.map(({ continued }) => continued),
      pieces.map((_, at) => at < pieces.length - 1),
    );
  });

  test('does not outlive us, not even a grandchild that ignores signals', async (t) => {
    const source = new URL('../../src/process/spawn.ts', import.meta.url).href;
    const script = `import { spawnProcess } from ${JSON.stringify(source)};
      const running = spawnProcess({ words: ['sh', '-c', 'trap "" TERM HUP; sleep 60 & echo up; wait'],
        env: process.env, cwd: '/' }, 'pipe');
      running.stdout.once('data', () => { console.log(running.pid); throw new Error('a bug'); });`;
    const args = ['--input-type=module', '-e', script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.match(stderr, /Error: a bug/);
    const group = Number(stdout);
    assert.ok(group > 0);
    t.after(() => assert.deepEqual(members(group), []));
    await eventually(() => assert.deepEqual(members(group), []));
  });
});
