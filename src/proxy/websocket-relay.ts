// From the app to the client of a WebSocket: the bytes as they are, and in the end a close frame of ours.

import type { Socket } from 'node:net';

import { FrameEdges, serviceRestart } from './websocket-frames.ts';

/** Begins when made. Nothing is written within a frame of the app, and nothing of the app's after our close. */
export class WebSocketRelay {
  readonly #app: Socket;
  readonly #client: Socket;
  readonly #edges = new FrameEdges();
  #onLeft: (() => void) | undefined;
  #left = false;

  constructor(app: Socket, client: Socket) {
    this.#app = app;
    this.#client = client;
    app.on('data', this.#onData);
    app.on('end', () => client.end());
    client.on('drain', () => app.resume());
    app.resume();
  }

  /** Says 1012 to the client at the next edge of a frame, unless the app has closed; then calls `onLeft`. */
  leave(onLeft: () => void): void {
    this.#onLeft = onLeft;
    if (this.#edges.atEdge) this.#sayGoodbye();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#left) return;
    if (this.#onLeft === undefined) {
      this.#edges.follow(chunk);
      this.#send(chunk);
      return;
    }
    const rest = this.#edges.followToEdge(chunk);
    this.#send(chunk.subarray(0, rest));
    if (this.#edges.atEdge) this.#sayGoodbye();
  };

  #send(chunk: Buffer): void {
    if (!this.#client.write(chunk)) this.#app.pause();
  }

  #sayGoodbye(): void {
    this.#left = true;
    if (!this.#edges.isClosing) this.#client.write(serviceRestart);
    // What else it has to say is read and thrown away: its own close is among it.
    this.#app.resume();
    this.#onLeft?.();
  }
}
