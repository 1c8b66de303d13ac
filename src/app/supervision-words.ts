// How the supervisor's states and verdicts read outside: events, metrics, the reason of the end; and which generation
// they are about. Pure.

import type { StopReason } from '../core/component.ts';
import type { AppState, RestartCause } from '../core/events.ts';
import { describeExit } from '../core/exit-status.ts';
import type { Failure, Phase, Supervision } from './supervision-state.ts';

export function appStateOf(phase: Phase): AppState {
  switch (phase.kind) {
    case 'idle':
      return 'starting';
    case 'starting':
      return phase.why.kind === 'first' ? 'starting' : 'restarting';
    case 'making-way':
      return 'restarting';
    default:
      return phase.kind;
  }
}

/** The one that serves or is to serve, or else the one that must go first; undefined while the next is waited for. */
export function currentOf({ phase, leaving }: Supervision): number | undefined {
  if ('generation' in phase) return phase.generation;
  if (phase.kind !== 'making-way') return undefined;
  return phase.after.find((after) => leaving.includes(after));
}

/** Undefined while none serves, while it is replaced, and while another one leaves. */
export function servingAlone({ phase, leaving, closing }: Supervision): number | undefined {
  return phase.kind === 'up' && leaving.length === 0 && !closing ? phase.generation : undefined;
}

/** Reads as a sentence: `the app exited with code 3`. */
export function describeFailure(failure: Failure): string {
  return failure.kind === 'ended'
    ? `the app ${describeExit(failure.status)}`
    : failure.error.message;
}

export function restartCauseOf(failure: Failure): RestartCause {
  if (failure.kind === 'not-up') return 'not-up';
  return failure.status.kind === 'signalled' ? 'signal' : 'exit';
}

/** Why hurricane ends when it gives the app up. */
export function verdictOf(failure: Failure, crashLoop: boolean): StopReason {
  return failure.kind === 'ended'
    ? { kind: 'app-ended', status: failure.status, crashLoop }
    : { kind: 'failed', error: failure.error };
}
