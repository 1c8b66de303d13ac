// Randomness that can be had again: the seed is printed, and given in $SEED it is used.

import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

export interface Seeded {
  readonly seed: number;
  /** At least 0, below 1. */
  next(): number;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  /** One of the values, each as likely as its weight says. */
  pick<T>(weighted: readonly (readonly [weight: number, value: T])[]): T;
}

/** As many as asked for, each with a seed of its own; $SEED is the first one's. */
export function useSeeds(t: TestContext, count: number): Seeded[] {
  const given = process.env['SEED'];
  const first = given === undefined ? randomInt(2 ** 31) : Number(given);
  const seeds = Array.from({ length: count }, (_, n) => first + n);
  t.diagnostic(`seeds ${seeds.join(', ')}: repeat with SEED=${first}`);
  return seeds.map(seeded);
}

/** The same numbers for the same seed. */
export function seeded(seed: number): Seeded {
  const next = mulberry32(seed);
  return {
    seed,
    next,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (weighted) => {
      let at = next() * weighted.reduce((sum, [weight]) => sum + weight, 0);
      const found = weighted.find(([weight]) => (at -= weight) < 0) ?? weighted.at(-1);
      if (found === undefined) throw new Error('nothing to pick from');
      return found[1];
    },
  };
}

/** Tommy Ettinger's small generator; good enough to mix answers. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
