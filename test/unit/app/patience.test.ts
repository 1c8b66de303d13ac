import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Patience } from '../../../src/app/patience.ts';

function assertAbout(ms: number, expectedMs: number): void {
  assert.ok(ms >= expectedMs * 0.8 && ms <= expectedMs * 1.2, `${ms} is not about ${expectedMs}`);
}

suite('patience', () => {
  test('nothing is waited for before something was in vain', () => {
    assert.equal(new Patience().isOver(0), true);
  });

  test('doubles from 10 s to 10 min, and is over exactly then', () => {
    const patience = new Patience();
    for (const expectedMs of [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 600_000, 600_000]) {
      const pauseMs = patience.lose(5000);
      assertAbout(pauseMs, expectedMs);
      assert.equal(patience.isOver(5000 + pauseMs - 1), false);
      assert.equal(patience.isOver(5000 + pauseMs), true);
    }
  });

  test('begins anew when all was well', () => {
    const patience = new Patience();
    patience.lose(0);
    patience.lose(0);
    patience.regain();
    assertAbout(patience.lose(0), 10_000);
  });
});
