// Where log lines go: written in the background, bounded, so that a stalled reader stalls nobody.

import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

import type { Deadline } from './deadline.ts';
import { openShared } from './shared-descriptor.ts';

/** Up to this many bytes a pipe takes whole or not at all (POSIX PIPE_BUF on Linux). */
const ATOMIC_BYTES = 4096;
const LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * Takes lines at any rate. At most 4 MiB wait for a slow reader; what comes beyond is dropped and
 * counted. Lines below 4 KiB are not torn by other writers of the same pipe while the reader keeps up.
 */
export class LogSink {
  readonly #fd: number;
  readonly #stream: Writable;
  #batch = '';
  #flushing = false;
  #dropped = 0;
  #told = 0;

  constructor(fd: number) {
    this.#fd = fd;
    this.#stream = openStream(fd);
    // A reader that went away is no reason to end the app.
    this.#stream.on('error', () => (this.#dropped += 1));
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    if (this.#stream.writableLength + this.#batch.length > LIMIT_BYTES) {
      this.#dropped += 1;
      return;
    }
    if (this.#batch.length + line.length > ATOMIC_BYTES) this.#writeBatch();
    this.#batch += line;
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#writeBatch();
    });
  }

  /** Calls `tell` each time the reader has caught up, with the lines dropped since the last time. */
  onCaughtUp(tell: (dropped: number) => void): void {
    this.#stream.on('drain', () => {
      const fresh = this.#dropped - this.#told;
      this.#told = this.#dropped;
      if (fresh > 0) tell(fresh);
    });
  }

  /** Resolves when everything is written or the deadline has passed; then the rest is given up. */
  async flush(deadline: Deadline): Promise<void> {
    this.#writeBatch();
    if (this.#stream.writableLength === 0 || this.#stream.destroyed) return;
    const done = Promise.withResolvers<undefined>();
    const finish = (): void => done.resolve(undefined);
    this.#stream.write('', finish);
    deadline.signal.addEventListener('abort', finish, { once: true });
    if (!deadline.passed) await done.promise;
    if (deadline.passed) await this.#giveUp();
  }

  /**
   * A thread of the pool that writes to a socket nobody reads would hold up the exit of the process for
   * ever. Our side of the socket ends, and with it that write.
   */
  async #giveUp(): Promise<void> {
    if (!fstatSync(this.#fd).isSocket()) return;
    const socket = new Socket({ fd: this.#fd, readable: false, writable: true });
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      socket.end(resolve);
    });
  }

  #writeBatch(): void {
    if (this.#batch === '') return;
    this.#stream.write(this.#batch);
    this.#batch = '';
  }
}

/**
 * A pipe is opened anew through /proc: non-blocking mode belongs to the open file, and the app that
 * inherits our stdout must not find its own writes refused with EAGAIN.
 */
function openStream(fd: number): Writable {
  if (!fstatSync(fd).isFIFO()) return openShared(fd);
  try {
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
    return new Socket({ fd: own, readable: false, writable: true }).unref();
  } catch {
    // No /proc, or not ours to open.
    return openShared(fd);
  }
}
