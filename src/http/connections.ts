// The accepted connections of one listener: which are idle since when, and how they end.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Deadline } from '../core/deadline.ts';
import { monotonicMs } from '../lib/clock.ts';
import { doneBefore } from '../lib/waiting.ts';

/** How long a client may go on sending a body that nobody reads before its connection is destroyed. */
const LINGER_MS = 1000;

/** One accepted connection. */
export class Connection {
  readonly socket: Socket;
  busy = 0;
  idleSince = monotonicMs();
  /** The youngest response; pipelined ones may be before it. */
  response: ServerResponse | undefined;
  /** Called when the last answer in hand has gone out. */
  onIdle: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Made once per connection, so that a request costs no closure. */
  readonly release = (): void => {
    this.busy -= 1;
    this.idleSince = monotonicMs();
    if (this.busy === 0) this.onIdle?.();
  };
}

export class Connections {
  readonly #all = new Map<Duplex, Connection>();
  readonly #onEmpty = new Set<() => void>();

  add(socket: Socket): void {
    this.#all.set(socket, new Connection(socket));
    socket.once('close', () => {
      this.#all.delete(socket);
      if (this.#all.size > 0) return;
      for (const tell of this.#onEmpty) tell();
    });
  }

  /** Busy until the response has been closed. */
  begin(socket: Socket, response: ServerResponse): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    connection.busy += 1;
    connection.response = response;
    response.on('close', connection.release);
  }

  /** Busy for the rest of its life. */
  hold(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection !== undefined) connection.busy += 1;
  }

  get(socket: Duplex): Connection | undefined {
    return this.#all.get(socket);
  }

  /** See `Listener.whenEmpty`. */
  async whenEmpty(idleMs: number, deadline: Deadline): Promise<void> {
    if (this.#all.size === 0 || deadline.passed) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const finish = (): void => resolve(undefined);
    this.#onEmpty.add(finish);
    let timer: NodeJS.Timeout | undefined;
    // Behind the next reading of all sockets: what has arrived by then makes its connection busy.
    const sweepIn = (ms: number): void => {
      timer = setTimeout(() => setImmediate(sweep), ms);
    };
    const sweep = (): void => {
      if (this.#onEmpty.has(finish)) sweepIn(this.#endIdle(idleMs));
    };
    sweepIn(0);
    await doneBefore(promise, deadline.signal);
    this.#onEmpty.delete(finish);
    clearTimeout(timer);
  }

  destroyAll(): void {
    for (const { socket } of this.#all.values()) socket.destroy();
  }

  /** Ends what has been idle long enough; milliseconds until the next may be. */
  #endIdle(idleMs: number): number {
    const now = monotonicMs();
    let nextMs = Math.max(idleMs, 10);
    for (const { socket, busy, idleSince } of this.#all.values()) {
      if (busy > 0) continue;
      const leftMs = idleSince + idleMs - now;
      // Not a half close: a request that crosses it must not be processed without an answer.
      if (leftMs <= 0) socket.destroy();
      else nextMs = Math.min(nextMs, leftMs);
    }
    return Math.ceil(nextMs);
  }
}

/**
 * For an answer that ends the connection while its request is still being sent: the answer goes out
 * and is followed by FIN, the rest of the request is thrown away for up to a second. A plain close
 * would answer those bytes with a reset, and the client would lose the answer (RFC 9112, 9.6).
 */
export function lingerOnClose(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    const finish = (): void => void socket.destroy();
    socket.once('end', finish);
    socket.once('close', () => {
      clearTimeout(timer);
    });
  };
}
