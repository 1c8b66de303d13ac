// One GET of a text of bounded size, as a value, never a throw.

import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';

import { addressOptions, errorReason, type Address } from './reach.ts';

export type Page =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

export interface PageOptions {
  readonly accept: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** `ok` on 2xx with a body within the limits; redirects are not followed. The target is a URL, or a path at an address. */
export async function readPage(
  target: string | { readonly address: Address; readonly path: string },
  { accept, maxBytes, timeoutMs, signal }: PageOptions,
): Promise<Page> {
  const late = AbortSignal.timeout(timeoutMs);
  const options: RequestOptions = {
    agent: false,
    signal: AbortSignal.any([signal, late]),
    headers: { accept, 'user-agent': 'hurricane', connection: 'close' },
  };
  try {
    const response = await ask(target, options);
    const { statusCode = 0 } = response;
    if (statusCode < 200 || statusCode >= 300) {
      response.destroy();
      return { ok: false, reason: `answered ${statusCode}` };
    }
    return { ok: true, text: await textOf(response, maxBytes) };
  } catch (error) {
    const timedOut = late.aborted && !signal.aborted;
    const reason = timedOut ? `no answer within ${timeoutMs / 1000}s` : errorReason(error as Error);
    return { ok: false, reason };
  }
}

function ask(
  target: Parameters<typeof readPage>[0],
  options: RequestOptions,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent =
    typeof target === 'string'
      ? (target.startsWith('https:') ? requestTls : request)(target, options)
      : request({ ...options, ...addressOptions(target.address), path: target.path });
  sent.on('error', reject);
  sent.on('response', resolve);
  sent.end();
  return promise;
}

async function textOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
