// An app that messages are posted to. It tells of each on stdout, and does what the body asks for; what waits
// waits for the file `open` in $FOLDER, and while there is a file `sick` it is not healthy.

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const { FOLDER, PORT, HURRICANE_APP_SOCKET } = process.env;
const isThere = (name) => existsSync(`${FOLDER}/${name}`);

async function opened() {
  while (!isThere('open')) await sleep(20);
}

async function take(request, response) {
  const { headers, url } = request;
  const { n, ask } = await json(request);
  const attempt = headers['x-hurricane-attempt'];
  const forwarded = headers['x-forwarded-for'] === undefined ? 'straight' : 'forwarded';
  console.log(`got ${n} attempt ${attempt} at ${url} pid ${process.pid} ${forwarded}`);
  if (ask === 'wait' && attempt === '1') await opened();
  if (ask === '400') response.statusCode = 400;
  if (ask === '503' && attempt === '1') response.statusCode = 503;
  console.log(`did ${n}`);
  response.end();
}

const server = createServer(async (request, response) => {
  if (request.method === 'POST') return take(request, response);
  if (request.url === '/health') return response.writeHead(isThere('sick') ? 500 : 200).end();
  if (request.url === '/wait') {
    console.log('asked to wait');
    await opened();
  }
  return response.end(`${process.pid}\n`);
});
server.listen(HURRICANE_APP_SOCKET ?? { host: '127.0.0.1', port: Number(PORT) });
