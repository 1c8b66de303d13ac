// A stream into a descriptor that others have too, and may make non-blocking at any time: a Node app
// does so to the stdout it inherits from us.

import { write } from 'node:fs';
import { Writable } from 'node:stream';

/** Nobody tells when there is room again. */
const RETRY_MS = 5;

/** Written by the thread pool. A slow reader is waited for, whether the descriptor blocks or not. */
export function openShared(fd: number): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => writeAll(fd, chunk, done),
    writev: (chunks, done) => {
      writeAll(fd, Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
    },
  });
}

function writeAll(fd: number, bytes: Buffer, done: (error?: Error) => void): void {
  write(fd, bytes, (error, written) => {
    if (error === null && written === bytes.length) done();
    else if (error === null) writeAll(fd, bytes.subarray(written), done);
    else if (error.code === 'EAGAIN') setTimeout(() => writeAll(fd, bytes, done), RETRY_MS);
    else done(error);
  });
}
