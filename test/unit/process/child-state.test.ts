import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { ExitStatus } from '../../../src/core/exit-status.ts';
import {
  next,
  type ChildEffect,
  type ChildEvent,
  type ChildState,
} from '../../../src/process/child-state.ts';

const exited: ExitStatus = { kind: 'exited', code: 3 };
const killedBySignal: ExitStatus = { kind: 'signalled', signal: 'SIGKILL' };

/** Feeds events from `idle`; the last state, and all effects in order. */
function live(...events: ChildEvent[]): { state: ChildState; effects: ChildEffect[] } {
  let state: ChildState = { kind: 'idle' };
  const effects: ChildEffect[] = [];
  for (const event of events) {
    const [after, more] = next(state, event);
    state = after;
    effects.push(...more);
  }
  return { state, effects };
}

const start = { kind: 'start' } as const;
const spawned = { kind: 'spawned', pid: 7 } as const;
const stop = { kind: 'stop' } as const;
const late = { kind: 'deadline-passed' } as const;
const kill: ChildEffect = { kind: 'signal', signal: 'SIGKILL' };

suite('the life of a child', () => {
  test('start spawns it once, and being spawned is told', () => {
    const { state, effects } = live(start, start, spawned, start);
    assert.deepEqual(state, { kind: 'running', pid: 7 });
    assert.deepEqual(effects, [{ kind: 'spawn' }, { kind: 'tell-started', pid: 7 }]);
  });

  test('an end without a stop is unexpected', () => {
    const { state, effects } = live(start, spawned, { kind: 'ended', status: exited });
    const end = { pid: 7, status: exited, expected: false, killed: false };
    assert.deepEqual(state, { kind: 'ended', ...end });
    assert.deepEqual(effects.at(-1), { kind: 'tell-ended', end });
  });

  test('what could not be started has ended without a pid', () => {
    const status: ExitStatus = { kind: 'not-started', code: 127, reason: 'x' };
    const { state } = live(start, { kind: 'ended', status });
    assert.deepEqual(state, {
      kind: 'ended',
      ...{ pid: undefined, status, expected: false, killed: false },
    });
  });

  test('a stop asks once, and its end is expected', () => {
    const { state, effects } = live(start, spawned, stop, stop, { kind: 'ended', status: exited });
    assert.equal(effects.filter(({ kind }) => kind === 'ask-to-stop').length, 1);
    assert.deepEqual(state, {
      kind: 'ended',
      ...{ pid: 7, status: exited, expected: true, killed: false },
    });
  });

  test('the deadline kills once, and only the end by SIGKILL counts as killed', () => {
    const { state, effects } = live(start, spawned, stop, late, late);
    assert.deepEqual(effects.slice(-2), [{ kind: 'ask-to-stop' }, kill]);
    for (const [status, killed] of [
      [killedBySignal, true],
      [exited, false],
    ] as const) {
      const [after] = next(state, { kind: 'ended', status });
      assert.equal(after.kind === 'ended' && after.killed, killed);
    }
  });

  test('SIGKILL from somebody else does not count as ours', () => {
    const { state } = live(start, spawned, stop, { kind: 'ended', status: killedBySignal });
    assert.equal(state.kind === 'ended' && state.killed, false);
  });

  test('a stop while it is being spawned is carried out when it is', () => {
    const { state, effects } = live(start, stop, late, spawned);
    assert.deepEqual(state, { kind: 'stopping', pid: 7, killed: true });
    assert.deepEqual(effects.slice(1), [
      { kind: 'tell-started', pid: 7 },
      { kind: 'ask-to-stop' },
      kill,
    ]);
  });

  test('signals are relayed every time while it runs or stops, and to nobody else', () => {
    const relay: ChildEvent = { kind: 'relay', signal: 'SIGHUP' };
    const hangUp: ChildEffect = { kind: 'signal', signal: 'SIGHUP' };
    const { effects } = live(relay, start, spawned, relay, relay, stop, relay, {
      kind: 'ended',
      status: exited,
    });
    assert.equal(
      effects.filter((effect) => JSON.stringify(effect) === JSON.stringify(hangUp)).length,
      3,
    );
    const { state } = live(start, spawned, { kind: 'ended', status: exited });
    assert.deepEqual(next(state, relay), [state, []]);
  });

  test('nothing happens to what never started or has ended', () => {
    for (const event of [stop, late, spawned, { kind: 'ended', status: exited } as const]) {
      assert.deepEqual(next({ kind: 'idle' }, event), [{ kind: 'idle' }, []]);
    }
    const { state } = live(start, spawned, { kind: 'ended', status: exited });
    for (const event of [
      start,
      spawned,
      stop,
      late,
      { kind: 'ended', status: killedBySignal } as const,
    ]) {
      assert.deepEqual(next(state, event), [state, []]);
    }
  });
});
