// What we write on a message that has failed, and read from it when it comes back: pure. No name begins
// with `x-`: brokers keep those to themselves.

import type { FailureClass } from '../core/events.ts';
import { entryBytes, tableBytes } from './field-table.ts';
import type { Work } from './handler.ts';
import type { Delivery, Properties, Publishing } from './transport.ts';

/** The attempt that comes next; for a dead letter the last one. */
const ATTEMPT = 'hurricane-attempt';
const ERROR = 'hurricane-error';
const ERROR_CLASS = 'hurricane-error-class';
const FIRST_FAILED = 'hurricane-first-failed';
const QUEUE = 'hurricane-queue';
/** Where its publisher sent it: retries come by another way. */
const EXCHANGE = 'hurricane-exchange';
const ROUTING_KEY = 'hurricane-routing-key';

/** Headers of the application that there was no room for. */
const DROPPED = 'hurricane-dropped-headers';
const ours: ReadonlySet<string> = new Set([
  ...[ATTEMPT, ERROR, ERROR_CLASS, FIRST_FAILED, QUEUE, EXCHANGE, ROUTING_KEY, DROPPED],
]);

/** All headers together must fit one frame. */
const LONGEST_ERROR = 2000;
const LONGEST_LIST = 500;
/** Of the list of what was dropped: no character takes more than 3 bytes. */
const LIST_BYTES = entryBytes(DROPPED, '') + 3 * LONGEST_LIST;
const SUSPICIOUS_RETURNS = 3;

export interface Failed {
  readonly delivery: Delivery;
  readonly attempt: number;
  readonly reason: string;
  readonly class: FailureClass;
  readonly queue: string;
  readonly now: Date;
}

/** Undefined for a message that never failed. */
export function attemptOf(headers: Properties['headers']): number | undefined {
  const told = headers[ATTEMPT];
  return typeof told === 'number' && told >= 1 ? told : undefined;
}

/** Its last attempt took down what ran it, and perhaps it was to blame. */
export function isSuspect(headers: Properties['headers']): boolean {
  const failure = headers[ERROR_CLASS];
  return failure === ('crash' satisfies FailureClass) || failure === 'timeout';
}

/**
 * How often it came back because whoever had it was gone, where that is often enough to suspect it; else 0. A quorum
 * queue counts that, and counts what a stop gives back too: a rollout or two must not make anybody slow.
 */
export function returnsOf(headers: Properties['headers']): number {
  const count = headers['x-delivery-count'];
  return typeof count === 'number' && count >= SUSPICIOUS_RETURNS ? count : 0;
}

/** Where its publisher sent it. */
export function originOf({ properties, exchange, routingKey }: Delivery): Origin {
  return originIn(properties.headers) ?? { exchange, routingKey };
}

interface Origin {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Undefined for a message that never failed. */
export function originIn(headers: Properties['headers']): Origin | undefined {
  const { [EXCHANGE]: exchange, [ROUTING_KEY]: routingKey } = headers;
  if (typeof exchange !== 'string' || typeof routingKey !== 'string') return undefined;
  return { exchange, routingKey };
}

/** All that a program is told of a message besides its body. */
export function describeWork({ delivery, attempt, timeoutMs }: Work): object {
  const { headers, ...props } = delivery.properties;
  return {
    ...{ attempt, redelivered: delivery.redelivered, deadlineMs: timeoutMs },
    ...originOf(delivery),
    ...{ props, headers },
  };
}

/** For the queue `to`, with its next attempt or, as a dead letter, its last. */
export function republished(failed: Failed, to: string, nextAttempt: number): Publishing {
  const { delivery, reason, queue, now } = failed;
  const { properties, body } = delivery;
  const origin = originOf(delivery);
  return {
    exchange: '',
    routingKey: to,
    body,
    properties: {
      ...properties,
      headers: {
        ...withoutBrokers(properties.headers),
        [ATTEMPT]: nextAttempt,
        [ERROR]: reason.slice(0, LONGEST_ERROR),
        [ERROR_CLASS]: failed.class,
        [FIRST_FAILED]: properties.headers[FIRST_FAILED] ?? now.toISOString(),
        [QUEUE]: queue,
        [EXCHANGE]: origin.exchange,
        [ROUTING_KEY]: origin.routingKey,
      },
    },
  };
}

export interface Fitting {
  readonly publishing: Publishing;
  /** The names of the headers that it goes without. */
  readonly dropped: readonly string[];
}

/** With headers of at most so many bytes: the largest of the application go first, then what the error said. */
export function fitting(publishing: Publishing, room: number): Fitting {
  const { properties } = publishing;
  const { headers } = properties;
  let bytes = tableBytes(headers);
  if (bytes <= room) return { publishing, dropped: [] };
  bytes += LIST_BYTES;
  const dropped = new Set<string>();
  for (const name of [...largestFirst(headers), ERROR]) {
    if (bytes <= room) break;
    bytes -= entryBytes(name, headers[name]);
    dropped.add(name);
  }
  const left = Object.entries(headers).filter(([name]) => !dropped.has(name));
  const list = { [DROPPED]: listed(headers[DROPPED], dropped) };
  return {
    publishing: {
      ...publishing,
      properties: { ...properties, headers: { ...Object.fromEntries(left), ...list } },
    },
    dropped: [...dropped],
  };
}

function largestFirst(headers: Properties['headers']): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => !ours.has(name))
    .map(([name, value]) => ({ name, bytes: entryBytes(name, value) }))
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ name }) => name);
}

/** Together with those of an earlier failure. */
function listed(earlier: unknown, names: ReadonlySet<string>): string {
  const all = typeof earlier === 'string' ? [earlier, ...names] : [...names];
  const text = all.join(', ');
  return text.length <= LONGEST_LIST ? text : `${text.slice(0, LONGEST_LIST - 1)}…`;
}

/** What a broker has counted of an earlier life would end in a cycle that it breaks by dropping. */
function withoutBrokers(headers: Properties['headers']): Properties['headers'] {
  const brokers = /^x-(death|first-death-.*|last-death-.*|delivery-count|acquired-count)$/;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !brokers.test(name)));
}
