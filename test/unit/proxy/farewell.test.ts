import assert from 'node:assert/strict';
import { test } from 'node:test';

import { planPartings, sayFarewell, type Lasting } from '../../../src/proxy/farewell.ts';

const WINDOW_MS = 10_000;

function lasting(lasts: Lasting['lasts'], count: number): Lasting[] {
  return Array.from({ length: count }, () => ({ lasts, leave: () => undefined }));
}

test('many sockets fill the window evenly, each in a step of its own', () => {
  const times = planPartings(lasting('socket', 500), WINDOW_MS).map(({ atMs }) => atMs);
  for (const [n, atMs] of times.entries()) {
    assert.ok(atMs >= n * 20 && atMs < (n + 1) * 20, `number ${n} at ${atMs}`);
  }
});

test('few sockets do not wait for the end of the window', () => {
  const times = planPartings(lasting('socket', 3), WINDOW_MS, () => 0.5).map(({ atMs }) => atMs);
  assert.deepEqual(times, [125, 375, 625]);
});

test('event streams stay to the end of the window, since they may end by themselves', () => {
  const few = planPartings(lasting('stream', 2), WINDOW_MS, () => 0).map(({ atMs }) => atMs);
  assert.deepEqual(few, [9500, 9750]);
  const many = planPartings(lasting('stream', 500), WINDOW_MS, () => 0).map(({ atMs }) => atMs);
  assert.deepEqual([many[0], many.at(-1)], [7500, 9995]);
});

test('what ends by itself is left alone', () => {
  assert.deepEqual(planPartings(lasting(undefined, 5), WINDOW_MS), []);
});

test('when the time is over everyone left leaves at once', async () => {
  const left: number[] = [];
  const works = Array.from({ length: 3 }, (_, n) => ({
    lasts: 'socket' as const,
    leave: () => left.push(n),
  }));
  await sayFarewell(() => works, 60_000, AbortSignal.abort());
  assert.deepEqual(left, [0, 1, 2]);
});

test('whoever begins to last while others leave is not forgotten', async () => {
  const over = new AbortController();
  const works: Lasting[] = [];
  const late: Lasting = { lasts: 'socket', leave: () => over.abort() };
  const early: Lasting = {
    lasts: 'socket',
    leave: () => works.splice(0, 1, late),
  };
  works.push(early);
  await sayFarewell(() => works, 1000, over.signal);
  assert.deepEqual(works, [late]);
});
