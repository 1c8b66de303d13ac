// One attempt to deliver: one POST, and what its end means.

import { createHmac } from 'node:crypto';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';

import { maskCredentials } from '../core/mask-credentials.ts';
import { errorReason } from '../http/reach.ts';
import { retryAfterMs } from '../http/retry-after.ts';

export type Attempt =
  | { readonly kind: 'delivered' }
  /** Worth another try, not before `notBeforeMs` from now. */
  | { readonly kind: 'retry'; readonly reason: string; readonly notBeforeMs: number }
  /** Trying again would end in the same way. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface PostOptions {
  readonly url: string;
  readonly body: string;
  readonly secret: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Never rejects. Redirects are not followed: a POST would become a GET, and a signed body go elsewhere. */
export function post(options: PostOptions): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const send = options.url.startsWith('https:') ? requestTls : request;
  const sent = send(options.url, {
    method: 'POST',
    agent: false,
    signal: AbortSignal.any([options.signal, timeout]),
    headers: headersOf(options),
  });
  // The head of an answer decides; its body is waited for only so that nothing is left behind.
  let answer: Attempt | undefined;
  sent.on('error', (error) => resolve(answer ?? noAnswer(error, timeout.aborted, options)));
  sent.on('response', (response) => {
    const { statusCode = 0, headers } = response;
    const judged = judge(statusCode, headers.location, headers['retry-after']);
    answer = judged;
    response
      .on('error', () => resolve(judged))
      .on('close', () => resolve(judged))
      .resume();
  });
  sent.end(options.body);
  return promise;
}

/** `t=<seconds>,sha256=<hex>`: HMAC-SHA256 of `<seconds>.<body>` under the shared secret. */
export function signatureOf(body: string, secret: string, seconds: number): string {
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},sha256=${mac}`;
}

/** What a status means, with the fields `Location` and `Retry-After` of the answer. */
export function judge(status: number, location?: string, retryAfter?: string): Attempt {
  const reason = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 408 || status === 429 || status >= 500) {
    return {
      kind: 'retry',
      reason,
      notBeforeMs: Math.min(retryAfterMs(retryAfter) ?? 0, LONGEST_RETRY_AFTER_MS),
    };
  }
  return { kind: 'refused', reason: `${reason}: ${remedy(status, location)}` };
}

function noAnswer(error: Error, late: boolean, { timeoutMs }: PostOptions): Attempt {
  const reason = late ? `no answer within ${timeoutMs} ms` : errorReason(error);
  return { kind: 'retry', reason, notBeforeMs: 0 };
}

function remedy(status: number, location: string | undefined): string {
  if (status >= 300 && status < 400) {
    const target = location === undefined ? '' : ` to ${maskCredentials(location)}`;
    return `it redirects${target}, give the final address to --webhook-url`;
  }
  if (status === 401 || status === 403) return 'check the credentials in --webhook-url';
  return 'check the path of --webhook-url';
}

/** Nobody waits longer than this for a receiver that asks for patience. */
const LONGEST_RETRY_AFTER_MS = 300_000;

function headersOf({ body, secret }: PostOptions): Record<string, string | number> {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'hurricane',
    ...(secret === undefined
      ? {}
      : { 'x-hurricane-signature': signatureOf(body, secret, Math.floor(Date.now() / 1000)) }),
  };
}
