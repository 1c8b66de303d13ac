// Small answers of our own: text or JSON, never cached, framed whether or not the request was HEAD.

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Answers about a moment must not be kept by anyone. */
export const noStore = 'no-store, no-cache, must-revalidate, max-age=0';

/** Names the reason where an answer is ours and not the app's. */
export const faultHeader = 'Hurricane-Error';

/** UTF-8 text; the text is sent as it is, without an added newline. Returns the size of the body in bytes. */
export function respondText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): number {
  return send(response, status, 'text/plain; charset=utf-8', text, headers);
}

export function respondJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): number {
  return send(response, status, 'application/json', JSON.stringify(value), headers);
}

/** True when the `Accept` field names JSON at least as gladly as text (RFC 9110, 12.5.1). */
export function wantsJson(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  let json = 0;
  let text = 0;
  for (const part of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = part.split(';').map((word) => word.trim());
    const quality = Number(parameters.find((word) => word.startsWith('q='))?.slice(2) ?? 1);
    if (type === 'application/json' || type.endsWith('+json')) json = Math.max(json, quality);
    if (type.startsWith('text/')) text = Math.max(text, quality);
  }
  return json > 0 && json >= text;
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: OutgoingHttpHeaders,
): number {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'Cache-Control': noStore,
    ...headers,
  });
  response.end(bytes);
  return response.req.method === 'HEAD' ? 0 : bytes.length;
}
