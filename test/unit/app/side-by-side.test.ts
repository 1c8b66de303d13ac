import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sideBySide } from '../../../src/app/side-by-side.ts';
import type { DrainReport, Former } from '../../../src/core/component.ts';
import { Deadline } from '../../../src/core/deadline.ts';

const empty: DrainReport = {
  ...{ accepted: 0, completed: 0, shed: 0, aborted: 0, failed: 0, forced: 0, longestMs: 0 },
};

class FakeIntake {
  readonly calls: string[] = [];
  readonly work = Promise.withResolvers<undefined>();
  readonly books: DrainReport;
  former: Former | undefined;

  constructor(books: Partial<DrainReport> = {}) {
    this.books = { ...empty, ...books };
  }

  open(to: string): Former | undefined {
    this.calls.push(`open ${to}`);
    return this.former;
  }

  hold(): Former | undefined {
    this.calls.push('hold');
    return this.former;
  }

  async drain(): Promise<void> {
    this.calls.push('drain');
    await this.work.promise;
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
    await this.work.promise;
  }

  report(): DrainReport {
    return this.books;
  }
}

test('both are opened, held, drained and stopped, and the slower one decides', async () => {
  const [one, other] = [new FakeIntake(), new FakeIntake()];
  const both = sideBySide<string>(one, other);
  const deadline = Deadline.after(Infinity);
  assert.equal(both.open('app'), undefined);
  assert.equal(both.hold(), undefined);
  let drained = false;
  const draining = both.drain(deadline).then(() => (drained = true));
  const stopping = both.stop(deadline);
  for (const { calls } of [one, other]) {
    assert.deepEqual(calls, ['open app', 'hold', 'drain', 'stop']);
  }
  one.work.resolve(undefined);
  await one.work.promise;
  await Promise.resolve();
  assert.equal(drained, false);
  other.work.resolve(undefined);
  await Promise.all([draining, stopping]);
});

test('an app that is left is idle when it has nothing of either in hand', async () => {
  const [one, other] = [new FakeIntake(), new FakeIntake()];
  const idle = Promise.withResolvers<undefined>();
  one.former = { whenIdle: () => Promise.resolve() };
  other.former = {
    whenIdle: async () => {
      await idle.promise;
    },
  };
  const former = sideBySide<string>(one, other).hold();
  let isIdle = false;
  const waiting = former?.whenIdle(Deadline.after(Infinity)).then(() => (isIdle = true));
  await Promise.resolve();
  assert.equal(isIdle, false);
  idle.resolve(undefined);
  await waiting;
});

test('the report is of both', () => {
  const one = new FakeIntake({ accepted: 3, completed: 2, failed: 1, longestMs: 5 });
  const other = new FakeIntake({ accepted: 4, shed: 1, aborted: 3, forced: 2, longestMs: 9 });
  assert.deepEqual(sideBySide<string>(one, other).report(), {
    ...{ accepted: 7, completed: 2, shed: 1, aborted: 3, failed: 1, forced: 2, longestMs: 9 },
  });
});
