// What an AMQP 1.0 broker or its client library says when something is wrong → what it means for us. Pure.

import { HurricaneError } from '../core/errors.ts';
import type { LinkEndCause } from '../core/events.ts';
import {
  accessRefused,
  describe,
  loginRefused,
  notKept,
  notThere,
  refused,
  SAID_NOTHING,
  tlsFault,
  unreachable,
  vhostRefused,
  type Trying,
} from './faults.ts';
import { LinkError } from './transport.ts';

/** What a broker answers that speaks 0-9-1 and nothing else. */
const SPEAKS_091 = Buffer.from('AMQP\0\0\x09\x01');

/** The first byte of what TLS answers to a language that it does not speak. */
const TLS_ALERT = 0x15;

/** A connection that did not come about; `heard` is the first that the broker said. */
export function connectFault(error: unknown, heard: Uint8Array, trying: Trying): Error {
  const { condition, text } = told(error);
  if (text.startsWith('No suitable mechanism')) {
    return refused(`the broker at ${trying.at} does not let us log in this way: ${text}`, {
      hint: 'choose another way with --sasl, or allow it at the broker',
    });
  }
  if (condition === 'amqp:unauthorized-access') {
    return text.startsWith('Failed to authenticate') ? loginRefused(trying) : vhostRefused(trying);
  }
  if (condition === 'amqp:not-found' || condition === 'amqp:not-allowed') {
    return vhostRefused(trying);
  }
  return tlsFault(error, trying) ?? unreachable(trying, reasonOf(text, heard, trying));
}

function reasonOf(text: string, heard: Uint8Array, { tls }: Trying): string {
  if (SPEAKS_091.equals(heard)) {
    return 'it speaks AMQP 0-9-1 only: enable its plugin for AMQP 1.0, or use --protocol 0-9-1';
  }
  const isReset = text.includes('ECONNRESET');
  if (text !== '' && text !== 'Failed to connect' && !isReset) return text;
  if (!tls && (heard.length === 0 || heard[0] === TLS_ALERT)) return SAID_NOTHING;
  return isReset ? text : 'it closed the connection';
}

/** A session or a link of it that the broker refused or ended. */
export function linkFault(error: unknown, trying: Trying): Error {
  const { condition, text } = told(error);
  if (condition === 'amqp:unauthorized-access') {
    return accessRefused(trying, text, 'give the user permission to write and read');
  }
  if (isMissing(error)) return notThere(trying, text);
  return new LinkError('channel', text === '' ? 'the broker refuses it' : text);
}

/** There is no queue of that name, or there is none any more. */
export function isMissing(error: unknown): boolean {
  return ['amqp:not-found', 'amqp:resource-deleted'].includes(told(error).condition);
}

/** Why a message was not accepted. */
export function publishFault(error: unknown, address: string): Error {
  const { code, innerError } = error as { readonly code?: unknown; readonly innerError?: unknown };
  const { text } = told(innerError ?? error);
  switch (code) {
    case 'released':
    case 'modified':
      return new Error(`no queue takes it: ${code} (${address})`);
    case 'rejected':
      return new Error(`the broker refused it: ${text === '' ? code : text} (${address})`);
    case 'OperationTimeoutError':
      return new Error(`the broker does not say whether it has taken it (${address})`);
    default:
      return new Error(text === '' ? `the broker refuses it (${address})` : text);
  }
}

/** As RabbitMQ 3.x says it, and as the standard does. */
const tooLarge = new Set(['amqp:precondition-failed', 'amqp:link:message-size-exceeded']);

/** A failed message that the broker does not let us publish; undefined when another try may help. */
export function republishRefusal(error: unknown, trying: Trying): HurricaneError | undefined {
  const { condition, text } = told(error);
  if (tooLarge.has(condition)) return notKept(text);
  const fault = linkFault(error, trying);
  return fault instanceof HurricaneError && fault.code === 'permission-refused' ? fault : undefined;
}

/** Why a link ended by itself. */
export function endReason(error: unknown, cause: LinkEndCause): string {
  const { text } = told(error);
  return text === '' ? `the ${cause} was closed` : text;
}

interface Told {
  readonly condition: string;
  readonly text: string;
}

/** Errors of the broker are none of JavaScript: a condition, and perhaps a sentence. */
function told(error: unknown): Told {
  const { condition, description } = (error ?? {}) as Partial<Record<string, unknown>>;
  const name = typeof condition === 'string' ? condition : '';
  const sentence = typeof description === 'string' ? description : describe(error).message;
  // RabbitMQ puts the condition before the sentence once more.
  return { condition: name, text: sentence.replace(/^[A-Z_]+ - /, '') || name };
}
