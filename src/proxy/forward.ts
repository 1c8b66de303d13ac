// The only importer of http-proxy: opens requests and upgrades to the app through it, with the bytes we
// decided on. What it gets wrong and who mends it: the deprecation warning (mend-extend.ts), targets and
// fields rewritten (Outgoing below), aborts, truncation and bad chunks (forwarding.ts), upgrades (upgrade.ts).

import './mend-extend.ts';

import httpProxy from 'http-proxy';
import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Stream } from 'node:stream';

import type { Address } from '../http/reach.ts';
import type { RequestHead } from './request-head.ts';

/** Longest time without use after which a connection to the app is used again. */
const REUSE_MS = 1000;
const MAX_IDLE_CONNECTIONS = 1024;

/** Takes the request to the app as soon as it exists, and sends the body. */
export interface BodySender {
  pipe(appRequest: ClientRequest): unknown;
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
  }

  /** One request; on a connection of its own when `fresh`. Throws when the head cannot be written. */
  request(
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    sender: BodySender,
    fresh: boolean,
  ): void {
    this.#proxy.web(request, response, {
      target: this.#target,
      agent: fresh ? this.#fresh : this.#pooled,
      ssl: outgoing(head.target, head.headers, this.#maxHeaderSize),
      // http-proxy calls `buffer.pipe(request to the app)` and nothing else of it.
      buffer: sender as unknown as Stream,
    });
  }

  /** A WebSocket handshake; `onRequest` runs before http-proxy listens to the request to the app. */
  upgrade(
    request: IncomingMessage,
    socket: Socket,
    bytes: Buffer,
    head: RequestHead,
    onRequest: (appRequest: ClientRequest) => void,
  ): void {
    this.#proxy.once('proxyReqWs', onRequest);
    this.#proxy.ws(request, socket, bytes, {
      target: this.#target,
      agent: this.#fresh,
      ssl: outgoing(
        head.target,
        [...head.headers, 'Connection', 'Upgrade', 'Upgrade', head.upgrade],
        this.#maxHeaderSize,
      ),
    });
  }

  /** Ends idle connections to the app. */
  close(): void {
    this.#pooled.destroy();
    this.#fresh.destroy();
  }
}

/**
 * The object that http-proxy fills and gives to `http.request`. It cannot fill in path and fields: it
 * would fold duplicate fields, change their case and rewrite `//` in targets. As a raw list Node writes
 * them at once, byte by byte.
 */
function outgoing(path: string, headers: readonly string[], maxHeaderSize: number): object {
  return {
    maxHeaderSize,
    get path() {
      return path;
    },
    set path(_) {
      // http-proxy's idea of it is thrown away.
    },
    get headers() {
      return headers;
    },
    set headers(_) {
      // http-proxy's idea of them is thrown away.
    },
  };
}

/** Heads are bytes, and in a string each char is one of them; Node would write some of them as UTF-8. */
class LatinAgent extends Agent {
  override createConnection(...args: Parameters<Agent['createConnection']>): Socket {
    const socket = super.createConnection(...args) as Socket;
    socket.setDefaultEncoding('latin1');
    return socket;
  }
}
