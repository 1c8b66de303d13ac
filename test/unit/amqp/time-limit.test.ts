// One timer for all that run, and each has its own time.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { TimeLimit } from '../../../src/amqp/time-limit.ts';

class Run {
  readonly name: string;
  readonly #now: () => number;
  readonly #beganAt: number;
  isHandled = false;

  constructor(name: string, now: () => number) {
    this.name = name;
    this.#now = now;
    this.#beganAt = now();
  }

  get handledMs(): number {
    return this.#now() - this.#beganAt;
  }
}

function useTimeLimit(t: TestContext, timeoutMs: number) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const running: Run[] = [];
  const told: string[] = [];
  const timeLimit = new TimeLimit<Run>({
    timeoutMs,
    running: () => running,
    onTimeout: ({ name }) => told.push(`${name} at ${now}`),
  });
  return {
    ...{ running, told, timeLimit },
    begin: (name: string): Run => {
      const run = new Run(name, () => now);
      running.push(run);
      timeLimit.watch();
      return run;
    },
    pass: (ms: number): void => {
      for (let left = ms; left > 0; left -= 1) {
        now += 1;
        t.mock.timers.tick(1);
      }
    },
  };
}

test('tells of each that takes too long, once and when its own time is over', (t) => {
  const { told, begin, pass } = useTimeLimit(t, 100);
  begin('a');
  begin('b');
  pass(30);
  begin('c');
  pass(500);
  assert.deepEqual(told, ['a at 100', 'b at 100', 'c at 130']);
  begin('d');
  pass(100);
  assert.deepEqual(told.slice(3), ['d at 630']);
});

test('is silent of those that have ended', (t) => {
  const { told, running, begin, pass } = useTimeLimit(t, 100);
  const a = begin('a');
  begin('b');
  pass(60);
  begin('c');
  a.isHandled = true;
  running.splice(1, 1);
  pass(99);
  assert.deepEqual(told, []);
  pass(1);
  assert.deepEqual(told, ['c at 160']);
});

test('no timer is left when none is running', (t) => {
  const { told, running, timeLimit, begin, pass } = useTimeLimit(t, 100);
  begin('a');
  running.pop();
  timeLimit.rest();
  pass(50);
  begin('b');
  pass(99);
  assert.deepEqual(told, []);
  pass(1);
  assert.deepEqual(told, ['b at 150']);
});
