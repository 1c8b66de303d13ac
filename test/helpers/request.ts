// One HTTP request on a connection of its own, as a probe or a curl would send it.

import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface RequestOptions {
  /** Sent byte by byte instead of the path of the URL, which Node puts in order. */
  readonly target?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  /** After this many milliseconds without an answer the request fails. */
  readonly within?: number;
}

/** Resolves with the whole answer, whatever its status; rejects when there is none. */
export async function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { target, method = 'GET', headers = {}, body, within = 10_000 } = options;
  const path = target === undefined ? {} : { path: target };
  const signal = AbortSignal.timeout(within);
  const sent = httpRequest(url, { ...path, method, headers, agent: false, signal });
  const answered = once(sent, 'response') as Promise<[NodeJS.ReadableStream & AnswerHead]>;
  sent.end(body);
  const [response] = await answered;
  const bytes = await buffer(response);
  const { statusCode, headers: received } = response;
  return { status: statusCode, headers: received, body: bytes, text: bytes.toString() };
}

interface AnswerHead {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}
