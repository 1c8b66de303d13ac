// The supervisor's decisions as a pure function: state and event in, state and effects out.

import type { ReplacementCause } from '../core/events.ts';
import { isSuccess } from '../core/exit-status.ts';
import { assertNever } from '../lib/assert-never.ts';
import type {
  Effect,
  Failure,
  NextAttempt,
  Phase,
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
export const RECOVERED_MS = 1000;

export const idle: Supervision = {
  phase: { kind: 'idle' },
  last: 0,
  leaving: [],
  asked: undefined,
  closing: false,
};

/** Total: what an event does not change in a state is left as it is. */
export function next(state: Supervision, event: SupervisionEvent, rules: Rules): Transition {
  switch (event.kind) {
    case 'start':
      return state.phase.kind === 'idle'
        ? begin(state, { tries: none, why: first, after: [] })
        : [state, []];
    case 'came-up':
      return cameUp(state, event.generation, rules);
    case 'settled':
      return settled(state, event.generation);
    case 'lost':
      return lost(state, event, rules);
    case 'gone':
      return gone(state, event.generation, rules);
    case 'backoff-over':
      return state.phase.kind === 'backing-off' ? begin(state, state.phase) : [state, []];
    case 'reload':
      return reload(state, event.cause, rules);
    case 'restart':
      return restart(state);
    case 'close':
      return close(state);
    case 'stop':
      return stop(state);
    default:
      return assertNever(event);
  }
}

const none: Tries = { failed: 0, quick: 0 };
const first: Why = { kind: 'first' };
const again: Why = { kind: 'restart' };

/** Starts the next generation, as soon as those before it are gone. */
function begin(state: Supervision, { tries, why, after }: NextAttempt): Transition {
  if (after.some((generation) => state.leaving.includes(generation))) {
    return [enter(state, { kind: 'making-way', tries, why, after }), []];
  }
  const generation = state.last + 1;
  const phase: Phase = { kind: 'starting', generation, tries, why };
  return [{ ...state, phase, last: generation }, [{ kind: 'spawn', generation }]];
}

function cameUp(state: Supervision, generation: number, rules: Rules): Transition {
  const { phase } = state;
  if (phase.kind === 'starting' && phase.generation === generation) {
    const tries = { failed: 0, quick: phase.tries.quick };
    const up = enter(state, { kind: 'up', generation, tries });
    return followed([up, [{ kind: 'open', generation }, ...tellUp(phase.why, generation)]], rules);
  }
  if (phase.kind === 'replacing' && phase.next === generation) {
    return [enter(state, { ...phase, settling: true }), [{ kind: 'arm-settling', generation }]];
  }
  return [state, []];
}

function tellUp(why: Why, generation: number): Effect[] {
  if (why.kind === 'first') return [];
  if (why.kind === 'restart') return [{ kind: 'tell-restarted', generation }];
  return [{ kind: 'tell-replaced', cause: why.cause, generation }];
}

function settled(state: Supervision, generation: number): Transition {
  const { phase } = state;
  if (phase.kind !== 'replacing' || phase.next !== generation) return [state, []];
  const up: Phase = { kind: 'up', generation, tries: none };
  return [
    { ...enter(state, up), leaving: [...state.leaving, phase.generation] },
    [
      { kind: 'open', generation },
      { kind: 'retire', generation: phase.generation },
      { kind: 'tell-replaced', cause: phase.cause, generation },
    ],
  ];
}

type Loss = Extract<SupervisionEvent, { kind: 'lost' }>;

function lost(state: Supervision, loss: Loss, rules: Rules): Transition {
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
type Replacing = Extract<Phase, { kind: 'replacing' }>;

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
    const up: Phase = { kind: 'up', generation: following, tries: none };
    const told: Effect = { kind: 'tell-replaced', cause, generation: following };
    return [enter(left, up), [{ kind: 'open', generation: following }, remove, told]];
  }
  const why: Why = { kind: 'replacement', cause };
  const starting: Phase = { kind: 'starting', generation: following, tries: none, why };
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

function gone(state: Supervision, generation: number, rules: Rules): Transition {
  const left = { ...state, leaving: state.leaving.filter((other) => other !== generation) };
  if (left.phase.kind === 'making-way') return begin(left, left.phase);
  return followed([left, []], rules);
}

function reload(state: Supervision, cause: ReplacementCause, rules: Rules): Transition {
  const { phase } = state;
  const refusal = refusalOf(state);
  if (refusal !== undefined) return [state, [refusal]];
  switch (phase.kind) {
    case 'backing-off':
      return startNow(state, phase);
    case 'making-way':
      return [state, []];
    default:
      return followed([{ ...state, asked: state.asked ?? cause }, []], rules);
  }
}

/** Begins the replacement that was asked for, if its time has come. */
function followed([state, before]: Transition, { replace }: Rules): Transition {
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

function restart(state: Supervision): Transition {
  const { phase } = state;
  const refusal = refusalOf(state);
  if (refusal !== undefined) return [state, [refusal]];
  const anew = { ...state, asked: undefined };
  switch (phase.kind) {
    case 'starting': {
      const { generation } = phase;
      const making = { kind: 'making-way', tries: none, why: again, after: [generation] } as const;
      const effects: Effect[] = [{ kind: 'tell-restarting' }, { kind: 'remove', generation }];
      return [enter(leave(anew, generation), making), effects];
    }
    case 'up':
      return makeWay(anew, phase.generation, again, [{ kind: 'tell-restarting' }]);
    case 'replacing': {
      const [called, effects] = callOff(anew, phase, 'a restart was asked for');
      return makeWay(called, phase.generation, again, [...effects, { kind: 'tell-restarting' }]);
    }
    case 'backing-off':
      return startNow(state, phase);
    default:
      return [state, []];
  }
}

/** Requests are held; the one that served finishes what it has in hand and goes. */
function makeWay(
  state: Supervision,
  generation: number,
  why: Why,
  before: readonly Effect[],
): Transition {
  const phase: Phase = { kind: 'making-way', tries: none, why, after: [generation] };
  return [
    enter(leave(state, generation), phase),
    [...before, { kind: 'hold' }, { kind: 'retire', generation }],
  ];
}

function startNow(state: Supervision, attempt: NextAttempt): Transition {
  const [begun, effects] = begin(state, attempt);
  return [begun, [{ kind: 'disarm-backoff' }, ...effects]];
}

/** The one that serves stays; the next one goes. */
function callOff(state: Supervision, phase: Replacing, failure: Failure | string): Transition {
  const { generation, tries, next: following, cause } = phase;
  return [
    enter(leave(state, following), { kind: 'up', generation, tries }),
    [
      { kind: 'remove', generation: following },
      { kind: 'tell-replacement-failed', cause, generation: following, failure },
    ],
  ];
}

function close(state: Supervision): Transition {
  const closing = { ...state, asked: undefined, closing: true };
  const refuse: Effect = { kind: 'refuse', reason: STOPPING };
  if (state.phase.kind !== 'replacing') return [closing, [refuse]];
  const [called, effects] = callOff(closing, state.phase, STOPPING);
  return [called, [...effects, refuse]];
}

/** Whoever asks for the stop stops every process. */
function stop(state: Supervision): Transition {
  const stopping = enter({ ...state, asked: undefined, closing: true }, { kind: 'stopping' });
  return [stopping, [{ kind: 'disarm-backoff' }, { kind: 'refuse', reason: STOPPING }]];
}

const STOPPING = 'hurricane is stopping';

function refusalOf({ phase, closing }: Supervision): Effect | undefined {
  if (phase.kind === 'idle') return { kind: 'refuse', reason: 'the app has not been started yet' };
  if (phase.kind === 'ended') return { kind: 'refuse', reason: 'the app has ended' };
  return closing ? { kind: 'refuse', reason: STOPPING } : undefined;
}

function enter(state: Supervision, phase: Phase): Supervision {
  return { ...state, phase };
}

function leave(state: Supervision, generation: number): Supervision {
  return { ...state, leaving: [...state.leaving, generation] };
}
