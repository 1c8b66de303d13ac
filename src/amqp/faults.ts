// The sentences about a broker that both protocols share, each with what it means for us. Pure.

import { HurricaneError } from '../core/errors.ts';
import { LinkError } from './transport.ts';

/** What was tried when it failed. */
export interface Trying {
  readonly vhost: string;
  /** Undefined: a certificate says who it is. */
  readonly user: string | undefined;
  /** `broker.example:5672`. */
  readonly at: string;
  readonly tls: boolean;
  readonly missing: 'wait' | 'fail';
}

const tlsFaults =
  /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME|ERR_SSL|ERR_TLS|EPROTO|HOSTNAME_MISMATCH/;

export function loginRefused({ at, user }: Trying): HurricaneError {
  return refused(`the broker at ${at} refuses the login of ${described(user)}`, {
    hint:
      user === undefined
        ? 'give the certificate of a user that the broker has with --amqp-cert'
        : 'correct user and password: AMQP_USER, AMQP_PASSWORD or AMQP_PASSWORD_FILE',
  });
}

export function vhostRefused({ at, user, vhost }: Trying): HurricaneError {
  return refused(
    `the broker at ${at} does not let ${described(user)} into vhost "${vhost}", or has none of this name`,
    { hint: 'correct --amqp-vhost, or give the user permission for it' },
  );
}

/** Undefined when it is none of TLS. */
export function tlsFault(error: unknown, { at }: Trying): HurricaneError | undefined {
  const { code, message } = describe(error);
  if (!tlsFaults.test(code)) return undefined;
  return refused(`the broker at ${at} cannot be trusted: ${code}: ${message}`, {
    hint: 'give its certificate authority with --amqp-ca, its right name, and a port that speaks TLS',
  });
}

export function unreachable({ at }: Trying, reason: string): LinkError {
  return new LinkError('connection', `the broker at ${at} cannot be reached: ${reason}`);
}

/** Closed before a word was said. */
export const SAID_NOTHING =
  'it closed the connection before anything was said: is this port for TLS only?';

/** Nothing came from it, or nothing that is AMQP, until the time was over. */
export const SILENT = 'it did not speak AMQP in the time it has (--connect-timeout)';

/** A queue or exchange that we may not use, or not now. */
export function accessRefused({ user }: Trying, text: string, hint: string): Error {
  // Somebody else consumes it, who may go.
  if (text.includes('exclusive')) return new LinkError('channel', text);
  return refused(`the broker refuses ${described(user)}: ${text}`, { hint });
}

/** A failed message whose retry or dead letter the broker will never take; its attempts would go on for ever. */
export function notKept(text: string): HurricaneError {
  return new HurricaneError(
    'message-not-kept',
    `the broker takes no retry and no dead letter of it: ${text}`,
    {
      hint: 'allow such messages at the broker, or take it out of the queue, where it still is',
    },
  );
}

export function notThere({ missing }: Trying, text: string): Error {
  return missing === 'wait'
    ? new LinkError('missing', text)
    : new HurricaneError('queue-missing', `it is not there: ${text}`, {
        hint: 'declare it, or wait for it with --missing wait',
      });
}

export function refused(message: string, details: { readonly hint: string }): HurricaneError {
  return new HurricaneError('permission-refused', message, details);
}

function described(user: Trying['user']): string {
  return user === undefined ? 'the user of our certificate' : `user "${user}"`;
}

export function describe(error: unknown): { readonly message: string; readonly code: string } {
  if (!(error instanceof Error)) return { message: '', code: '' };
  const { code, message } = error as NodeJS.ErrnoException;
  return { message: message === '' ? (code ?? '') : message, code: code ?? '' };
}
