// The routes of the probes and of the metrics page, for a listener of their own or the app's.

import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ProbeConfig } from '../config/slices/listeners.ts';
import type { ProbeName } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import { respondJson, respondText, wantsJson } from '../http/respond.ts';
import type { Answer } from './health.ts';

type Route = (req: IncomingMessage, res: ServerResponse) => void;

const ALLOWED = ['GET', 'HEAD', 'POST'];
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface ProbeServerOptions {
  readonly config: ProbeConfig;
  readonly verdict: (probe: ProbeName) => Answer;
  /** What else is known, for readiness as JSON; of the answer's own fields only its text may be told better. */
  readonly status: () => object;
  /** The text of the metrics page. */
  readonly page: () => Promise<string>;
  /** What autoscalers read. */
  readonly numbers: () => Readonly<Record<string, number>>;
  readonly log: Log;
}

/** Answers from what is known at the moment; never waits for a check or for the app. */
export class ProbeServer {
  readonly #verdict: (probe: ProbeName) => Answer;
  readonly #status: () => object;
  readonly #page: () => Promise<string>;
  readonly #numbers: () => Readonly<Record<string, number>>;
  readonly #log: Log;
  readonly #logRequests: boolean;
  readonly #routes: ReadonlyMap<string, Route>;

  constructor({ config, verdict, status, page, numbers, log }: ProbeServerOptions) {
    this.#verdict = verdict;
    this.#status = status;
    this.#page = page;
    this.#numbers = numbers;
    this.#log = log;
    this.#logRequests = config.logRequests;
    this.#routes = new Map([
      ...bothSpellings(config.startupPath, this.#probe('startup')),
      ...bothSpellings(config.readinessPath, this.#probe('readiness')),
      ...bothSpellings(config.livenessPath, this.#probe('liveness')),
      ...bothSpellings(config.metricsPath, this.#metrics),
      ...bothSpellings(config.numbersPath, (_req, res) => respondJson(res, 200, this.#numbers())),
    ]);
  }

  /** False when the path is not one of ours: nothing was answered. */
  handle(req: IncomingMessage, res: ServerResponse): boolean {
    const route = this.#routes.get(pathOf(req.url ?? '/'));
    if (route === undefined) return false;
    if (ALLOWED.includes(req.method ?? '')) route(req, res);
    else respondText(res, 405, 'method not allowed', { Allow: ALLOWED.join(', ') });
    if (this.#logRequests) this.#logRequest(req, res);
    return true;
  }

  /** As `handle`, on a listener of our own: what is not ours is nobody's. */
  handleAll(req: IncomingMessage, res: ServerResponse): void {
    if (!this.handle(req, res)) respondText(res, 404, 'not found');
  }

  #probe(probe: ProbeName): Route {
    return (req, res) => {
      const { status, text, passing, reason, since } = this.#verdict(probe);
      if (!wantsJson(req.headers.accept)) {
        respondText(res, status, text);
        return;
      }
      respondJson(res, status, {
        text,
        ...(probe === 'readiness' ? this.#status() : {}),
        probe,
        passing,
        status,
        reason,
        since: since.toISOString(),
      });
    };
  }

  readonly #metrics: Route = (_req, res) => {
    void this.#page().then(
      (page) => respondText(res, 200, page, { 'Content-Type': METRICS_TYPE }),
      (err: unknown) => {
        this.#log.error({ err }, 'the metrics page could not be rendered');
        respondText(res, 500, 'the metrics page could not be rendered, see the log');
      },
    );
  };

  #logRequest({ method, url, socket }: IncomingMessage, { statusCode }: ServerResponse): void {
    const fields = { method, path: url, status: statusCode, client: socket.remoteAddress };
    this.#log.info(fields, 'probe request');
  }
}

/** Paths are literal, with one optional slash at the end; none where there is no path. */
function bothSpellings(path: string | undefined, route: Route): [string, Route][] {
  if (path === undefined) return [];
  const bare = path.replace(/\/$/, '');
  return bare === '' ? [['/', route]] : [bare, `${bare}/`].map((spelling) => [spelling, route]);
}

/** The path of a request target, in origin or absolute form (RFC 9112, 3.2), without its query. */
function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*/i, '');
  const query = path.indexOf('?');
  return query === -1 ? path : path.slice(0, query);
}
