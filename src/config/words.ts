// The only importer of shlex: a command line as one text, and as words.

import { join, split } from 'shlex';

import type { Parsed } from './option.ts';

/** Split into words; `text` is what the user wrote. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly text: string;
}

/** Splits as a shell splits words; variables, globs, pipes and `#` mean nothing. */
export function splitWords(text: string): Parsed<readonly string[]> {
  try {
    const words = split(text);
    return words.length > 0 ? { value: words } : { problem: 'is empty: give a command' };
  } catch {
    // shlex throws for these two cases only.
    return { problem: 'ends inside a quote or after a backslash: close the quote' };
  }
}

/** A text that splits into exactly these words, readable for people. */
export function joinWords(words: readonly string[]): string {
  return join(words);
}
