// One try to reach something that listens: a TCP connect or one HTTP request, as a value, never a throw.

import { request, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';

/** Where something listens: TCP or a unix socket. */
export type Address =
  { readonly host: string; readonly port: number } | { readonly socketPath: string };

export type Reached =
  | { readonly ok: true; readonly status?: number }
  | { readonly ok: false; readonly reason: string; readonly status?: number };

export interface ReachLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** `127.0.0.1:8080`, `[::1]:8080` or the path of the socket. */
export function displayAddress(address: Address): string {
  if ('socketPath' in address) return address.socketPath;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** `ok` when a connection was accepted within the time; it is closed at once. */
export function reachTcp(address: Address, limits: ReachLimits): Promise<Reached> {
  const { promise, resolve } = Promise.withResolvers<Reached>();
  const until = limitSignal(limits);
  const socket = connect('socketPath' in address ? { path: address.socketPath } : address);
  const giveUp = (): void => finish({ ok: false, reason: lateReason(limits) });
  const finish = (reached: Reached): void => {
    until.removeEventListener('abort', giveUp);
    socket.destroy();
    resolve(reached);
  };
  socket.on('connect', () => finish({ ok: true }));
  socket.on('error', (error) => finish({ ok: false, reason: errorReason(error) }));
  if (until.aborted) giveUp();
  else until.addEventListener('abort', giveUp, { once: true });
  return promise;
}

/**
 * One GET; `ok` on 2xx or 3xx within the time, redirects are not followed and the body is thrown away.
 * The target is a URL, or a path at an address.
 */
export function reachHttp(
  target: string | { readonly address: Address; readonly path: string },
  limits: ReachLimits,
): Promise<Reached> {
  const { promise, resolve } = Promise.withResolvers<Reached>();
  const options: RequestOptions = {
    agent: false,
    signal: limitSignal(limits),
    headers: { 'user-agent': 'hurricane', connection: 'close' },
  };
  const fail = (error: Error): void =>
    resolve({
      ok: false,
      reason: error.name === 'AbortError' ? lateReason(limits) : errorReason(error),
    });
  try {
    const sent =
      typeof target === 'string'
        ? (target.startsWith('https:') ? requestTls : request)(target, options)
        : request({ ...options, ...addressOptions(target.address), path: target.path });
    sent.on('error', fail);
    sent.on('response', (response) => {
      response.destroy();
      resolve(judge(response.statusCode ?? 0));
    });
    sent.end();
  } catch (error) {
    // A URL that cannot be one: the caller learns it as any other failure.
    fail(error instanceof Error ? error : new Error(String(error)));
  }
  return promise;
}

function judge(status: number): Reached {
  return status >= 200 && status < 400
    ? { ok: true, status }
    : { ok: false, status, reason: `answered ${status}` };
}

/** Where a request goes, as Node wants to be told. */
export function addressOptions(address: Address): RequestOptions {
  return 'socketPath' in address
    ? { socketPath: address.socketPath }
    : { host: address.host, port: address.port };
}

function limitSignal({ timeoutMs, signal }: ReachLimits): AbortSignal {
  const signals = signal === undefined ? [] : [signal];
  if (Number.isFinite(timeoutMs)) signals.push(AbortSignal.timeout(timeoutMs));
  return AbortSignal.any(signals);
}

function lateReason({ timeoutMs, signal }: ReachLimits): string {
  return signal?.aborted === true ? 'stopped while waiting' : `no answer within ${timeoutMs} ms`;
}

/** Why nothing was reached, in a few words. */
export function errorReason(error: Error): string {
  // A name with several addresses fails with one error per address and no message of its own.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code, message } = first as NodeJS.ErrnoException;
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ENOENT':
      return 'no such socket';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'name not found';
    default:
      return message;
  }
}
