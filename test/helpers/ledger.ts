// What an app wrote down itself: one line `got ID` or `answered ID` per event.

import { readFileSync } from 'node:fs';

export interface Ledger {
  /** In order, as often as it happened. */
  readonly got: readonly string[];
  readonly answered: readonly string[];
}

export function readLedger(path: string): Ledger {
  const lines = readFileSync(path, 'utf8').split('\n');
  const idsOf = (word: string): string[] =>
    lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
  return { got: idsOf('got '), answered: idsOf('answered ') };
}
