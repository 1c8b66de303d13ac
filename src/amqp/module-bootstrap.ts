// The code that runs messages inside a worker thread, and the words that are exchanged with it.

import type { CallOutcome } from '../process/module-worker.ts';
import { WELL_FORMED } from './module-well-formed.ts';
import type { EncodedPublication } from './publication.ts';
import type { Properties } from './transport.ts';
import type { Verdict } from './retry-ladder.ts';

/** Found as `given`. */
export interface GivenToThread {
  readonly queue: string;
  /** Where the thread is to be debugged. */
  readonly inspector: { readonly host: string; readonly port: number } | undefined;
}

/** What it says of the module. */
export interface ModuleFacts {
  readonly routingKeys: readonly string[] | undefined;
  /** It exports `check()`. */
  readonly hasCheck: boolean;
}

/** One message to handle; its body is `length` bytes of the batch, its headers stand beside it. */
export interface WorkItem extends Pick<
  Properties,
  'messageId' | 'contentType' | 'timestamp' | 'correlationId' | 'replyTo' | 'type'
> {
  readonly id: number;
  readonly length: number;
  readonly attempt: number;
  readonly redelivered: boolean;
  readonly exchange: string;
  readonly routingKey: string;
}

export type ToThread =
  | {
      readonly kind: 'work';
      /** `WorkItem[]` as JSON: cloned as objects they would cost five times as much. */
      readonly items: string;
      /** Of those that have any, by their place among the items; they hold more than JSON can say. */
      readonly headers: readonly (readonly [index: number, headers: Properties['headers']])[];
      /** One after the other. */
      readonly bodies: Uint8Array;
    }
  | { readonly kind: 'cancel'; readonly id: number; readonly why: 'timeout' | 'stop' }
  | { readonly kind: 'published'; readonly call: number; readonly problem: string | undefined }
  | { readonly kind: 'check' }
  | { readonly kind: 'teardown' };

export type FromThread =
  /** Those that are done, and what became of the others. */
  | {
      readonly kind: 'settled';
      readonly done: readonly number[];
      readonly others: readonly (readonly [id: number, verdict: Verdict])[];
    }
  | { readonly kind: 'publish'; readonly call: number; readonly publication: EncodedPublication }
  /** The thread was free to begin what it was asked to. */
  | { readonly kind: 'checking' }
  | { readonly kind: 'checked'; readonly outcome: CallOutcome }
  | { readonly kind: 'torn-down'; readonly problem: string | undefined };

export const SERVE_MESSAGES = `
// Before the module is evaluated.
if (given.inspector) require('node:inspector').open(given.inspector.port, given.inspector.host);

const contexts = new Map();
const calls = new Map();
let calling = 0;
let done = [];
let others = [];
let telling = false;

async function serve(module) {
  const { default: handle, setup, teardown, check, routingKeys } = module;
  stage = 'setup';
  if (setup) await setup();
  stage = 'routing-keys';
  const keys = routingKeys ? [...(await routingKeys(given.queue))] : undefined;
  if (keys && !keys.every((key) => typeof key === 'string')) throw 'routingKeys(queue) must return strings';
  port.on('message', (word) => {
    switch (word.kind) {
      case 'work': return takeAll(word, handle);
      case 'cancel': return contexts.get(word.id)?.abort(word.why);
      case 'published': return published(word);
      case 'check': return void checkUp(check);
      case 'teardown': return void tearDown(teardown);
    }
  });
  return { routingKeys: keys, hasCheck: check !== undefined };
}

function takeAll(word, handle) {
  const headers = new Map(word.headers);
  let at = 0;
  for (const [index, item] of JSON.parse(word.items).entries()) {
    take(item, headers.get(index) ?? {}, word.bodies.subarray(at, at + item.length), handle);
    at += item.length;
  }
}

function take(item, headers, raw, handle) {
  let message;
  try {
    message = messageOf(item, headers, raw);
  } catch (error) {
    settle(item.id, { kind: 'undecodable', reason: 'the body is not what its content type says: ' + error.message });
    return;
  }
  const context = new Context(item.id);
  contexts.set(item.id, context);
  try {
    const result = handle(message, context);
    if (typeof result?.then === 'function') result.then((value) => returned(context, value), (error) => threw(context, error));
    else returned(context, result);
  } catch (error) {
    threw(context, error);
  }
}

function messageOf(item, headers, raw) {
  const { timestamp } = item;
  return {
    id: item.messageId,
    body: decode(raw, item.contentType),
    raw,
    contentType: item.contentType,
    headers: readable(headers),
    exchange: item.exchange,
    routingKey: item.routingKey,
    timestamp: timestamp === undefined ? undefined : new Date(timestamp),
    correlationId: item.correlationId,
    replyTo: item.replyTo,
    type: item.type,
    redelivered: item.redelivered,
    attempt: item.attempt,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(raw, contentType = '') {
  if (/^application\\/([\\w.+-]+\\+)?json\\b/i.test(contentType)) return JSON.parse(utf8.decode(raw));
  return /^text\\//i.test(contentType) ? utf8.decode(raw) : raw;
}

// A time of the protocol is an object of its own for the client library.
function readable(headers) {
  for (const [name, value] of Object.entries(headers)) {
    if (value?.['!'] === 'timestamp') headers[name] = new Date(value.value * 1000);
  }
  return headers;
}

class Context {
  #id;
  #controller;
  #why;

  constructor(id) {
    this.#id = id;
  }

  get id() {
    return this.#id;
  }

  get why() {
    return this.#why;
  }

  get queue() {
    return given.queue;
  }

  get signal() {
    this.#controller ??= new AbortController();
    if (this.#why) this.#controller.abort(reasonOf(this.#why));
    return this.#controller.signal;
  }

  abort(why) {
    this.#why = why;
    this.#controller?.abort(reasonOf(why));
  }

  retry({ afterMs, reason } = {}) {
    return { kind: 'retry', afterMs, reason };
  }

  dead(reason) {
    return { kind: 'dead', reason };
  }

  requeue() {
    return { kind: 'requeue' };
  }

  drop(reason) {
    return { kind: 'drop', reason };
  }

  publish(publication) {
    calling += 1;
    const call = calling;
    const answer = Promise.withResolvers();
    try {
      port.postMessage({ kind: 'publish', call, publication: publicationOf(publication) });
      calls.set(call, answer);
    } catch (error) {
      answer.reject(error.name === 'DataCloneError' ? new TypeError('headers of publish() cannot be sent: ' + error.message) : error);
    }
    return answer.promise;
  }
}

function reasonOf(why) {
  return new Error(why === 'timeout' ? 'the time for this message is over' : 'the consumer is stopping');
}

function returned(context, value) {
  let verdict;
  try {
    verdict = verdictOf(value);
  } catch (error) {
    // A property of it may be code, and throw.
    return threw(context, error);
  }
  settle(context.id, verdict);
}

function threw(context, error) {
  if (context.why === 'stop') return settle(context.id, { kind: 'given-back' });
  const reason = describe(error);
  const stack = traceOf(error);
  if (error?.fatal === true) return settle(context.id, { kind: 'dead', reason, stack });
  settle(context.id, { kind: 'retry', reason, stack });
}

function settle(id, verdict) {
  contexts.delete(id);
  if (verdict === undefined) done.push(id);
  else others.push([id, verdict]);
  if (telling) return;
  telling = true;
  queueMicrotask(tell);
}

function tell() {
  telling = false;
  port.postMessage({ kind: 'settled', done, others });
  done = [];
  others = [];
}

function published({ call, problem }) {
  const answer = calls.get(call);
  calls.delete(call);
  if (problem === undefined) answer?.resolve();
  else answer?.reject(new Error(problem));
}

async function checkUp(check) {
  port.postMessage({ kind: 'checking' });
  try {
    const value = await check();
    if (typeof value === 'string') throw value;
    port.postMessage({ kind: 'checked', outcome: { kind: 'returned', value } });
  } catch (error) {
    port.postMessage({ kind: 'checked', outcome: { kind: 'failed', reason: describe(error) } });
  }
}

async function tearDown(teardown) {
  try {
    await teardown?.();
    port.postMessage({ kind: 'torn-down' });
  } catch (error) {
    port.postMessage({ kind: 'torn-down', problem: describe(error) });
  }
}

${WELL_FORMED}
`;
