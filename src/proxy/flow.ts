// From the side that sends a body to the side that takes it, with a bound on what is held in between.

import type { Readable, Writable } from 'node:stream';

/**
 * What lies between what was asked and what is held: a stream that is read stops one read after it is full,
 * and the one that is written to is looked at after it has taken one more.
 */
const ON_ITS_WAY = 3 * 64 * 1024;

/** Hands on what was read; `from` stands still while both together hold as much as they may. */
export function handOn(chunk: Buffer, from: Readable, to: Writable, maxBufferBytes: number): void {
  if (to.write(chunk) || to.writableLength < maxBufferBytes - ON_ITS_WAY) return;
  from.pause();
  to.once('drain', () => from.resume());
}
