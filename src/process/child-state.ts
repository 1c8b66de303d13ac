// The life of the supervised program as a pure function: state and event in, state and effects out.

import type { ExitStatus } from '../core/exit-status.ts';
import { assertNever } from '../lib/assert-never.ts';

/** Each state carries what is known in it, and nothing else. */
export type ChildState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly pid: number }
  | {
      readonly kind: 'stopping';
      /** Undefined while it is still being spawned. */
      readonly pid: number | undefined;
      /** The deadline has passed. */
      readonly killed: boolean;
    }
  | ({ readonly kind: 'ended' } & ChildEnd);

export interface ChildEnd {
  /** Undefined when it never started. */
  readonly pid: number | undefined;
  readonly status: ExitStatus;
  /** It was asked to stop. */
  readonly expected: boolean;
  /** It had to be killed at the end of the deadline. */
  readonly killed: boolean;
}

export type ChildEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'spawned'; readonly pid: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'deadline-passed' }
  | { readonly kind: 'relay'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'ended'; readonly status: ExitStatus };

export type ChildEffect =
  | { readonly kind: 'spawn' }
  /** The stop signal. */
  | { readonly kind: 'ask-to-stop' }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'tell-started'; readonly pid: number }
  | { readonly kind: 'tell-ended'; readonly end: ChildEnd };

export type Transition = readonly [state: ChildState, effects: readonly ChildEffect[]];

/** Total: what an event does not change in a state is left as it is. A child lives once. */
export function next(state: ChildState, event: ChildEvent): Transition {
  switch (event.kind) {
    case 'start':
      return state.kind === 'idle' ? [{ kind: 'starting' }, [{ kind: 'spawn' }]] : [state, []];
    case 'spawned':
      return spawned(state, event.pid);
    case 'stop':
      return stop(state);
    case 'deadline-passed':
      if (state.kind !== 'stopping' || state.killed) return [state, []];
      return [{ ...state, killed: true }, signalled(state, 'SIGKILL')];
    case 'relay':
      return [state, signalled(state, event.signal)];
    case 'ended':
      return ended(state, event.status);
    default:
      return assertNever(event);
  }
}

function spawned(state: ChildState, pid: number): Transition {
  const tell: ChildEffect = { kind: 'tell-started', pid };
  if (state.kind === 'starting') return [{ kind: 'running', pid }, [tell]];
  if (state.kind !== 'stopping') return [state, []];
  // A stop came in between: it is carried out now.
  const kill: ChildEffect[] = state.killed ? [{ kind: 'signal', signal: 'SIGKILL' }] : [];
  return [{ ...state, pid }, [tell, { kind: 'ask-to-stop' }, ...kill]];
}

function stop(state: ChildState): Transition {
  if (state.kind === 'starting') return [{ kind: 'stopping', pid: undefined, killed: false }, []];
  if (state.kind !== 'running') return [state, []];
  return [{ kind: 'stopping', pid: state.pid, killed: false }, [{ kind: 'ask-to-stop' }]];
}

function signalled(state: ChildState, signal: NodeJS.Signals): ChildEffect[] {
  const there = 'pid' in state && state.kind !== 'ended' && state.pid !== undefined;
  return there ? [{ kind: 'signal', signal }] : [];
}

function ended(state: ChildState, status: ExitStatus): Transition {
  if (state.kind === 'idle' || state.kind === 'ended') return [state, []];
  const stopping = state.kind === 'stopping';
  const end: ChildEnd = {
    pid: 'pid' in state ? state.pid : undefined,
    status,
    expected: stopping,
    // It may have ended by itself in the same moment.
    killed: stopping && state.killed && status.kind === 'signalled' && status.signal === 'SIGKILL',
  };
  return [{ kind: 'ended', ...end }, [{ kind: 'tell-ended', end }]];
}
