// What becomes of an app that is lost: whether it is started again, after how many tries, or given up. Pure.

import { isSuccess } from '../core/exit-status.ts';
import { assertNever } from '../lib/assert-never.ts';
import { again, callOff, enter, leave, noTries } from './supervision-moves.ts';
import type {
  Effect,
  Failure,
  Phase,
  Replacing,
  Rules,
  Supervision,
  SupervisionEvent,
  Transition,
  Tries,
  Why,
} from './supervision-state.ts';
import { describeFailure } from './supervision-words.ts';

/** So many starts in a row that never came up are a crash loop. */
export const CRASH_LOOP = 6;

/** An app that was up for so long has recovered: its next end is the first again. */
const RECOVERED_MS = 1000;

type Loss = Extract<SupervisionEvent, { kind: 'lost' }>;

/** Of a generation that serves, or is to serve; the end of any other is no loss. */
export function lost(state: Supervision, loss: Loss, rules: Rules): Transition {
  const { phase } = state;
  const { generation, failure } = loss;
  if (phase.kind === 'replacing' && phase.next === generation) {
    return callOff(state, phase, failure);
  }
  if (!('generation' in phase) || phase.generation !== generation) return [state, []];
  switch (phase.kind) {
    case 'starting':
      return startFailed(state, phase, failure, rules);
    case 'up':
      return crashed(state, phase.tries, loss, rules);
    case 'replacing':
      return lostWhileReplacing(state, phase);
    default:
      return assertNever(phase);
  }
}

type Starting = Extract<Phase, { kind: 'starting' }>;

function startFailed(
  state: Supervision,
  { generation, tries, why }: Starting,
  failure: Failure,
  { restart: policy }: Rules,
): Transition {
  const failed = tries.failed + 1;
  const told: Effect[] =
    why.kind === 'replacement'
      ? [{ kind: 'tell-replacement-failed', cause: why.cause, generation, failure }]
      : [];
  const crashLoop = failed >= CRASH_LOOP;
  if (crashLoop || !mayRestart(failure, policy)) return giveUp(state, failure, crashLoop, told);
  return backOff(state, generation, { failed, quick: tries.quick + 1 }, failure, told);
}

function crashed(
  state: Supervision,
  { quick }: Tries,
  { generation, failure, upMs }: Loss,
  { restart: policy }: Rules,
): Transition {
  if (!mayRestart(failure, policy)) return giveUp(state, failure, false, []);
  const tries = { failed: 0, quick: upMs >= RECOVERED_MS ? 1 : quick + 1 };
  return backOff(state, generation, tries, failure, [{ kind: 'hold' }]);
}

/** The one that served has ended by itself: the next one is all there is. */
function lostWhileReplacing(state: Supervision, phase: Replacing): Transition {
  const { generation, next: following, settling, cause } = phase;
  const left = leave(state, generation);
  const remove: Effect = { kind: 'remove', generation };
  if (settling) {
    const up: Phase = { kind: 'up', generation: following, tries: noTries };
    const told: Effect = { kind: 'tell-replaced', cause, generation: following };
    return [enter(left, up), [{ kind: 'open', generation: following }, remove, told]];
  }
  const why: Why = { kind: 'replacement', cause };
  const starting: Phase = { kind: 'starting', generation: following, tries: noTries, why };
  return [enter(left, starting), [{ kind: 'hold' }, remove]];
}

function mayRestart(failure: Failure, policy: Rules['restart']): boolean {
  if (policy !== 'on-failure') return policy === 'always';
  return failure.kind === 'not-up' || !isSuccess(failure.status);
}

function giveUp(
  state: Supervision,
  failure: Failure,
  crashLoop: boolean,
  told: readonly Effect[],
): Transition {
  const refuse: Effect = { kind: 'refuse', reason: describeFailure(failure) };
  const effects: Effect[] = [...told, refuse, { kind: 'give-up', failure, crashLoop }];
  return [{ ...enter(state, { kind: 'ended' }), asked: undefined }, effects];
}

function backOff(
  state: Supervision,
  generation: number,
  tries: Tries,
  failure: Failure,
  told: readonly Effect[],
): Transition {
  const phase: Phase = { kind: 'backing-off', tries, why: again, after: [generation] };
  return [
    // What starts after it was asked for is new enough.
    { ...enter(leave(state, generation), phase), asked: undefined },
    [
      ...told,
      { kind: 'remove', generation },
      { kind: 'arm-backoff', attempt: tries.quick, failure },
    ],
  ];
}
