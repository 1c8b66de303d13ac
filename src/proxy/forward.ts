// The only importer of http-proxy: opens requests and upgrades to the app through it, with the bytes we
// decided on. What it gets wrong and who mends it: the deprecation warning and rewritten fields
// (mend-extend.ts), rewritten targets (below), aborts, truncation, bad chunks (forwarding.ts), upgrades (upgrade.ts).

import './mend-extend.ts';

import httpProxy from 'http-proxy';
import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { Address } from '../http/reach.ts';

/** Longest time without use after which a connection to the app is used again. */
const REUSE_MS = 1000;
const MAX_IDLE_CONNECTIONS = 1024;

/**
 * What http-proxy takes for a client's request. It is not Node's object: its fields would be folded, and
 * http-proxy would listen to events of it that do not fire any more.
 */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  /** Name, value, name, value …; written byte by byte. */
  readonly headers: readonly string[];
  /** http-proxy asks whether it is destroyed. */
  readonly socket: Socket;
  on(): unknown;
  /** Gets the request to the app as soon as it exists, and sends the body. */
  pipe(appRequest: ClientRequest): void;
  /** The request to the app has a connection, which may still be connecting. */
  connected(appRequest: ClientRequest): void;
}

/** The way to the app. */
export class AppClient {
  readonly #proxy: httpProxy;
  readonly #target: httpProxy.ProxyTarget;
  readonly #maxHeaderSize: number;
  readonly #pooled = new LatinAgent({
    keepAlive: true,
    timeout: REUSE_MS,
    maxFreeSockets: MAX_IDLE_CONNECTIONS,
  });
  readonly #fresh = new LatinAgent({ keepAlive: false });

  constructor(address: Address, maxHeaderBytes: number) {
    this.#target = 'socketPath' in address ? { host: '', port: 80, ...address } : address;
    this.#maxHeaderSize = maxHeaderBytes;
    this.#proxy = httpProxy.createProxyServer({
      selfHandleResponse: true,
      prependPath: false,
      // With it http-proxy takes the target as it is, instead of through the deprecated `url.parse`.
      toProxy: true,
    });
    // Our own listeners on the request to the app decide; without this one http-proxy would throw.
    this.#proxy.on('error', () => undefined);
    this.#proxy.on('proxyReq', (appRequest, outgoing) => {
      (outgoing as unknown as Outgoing).connected(appRequest);
    });
  }

  /** One request; on a connection of its own when `fresh`. Throws when the head cannot be written. */
  request(outgoing: Outgoing, response: ServerResponse, fresh: boolean): void {
    this.#proxy.web(asRequest(outgoing), response, {
      target: this.#target,
      agent: fresh ? this.#fresh : this.#pooled,
      ssl: this.#base(outgoing.url),
    });
  }

  /** A WebSocket handshake; `pipe` is called before http-proxy listens to the request to the app. */
  upgrade(outgoing: Outgoing, upgrade: 'websocket', socket: Socket, bytes: Buffer): void {
    this.#proxy.once('proxyReqWs', (appRequest) => outgoing.pipe(appRequest));
    // http-proxy looks it up among the fields, before it takes the list.
    Object.assign(outgoing.headers, { upgrade });
    this.#proxy.ws(asRequest(outgoing), socket, bytes, {
      target: this.#target,
      agent: this.#fresh,
      ssl: this.#base(outgoing.url),
    });
  }

  /**
   * The object that http-proxy fills and gives to `http.request`. It joins slashes in a path; then an
   * accessor keeps the path as it is, which costs too much for every request.
   */
  #base(path: string): object {
    const maxHeaderSize = this.#maxHeaderSize;
    if (!/\/\/|:\//.test(path)) return { maxHeaderSize };
    return {
      maxHeaderSize,
      get path() {
        return path;
      },
      set path(_) {
        // http-proxy's idea of it is thrown away.
      },
    };
  }

  /** Ends idle connections to the app. */
  close(): void {
    this.#pooled.destroy();
    this.#fresh.destroy();
  }
}

/** http-proxy uses no more of a request than an `Outgoing` has. */
function asRequest(outgoing: Outgoing): IncomingMessage {
  return outgoing as unknown as IncomingMessage;
}

/** Heads are bytes, and in a string each char is one of them; Node would write some of them as UTF-8. */
class LatinAgent extends Agent {
  override createConnection(...args: Parameters<Agent['createConnection']>): Socket {
    const socket = super.createConnection(...args) as Socket;
    socket.setDefaultEncoding('latin1');
    return socket;
  }
}
