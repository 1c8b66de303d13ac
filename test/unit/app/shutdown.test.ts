import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Shutdown } from '../../../src/app/shutdown.ts';
import { stopShares } from '../../../src/core/stop-shares.ts';

suite('shutdown', () => {
  test('the first reason decides', async () => {
    const shutdown = new Shutdown(1000);
    shutdown.onSignal('SIGTERM');
    shutdown.request({ kind: 'failed', error: new Error('later') });
    assert.deepEqual(await shutdown.reason, { kind: 'signal', signal: 'SIGTERM' });
    assert.equal(shutdown.signal.reason, 'SIGTERM');
  });

  test('the budget begins with the reason, and a second signal ends it', () => {
    const shutdown = new Shutdown(60_000);
    assert.throws(() => shutdown.budget);
    shutdown.onSignal('SIGTERM');
    assert.ok(shutdown.budget.leftMs > 59_000);
    assert.equal(shutdown.over.aborted, false);
    shutdown.onSignal('SIGINT');
    assert.equal(shutdown.budget.leftMs, 0);
    assert.equal(shutdown.over.aborted, true);
    assert.equal(shutdown.hurried, true);
  });

  test('the used up budget ends the patience with everything', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const shutdown = new Shutdown(1000);
    shutdown.onSignal('SIGTERM');
    t.mock.timers.tick(999);
    assert.equal(shutdown.over.aborted, false);
    t.mock.timers.tick(1);
    assert.equal(shutdown.over.aborted, true);
    assert.equal(shutdown.hurried, false);
  });
});

suite('stop shares', () => {
  test('the app keeps 5 s, or a third of a short budget', () => {
    assert.equal(stopShares(25_000, false).appMs, 5000);
    assert.equal(stopShares(6000, false).appMs, 2000);
  });

  test('webhooks keep 2 s, or a tenth of a short budget, and nothing without receivers', () => {
    assert.equal(stopShares(25_000, true).flushMs, 2000);
    assert.equal(stopShares(6000, true).flushMs, 600);
    assert.equal(stopShares(25_000, false).flushMs, 0);
  });
});
