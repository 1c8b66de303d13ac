// Messages handled by an HTTP server: each is posted, and the status of the answer says what becomes of it.

import {
  Agent,
  request,
  type ClientRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type RequestOptions,
} from 'node:http';
import { Agent as TlsAgent, request as requestTls } from 'node:https';

import { Deadline } from '../core/deadline.ts';
import { addressOptions, errorReason, type Address } from '../http/reach.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { doneBefore } from '../lib/waiting.ts';
import type { MessageHandler, Work } from './handler.ts';
import { originOf } from './headers.ts';
import { AnswerText } from './answer-text.ts';
import { addressOfUrl, isRefusal, Refusal } from './refusal.ts';
import type { Verdict } from './retry-ladder.ts';
import type { Properties } from './transport.ts';

export interface UrlHandlerOptions {
  readonly queue: string;
  /** A URL, or a path at an address. */
  readonly target: string | { readonly address: Address; readonly path: string };
  readonly concurrency: number;
  /** Longest time without use after which a connection is used again; undefined: until the server ends it. */
  readonly reuseMs?: number;
  /** Why it can be given no messages for a while; undefined when it can again. */
  readonly onAway: (reason: string | undefined) => void;
  /** What it means that a request failed before its answer was whole; a failed attempt unless it says more. */
  readonly onNoAnswer?: (error: Error) => Verdict | Promise<Verdict>;
}

/** For requests that are cut to have ended. */
const CUT_MS = 1000;

export class UrlHandler implements MessageHandler {
  readonly routingKeys = undefined;
  /** Each request fails alone. */
  readonly failed = new Promise<Error>(() => undefined);
  readonly #options: UrlHandlerOptions;
  readonly #agents: { readonly plain: Agent; readonly tls: TlsAgent };
  readonly #refusal: Refusal;
  readonly #inHand = new Map<Work, AbortController>();
  #idle: PromiseWithResolvers<undefined> | undefined;

  constructor(options: UrlHandlerOptions) {
    this.#options = options;
    const { concurrency: maxSockets, reuseMs: timeout, target, onAway } = options;
    const address = typeof target === 'string' ? addressOfUrl(target) : target.address;
    this.#refusal = new Refusal({ address, onAway });
    const settings = { keepAlive: true, maxSockets, ...(timeout !== undefined && { timeout }) };
    this.#agents = { plain: new Agent(settings), tls: new TlsAgent(settings) };
  }

  get inHand(): number {
    return this.#inHand.size;
  }

  async start(): Promise<void> {
    // A server that is not there yet is looked for when the first message cannot be posted.
  }

  begin(work: Work): void {
    if (this.#inHand.size === 0) this.#idle = undefined;
    const controller = new AbortController();
    this.#inHand.set(work, controller);
    void this.#post(work, controller.signal).then((verdict) => {
      this.#inHand.delete(work);
      work.finish(verdict);
      if (this.#inHand.size === 0) this.#idle?.resolve(undefined);
    });
  }

  cancel(work: Work, why: 'timeout' | 'stop'): void {
    this.#inHand.get(work)?.abort(why);
  }

  /** Resolves when nothing is in hand any more, or the deadline has passed. Never rejects. */
  async whenIdle(deadline: Deadline): Promise<void> {
    if (this.#inHand.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await doneBefore(this.#idle.promise, deadline.signal);
  }

  /** It is given no more: whether it could be is of no interest. */
  retire(): void {
    this.#refusal.stop();
  }

  /** What is in hand is given back when it has resolved. */
  async stop(): Promise<void> {
    this.retire();
    const soon = Deadline.after(CUT_MS);
    const idle = this.whenIdle(soon);
    for (const controller of this.#inHand.values()) controller.abort('stop');
    await idle;
    soon.expire();
    this.#agents.plain.destroy();
    this.#agents.tls.destroy();
  }

  /** Never rejects. Redirects are not followed. */
  #post(work: Work, signal: AbortSignal): Promise<Verdict> {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const { body } = work.delivery;
    const sent = this.#request({
      method: 'POST',
      signal,
      headers: { ...fieldsOf(work, this.#options.queue), 'content-length': body.length },
    });
    const fail = (error: Error): void => resolve(this.#noAnswer(error, signal, work));
    sent.on('error', fail);
    sent.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      const said = new AnswerText(headers);
      // Its body is read so that the connection can be used again; a head without its end is no answer.
      response
        .on('error', fail)
        .on('data', (chunk: Buffer) => said.add(chunk))
        .on('end', () => resolve(judge(statusCode, headers, said.text)));
    });
    sent.end(body);
    return promise;
  }

  #request(options: RequestOptions): ClientRequest {
    const { target } = this.#options;
    const { plain, tls } = this.#agents;
    if (typeof target !== 'string') {
      return request({
        ...options,
        ...addressOptions(target.address),
        path: target.path,
        agent: plain,
      });
    }
    return target.startsWith('https:')
      ? requestTls(target, { ...options, agent: tls })
      : request(target, { ...options, agent: plain });
  }

  #noAnswer(error: Error, signal: AbortSignal, { timeoutMs }: Work): Verdict | Promise<Verdict> {
    if (signal.reason === 'stop') return { kind: 'given-back' };
    if (signal.reason === 'timeout') {
      const reason = `no answer within ${timeoutMs / 1000}s (--handler-timeout)`;
      return { kind: 'retry', reason };
    }
    if (isRefusal(error)) {
      this.#refusal.note(error);
      return { kind: 'given-back' };
    }
    return this.#options.onNoAnswer?.(error) ?? { kind: 'retry', reason: errorReason(error) };
  }
}

const outcomes = ['ack', 'retry', 'dead', 'requeue', 'drop'] as const;

/** What a status means, in the words of the body; `X-Hurricane-Outcome` decides instead where there is one. */
export function judge(status: number, headers: IncomingHttpHeaders, said = ''): Verdict {
  const { 'x-hurricane-outcome': given, 'retry-after': retryAfter } = headers;
  const reason = said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
  if (given !== undefined) return outcomeOf(String(given), reason, after(retryAfter));
  if (status >= 200 && status < 300) return { kind: 'ack' };
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'retry', reason, ...after(retryAfter) };
  }
  return { kind: 'dead', reason };
}

/** A word that is none loses no message: what it was meant to say is not known. */
function outcomeOf(given: string, reason: string, when: { readonly afterMs?: number }): Verdict {
  const word = given.trim().toLowerCase();
  const said = outcomes.find((outcome) => outcome === word);
  if (said === 'retry') return { kind: said, reason, ...when };
  if (said !== undefined) return { kind: said, reason };
  const shown = JSON.stringify(given.slice(0, 100));
  const fault = `X-Hurricane-Outcome is ${shown}, and must be one of ${outcomes.join(', ')}`;
  return { kind: 'retry', reason: `${reason}: ${fault}`, ...when };
}

function after(value: string | undefined): { readonly afterMs?: number } {
  const afterMs = retryAfterMs(value);
  return afterMs === undefined ? {} : { afterMs };
}

function fieldsOf({ delivery, attempt, timeoutMs }: Work, queue: string): OutgoingHttpHeaders {
  const { properties, redelivered } = delivery;
  const { exchange, routingKey } = originOf(delivery);
  const { messageId, contentType, contentEncoding } = properties;
  const own = {
    'content-type': contentType ?? 'application/octet-stream',
    'content-encoding': contentEncoding,
    'user-agent': 'hurricane',
    'x-hurricane-id': messageId,
    'x-hurricane-attempt': String(attempt),
    'x-hurricane-redelivered': String(redelivered),
    'x-hurricane-queue': queue,
    'x-hurricane-exchange': exchange,
    'x-hurricane-routing-key': routingKey,
    'x-hurricane-deadline-ms': String(timeoutMs),
    ...passedOn(properties.headers),
  };
  return Object.fromEntries(
    Object.entries(own)
      .filter((field): field is [string, string] => field[1] !== undefined)
      .map(([name, value]) => [name, printable(value)]),
  );
}

const traceFields = ['traceparent', 'tracestate', 'baggage'];

/** Trace context, and the attributes of a CloudEvent as its HTTP binding has them (`ce-id`). */
function passedOn(headers: Properties['headers']): Record<string, string> {
  const fields = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    const attribute = /^(?:cloudEvents[:_]|ce-)([a-z0-9]+)$/.exec(name)?.[1];
    const field = attribute === undefined ? name.toLowerCase() : `ce-${attribute}`;
    const isKnown = attribute !== undefined || traceFields.includes(field);
    return isKnown && typeof value === 'string' ? [[field, value]] : [];
  });
  return Object.fromEntries(fields);
}

/** What a field may not hold is percent-encoded (RFC 9110, 5.5). */
function printable(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]/gu, (character) => encodeURIComponent(character));
}
