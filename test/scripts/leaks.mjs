// An app that leaks $LEAK_MB_PER_S and answers GET /?id=ID&ms=MS. It dies at once on every signal, with
// whatever it has in hand.

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { LEAK_MB_PER_S, PORT } = process.env;
const PER_SECOND = 10;
const leaked = [];

setInterval(
  () => leaked.push(Buffer.alloc((Number(LEAK_MB_PER_S) * 1e6) / PER_SECOND, 1)),
  1000 / PER_SECOND,
);

createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://app');
  if (pathname === '/leaked') return res.end(`${leaked.reduce((sum, b) => sum + b.length, 0)}\n`);
  await sleep(Number(searchParams.get('ms')));
  const body = `done ${searchParams.get('id')}\n`;
  res.writeHead(200, { 'Content-Length': body.length });
  res.end(body);
}).listen(Number(PORT), '127.0.0.1');
