// When connections that would never end by themselves are ended: one after the other over a window, so
// that their clients do not all come back at once.

import { monotonicMs } from '../lib/clock.ts';
import { pause } from '../lib/waiting.ts';

/** What may last for ever. */
export interface Lasting {
  /** `socket`: at any time as good as at another. `stream`: may still end by itself, so it is ended late. */
  readonly lasts: 'socket' | 'stream' | undefined;
  /** Ends it orderly, once; nothing happens when there is nothing to end. */
  leave(): void;
}

export interface Parting<W> {
  readonly work: W;
  /** From the beginning of the window. */
  readonly atMs: number;
}

/** Longest step between two: few clients that come back are no herd. */
const MAX_STEP_MS = 250;
/** Streams leave in this share of the window, at its end. */
const STREAM_SHARE = 0.25;
/** Kept back at the end of the window for the answers of the last ones, and the share that is at most. */
const ANSWERS_MS = 1000;
const ANSWERS_SHARE = 0.2;
/** How often those are looked for who began to last meanwhile. */
const LOOK_AGAIN_MS = 250;
/** The longest time that a timer can take. */
const MAX_MS = 2 ** 31 - 1;

/** Everyone at a random moment of a step of its own; `random` is at least 0 and below 1. */
export function planPartings<W extends Lasting>(
  works: readonly W[],
  windowMs: number,
  random: () => number = Math.random,
): Parting<W>[] {
  const sockets = works.filter(({ lasts }) => lasts === 'socket');
  const streams = works.filter(({ lasts }) => lasts === 'stream');
  const socketStepMs = stepMs(sockets, windowMs);
  const streamStepMs = stepMs(streams, windowMs * STREAM_SHARE);
  const streamsFromMs = windowMs - streamStepMs * streams.length;
  return [
    ...sockets.map((work, n) => ({ work, atMs: (n + random()) * socketStepMs })),
    ...streams.map((work, n) => ({ work, atMs: streamsFromMs + (n + random()) * streamStepMs })),
  ].sort((one, other) => one.atMs - other.atMs);
}

/**
 * Ends what lasts among those in hand, so that the last one has left shortly before `leftMs` are over.
 * Resolves when `over` aborts; then everything left has been ended at once.
 */
export async function sayFarewell(
  inHand: () => readonly Lasting[],
  leftMs: number,
  over: AbortSignal,
): Promise<void> {
  const windowMs = leftMs - Math.min(ANSWERS_MS, leftMs * ANSWERS_SHARE);
  const endsAt = monotonicMs() + Math.min(MAX_MS, windowMs);
  while (!over.aborted) {
    const beganAt = monotonicMs();
    for (const { work, atMs } of planPartings(inHand(), Math.max(0, endsAt - beganAt))) {
      const waitMs = beganAt + atMs - monotonicMs();
      if (waitMs > 0) await pause(waitMs, over);
      work.leave();
    }
    await pause(LOOK_AGAIN_MS, over);
  }
  for (const work of inHand()) work.leave();
}

function stepMs({ length }: readonly unknown[], windowMs: number): number {
  return Math.min(MAX_STEP_MS, windowMs / Math.max(1, length));
}
