import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isAbort } from '../../../src/core/scope.ts';
import { abortError, doneBefore, onAbort, pause } from '../../../src/lib/waiting.ts';

suite('waiting', () => {
  test('a pause says whether it got to its end', async () => {
    assert.equal(await pause(1, new AbortController().signal), true);
    assert.equal(await pause(60_000, AbortSignal.abort()), false);
  });

  test('a promise is waited for until the signal aborts', async () => {
    const never = Promise.withResolvers<undefined>().promise;
    assert.equal(await doneBefore(Promise.resolve(), new AbortController().signal), true);
    assert.equal(await doneBefore(never, AbortSignal.abort()), false);
    await assert.rejects(doneBefore(Promise.reject(new Error('x')), new AbortController().signal));
  });

  test('an abort listener is called once, also for an abort that already was', () => {
    const controller = new AbortController();
    let calls = 0;
    onAbort(controller.signal, () => (calls += 1));
    const stop = onAbort(controller.signal, () => (calls += 10));
    stop();
    controller.abort();
    assert.equal(calls, 1);
    onAbort(controller.signal, () => (calls += 1));
    assert.equal(calls, 2);
  });

  test('the error of an abort is known as one and names the signal', () => {
    const error = abortError(AbortSignal.abort('SIGTERM'), 'waiting for the app');
    assert.equal(isAbort(error), true);
    assert.equal(error.message, 'stopped by SIGTERM while waiting for the app');
  });
});
