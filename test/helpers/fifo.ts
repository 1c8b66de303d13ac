// A pipe as a container runtime makes it for stdout; what Node makes for a child is a socket.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';

import { useTempDir } from './temp-dir.ts';

export interface Fifo {
  /** Gone when the last writer is and everything was read. */
  readonly readEnd: Readable;
  /** Blocking, for the child; ours must be closed once the child has it. */
  readonly writeEnd: number;
  closeWriteEnd(): void;
}

export function useFifo(t: TestContext): Fifo {
  const path = join(useTempDir(t), 'fifo');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const readEnd = new Socket({ fd, readable: true, writable: false });
  const writeEnd = openSync(path, constants.O_WRONLY);
  return { readEnd, writeEnd, closeWriteEnd: () => closeSync(writeEnd) };
}
