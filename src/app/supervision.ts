// The supervisor's decisions as a pure function: state and event in, state and effects out.

import type { ReplacementCause } from '../core/events.ts';
import { assertNever } from '../lib/assert-never.ts';
import { lost } from './supervision-losses.ts';
import {
  again,
  begin,
  callOff,
  enter,
  followed,
  leave,
  makeWay,
  noTries,
  startNow,
} from './supervision-moves.ts';
import type {
  Effect,
  Phase,
  Rules,
  Supervision,
  SupervisionEvent,
  Transition,
  Why,
} from './supervision-state.ts';

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
        ? begin(state, { tries: noTries, why: first, after: [] })
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

const first: Why = { kind: 'first' };

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
  const up: Phase = { kind: 'up', generation, tries: noTries };
  return [
    { ...enter(state, up), leaving: [...state.leaving, phase.generation] },
    [
      { kind: 'open', generation },
      { kind: 'retire', generation: phase.generation },
      { kind: 'tell-replaced', cause: phase.cause, generation },
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

function restart(state: Supervision): Transition {
  const { phase } = state;
  const refusal = refusalOf(state);
  if (refusal !== undefined) return [state, [refusal]];
  const anew = { ...state, asked: undefined };
  switch (phase.kind) {
    case 'starting': {
      const { generation } = phase;
      const making = {
        kind: 'making-way',
        tries: noTries,
        why: again,
        after: [generation],
      } as const;
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
