// What the supervisor can be doing, what can happen to it, and what it then has to do: the words of
// supervision.ts and of what it calls.

import type { ReplacementCause } from '../core/events.ts';
import type { ExitStatus } from '../core/exit-status.ts';

/** What was configured. */
export interface Rules {
  readonly restart: 'never' | 'on-failure' | 'always';
  readonly replace: 'start-first' | 'stop-first';
}

/** Each process of the app is a generation, numbered from 1: news of an old one can do no harm. */
export interface Supervision {
  readonly phase: Phase;
  /** The number of the last generation that was started. */
  readonly last: number;
  /** Those whose stop has begun, and of which something may still run. */
  readonly leaving: readonly number[];
  /** A replacement that begins when the app is up and nobody is leaving. */
  readonly asked: ReplacementCause | undefined;
  /** The end is near: nothing is replaced any more; what crashes is still started again. */
  readonly closing: boolean;
}

export type Phase =
  | { readonly kind: 'idle' }
  /** Nobody serves until this one is up. */
  | ({ readonly kind: 'starting'; readonly generation: number } & Attempt)
  | { readonly kind: 'up'; readonly generation: number; readonly tries: Tries }
  /** One serves while the next one starts. */
  | {
      readonly kind: 'replacing';
      readonly generation: number;
      readonly tries: Tries;
      readonly next: number;
      /** The next one is up, and must stay so for a while before it is trusted. */
      readonly settling: boolean;
      readonly cause: ReplacementCause;
    }
  /** Starts as soon as those before it are gone. */
  | ({ readonly kind: 'making-way' } & NextAttempt)
  | ({ readonly kind: 'backing-off' } & NextAttempt)
  | { readonly kind: 'stopping' }
  /** Given up: it is not for us to start it again. */
  | { readonly kind: 'ended' };

export type Replacing = Extract<Phase, { kind: 'replacing' }>;

/** A start: how many before it went wrong, and what it is for. */
export interface Attempt {
  readonly tries: Tries;
  readonly why: Why;
}

export interface NextAttempt extends Attempt {
  /** Generations whose place it takes: nothing of them may be left. */
  readonly after: readonly number[];
}

export interface Tries {
  /** Starts in a row that never came up. */
  readonly failed: number;
  /** Ends in a row that came too soon to count as a recovery between them. */
  readonly quick: number;
}

export type Why =
  | { readonly kind: 'first' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'replacement'; readonly cause: ReplacementCause };

/** How a generation was lost. */
export type Failure =
  | { readonly kind: 'ended'; readonly status: ExitStatus }
  /** It runs, but was not up in time, or could not even be tried. */
  | { readonly kind: 'not-up'; readonly error: Error };

export type SupervisionEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'came-up'; readonly generation: number }
  /** It has been up for long enough to be trusted. */
  | { readonly kind: 'settled'; readonly generation: number }
  /** `upMs` is how long it had been up. */
  | {
      readonly kind: 'lost';
      readonly generation: number;
      readonly failure: Failure;
      readonly upMs: number;
    }
  /** Nothing of it is left. */
  | { readonly kind: 'gone'; readonly generation: number }
  | { readonly kind: 'backoff-over' }
  | { readonly kind: 'reload'; readonly cause: ReplacementCause }
  | { readonly kind: 'restart' }
  | { readonly kind: 'close' }
  | { readonly kind: 'stop' };

export type Effect =
  | { readonly kind: 'spawn'; readonly generation: number }
  /** Requests go to it from now on. */
  | { readonly kind: 'open'; readonly generation: number }
  | { readonly kind: 'hold' }
  /** It finishes what it has in hand, then it is stopped; `gone` follows. */
  | { readonly kind: 'retire'; readonly generation: number }
  /** It is stopped at once, or what it has left behind is; `gone` follows. */
  | { readonly kind: 'remove'; readonly generation: number }
  | { readonly kind: 'arm-settling'; readonly generation: number }
  /** The first attempt is 1. */
  | { readonly kind: 'arm-backoff'; readonly attempt: number; readonly failure: Failure }
  | { readonly kind: 'disarm-backoff' }
  /** Whoever asked for a new generation does not get one. */
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'give-up'; readonly failure: Failure; readonly crashLoop: boolean }
  | { readonly kind: 'tell-restarting' }
  | { readonly kind: 'tell-restarted'; readonly generation: number }
  | { readonly kind: 'tell-replacing'; readonly cause: ReplacementCause }
  | {
      readonly kind: 'tell-replaced';
      readonly cause: ReplacementCause;
      readonly generation: number;
    }
  | {
      readonly kind: 'tell-replacement-failed';
      readonly cause: ReplacementCause;
      /** The one that failed. */
      readonly generation: number;
      readonly failure: Failure | string;
    };

export type Transition = readonly [state: Supervision, effects: readonly Effect[]];
