// The moves from phase to phase that more than one event makes, each with what it takes. Pure.

import type {
  Effect,
  Failure,
  NextAttempt,
  Phase,
  Replacing,
  Rules,
  Supervision,
  Transition,
  Tries,
  Why,
} from './supervision-state.ts';

export const noTries: Tries = { failed: 0, quick: 0 };
export const again: Why = { kind: 'restart' };

/** Starts the next generation, as soon as those before it are gone. */
export function begin(state: Supervision, { tries, why, after }: NextAttempt): Transition {
  if (after.some((generation) => state.leaving.includes(generation))) {
    return [enter(state, { kind: 'making-way', tries, why, after }), []];
  }
  const generation = state.last + 1;
  const phase: Phase = { kind: 'starting', generation, tries, why };
  return [{ ...state, phase, last: generation }, [{ kind: 'spawn', generation }]];
}

/** Begins the replacement that was asked for, if its time has come. */
export function followed([state, before]: Transition, { replace }: Rules): Transition {
  const { phase, asked: cause, leaving, last } = state;
  if (cause === undefined || phase.kind !== 'up' || leaving.length > 0) return [state, before];
  const { generation, tries } = phase;
  const told: Effect = { kind: 'tell-replacing', cause };
  const begun = { ...state, asked: undefined };
  if (replace === 'stop-first') {
    const why: Why = { kind: 'replacement', cause };
    return makeWay(begun, generation, why, [...before, told]);
  }
  const following = last + 1;
  const replacing = { kind: 'replacing', generation, tries, next: following } as const;
  return [
    { ...enter(begun, { ...replacing, settling: false, cause }), last: following },
    [...before, told, { kind: 'spawn', generation: following }],
  ];
}

/** Requests are held; the one that served finishes what it has in hand and goes. */
export function makeWay(
  state: Supervision,
  generation: number,
  why: Why,
  before: readonly Effect[],
): Transition {
  const phase: Phase = { kind: 'making-way', tries: noTries, why, after: [generation] };
  return [
    enter(leave(state, generation), phase),
    [...before, { kind: 'hold' }, { kind: 'retire', generation }],
  ];
}

/** Without the rest of the wait. */
export function startNow(state: Supervision, attempt: NextAttempt): Transition {
  const [begun, effects] = begin(state, attempt);
  return [begun, [{ kind: 'disarm-backoff' }, ...effects]];
}

/** The one that serves stays; the next one goes. */
export function callOff(
  state: Supervision,
  phase: Replacing,
  failure: Failure | string,
): Transition {
  const { generation, tries, next: following, cause } = phase;
  return [
    enter(leave(state, following), { kind: 'up', generation, tries }),
    [
      { kind: 'remove', generation: following },
      { kind: 'tell-replacement-failed', cause, generation: following, failure },
    ],
  ];
}

export function enter(state: Supervision, phase: Phase): Supervision {
  return { ...state, phase };
}

/** Its stop has begun. */
export function leave(state: Supervision, generation: number): Supervision {
  return { ...state, leaving: [...state.leaving, generation] };
}
