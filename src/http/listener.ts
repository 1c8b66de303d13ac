// One public port: accepts connections, feeds them to Node's HTTP parser, and lets them go in order.
// Node's own close() cuts keep-alive connections that are just about to send; so we accept ourselves.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server as SocketServer,
  type Socket,
} from 'node:net';
import type { Duplex } from 'node:stream';

import type { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { monotonicMs } from '../lib/clock.ts';
import { pause } from '../lib/waiting.ts';
import { Connections } from './connections.ts';
import { listen } from './listening.ts';
import { connectMethod, refuseMalformed, type MalformedFault } from './malformed.ts';

export interface ListenerOptions extends ListenerLimits {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What to do about a port that is taken, and about an address that is not ours. */
  readonly hints: { readonly port: string; readonly host: string };
  readonly handler: Handler;
  /** Lets the kernel drop what asks this socket for a connection; false where it cannot. */
  readonly dropNewConnections?: (fd: number) => boolean;
}

export interface ListenerLimits {
  /** Time for a complete request head, then 408. */
  readonly headerTimeoutMs: number;
  /** A connection without a request ends after this. */
  readonly idleTimeoutMs: number;
  /** Of a whole request head, then 431. */
  readonly maxHeaderBytes: number;
}

/** Who answers. Requests that wait for `100 Continue` arrive like all others. */
export interface Handler {
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  /** True when this request shall leave HTTP; otherwise its `Upgrade` field is only a field. */
  wantsUpgrade?(request: IncomingMessage): boolean;
  handleUpgrade?(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** A request that the parser refused; it has been answered. */
  noteMalformed?(fault: MalformedFault, socket: Socket): void;
}

/** How often Node looks for request heads that are too slow. */
const CHECK_INTERVAL_MS = 1000;

/** For the last packet of a handshake to arrive from anywhere in a cluster. */
const HANDSHAKE_MS = 100;

/** A turn of the event loop in which next to nothing happened. libuv accepts one connection a turn. */
const CALM_TURN_MS = 0.1;
/** A loop that is never calm closes all the same. */
const MAX_TURNS = 1000;

/** From `bind` on it accepts; after `stopAccepting` no connection is new; after `close` none is left. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #http: Server;
  readonly #sockets = createSocketServer({ allowHalfOpen: true, noDelay: true });
  readonly #connections = new Connections();
  #accepted = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#http = this.#createHttp();
    this.#sockets.on('connection', (socket) => {
      this.#accepted += 1;
      this.#connections.add(socket);
      this.#http.emit('connection', socket);
    });
  }

  /** Resolves when connections are accepted; a port that cannot be had is a sentence for the user. */
  async bind(): Promise<void> {
    const { host, port } = this.#options;
    await listen(this.#sockets, host, port).catch((error: unknown) => {
      throw this.#explain(error);
    });
    // Starts Node's watch over slow request heads, which it ties to its own listening.
    this.#http.emit('listening');
  }

  /** Where it listens; only after `bind`. */
  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#sockets.address() as AddressInfo;
    return { host: address, port };
  }

  /**
   * Ends the intake of connections; what arrives later is refused by the kernel. What arrived before must
   * have been accepted, or it would be reset. So first the kernel drops what asks for a connection, and
   * what has begun to be one is accepted. Where it cannot do that, the listener closes after a turn of the
   * event loop that was short enough to be nearly sure that nothing came between accepting and closing.
   */
  async stopAccepting(deadline: Deadline): Promise<void> {
    if (!this.#sockets.listening) return;
    const handle = handleOf(this.#sockets);
    const drops = this.#options.dropNewConnections?.(handle.fd) ?? false;
    if (drops) await pause(HANDSHAKE_MS, deadline.signal);
    else handle.listen(0);
    await this.#acceptTheRest();
    this.#sockets.close();
  }

  /**
   * Ends each connection once it has been without a request for `idleMs`; a younger one may have its
   * first request on the way. Resolves when none is left or the deadline has passed.
   */
  whenEmpty(idleMs: number, deadline: Deadline): Promise<void> {
    return this.#connections.whenEmpty(idleMs, deadline);
  }

  /** Ends everything: idle connections at once, the others by themselves or when the deadline passes. */
  async close(deadline: Deadline): Promise<void> {
    await this.stopAccepting(deadline);
    await this.#connections.whenEmpty(0, deadline);
    this.#connections.destroyAll();
    this.#http.close();
  }

  /** Until a calm turn of the event loop that accepted nothing. */
  async #acceptTheRest(): Promise<void> {
    let turnBegan = monotonicMs();
    let before = this.#accepted;
    for (let turn = 0; turn < MAX_TURNS; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = monotonicMs();
      if (now - turnBegan < CALM_TURN_MS && this.#accepted === before) return;
      turnBegan = now;
      before = this.#accepted;
    }
  }

  #createHttp(): Server {
    const { handler, headerTimeoutMs, idleTimeoutMs, maxHeaderBytes } = this.#options;
    const server = createServer({
      headersTimeout: headerTimeoutMs,
      requestTimeout: 0,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, headerTimeoutMs),
      maxHeaderSize: maxHeaderBytes,
      // The handler refuses a missing Host itself, so that it is counted and explained like the rest.
      requireHostHeader: false,
      // Requests without a body need no body stream.
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: (request) =>
        handler.wantsUpgrade?.(request) === true &&
        this.#connections.get(request.socket)?.busy === 0,
    });
    // Node would silently drop fields beyond a number; their size is limited instead.
    server.maxHeadersCount = 0;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      this.#connections.begin(request.socket, response);
      handler.handleRequest(request, response);
    };
    server.on('request', onRequest);
    server.on('checkContinue', onRequest);
    server.on('checkExpectation', onRequest);
    server.on('upgrade', (request: IncomingMessage, _: Duplex, head: Buffer) => {
      this.#connections.hold(request.socket);
      handler.handleUpgrade?.(request, request.socket, head);
    });
    server.on('clientError', (error, socket) => this.#refuse(error, socket));
    server.on('connect', (_, socket) =>
      this.#refuse(Object.assign(new Error(), { code: connectMethod }), socket),
    );
    return server;
  }

  #refuse(error: Error, socket: Duplex): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return void socket.destroy();
    const fault = refuseMalformed(error, connection);
    if (fault !== undefined) this.#options.handler.noteMalformed?.(fault, connection.socket);
  }

  #explain(error: unknown): Error {
    const { host, port, hints } = this.#options;
    const { code, message } = error as NodeJS.ErrnoException;
    const byPort = { hint: hints.port, cause: error };
    const byHost = { hint: hints.host, cause: error };
    switch (code) {
      case 'EADDRINUSE':
        return new HurricaneError('port-taken', `port ${port} (${host}) is taken`, byPort);
      case 'EACCES':
        return new HurricaneError('permission-refused', `port ${port} is not allowed`, byPort);
      case 'EADDRNOTAVAIL':
        return new HurricaneError('port-taken', `${host} is no address of this machine`, byHost);
      default:
        return new HurricaneError('port-taken', `cannot listen on ${host}: ${message}`, byHost);
    }
  }
}

interface Handle {
  readonly fd: number;
  /**
   * listen(2) on a listening socket only changes the length of its queue: with 0 the kernel queues no more
   * connections than it hands over, so that those before can be accepted even on a machine that is too slow.
   */
  listen(backlog: number): number;
}

/** Node offers neither otherwise. */
function handleOf(server: SocketServer): Handle {
  return (server as unknown as { _handle: Handle })._handle;
}
