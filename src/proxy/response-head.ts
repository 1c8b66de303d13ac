// The fields of the app's answer that go on to the client. Pure.

import type { IncomingHttpHeaders } from 'node:http';

import { isHopByHop, namedByConnection, withoutFields } from './hop-by-hop.ts';

export interface ResponseFraming {
  readonly status: number;
  /** Without a Content-Length the answer goes out chunked: the only way that trailers may follow. */
  readonly mayChunk: boolean;
}

/** Own order, case and duplicates; without hop-by-hop fields and those named in Connection. */
export function forwardableFields(raw: readonly string[], framing: ResponseFraming): string[] {
  const fields: string[] = [];
  const trailers: string[] = [];
  let connection = '';
  let hasLength = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'connection') connection = connection === '' ? value : `${connection},${value}`;
    else if (lower === 'trailer') trailers.push(name, value);
    else if (lower === 'content-length') {
      hasLength = true;
      // RFC 9110, 8.6: a 204 has none.
      if (framing.status !== 204) fields.push(name, value);
    } else if (!isHopByHop(lower)) fields.push(name, value);
  }
  if (framing.mayChunk && !hasLength) fields.push(...trailers);
  const named = namedByConnection(connection);
  return named === undefined ? fields : withoutFields(fields, named);
}

/** Trailer fields that are left after those which must not come late (RFC 9110, 6.5.1). */
export function forwardableTrailers(raw: readonly string[]): [string, string][] {
  const trailers: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (!isHopByHop(lower) && !headOnly.has(lower)) trailers.push([name, raw[i + 1] ?? '']);
  }
  return trailers;
}

/** True for 1xx, 204, 304 and the answer to HEAD: whatever the fields say, there is no body. */
export function isBodyless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304 || status < 200;
}

/** Events without an end of their own (HTML, 9.2); one with a length ends where it says. */
export function isEventStream({
  'content-type': type = '',
  'content-length': length,
}: IncomingHttpHeaders): boolean {
  return length === undefined && /^text\/event-stream\s*(;|$)/i.test(type);
}

const headOnly = new Set([
  'content-length',
  'content-encoding',
  'content-type',
  'content-range',
  'host',
  'trailer',
  'authorization',
  'cookie',
  'set-cookie',
  'expect',
]);
