import assert from 'node:assert/strict';
import { test } from 'node:test';

import { operationsOf } from '../../../src/app/operations.ts';
import type { Answer } from '../../../src/app/tickets.ts';

function setUp(stopping = false, answer: Answer = { done: true }, takesMessages = false) {
  const drained: boolean[] = [];
  const never = (): never => assert.fail('nobody asked');
  const operations = operationsOf({
    status: never,
    takesMessages,
    setDrained: (value) => drained.push(value),
    isStopping: () => stopping,
    app: { reload: () => Promise.resolve(answer), restart: () => Promise.resolve(answer) },
  });
  return { operations, drained };
}

test('drain and undrain switch readiness and say what is so now', async () => {
  const { operations, drained } = setUp();
  assert.deepEqual(await operations.drain(), {
    done: true,
    text: 'drained: not ready from now on, work goes on',
  });
  assert.equal((await operations.undrain()).done, true);
  assert.deepEqual(drained, [true, false]);
  assert.deepEqual(await setUp(false, { done: true }, true).operations.drain(), {
    done: true,
    text: 'drained: not ready from now on, no new message is taken, work goes on',
  });
});

test('reload and restart say what became of it', async () => {
  const good = setUp().operations;
  assert.deepEqual(await good.reload(), { done: true, text: 'replaced: a new app is up' });
  assert.deepEqual(await good.restart(), { done: true, text: 'restarted: the app is up again' });
  const { operations } = setUp(false, {
    done: false,
    reason: 'the app exited with code 3',
    told: true,
  });
  const failed = { done: false, text: 'the app exited with code 3', told: true };
  assert.deepEqual(await operations.reload(), failed);
  assert.deepEqual(await operations.restart(), failed);
});

test('refuses while stopping', async () => {
  const { operations, drained } = setUp(true);
  const refused = { done: false, text: 'hurricane is stopping' };
  assert.deepEqual(await operations.drain(), refused);
  assert.deepEqual(await operations.undrain(), refused);
  assert.deepEqual(await operations.reload(), refused);
  assert.deepEqual(await operations.restart(), refused);
  assert.deepEqual(drained, []);
});
