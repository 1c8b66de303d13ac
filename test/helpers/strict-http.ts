// Requests in recorded bytes as the strictest reader sees them (RFC 9112): anything else is an error.

export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case name → values. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** The field lines as they came. */
  readonly lines: readonly string[];
  /** Latin-1; chunks joined. */
  readonly body: string;
  readonly trailers: readonly string[];
}

const requestLine = /^([A-Z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.1$/;
const fieldLine = /^([!#$%&'*+\-.^_`|~\w]+): ?([\t\x20-\x7e\x80-\xff]*)$/;

/** All whole requests; throws for what two readers could read differently. `rest` has no whole one. */
export function readStrictly(bytes: string): { requests: StrictRequest[]; rest: string } {
  const requests: StrictRequest[] = [];
  let rest = bytes;
  for (;;) {
    const read = readOne(rest);
    if (read === undefined) return { requests, rest };
    requests.push(read.request);
    rest = read.rest;
  }
}

function readOne(bytes: string): { request: StrictRequest; rest: string } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.slice(0, end);
  if (/[^\r]\n|\r[^\n]/.test(head)) throw new Error(`a bare CR or LF in ${JSON.stringify(head)}`);
  const [first = '', ...lines] = head.split('\r\n');
  const [, method = '', target = ''] = matching(requestLine, first);
  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = '', value = ''] = matching(fieldLine, line);
    const key = name.toLowerCase();
    // CGI, WSGI and PHP take `_` for `-`.
    if (/^(content_length|transfer_encoding)$/.test(key)) throw new Error(`the field ${name}`);
    fields.set(key, [...(fields.get(key) ?? []), value]);
  }
  const body = readBody(fields, bytes.slice(end + 4));
  if (body === undefined) return undefined;
  if (fields.get('host')?.length !== 1) throw new Error(`not one Host in ${JSON.stringify(head)}`);
  const { content, trailers, rest } = body;
  return { request: { method, target, fields, lines, body: content, trailers }, rest };
}

interface Body {
  readonly content: string;
  readonly trailers: readonly string[];
  readonly rest: string;
}

function readBody(fields: ReadonlyMap<string, readonly string[]>, bytes: string): Body | undefined {
  const lengths = fields.get('content-length') ?? [];
  const codings = fields.get('transfer-encoding') ?? [];
  if (lengths.length + codings.length > 1) throw new Error('more than one framing');
  if (codings.length > 0) {
    if (codings[0] !== 'chunked') throw new Error(`the coding ${String(codings[0])}`);
    return readChunks(bytes);
  }
  const [text = '0'] = lengths;
  if (!/^\d+$/.test(text)) throw new Error(`the length ${text}`);
  const length = Number(text);
  if (bytes.length < length) return undefined;
  return { content: bytes.slice(0, length), trailers: [], rest: bytes.slice(length) };
}

function readChunks(bytes: string): Body | undefined {
  let content = '';
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n');
    if (end < 0) return undefined;
    const [size = ''] = matching(/^[\da-f]+$/i, rest.slice(0, end));
    const length = parseInt(size, 16);
    rest = rest.slice(end + 2);
    if (length === 0) break;
    if (rest.length < length + 2) return undefined;
    if (rest.slice(length, length + 2) !== '\r\n') throw new Error('a chunk without an end');
    content += rest.slice(0, length);
    rest = rest.slice(length + 2);
  }
  const end = rest.startsWith('\r\n') ? 0 : rest.indexOf('\r\n\r\n') + 2;
  if (end === 1) return undefined;
  const trailers = rest.slice(0, end).split('\r\n').filter(Boolean);
  return { content, trailers, rest: rest.slice(end + 2) };
}

function matching(pattern: RegExp, text: string): RegExpExecArray {
  const match = pattern.exec(text);
  if (match === null) throw new Error(`${JSON.stringify(text)} is not ${pattern.source}`);
  return match;
}
