import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  readRequestHead,
  type ReceivedHead,
  type RequestHead,
} from '../../../src/proxy/request-head.ts';

const stranger = { address: '203.0.113.9', trusted: false, localPort: 8000 };
const ingress = { address: '10.0.0.1', trusted: true, localPort: 8000 };

function received(rawHeaders: readonly string[], line: Partial<ReceivedHead> = {}): ReceivedHead {
  return { method: 'GET', url: '/', httpVersionMajor: 1, httpVersionMinor: 1, rawHeaders, ...line };
}

function accepted(
  rawHeaders: readonly string[],
  line: Partial<ReceivedHead> = {},
  peer = stranger,
): RequestHead {
  const head = readRequestHead(received(rawHeaders, line), peer);
  assert.ok(head.kind === 'head', JSON.stringify(head));
  return head;
}

/** All values of a field, whatever its case. */
function values({ headers }: RequestHead, name: string): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name);
}

test('fields of the client keep their order, case, duplicates and bytes', () => {
  const raw = ['HOST', 'a', 'x-B', '1', 'X-a', '\u00e9', 'x-B', '2', 'Cookie', 'a=b; c'];
  assert.deepEqual(accepted(raw).headers.slice(0, raw.length), raw);
});

test('hop-by-hop fields and those named in Connection end here', () => {
  const head = accepted([
    ...['Host', 'a', 'Connection', 'close, X-Mine', 'X-Mine', '1', 'Keep-Alive', 'timeout=5'],
    ...[
      'TE',
      'trailers',
      'Proxy-Connection',
      'close',
      'Upgrade',
      'h2c',
      'Proxy-Authorization',
      'x',
    ],
    ...['X-Yours', '2'],
  ]);
  const names = head.headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const gone = ['connection', 'x-mine', 'keep-alive', 'te', 'proxy-connection', 'upgrade'];
  for (const name of [...gone, 'proxy-authorization']) assert.ok(!names.includes(name), name);
  assert.deepEqual(values(head, 'x-yours'), ['2']);
});

test('Connection cannot name away the framing or the Host', () => {
  const head = accepted(
    ['Host', 'a', 'Content-Length', '3', 'Connection', 'content-length, host'],
    { method: 'POST' },
  );
  assert.deepEqual([...values(head, 'host'), ...values(head, 'content-length')], ['a', '3']);
});

const refused: [string, string[], Partial<ReceivedHead>?][] = [
  ['length and coding', ['Host', 'a', 'Content-Length', '3', 'Transfer-Encoding', 'chunked']],
  ['two lengths', ['Host', 'a', 'Content-Length', '3', 'Content-Length', '3']],
  ['a list of lengths', ['Host', 'a', 'Content-Length', '3, 3']],
  ['a signed length', ['Host', 'a', 'Content-Length', '+3']],
  ['a length in hex', ['Host', 'a', 'Content-Length', '0x3']],
  ['a length beyond every number', ['Host', 'a', 'Content-Length', '99999999999999999999']],
  ['another coding', ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked']],
  ['chunked twice', ['Host', 'a', 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
  ['a coding in HTTP/1.0', ['Host', 'a', 'Transfer-Encoding', 'chunked'], { httpVersionMinor: 0 }],
  ['no Host', []],
  ['two Hosts', ['Host', 'a', 'Host', 'a']],
  ['a Host with a path', ['Host', 'a/b']],
  ['a Host with a user', ['Host', 'me@a']],
  ['a target that is no path', ['Host', 'a'], { url: 'a:80' }],
  ['the star for GET', ['Host', 'a'], { url: '*' }],
  ['an absolute target of another scheme', ['Host', 'a'], { url: 'ftp://a/' }],
  ['another major version', ['Host', 'a'], { httpVersionMajor: 2, httpVersionMinor: 0 }],
];

for (const [what, raw, line] of refused) {
  test(`refuses with 400: ${what}`, () => {
    const head = readRequestHead(received(raw, line), stranger);
    assert.equal(head.kind === 'refusal' ? head.fault : head.kind, 'bad-request');
  });
}

test('a POST without a length gets Content-Length: 0, never an invented chunked body', () => {
  const head = accepted(['Host', 'a'], { method: 'POST' });
  assert.deepEqual(values(head, 'content-length'), ['0']);
  assert.deepEqual(values(head, 'transfer-encoding'), []);
  assert.equal(head.body, 'none');
});

test('a chunked DELETE stays chunked', () => {
  const head = accepted(['Host', 'a', 'Transfer-Encoding', 'Chunked'], { method: 'DELETE' });
  assert.equal(head.body, 'chunked');
  assert.deepEqual(values(head, 'transfer-encoding'), ['chunked']);
  assert.deepEqual(values(head, 'content-length'), []);
});

test('the authority of an absolute target replaces the Host in its place', () => {
  const head = accepted(['A', '1', 'Host', 'other', 'B', '2'], { url: 'http://real:81/p?q=//' });
  assert.equal(head.target, '/p?q=//');
  assert.deepEqual(head.headers.slice(0, 6), ['A', '1', 'Host', 'real:81', 'B', '2']);
});

test('an absolute target without a path is the root, and the star for OPTIONS', () => {
  assert.equal(accepted(['Host', 'a'], { url: 'http://a' }).target, '/');
  assert.equal(accepted(['Host', 'a'], { url: 'http://a?x' }).target, '/?x');
  assert.equal(accepted(['Host', 'a'], { url: 'http://a', method: 'OPTIONS' }).target, '*');
});

test('what a stranger says about others is replaced', () => {
  const head = accepted([
    ...['Host', 'a', 'X-Forwarded-For', '1.1.1.1', 'X-Forwarded-Proto', 'https'],
    ...['X-Forwarded-Host', 'evil', 'X-Forwarded-Port', '1', 'Forwarded', 'for=1.1.1.1'],
    ...['X_Forwarded_For', '1.1.1.1', 'X-Request-Start', 't=1'],
  ]);
  assert.deepEqual(values(head, 'x-forwarded-for'), ['203.0.113.9']);
  assert.deepEqual(values(head, 'x-forwarded-proto'), ['http']);
  assert.deepEqual(values(head, 'x-forwarded-host'), ['a']);
  assert.deepEqual(values(head, 'x-forwarded-port'), ['8000']);
  assert.deepEqual(values(head, 'forwarded'), []);
  assert.deepEqual(values(head, 'x_forwarded_for'), []);
  assert.notDeepEqual(values(head, 'x-request-start'), ['t=1']);
});

test('what a trusted peer says is continued', () => {
  const raw = [
    ...['Host', 'a', 'X-Forwarded-For', '1.1.1.1', 'X-Forwarded-For', '2.2.2.2'],
    ...['X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'public', 'X-Forwarded-Port', '443'],
    ...['Forwarded', 'for=1.1.1.1', 'X-Request-Start', 't=1'],
  ];
  const head = accepted(raw, {}, ingress);
  assert.deepEqual(values(head, 'x-forwarded-for'), ['1.1.1.1, 2.2.2.2, 10.0.0.1']);
  assert.deepEqual(values(head, 'x-forwarded-proto'), ['https']);
  assert.deepEqual(values(head, 'x-forwarded-host'), ['public']);
  assert.deepEqual(values(head, 'x-forwarded-port'), ['443']);
  assert.deepEqual(values(head, 'forwarded'), ['for=1.1.1.1']);
  assert.deepEqual(values(head, 'x-request-start'), ['t=1']);
});

test('a valid trace and a request id are continued as they are', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  const head = accepted([
    'Host',
    'a',
    'TraceParent',
    trace,
    'tracestate',
    'x=1',
    'X-Request-ID',
    'r-1',
  ]);
  assert.equal(head.traceparent, trace);
  assert.equal(head.requestId, 'r-1');
  assert.deepEqual(values(head, 'traceparent'), [trace]);
  assert.deepEqual(values(head, 'tracestate'), ['x=1']);
  assert.deepEqual(values(head, 'x-request-id'), ['r-1']);
});

test('an invalid or doubled trace starts anew, without the state of the old one', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  const zero = '00-00000000000000000000000000000000-b7ad6b7169203331-01';
  for (const sent of [[zero], [''], ['x'], [trace, trace]]) {
    const raw = sent.flatMap((value) => ['traceparent', value]);
    const head = accepted(['Host', 'a', ...raw, 'tracestate', 'x=1']);
    assert.deepEqual(values(head, 'traceparent'), [head.traceparent]);
    assert.match(head.traceparent, /^00-[\da-f]{32}-[\da-f]{16}-01$/);
    assert.ok(!sent.includes(head.traceparent));
    assert.deepEqual(values(head, 'tracestate'), []);
  }
});

test('a request id that is doubled or not printable is replaced by the trace id', () => {
  for (const sent of [['a', 'b'], ['a b'], [''], ['\u00e9'], ['x'.repeat(201)]]) {
    const head = accepted(['Host', 'a', ...sent.flatMap((value) => ['x-request-id', value])]);
    assert.deepEqual(values(head, 'x-request-id'), [head.requestId]);
    assert.equal(head.requestId, head.traceparent.slice(3, 35));
  }
});

test('an expectation other than 100-continue is refused, and none exists in HTTP/1.0', () => {
  const raw = ['Host', 'a', 'Expect', 'miracle'];
  const head = readRequestHead(received(raw), stranger);
  assert.equal(head.kind === 'refusal' ? head.fault : head.kind, 'expectation-failed');
  assert.equal(accepted(raw, { httpVersionMinor: 0 }).expectsContinue, false);
  assert.equal(accepted(['Host', 'a', 'Expect', '100-Continue']).expectsContinue, true);
});

test('Trailer goes on only where trailers can', () => {
  const raw = ['Host', 'a', 'Trailer', 'X-Sum'];
  assert.deepEqual(values(accepted([...raw, 'Content-Length', '1']), 'trailer'), []);
  assert.deepEqual(values(accepted([...raw, 'Transfer-Encoding', 'chunked']), 'trailer'), [
    'X-Sum',
  ]);
});
