// What a 0-9-1 broker or its client library says when something is wrong → what it means for us. Pure.

import { HurricaneError } from '../core/errors.ts';
import type { LinkEndCause } from '../core/events.ts';
import { LinkError } from './transport.ts';

/** What was tried when it failed. */
export interface Trying {
  readonly vhost: string;
  readonly user: string;
  /** `broker.example:5672`. */
  readonly at: string;
  readonly missing: 'wait' | 'fail';
}

const tlsFaults =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME|ERR_SSL|ERR_TLS|EPROTO|HOSTNAME_MISMATCH/;

/** A connection that did not come about. */
export function connectFault(error: unknown, trying: Trying): Error {
  const { message, code } = describe(error);
  if (/\b403\b|ACCESS[-_]REFUSED/.test(message)) {
    return refused(`the broker at ${trying.at} refuses the login of user "${trying.user}"`, {
      hint: 'correct user and password: AMQP_USER, AMQP_PASSWORD or AMQP_PASSWORD_FILE',
    });
  }
  if (/got <?ConnectionClose|\b530\b|NOT_ALLOWED/.test(message)) {
    return refused(
      `the broker at ${trying.at} does not let user "${trying.user}" into vhost "${trying.vhost}", or has none of this name`,
      { hint: 'correct --amqp-vhost, or give the user permission for it' },
    );
  }
  if (tlsFaults.test(code)) {
    return refused(`the broker at ${trying.at} cannot be trusted: ${code}: ${message}`, {
      hint: 'give its certificate authority with --amqp-ca, its right name, and a port that speaks TLS',
    });
  }
  const closed = message.includes('closed abruptly');
  const reason = closed
    ? 'it closed the connection before anything was said: is this port for TLS only?'
    : message;
  return new LinkError('connection', `the broker at ${trying.at} cannot be reached: ${reason}`);
}

/** A declaration, a binding or a subscription that the broker refused. */
export function channelFault(error: unknown, { user, missing }: Trying): Error {
  const { message } = describe(error);
  const text = brokerText(message);
  switch (replyCode(message)) {
    case 406:
      return new HurricaneError('topology-mismatch', `the broker has it otherwise: ${text}`, {
        hint: 'give the properties that it has, delete it at the broker, or use --topology passive',
      });
    case 403:
      // Somebody else consumes it, who may go.
      if (text.includes('exclusive')) return new LinkError('channel', text);
      return refused(`the broker refuses user "${user}": ${text}`, {
        hint: 'give the user permission to configure, write and read, or use --topology passive',
      });
    case 404:
      return missing === 'wait'
        ? new LinkError('missing', text)
        : new HurricaneError('queue-missing', `it is not there: ${text}`, {
            hint: 'declare it, or wait for it with --missing wait',
          });
    default:
      return new LinkError('channel', text);
  }
}

/** Why a channel or connection ended by itself. */
export function endReason(error: unknown, cause: LinkEndCause): string {
  const { message } = describe(error);
  if (/PRECONDITION.*timeout/i.test(message)) {
    return `a message was not settled within the time that the broker allows: ${brokerText(message)}`;
  }
  return message === '' ? `the ${cause} was closed` : brokerText(message);
}

function refused(message: string, details: { readonly hint: string }): HurricaneError {
  return new HurricaneError('permission-refused', message, details);
}

function describe(error: unknown): { readonly message: string; readonly code: string } {
  if (!(error instanceof Error)) return { message: '', code: '' };
  const { code, message } = error as NodeJS.ErrnoException;
  return { message: message === '' ? (code ?? '') : message, code: code ?? '' };
}

/** `…; 404 (NOT-FOUND) with message "NOT_FOUND - no queue …"`. */
function replyCode(message: string): number {
  return Number(/\b([2-5]\d\d) \(/.exec(message)?.[1] ?? 0);
}

/** What the broker itself said, if it did. */
function brokerText(message: string): string {
  return /with message "(?:[A-Z_]+ - )?(.*)"/s.exec(message)?.[1] ?? message;
}
