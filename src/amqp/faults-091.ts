// What a 0-9-1 broker or its client library says when something is wrong → what it means for us. Pure.

import { HurricaneError } from '../core/errors.ts';
import type { LinkEndCause } from '../core/events.ts';
import {
  accessRefused,
  describe,
  loginRefused,
  notKept,
  notThere,
  SAID_NOTHING,
  SILENT,
  tlsFault,
  unreachable,
  vhostRefused,
  type Trying,
} from './faults.ts';
import { LinkError } from './transport.ts';

/** A connection that did not come about. */
export function connectFault(error: unknown, trying: Trying): Error {
  const { message, code } = describe(error);
  if (/\b403\b|ACCESS[-_]REFUSED/.test(message)) return loginRefused(trying);
  if (/got <?ConnectionClose|\b530\b|NOT_ALLOWED/.test(message)) return vhostRefused(trying);
  const closed = !trying.tls && (message.includes('closed abruptly') || code === 'ECONNRESET');
  // The library's own word for it; the kernel's names the address.
  const isSilent = message === 'connect ETIMEDOUT';
  const reason = closed ? SAID_NOTHING : isSilent ? SILENT : message;
  return tlsFault(error, trying) ?? unreachable(trying, reason);
}

/** A declaration, a binding or a subscription that the broker refused. */
export function channelFault(error: unknown, trying: Trying): Error {
  const { message } = describe(error);
  const text = brokerText(message);
  switch (replyCode(message)) {
    case 406:
      return new HurricaneError('topology-mismatch', `the broker has it otherwise: ${text}`, {
        hint: 'give the properties that it has, delete it at the broker, or use --topology passive',
      });
    case 403:
      return accessRefused(
        trying,
        text,
        'give the user permission to configure, write and read, or use --topology passive',
      );
    case 404:
      return notThere(trying, text);
    default:
      return new LinkError('channel', text);
  }
}

/** A failed message that the broker does not let us publish: no other try could change that. */
export function republishFault(error: unknown, trying: Trying): unknown {
  const { message } = describe(error);
  const code = replyCode(message);
  if (code === 406) return notKept(brokerText(message));
  if (code !== 403) return error;
  return accessRefused(
    trying,
    brokerText(message),
    'give the user permission to write to amq.default: failed messages go to their queues by it',
  );
}

/** A publication that closed its channel. */
export function publishFault(error: unknown): Error {
  const { message } = describe(error);
  return new Error(`the broker refuses it: ${brokerText(message)} (${replyCode(message)})`);
}

/** Why a channel or connection ended by itself. */
export function endReason(error: unknown, cause: LinkEndCause): string {
  const { message } = describe(error);
  if (/PRECONDITION.*timeout/i.test(message)) {
    return `a message was not settled within the time that the broker allows: ${brokerText(message)}`;
  }
  return message === '' ? `the ${cause} was closed` : brokerText(message);
}

/** `…; 404 (NOT-FOUND) with message "NOT_FOUND - no queue …"`. */
function replyCode(message: string): number {
  return Number(/\b([2-5]\d\d) \(/.exec(message)?.[1] ?? 0);
}

/** What the broker itself said, if it did. */
function brokerText(message: string): string {
  return /with message "(?:[A-Z_]+ - )?(.*)"/s.exec(message)?.[1] ?? message;
}
