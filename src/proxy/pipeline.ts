// Requests that a client sent without waiting for the answer before: one at a time, in order.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Waiting {
  /** The answers before it have gone out. */
  begin(): void;
  /** The connection ended first. */
  abandon(): void;
}

/** From this many waiting requests on, no more are read from the connection. */
const READ_LIMIT = 16;

/**
 * Node parses all pipelined requests at once, and would let their effects overtake each other; only the
 * answers are in order. RFC 9112 9.3.2 allows that for safe methods only.
 */
export class Pipeline {
  readonly #waiting = new Map<Socket, Waiting[]>();

  /** True when an answer before this one has not gone out yet. */
  static isBehind(response: ServerResponse): boolean {
    return response.socket === null;
  }

  wait(request: IncomingMessage, response: ServerResponse, waiting: Waiting): void {
    const { socket } = request;
    const line = this.#waiting.get(socket) ?? this.#open(socket);
    line.push(waiting);
    if (line.length >= READ_LIMIT) socket.pause();
    response.once('socket', () => {
      line.shift();
      if (line.length < READ_LIMIT) socket.resume();
      waiting.begin();
    });
  }

  #open(socket: Socket): Waiting[] {
    const line: Waiting[] = [];
    this.#waiting.set(socket, line);
    socket.once('close', () => {
      this.#waiting.delete(socket);
      for (const waiting of line) waiting.abandon();
    });
    return line;
  }
}
