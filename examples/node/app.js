// The example app in Node, without packages. The contract is in examples/README.md.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const {
  PORT = '8080',
  HURRICANE_APP_SOCKET,
  IGNORE_TERM,
  START_DELAY_MS,
  FAIL_START,
} = process.env;
const leaked = [];
let count = 0;

const routes = {
  '/': (req, res) => res.end('Hello from Node\n'),
  '/slow': async (req, res, query) => {
    const ms = Number(query.get('ms') ?? 1000);
    await sleep(ms);
    res.end(`slept ${ms} ms\n`);
  },
  '/echo': (req, res) => {
    const lines = [`${req.method} ${req.url}`];
    for (let i = 0; i < req.rawHeaders.length; i += 2) {
      lines.push(`${req.rawHeaders[i]}: ${req.rawHeaders[i + 1]}`);
    }
    res.write(`${lines.join('\n')}\n\n`, 'latin1');
    req.pipe(res);
  },
  '/env': (req, res, query) => {
    const name = query.get('name');
    if (name === null) {
      return res.end(
        Object.entries(process.env)
          .map((pair) => `${pair.join('=')}\n`)
          .join(''),
      );
    }
    if (process.env[name] === undefined) return notFound(req, res);
    res.end(`${process.env[name]}\n`);
  },
  '/pid': (req, res) => res.end(`${process.pid}\n`),
  '/stream': async (req, res, query) => {
    const ms = Number(query.get('ms') ?? 100);
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    for (let i = 1; i <= Number(query.get('n') ?? 5) && !res.destroyed; i += 1) {
      res.write(`data: ${i}\n\n`);
      await sleep(ms);
    }
    res.end();
  },
  '/crash': (req, res, query) => process.exit(Number(query.get('code') ?? 1)),
  '/leak': (req, res, query) => {
    leaked.push(Buffer.alloc(Number(query.get('mib') ?? 1) * 1024 * 1024, 1));
    res.end(`${leaked.reduce((sum, { length }) => sum + length, 0) / 1024 / 1024} MiB\n`);
  },
  '/file': (req, res) => res.end(readFileSync(import.meta.filename)),
  '/count': (req, res) => res.end(`${count}\n`),
};

const server = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://app');
  if (pathname !== '/count') count += 1;
  res.setHeader('Content-Type', 'text/plain; charset=utf-8');
  (routes[pathname] ?? notFound)(req, res, searchParams);
});

function notFound(req, res) {
  res.writeHead(404).end('not found\n');
}

// WebSocket (RFC 6455) in its simplest form: every frame is sent back as it came.
server.on('upgrade', (req, socket, head) => {
  count += 1;
  const accept = createHash('sha1')
    .update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let pending = head;
  const answer = (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame; (frame = takeFrame(pending)) !== undefined; pending = frame.rest) {
      socket.write(Buffer.concat([frame.head, frame.payload]));
      if (frame.opcode === 8) return socket.end();
    }
  };
  socket.on('data', answer).on('error', () => socket.destroy());
  answer(Buffer.alloc(0));
});

/** The first whole frame, unmasked and ready to be sent back, or undefined when more is needed. */
function takeFrame(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const maskAt = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < maskAt + 4) return undefined;
  const length =
    short === 127
      ? Number(bytes.readBigUInt64BE(2))
      : short === 126
        ? bytes.readUInt16BE(2)
        : short;
  const end = maskAt + 4 + length;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(bytes.subarray(maskAt + 4, end)).map((byte, i) => byte ^ mask[i % 4]);
  const opcode = bytes[0] & 0x0f;
  const head = Buffer.from(bytes.subarray(0, maskAt));
  head[1] &= 0x7f;
  if (opcode === 9) head[0] += 1; // a ping is answered by a pong
  return { opcode, head, payload, rest: bytes.subarray(end) };
}

if (IGNORE_TERM) process.on('SIGTERM', () => console.log('SIGTERM ignored'));
if (FAIL_START) process.exit(Number(FAIL_START));
await sleep(Number(START_DELAY_MS ?? 0));
server.listen(HURRICANE_APP_SOCKET ?? { host: '127.0.0.1', port: Number(PORT) }, () => {
  console.log(`listening on ${HURRICANE_APP_SOCKET ?? `127.0.0.1:${PORT}`}`);
});
