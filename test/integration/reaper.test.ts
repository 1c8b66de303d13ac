import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';

import { loadLibc, type Libc } from '../../src/process/libc.ts';
import { ModuleWorker } from '../../src/process/module-worker.ts';
import { childrenOf } from '../../src/process/proc.ts';
import { Reaper } from '../../src/process/reaper.ts';
import { runOnce, type RunResult } from '../../src/process/run-once.ts';
import { countZombies } from '../../src/process/zombies.ts';
import { eventually } from '../helpers/eventually.ts';
import { recordedLog } from '../helpers/recorded-log.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const never = new AbortController().signal;

async function useReaper(t: TestContext): Promise<Reaper> {
  const reaper = new Reaper({
    pid: process.pid,
    onChildEnded: (listener) => {
      process.on('SIGCHLD', listener);
      t.after(() => process.off('SIGCHLD', listener));
    },
    log: recordedLog(),
  });
  await reaper.start();
  t.after(() => reaper.stop());
  assert.equal(reaper.mode, 'ffi');
  return reaper;
}

function useLibc(): Libc {
  const loaded = loadLibc();
  assert.ok(loaded.kind === 'loaded');
  return loaded.libc;
}

/** Runs a program to its end, in the folder of the code that is tested. */
function run(words: readonly string[]): Promise<RunResult> {
  const cwd = join(import.meta.dirname, '../../src/process');
  return runOnce({ words, env: process.env, cwd }, { timeoutMs: 30_000, signal: never });
}

/** Runs a line of shell; its exit code. */
async function shell(script: string): Promise<number | undefined> {
  const { status } = await run(['sh', '-c', script]);
  return status.kind === 'exited' ? status.code : undefined;
}

/** Each is forked twice: its parent ends at once. */
const orphans = (count: number): string =>
  `i=0; while [ $i -lt ${count} ]; do (setsid sleep 0.1 &); i=$((i+1)); done`;

function keepBusy(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

suite('the reaper', () => {
  test('adopts orphans, whoever is PID 1, and leaves no zombie of them', async (t) => {
    const reaper = await useReaper(t);
    await shell(orphans(200));
    await eventually(() => assert.equal(reaper.reaped, 200));
    assert.deepEqual(reaper.countZombies(), { orphans: 0, others: 0 });
  });

  test('leaves to Node the status of each program of ours, however late it is taken', async (t) => {
    const reaper = await useReaper(t);
    const codes = Array.from({ length: 60 }, (_, index) => index);
    const ends = Promise.all([shell(orphans(60)), ...codes.map((code) => shell(`exit ${code}`))]);
    // All of them end while nobody listens.
    keepBusy(700);
    assert.deepEqual(await ends, [0, ...codes]);
    await eventually(() => assert.equal(reaper.reaped, 60));
  });

  test('leaves to a user module the status of each program it started', async (t) => {
    const reaper = await useReaper(t);
    const module = await useModule(
      t,
      `import { spawn } from 'node:child_process';
       export default async () => {
         const exits = Array.from({ length: 40 }, (_, code) => new Promise((resolve) =>
           spawn('sh', ['-c', 'exit ' + code]).once('exit', resolve)));
         const endsAt = performance.now() + 1000;
         while (performance.now() < endsAt);
         return Promise.all(exits);
       };`,
    );
    const [outcome] = await Promise.all([
      module.call([], { timeoutMs: 20_000, signal: never }),
      shell(orphans(60)),
    ]);
    const value = Array.from({ length: 40 }, (_, code) => code);
    assert.deepEqual(outcome, { kind: 'returned', value });
    await eventually(() => assert.equal(reaper.reaped, 60));
  });

  test('adopts what a user module leaves behind when its thread ends', async (t) => {
    const reaper = await useReaper(t);
    const module = await useModule(
      t,
      `import { spawn } from 'node:child_process';
       export default () => { spawn('sleep', ['0.3']); };`,
    );
    await module.call([], { timeoutMs: 20_000, signal: never });
    await module.terminate();
    await eventually(() => assert.equal(reaper.reaped, 1));
  });

  test('finds what had ended before it was started', async (t) => {
    const libc = useLibc();
    assert.ok(libc.adoptOrphans());
    await shell(orphans(3));
    await eventually(() => assert.equal(countZombies(process.pid)?.orphans, 3));
    const reaper = await useReaper(t);
    await eventually(() => assert.equal(reaper.reaped, 3));
  });
});

suite('libc', () => {
  test('sees no child of another thread, and takes no status of one', async (t) => {
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const child = require('node:child_process').spawn('sh', ['-c', 'exit 3']);
       child.once('exit', (code) => parentPort.postMessage({ code }));
       parentPort.postMessage({ pid: child.pid });
       const endsAt = performance.now() + 1000;
       while (performance.now() < endsAt);`,
      { eval: true },
    );
    t.after(() => worker.terminate());
    const libc = useLibc();
    const [{ pid }] = (await once(worker, 'message')) as [{ pid: number }];
    await eventually(() => assert.equal(countZombies(process.pid)?.orphans, 1));
    assert.equal(libc.hasEnded(pid), false);
    assert.equal(libc.reap(pid), false);
    assert.deepEqual(await once(worker, 'message'), [{ code: 3 }]);
  });

  test('a status is there until it is taken, and is taken once', async () => {
    const libc = useLibc();
    libc.adoptOrphans();
    await shell(orphans(1));
    const pid = await eventually(() => {
      const [ended] = (childrenOf(process.pid) ?? []).filter((child) => libc.hasEnded(child));
      assert.ok(ended);
      return ended;
    });
    assert.equal(libc.hasEnded(pid), true);
    assert.deepEqual([libc.reap(pid), libc.reap(pid)], [true, false]);
    assert.equal(libc.hasEnded(pid), false);
    assert.equal(libc.hasEnded(process.pid), false);
  });

  test('is loaded without a warning, and those of others are told', async () => {
    const code = `import { loadLibc } from './libc.ts';
      console.log(loadLibc().kind);
      process.emitWarning('of another');`;
    const { output } = await run([process.execPath, '--input-type=module', '-e', code]);
    assert.match(output, /^loaded\n/);
    assert.match(output, /Warning: of another/);
    assert.doesNotMatch(output, /FFI/);
  });

  test('says why it is missing', async () => {
    const code = `import { loadLibc } from './libc.ts'; console.log(loadLibc().reason);`;
    const node = (...flags: string[]): Promise<{ output: string }> =>
      run([process.execPath, ...flags, '--input-type=module', '-e', code]);
    assert.match((await node('--no-experimental-ffi')).output, /this Node has no node:ffi/);
    assert.match((await node('--permission', '--allow-fs-read=*')).output, /--allow-ffi/);
  });

  test('asks for a flag only where the user has not said what to do', async () => {
    const code = `import { flagForLibc } from './libc.ts';
      console.log(flagForLibc([]), flagForLibc(process.execArgv));`;
    const node = (...flags: string[]): Promise<{ output: string }> =>
      run([process.execPath, ...flags, '--input-type=module', '-e', code]);
    assert.equal((await node()).output.trim(), 'undefined undefined');
    const off = await node('--no-experimental-ffi');
    assert.equal(off.output.trim(), '--experimental-ffi undefined');
  });
});

async function useModule(t: TestContext, source: string): Promise<ModuleWorker> {
  const path = join(useTempDir(t), 'module.mjs');
  writeFileSync(path, source);
  const worker = new ModuleWorker({ path, env: process.env, onLine: () => undefined });
  t.after(() => worker.terminate());
  await worker.load({ timeoutMs: 20_000, signal: never });
  return worker;
}
