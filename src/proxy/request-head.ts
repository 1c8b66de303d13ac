// A request head as the client sent it → as the app gets it, or why it is refused. Pure.

import type { RequestFault } from '../core/request-record.ts';
import { isHopByHop, namedByConnection, withoutFields } from './hop-by-hop.ts';
import { isRequestId, isTraceparent, newTraceparent, requestIdOf } from './identity.ts';
import type { Peer } from './peers.ts';
import { readTarget } from './request-target.ts';

/** The part of Node's IncomingMessage that matters here. */
export interface ReceivedHead {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: readonly string[];
}

export interface RequestHead {
  readonly kind: 'head';
  readonly target: string;
  /** Name, value, name, value …: the client's fields in their order and bytes, then ours. */
  readonly headers: string[];
  readonly body: 'none' | 'length' | 'chunked';
  /** 0 unless `body` is `length`. */
  readonly bodyBytes: number;
  /** The value of the Upgrade field; it is not among `headers`. */
  readonly upgrade: string;
  readonly expectsContinue: boolean;
  readonly requestId: string;
  readonly traceparent: string;
  /** What a trusted peer sent; empty otherwise. */
  readonly forwardedFor: string;
}

export interface Refusal {
  readonly kind: 'refusal';
  readonly fault: RequestFault;
  readonly text?: string;
}

/** RFC 9112 for gateways: hop-by-hop fields end here, framing is unambiguous, all other bytes are kept. */
export function readRequestHead(received: ReceivedHead, peer: Peer): RequestHead | Refusal {
  const fields = new Fields(received.rawHeaders, peer.trusted);
  const isOld = received.httpVersionMinor === 0;
  if (received.httpVersionMajor !== 1) return badRequest('Only HTTP/1.0 and HTTP/1.1 are spoken.');
  const ambiguous = refuseFraming(fields, isOld);
  if (ambiguous !== undefined) return badRequest(ambiguous);
  const method = received.method ?? '';
  const target = readTarget(method, received.url ?? '', fields.hosts, isOld);
  if (target.kind === 'bad') return badRequest(target.text);
  const expect = isOld ? '' : fields.expect.toLowerCase();
  if (expect !== '' && expect !== '100-continue') {
    return { kind: 'refusal', fault: 'expectation-failed' };
  }

  const chunked = fields.codings.length > 0;
  const length = fields.lengths[0];
  const headers = fields.forApp(target.host);
  const traceparent = fields.traceparent || newTraceparent();
  const requestId = fields.requestId || requestIdOf(traceparent);
  if (fields.traceparent === '') headers.push('traceparent', traceparent);
  if (fields.requestId === '') headers.push('X-Request-Id', requestId);
  addForwarded(headers, fields, peer, target.host);
  if (chunked) {
    headers.push('Transfer-Encoding', 'chunked');
    if (fields.trailer !== '') headers.push('Trailer', fields.trailer);
  } else if (length === undefined && mayHaveBody(method)) {
    // Without it Node's client would invent a chunked body.
    headers.push('Content-Length', '0');
  }
  return {
    kind: 'head',
    target: target.path,
    headers,
    body: chunked ? 'chunked' : Number(length ?? 0) > 0 ? 'length' : 'none',
    bodyBytes: Number(length ?? 0),
    upgrade: fields.upgrade,
    expectsContinue: expect !== '',
    requestId,
    traceparent,
    forwardedFor: fields.forwardedFor,
  };
}

function refuseFraming({ codings, lengths }: Fields, isOld: boolean): string | undefined {
  if (codings.length > 0) {
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
      return 'The only transfer coding understood is `chunked`.';
    }
    if (isOld) return 'HTTP/1.0 has no transfer codings.';
    if (lengths.length > 0) return 'Content-Length and Transfer-Encoding exclude each other.';
  }
  if (lengths.length > 1) return 'There is more than one Content-Length.';
  const [length] = lengths;
  if (length === undefined) return undefined;
  return /^\d+$/.test(length) && Number.isSafeInteger(Number(length))
    ? undefined
    : 'The Content-Length is not a number.';
}

function addForwarded(headers: string[], fields: Fields, peer: Peer, host: string): void {
  const before = fields.forwardedFor;
  headers.push('X-Forwarded-For', before === '' ? peer.address : `${before}, ${peer.address}`);
  if (!fields.hasForwardedProto) headers.push('X-Forwarded-Proto', 'http');
  if (!fields.hasForwardedHost) headers.push('X-Forwarded-Host', host);
  if (!fields.hasForwardedPort) headers.push('X-Forwarded-Port', String(peer.localPort));
  if (!fields.hasRequestStart) headers.push('X-Request-Start', `t=${Date.now()}`);
}

/** One pass over the fields: those that go on as they are, and those that decide something. */
class Fields {
  #kept: string[] = [];
  #connection = '';
  #hasConflict = false;
  readonly hosts: string[] = [];
  readonly lengths: string[] = [];
  readonly codings: string[] = [];
  expect = '';
  upgrade = '';
  trailer = '';
  forwardedFor = '';
  hasForwardedProto = false;
  hasForwardedHost = false;
  hasForwardedPort = false;
  hasRequestStart = false;
  /** Empty unless there is exactly one, and it is valid. */
  requestId = '';
  traceparent = '';

  constructor(raw: readonly string[], trusted: boolean) {
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] ?? '';
      const value = raw[i + 1] ?? '';
      if (this.#takes(name.toLowerCase(), value, trusted)) this.#kept.push(name, value);
    }
  }

  /** The fields that go on, with Host as the request target says. */
  forApp(host: string): string[] {
    const named = namedByConnection(this.#connection);
    if (named !== undefined) this.#kept = withoutFields(this.#kept, named);
    if (this.#hasConflict) this.#dropConflicts();
    if (this.hosts.length === 0) this.#kept.push('Host', host);
    else if (this.hosts[0] !== host) this.#replaceHost(host);
    return this.#kept;
  }

  /** True: the field goes on as it is. */
  #takes(name: string, value: string, trusted: boolean): boolean {
    switch (name) {
      case 'host':
        this.hosts.push(value);
        return true;
      case 'content-length':
        this.lengths.push(value);
        return true;
      case 'transfer-encoding':
        this.codings.push(value);
        return false;
      case 'connection':
        this.#connection = join(this.#connection, value);
        return false;
      case 'expect':
        this.expect = join(this.expect, value);
        return true;
      case 'upgrade':
        this.upgrade = join(this.upgrade, value);
        return false;
      case 'trailer':
        this.trailer = join(this.trailer, value);
        return false;
      case 'x-request-id':
        if (this.requestId !== '' || !isRequestId(value)) this.#hasConflict = true;
        this.requestId = value;
        return true;
      case 'traceparent':
        if (this.traceparent !== '' || !isTraceparent(value)) this.#hasConflict = true;
        this.traceparent = value;
        return true;
      case 'x-forwarded-for':
        if (trusted) this.forwardedFor = join(this.forwardedFor, value);
        return false;
      case 'x-forwarded-proto':
        return (this.hasForwardedProto ||= trusted);
      case 'x-forwarded-host':
        return (this.hasForwardedHost ||= trusted);
      case 'x-forwarded-port':
        return (this.hasForwardedPort ||= trusted);
      case 'x-request-start':
        return (this.hasRequestStart ||= trusted);
      case 'forwarded':
        // RFC 7239 says the same in one field: believed from the same peers only.
        return trusted;
      default:
        return !isHopByHop(name) && !isDisguised(name);
    }
  }

  /** An id that is there twice or not valid is replaced; a trace state is nothing without its parent. */
  #dropConflicts(): void {
    const all = (wanted: string): string[] =>
      this.#kept.filter((_, i) => i % 2 === 1 && this.#kept[i - 1]?.toLowerCase() === wanted);
    const ids = all('x-request-id');
    const parents = all('traceparent');
    const dropped = new Set<string>();
    if (ids.length > 1 || !ids.every(isRequestId)) {
      dropped.add('x-request-id');
      this.requestId = '';
    }
    if (parents.length > 1 || !parents.every(isTraceparent)) {
      dropped.add('traceparent').add('tracestate');
      this.traceparent = '';
    }
    this.#kept = withoutFields(this.#kept, dropped);
  }

  #replaceHost(host: string): void {
    const at = this.#kept.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
    this.#kept[at + 1] = host;
  }
}

/**
 * `X_Forwarded_For` and the like: many app servers (CGI, WSGI, PHP) cannot tell `_` from `-`, and would
 * take a client's word for ours, or another framing than we saw.
 */
function isDisguised(name: string): boolean {
  return name.includes('_') && guarded.has(name.replaceAll('_', '-'));
}

const guarded = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'content-length',
  'transfer-encoding',
]);

function join(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}

function mayHaveBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

function badRequest(text: string): Refusal {
  return { kind: 'refusal', fault: 'bad-request', text };
}
