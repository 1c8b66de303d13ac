// An app that dies at once on SIGTERM, with whatever it has in hand, and keeps a ledger of its own:
// one line `got ID` or `answered ID` per event in the file $LEDGER.

import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const ledger = openSync(process.env.LEDGER, 'a');

createServer(async (req, res) => {
  const url = new URL(req.url, 'http://app');
  const id = url.searchParams.get('id');
  if (id === null) return res.end('no id\n');
  writeSync(ledger, `got ${id}\n`);
  await sleep(Number(url.searchParams.get('ms')));
  const body = `done ${id}\n`;
  // Before the last byte: it may be dead as soon as that has been read.
  writeSync(ledger, `answered ${id}\n`);
  res.writeHead(200, { 'Content-Length': body.length });
  res.end(body);
}).listen(Number(process.env.PORT), '127.0.0.1');
