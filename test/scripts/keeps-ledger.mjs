// An app that writes down what it gets, whole, and what it answers: one line `got ID` or `answered ID` in
// the file $LEDGER. It dies at once on every signal, with whatever it has in hand.

import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { HURRICANE_APP_SOCKET, LEDGER, PORT } = process.env;
const ledger = openSync(LEDGER, 'a');

const server = createServer((req, res) => answer(req, res).catch(() => res.destroy()));

async function answer(req, res) {
  const url = new URL(req.url, 'http://app');
  const id = url.searchParams.get('id');
  let bytes = 0;
  for await (const chunk of req) bytes += chunk.length;
  if (bytes !== Number(req.headers['content-length'] ?? 0)) return;
  writeSync(ledger, `got ${id}\n`);
  await sleep(Number(url.searchParams.get('ms')));
  const body = `done ${id}\n`;
  // Before the last byte: it may be dead as soon as that has been read.
  writeSync(ledger, `answered ${id}\n`);
  res.writeHead(200, { 'Content-Length': body.length });
  res.end(body);
}

server.listen(HURRICANE_APP_SOCKET ?? { port: Number(PORT), host: '127.0.0.1' });
