import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { Gate, type Waiter } from '../../../src/lib/gate.ts';

const PATIENCE_MS = 30_000;

/** What became of everyone, in order: `1 app`, `2 late`. */
function useLine(): {
  come: (name: number, patienceMs?: number) => Waiter<string>;
  fates: string[];
} {
  const fates: string[] = [];
  const come = (name: number, patienceMs = PATIENCE_MS): Waiter<string> => ({
    pass: (value) => fates.push(`${name} ${value}`),
    turnAway: (why) => fates.push(`${name} ${why}`),
    patienceMs: () => patienceMs,
  });
  return { come, fates };
}

test('whoever comes while the gate is held passes when it opens, in order', () => {
  const gate = new Gate<string>(10);
  const { come, fates } = useLine();
  for (const name of [1, 2, 3]) gate.enter(come(name));
  assert.deepEqual(fates, []);
  gate.open('app');
  gate.enter(come(4));
  assert.deepEqual(fates, ['1 app', '2 app', '3 app', '4 app']);
});

test('a long line passes a few per turn, and nobody who comes later overtakes it', async () => {
  const gate = new Gate<string>(1000);
  const { come, fates } = useLine();
  for (let name = 0; name < 500; name += 1) gate.enter(come(name));
  gate.open('app');
  assert.ok(fates.length > 0 && fates.length < 100, `${fates.length} at once`);
  gate.enter(come(500));
  while (fates.length < 501) await setImmediate();
  assert.deepEqual(
    fates,
    Array.from({ length: 501 }, (_, name) => `${name} app`),
  );
});

test('a gate that is held again before all have passed keeps the rest for the next opening', async () => {
  const gate = new Gate<string>(1000);
  const { come, fates } = useLine();
  for (let name = 0; name < 200; name += 1) gate.enter(come(name));
  gate.open('old');
  const passed = fates.length;
  gate.hold();
  await setImmediate();
  await setImmediate();
  assert.equal(fates.length, passed);
  gate.open('new');
  while (fates.length < 200) await setImmediate();
  assert.equal(fates.filter((fate) => fate.endsWith('old')).length, passed);
  assert.equal(fates.filter((fate) => fate.endsWith('new')).length, 200 - passed);
});

test('more than the line holds are turned away at once', () => {
  const gate = new Gate<string>(2);
  const { come, fates } = useLine();
  for (const name of [1, 2, 3]) gate.enter(come(name));
  assert.deepEqual(fates, ['3 full']);
  gate.close(); // or those in line would keep this process for as long as they wait
});

test('whoever has waited as long as it may is turned away, and its place is free', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gate = new Gate<string>(1);
  const { come, fates } = useLine();
  gate.enter(come(1, 1000));
  t.mock.timers.tick(999);
  assert.deepEqual(fates, []);
  t.mock.timers.tick(1);
  gate.enter(come(2));
  gate.open('app');
  assert.deepEqual(fates, ['1 late', '2 app']);
});

test('whoever leaves is neither let in nor turned away, and its place is free', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const gate = new Gate<string>(1);
  const { come, fates } = useLine();
  const first = come(1);
  gate.enter(first);
  gate.leave(first);
  gate.enter(come(2));
  t.mock.timers.tick(PATIENCE_MS);
  gate.open('app');
  assert.deepEqual(fates, ['2 late']);
});

test('a closed gate turns everyone away for good', () => {
  const gate = new Gate<string>(10);
  const { come, fates } = useLine();
  gate.enter(come(1));
  gate.close();
  gate.enter(come(2));
  gate.open('app');
  gate.hold();
  gate.enter(come(3));
  assert.deepEqual(fates, ['1 closed', '2 closed', '3 closed']);
});
