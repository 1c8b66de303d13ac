// Requests that hide a second one in their bytes, for every trick by which two readers of HTTP/1.1 have been
// known to see different requests, and the judge of what an app saw of them.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { useClient, type RawApp } from './raw-tcp.ts';
import { readStrictly } from './strict-http.ts';

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
const size = hidden.length.toString(16);

/** A request with these field lines, and the hidden one behind its head. */
export function post(lines: readonly string[], behind = hidden, first = 'POST / HTTP/1.1'): string {
  return `${[first, 'Host: a', ...lines].join('\r\n')}\r\n\r\n${behind}`;
}

/** The hidden request stands behind the last chunk of what one reader takes for the body. */
const emptyChunks = `0\r\n\r\n${hidden}`;
const chunked = 'Transfer-Encoding: chunked';
const length = `Content-Length: ${hidden.length}`;

/** What is hostile about it → the bytes. */
export const corpus: Readonly<Record<string, string>> = {
  'CL.TE': post(['Content-Length: 5', chunked], emptyChunks),
  'TE.CL': post([chunked, 'Content-Length: 5'], emptyChunks),
  'CL.TE with a length of zero': post(['Content-Length: 0', chunked], emptyChunks),
  'TE.CL within a chunk': post([chunked, 'Content-Length: 3'], `${size}\r\n${hidden}\r\n0\r\n\r\n`),
  'TE and CL in HTTP/1.0': post([chunked, length], emptyChunks, 'POST / HTTP/1.0'),
  'TE in HTTP/1.0': post([chunked], emptyChunks, 'POST / HTTP/1.0'),
  'TE in HTTP/1.0 that stays open': post(
    ['Connection: keep-alive', chunked],
    emptyChunks,
    'POST / HTTP/1.0',
  ),
  'two lengths, the small one first': post(['Content-Length: 0', length]),
  'two lengths, the small one last': post([length, 'Content-Length: 0']),
  'two equal lengths': post(['Content-Length: 0', 'Content-Length: 0']),
  'a list of lengths': post([`Content-Length: 0, ${hidden.length}`]),
  'a list of equal lengths': post(['Content-Length: 0, 0']),
  'a length with a plus': post(['Content-Length: +0']),
  'a length with a minus': post(['Content-Length: -1']),
  'a length in hex': post(['Content-Length: 0x0']),
  'a length with an exponent': post(['Content-Length: 0e1']),
  'a length with a point': post(['Content-Length: 0.0']),
  'a length with an underscore': post(['Content-Length: 0_0']),
  'a length with a space inside': post(['Content-Length: 0 0']),
  'a length with a word behind': post(['Content-Length: 0 bytes']),
  'an empty length': post(['Content-Length:']),
  'a length beyond 64 bits': post(['Content-Length: 18446744073709551616']),
  'a length beyond 53 bits': post(['Content-Length: 9007199254740993']),
  'a length with a vertical tab': post(['Content-Length: \v0']),
  'a length with a form feed': post(['Content-Length: 0\f']),
  'a length with a non-breaking space': post(['Content-Length: 0\u00a0']),
  'a space before the colon of the length': post(['Content-Length : 0']),
  'a tab before the colon of the length': post(['Content-Length\t: 0']),
  'a space before the colon of the coding': post(['Transfer-Encoding : chunked'], emptyChunks),
  'a length with an underscore in its name': post(['Content_Length: 0', length]),
  'a coding with an underscore in its name': post(
    ['Transfer_Encoding: chunked', `Content-Length: ${emptyChunks.length}`],
    emptyChunks,
  ),
  'a coding that is not known': post(['Transfer-Encoding: xchunked'], emptyChunks),
  'a coding in quotes': post(['Transfer-Encoding: "chunked"'], emptyChunks),
  'a coding in single quotes': post(["Transfer-Encoding: 'chunked'"], emptyChunks),
  'a coding with a vertical tab': post(['Transfer-Encoding: \vchunked'], emptyChunks),
  'a coding with a null': post(['Transfer-Encoding: chunked\0'], emptyChunks),
  'a coding with a parameter': post(['Transfer-Encoding: chunked;q=0'], emptyChunks),
  'chunked, then identity': post(['Transfer-Encoding: chunked, identity'], emptyChunks),
  'identity, then chunked': post(['Transfer-Encoding: identity, chunked'], emptyChunks),
  'identity and a length': post(['Transfer-Encoding: identity', 'Content-Length: 0']),
  'chunked twice in a list': post(['Transfer-Encoding: chunked, chunked'], emptyChunks),
  'chunked in two fields': post([chunked, chunked], emptyChunks),
  'chunked and something else in two fields': post([chunked, 'Transfer-Encoding: x'], emptyChunks),
  'gzip, then chunked': post(['Transfer-Encoding: gzip, chunked'], emptyChunks),
  'an empty coding and a length': post(['Transfer-Encoding:', 'Content-Length: 5'], emptyChunks),
  'a coding on a folded line': post(['Transfer-Encoding:', ' chunked'], emptyChunks),
  'a folded field': post(['X: a', ` ${chunked}`, 'Content-Length: 5'], emptyChunks),
  'a folded first field': post([` ${chunked}`, 'Content-Length: 5'], emptyChunks),
  'a coding behind a bare LF': post([`X: a\n${chunked}`, 'Content-Length: 5'], emptyChunks),
  'a coding behind a bare CR': post([`X: a\r${chunked}`, 'Content-Length: 5'], emptyChunks),
  'a coding behind a null': post([`X: a\0${chunked}`, 'Content-Length: 5'], emptyChunks),
  'a head with bare LFs': `POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\n${hidden}`,
  'a head that ends with LF CR': `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\n\r${hidden}`,
  'a field without a colon': post(['Garbage', 'Content-Length: 0']),
  'a field without a name': post([': x', 'Content-Length: 0']),
  'a field name with a space': post(['X Y: 1', 'Content-Length: 0']),
  'a field name beyond ASCII': post(['Content-Length\u00e9: 0', chunked, 'X: 1'], emptyChunks),
  'a chunk size with a sign': post([chunked], `+0\r\n\r\n${hidden}`),
  'a chunk size in hex notation': post([chunked], `0x0\r\n\r\n${hidden}`),
  'a chunk size with a space before': post([chunked], ` 0\r\n\r\n${hidden}`),
  'a chunk size with an underscore': post([chunked], `0_0\r\n\r\n${hidden}`),
  'a chunk size beyond 64 bits': post([chunked], `10000000000000000\r\n${hidden}`),
  'a negative chunk size': post([chunked], `-1\r\n${hidden}`),
  'an empty chunk size': post([chunked], `\r\n\r\n${hidden}`),
  'a chunk size that ends with LF': post([chunked], `0\n\r\n${hidden}`),
  'a chunk size that ends with CR': post([chunked], `0\r\r\n${hidden}`),
  'a chunk extension with a bare LF': post([chunked], `5;a\nxxxxx\r\n0\r\n\r\n${hidden}`),
  'a chunk extension with a bare CR': post([chunked], `5;a\rxxxxx\r\n0\r\n\r\n${hidden}`),
  'a chunk longer than its size': post([chunked], `1\r\nab\r\n0\r\n\r\n${hidden}`),
  'a chunk that ends with LF': post([chunked], `1\r\na\n0\r\n\r\n${hidden}`),
  'a trailer without a colon': post([chunked], `0\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n`),
  'a trailer that frames': post([chunked], `0\r\nContent-Length: ${hidden.length}\r\n\r\n`),
  'a chunked GET': post([chunked], `${size}\r\n${hidden}\r\n0\r\n\r\n`, 'GET / HTTP/1.1'),
  'a chunked DELETE': post([chunked], `${size}\r\n${hidden}\r\n0\r\n\r\n`, 'DELETE / HTTP/1.1'),
  'a chunked OPTIONS': post([chunked], `${size}\r\n${hidden}\r\n0\r\n\r\n`, 'OPTIONS / HTTP/1.1'),
  'a GET with a length': post([length], hidden, 'GET / HTTP/1.1'),
  'a HEAD with a length': post([length], hidden, 'HEAD / HTTP/1.1'),
  'a body that is a request': post([length]),
  'a length named by Connection': post(['Connection: Content-Length', length]),
  'a coding named by Connection': post(
    ['Connection: Transfer-Encoding', chunked],
    `${size}\r\n${hidden}\r\n0\r\n\r\n`,
  ),
  'a Host named by Connection': post(['Connection: Host', length]),
  'an upgrade with a body': post(
    ['Connection: Upgrade', 'Upgrade: websocket', length],
    hidden,
    'GET / HTTP/1.1',
  ),
  'an upgrade with a chunked body': post(
    ['Connection: Upgrade', 'Upgrade: websocket', chunked],
    `${size}\r\n${hidden}\r\n0\r\n\r\n`,
    'GET / HTTP/1.1',
  ),
  'an upgrade to h2c with a preface': post(
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQA'],
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET / HTTP/1.1',
  ),
  'an upgrade that the app does not take': post(
    ['Connection: Upgrade', 'Upgrade: websocket'],
    hidden,
    'GET / HTTP/1.1',
  ),
  'an expectation and a body at once': post(['Expect: 100-continue', length]),
  'a tunnel': `CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n${hidden}`,
  'two Hosts': post(['Host: b', 'Content-Length: 0']),
  'a Host with a line in it': `POST / HTTP/1.1\r\nHost: a\u0085b\r\nContent-Length: 0\r\n\r\n${hidden}`,
  'a target with a space': post(['Content-Length: 0'], hidden, 'POST / x HTTP/1.1'),
  'a target with a tab': post(['Content-Length: 0'], hidden, 'POST /\tx HTTP/1.1'),
  'a target with a CR': post(['Content-Length: 0'], hidden, 'POST /\rx HTTP/1.1'),
  'a target beyond ASCII': post(['Content-Length: 0'], hidden, 'POST /\u00e9 HTTP/1.1'),
  'an absolute target with a user': post(
    ['Content-Length: 0'],
    hidden,
    'POST http://u@a/ HTTP/1.1',
  ),
  'HTTP/2 in the request line': post(['Content-Length: 0'], hidden, 'POST / HTTP/2.0'),
  'HTTP/1.2 in the request line': post(['Content-Length: 0'], hidden, 'POST / HTTP/1.2'),
  'HTTP/0.9': `GET /\r\n${hidden}`,
  'a lower-case method': post(['Content-Length: 0'], hidden, 'post / HTTP/1.1'),
  'a method with a colon': post(['Content-Length: 0'], hidden, 'GET: / HTTP/1.1'),
};

/**
 * Sends the bytes to the port, and throws when the recording app behind it saw the hidden request, more
 * than one request, or bytes that two readers could read differently. Nothing else may be sent meanwhile.
 */
export async function assertNoSecond(
  t: TestContext,
  port: number,
  app: RawApp,
  bytes: string,
): Promise<void> {
  const before = app.connections.map(({ received }) => received.length);
  const client = await useClient(t, port, { allowHalfOpen: true });
  client.send(bytes);
  // What the bytes set off has arrived before several later round trips have.
  for (let i = 0; i < 5; i += 1) {
    const later = await useClient(t, port);
    await later.send('GET /later HTTP/1.1\r\nHost: a\r\n\r\n').until('ok');
    later.socket.destroy();
  }
  client.socket.end();
  await client.closed;
  const seen = app.connections.map(({ received }, i) => received.slice(before[i]));
  const own = seen
    .flatMap((received) => readStrictly(received).requests)
    .map(({ target }) => target)
    .filter((target) => target !== '/later');
  assert.ok(!own.includes('/hidden') && own.length <= 1, JSON.stringify(seen.filter(Boolean)));
}
