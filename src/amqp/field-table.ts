// How many bytes headers take in a frame of 0-9-1, and how many there are for them: pure.

import type { Properties } from './transport.ts';

/** The client library writes no longer table. */
const LONGEST_TABLE = 65_536;
/** Of a frame and the head of its properties; then delivery mode, priority and timestamp, there or not. */
const FRAME = 22 + 10;
const LENGTH = 4;

/** What is left for the headers in the one frame that all properties share. */
export function headerRoom(properties: Properties, frameMax: number): number {
  const texts = Object.values(properties).filter((value) => typeof value === 'string');
  const bytes = texts.reduce((sum, text) => sum + 1 + Buffer.byteLength(text), FRAME);
  return Math.min(LONGEST_TABLE, frameMax - bytes);
}

export function tableBytes(table: object): number {
  return Object.entries(table).reduce((sum, entry) => sum + entryBytes(...entry), LENGTH);
}

export function entryBytes(name: string, value: unknown): number {
  return value === undefined ? 0 : 1 + Buffer.byteLength(name) + valueBytes(value);
}

/** With the letter that tells its type. */
function valueBytes(value: unknown): number {
  if (typeof value === 'string') return 1 + LENGTH + Buffer.byteLength(value);
  if (typeof value === 'boolean') return 2;
  if (typeof value === 'number') return 1 + numberBytes(value);
  if (value === null) return 1;
  if (typeof value !== 'object' || '!' in value) return 1 + LARGEST_NUMBER;
  if (Buffer.isBuffer(value)) return 1 + LENGTH + value.length;
  if (!Array.isArray(value)) return 1 + tableBytes(value);
  return value.reduce<number>((sum, each) => sum + valueBytes(each), 1 + LENGTH);
}

/** A time, or another type that is named beside its value. */
const LARGEST_NUMBER = 8;

function numberBytes(value: number): number {
  if (!Number.isInteger(value)) return LARGEST_NUMBER;
  const [, bytes = LARGEST_NUMBER] =
    integers.find(([limit]) => value >= -limit && value < limit) ?? [];
  return bytes;
}

const integers = [
  [0x80, 1],
  [0x8000, 2],
  [0x8000_0000, 4],
] as const;
