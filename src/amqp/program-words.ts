// What hurricane and a program that handles messages say to each other, one JSON object per line: pure.
// docs/consume.md shows it to their authors.

import type { Work } from './handler.ts';
import { describeWork } from './headers.ts';
import type { Verdict } from './retry-ladder.ts';

/** The longest line that a program may write. */
export const LONGEST_WORD = 1024 * 1024;

/** What a program may say. */
export type Word =
  | { readonly kind: 'ready' }
  | { readonly kind: 'settled'; readonly id: number; readonly verdict: Verdict }
  | { readonly kind: 'log'; readonly text: string }
  /** Nothing that we understand: how it goes on cannot be known. */
  | { readonly kind: 'nonsense'; readonly reason: string };

export function helloWord(queue: string): string {
  return line({ v: 1, t: 'hello', queue });
}

export function messageWord(id: number, work: Work): string {
  const body64 = work.delivery.body.toString('base64');
  return line({ t: 'msg', id, ...describeWork(work), body64 });
}

export function cancelWord(id: number, why: 'timeout' | 'stop'): string {
  return line({ t: 'cancel', id, why });
}

/** Nothing new comes; its stdin ends when all is settled. */
export function drainWord(): string {
  return line({ t: 'drain' });
}

export function readWord(text: string): Word {
  const said = parse(text);
  if (said === undefined) return nonsense(text, 'is no JSON object');
  if (said['t'] === 'ready') return { kind: 'ready' };
  const { id, r, after, reason, msg } = said;
  if (said['t'] === 'log') return { kind: 'log', text: typeof msg === 'string' ? msg : text };
  if (typeof id === 'string')
    return nonsense(text, 'has its "id" as a text: give it back as the number it came as');
  if (typeof id !== 'number') return nonsense(text, 'has neither a known "t" nor an "id"');
  const verdict = verdictOf(r, after, typeof reason === 'string' ? reason : undefined);
  return verdict === undefined
    ? nonsense(text, 'has no "r" of ack, retry, dead, requeue or drop')
    : { kind: 'settled', id, verdict };
}

function verdictOf(
  result: unknown,
  after: unknown,
  reason: string | undefined,
): Verdict | undefined {
  const because = reason === undefined ? {} : { reason };
  switch (result) {
    case 'ack':
    case 'requeue':
      return { kind: result };
    case 'dead':
    case 'drop':
      return { kind: result, ...because };
    case 'retry':
      return {
        kind: 'retry',
        ...(typeof after === 'number' ? { afterMs: after } : {}),
        ...because,
      };
    default:
      return undefined;
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined; // no JSON
  }
}

function nonsense(text: string, what: string): Word {
  return { kind: 'nonsense', reason: `its line ${JSON.stringify(text.slice(0, 200))} ${what}` };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
