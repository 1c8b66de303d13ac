// An app whose next process may be worse than the one before: each reads once, from the file $MOOD, how it
// behaves.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { MOOD, PORT, HURRICANE_APP_SOCKET } = process.env;
const mood = readFileSync(MOOD, 'utf8');
let sick = mood === 'sick';

const server = createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://app');
  switch (pathname) {
    case '/exit':
      return process.exit(Number(searchParams.get('code')));
    case '/sicken':
      sick = true;
      return res.end('sick\n');
    case '/health':
      return res.writeHead(sick ? 500 : 200).end();
    default:
      await sleep(Number(searchParams.get('ms')));
      return res.end(`${process.pid}\n`);
  }
});

const moods = {
  good: listen,
  sick: listen,
  'never-listens': () => setInterval(() => undefined, 1000),
  'exits-after-1s': () => setTimeout(() => process.exit(3), 1000),
  'listens-then-exits-after-1s': () => {
    listen();
    setTimeout(() => process.exit(3), 1000);
  },
  'exits-at-once': () => process.exit(3),
  slow: () => setTimeout(listen, 2000),
};

function listen() {
  server.listen(HURRICANE_APP_SOCKET ?? { host: '127.0.0.1', port: Number(PORT) });
}

moods[mood]();
