// What a check may say: messages with a level, as JSON lines or as the value of a module. Pure.

import { inspect } from 'node:util';

const levels = ['debug', 'info', 'warning', 'error', 'critical'] as const;

export type CheckLevel = (typeof levels)[number];

export interface CheckMessage {
  readonly level: CheckLevel;
  readonly msg: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** By which it can be silenced. */
  readonly id?: string | undefined;
  /** What it is about. */
  readonly obj?: string | undefined;
}

/** Error and above make a check fail. */
export function isFailure({ level }: CheckMessage): boolean {
  return level === 'error' || level === 'critical';
}

export function errorMessage(msg: string): CheckMessage {
  return { level: 'error', msg };
}

/** A line that a check printed; undefined when it is not a message but any other output. */
export function parseLine(line: string): CheckMessage | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return parseMessage(JSON.parse(line));
  } catch {
    // A line of output that only begins like JSON.
    return undefined;
  }
}

/** What a module returned: nothing, a message or a list of them. Anything else is a failure. */
export function parseReturned(value: unknown): readonly CheckMessage[] {
  if (value === undefined || value === null) return [];
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return entries.map(
    (entry) =>
      parseMessage(entry) ??
      errorMessage(
        `it returned ${shown(entry)}: return nothing, or messages {level, msg} with a level of ${levels.join(', ')}`,
      ),
  );
}

/** Not everything that a thread can hand on is JSON. */
function shown(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return inspect(value, { breakLength: Infinity }); // a BigInt, or a circle
  }
}

/** `msg (obj), hint`, as far as there is. */
export function describeMessage({ msg, obj, hint }: CheckMessage): string {
  return `${msg}${obj === undefined ? '' : ` (${obj})`}${hint === undefined ? '' : `, ${hint}`}`;
}

function parseMessage(value: unknown): CheckMessage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { level, msg, hint, id, obj } = value as Record<string, unknown>;
  const known = levels.find((name) => name === level);
  if (known === undefined || typeof msg !== 'string') return undefined;
  return { level: known, msg, hint: textOf(hint), id: textOf(id), obj: textOf(obj) };
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : shown(value);
}
