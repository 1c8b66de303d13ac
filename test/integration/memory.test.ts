import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';

import { Deadline } from '../../src/core/deadline.ts';
import { usedBytes } from '../../src/process/memory.ts';
import { OutputPump } from '../../src/process/output.ts';
import { spawnProcess } from '../../src/process/spawn.ts';
import { endRunning } from '../../src/process/ending.ts';

const MIB = 1024 * 1024;
const holdsMemory = 'globalThis.held = Buffer.alloc(64 * 1024 * 1024, 1); console.log(process.pid)';
const waits = 'setInterval(() => {}, 1000)';

/** Resolves with the pid of the program when so many processes hold their memory. */
async function useProgram(t: TestContext, code: string, holding: number): Promise<number> {
  const running = spawnProcess(
    { words: [process.execPath, '-e', code], env: process.env, cwd: '/' },
    'pipe',
  );
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const holders: number[] = [];
  const pump = new OutputPump(running, ({ text }) => {
    holders.push(Number(text));
    if (holders.length === holding) resolve(undefined);
  });
  t.after(async () => {
    for (const pid of holders) process.kill(pid, 'SIGKILL');
    await endRunning(running, Deadline.after(0));
    await pump.close();
  });
  await promise;
  return running.pid ?? 0;
}

suite('the memory of a program', () => {
  test('counts all of its processes, those that left its session too', async (t) => {
    const alone = await useProgram(t, `${holdsMemory}; ${waits}`, 1);
    const own = usedBytes(alone, process.pid) ?? 0;
    assert.ok(own > 64 * MIB && own < 256 * MIB, `${own}`);
    const child = JSON.stringify(`${holdsMemory}; ${waits}`);
    const start = (detached: boolean): string =>
      `require('node:child_process').spawn(process.execPath, ['-e', ${child}],
        { stdio: ['ignore', 'inherit', 'inherit'], detached: ${detached} })`;
    const family = await useProgram(t, `${start(false)}; ${start(true)}; ${waits}`, 2);
    assert.ok((usedBytes(family, process.pid) ?? 0) > 2 * 64 * MIB);
  });

  test('is nothing for a program that has ended', () => {
    assert.equal(usedBytes(2 ** 22 + 1, process.pid), 0);
  });
});
