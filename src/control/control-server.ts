// The control socket: HTTP on a unix socket that only its owner may open.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import type { Registrar } from '../core/registrar.ts';
import { respondJson } from '../http/respond.ts';
import { doneBefore } from '../lib/waiting.ts';
import { listenPrivately, type Privately } from './private-socket.ts';
import { operationNames, type OperationName, type Operations } from './operations.ts';
import { answerRegistrar } from './registrar-route.ts';

export interface ControlServerOptions {
  readonly path: string;
  readonly operations: Operations;
  /** What the app may have of its own. */
  readonly registrars: Readonly<Record<'metrics' | 'webhooks', Registrar>>;
  readonly privately: Privately;
  readonly emit: Emit;
  readonly log: Log;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly answer: (response: ServerResponse) => Promise<void> | void;
}

/** There is at most one for a path; its file is there from `start` to `stop`. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#routes = new Map<string, Route>([
      ['/status', { method: 'GET', answer: (response) => this.#tellStatus(response) }],
      ...operationNames.map((name): [string, Route] => [
        `/${name}`,
        { method: 'POST', answer: (response) => this.#carryOut(name, response) },
      ]),
    ]);
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  /** False, and one warning, when the socket cannot be had: the app is served all the same. */
  async start(): Promise<boolean> {
    const { path, privately, log } = this.#options;
    const outcome = await listenPrivately(this.#server, path, privately);
    if (!outcome.listens) {
      log.warn(
        { path, reason: outcome.reason },
        'no control socket: hurricane ctl cannot reach this hurricane; --control-socket names another place',
      );
      return false;
    }
    if (outcome.replaced) log.info({ path }, 'the control socket of a dead hurricane was replaced');
    return true;
  }

  /** Requests in hand are answered until the deadline; then the file is gone. */
  async stop(deadline: Deadline): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    await doneBefore(promise, deadline.signal);
    this.#server.closeAllConnections();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const [path = ''] = (request.url ?? '').split('?');
    const [, kind, id] = /^\/(metrics|webhooks)\/([^/]+)$/.exec(path) ?? [];
    if (id !== undefined) {
      const registrar = this.#options.registrars[kind === 'metrics' ? 'metrics' : 'webhooks'];
      void this.#settle(response, () => answerRegistrar(registrar, id, request, response));
      return;
    }
    // No operation has a body.
    request.resume();
    const route = this.#routes.get(path);
    if (route === undefined) {
      const error = `there is no ${path}, only ${[...this.#routes.keys()].join(', ')}, /metrics/ID, /webhooks/TYPE`;
      respondJson(response, 404, { error });
    } else if (route.method !== request.method) {
      const error = `${path} is asked by ${route.method}`;
      respondJson(response, 405, { error }, { Allow: route.method });
    } else {
      void this.#settle(response, () => route.answer(response));
    }
  }

  async #settle(response: ServerResponse, answer: () => Promise<void> | void): Promise<void> {
    try {
      await answer();
    } catch (err) {
      // Who has gone while speaking hears nothing any more.
      if (response.destroyed) return;
      this.#options.log.error({ err }, 'a request on the control socket failed');
      respondJson(response, 500, { error: 'a bug of hurricane: see its log' });
    }
  }

  #tellStatus(response: ServerResponse): void {
    respondJson(response, 200, this.#options.operations.status());
  }

  async #carryOut(operation: OperationName, response: ServerResponse): Promise<void> {
    this.#options.emit('control.asked', { operation });
    const { done, text, told = false } = await this.#options.operations[operation]();
    if (!done && !told) {
      this.#options.log.warn({ operation, reason: text }, 'the order was not carried out');
    }
    respondJson(response, done ? 200 : 409, { operation, done, text });
  }
}
