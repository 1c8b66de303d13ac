import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { runtimeFamilies } from '../../src/metrics/runtime-metrics.ts';

function memoryOf(scope: string): number {
  const memory = runtimeFamilies.find(({ name }) => name.endsWith('_memory_bytes'));
  return memory?.read().find(({ labels }) => labels?.['scope'] === scope)?.value ?? 0;
}

test('measures the memory of itself, and of itself with every process below', async (t) => {
  const before = memoryOf('tree') - memoryOf('self');
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log("up")'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.ok(memoryOf('self') > 20e6);
  assert.ok(memoryOf('tree') - memoryOf('self') > before + 20e6);
  child.stdin.end();
  await once(child, 'close');
});

test('counts the CPU time of processes that have ended to the tree only', async () => {
  const cpu = (scope: string): number => {
    const family = runtimeFamilies.find(({ name }) => name.endsWith('_cpu_seconds_total'));
    return family?.read().find(({ labels }) => labels?.['scope'] === scope)?.value ?? 0;
  };
  const before = { self: cpu('self'), tree: cpu('tree') };
  const busy = 'const end = process.cpuUsage().user + 5e5; while (process.cpuUsage().user < end);';
  await once(spawn(process.execPath, ['-e', busy]), 'close');
  assert.ok(cpu('tree') - before.tree >= 0.4);
  assert.ok(cpu('self') - before.self < 0.4);
});
