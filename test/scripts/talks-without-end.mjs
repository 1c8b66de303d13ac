// An app whose WebSockets say random frames without end, cut anywhere: the same ones for the same seed in
// the path, as the test knows them too. It answers a close, as every WebSocket server does.

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { WebSocketServer } from 'ws';

import { RandomFrames } from '../helpers/random-frames.ts';
import { seeded } from '../helpers/seeded.ts';

const LONGEST_PAUSE_MS = 400;

const server = createServer((req, res) => res.end());
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on('connection', async (socket, { url }) => {
  const frames = new RandomFrames(seeded(Number(url.slice(1))));
  const raw = socket._socket;
  socket.on('error', () => undefined);
  while (socket.readyState === socket.OPEN) {
    const frame = frames.next();
    const cut = Math.floor(Math.random() * frame.length);
    raw.write(frame.subarray(0, cut));
    await sleep(Math.random() * LONGEST_PAUSE_MS);
    raw.write(frame.subarray(cut));
  }
});

server.listen(Number(process.env.PORT), '127.0.0.1');
