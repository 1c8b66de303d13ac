// Asks the probes of a port again and again, each time on a new connection, at a steady rate whatever the
// answers do: asks-probes.mjs PORT SAMPLES EVERY_MS. Prints one line of JSON per answer: how many
// milliseconds from the connect to the last byte, and the status.

import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, samples, everyMs] = process.argv.slice(2).map(Number);
const paths = ['/startup', '/ready', '/alive'];

const startedAt = performance.now();
const answers = [];
for (let n = 0; n < samples; n += 1) {
  const early = startedAt + n * everyMs - performance.now();
  // Never without a turn of the event loop, or one that is late would measure only itself.
  await sleep(Math.max(0, early));
  answers.push(ask(paths[n % paths.length]));
}
for (const answer of await Promise.all(answers)) console.log(JSON.stringify(answer));

function ask(path) {
  return new Promise((resolve) => {
    const askedAt = performance.now();
    let bytes = '';
    const socket = connect(port, '127.0.0.1');
    socket
      .setEncoding('latin1')
      .write(`GET ${path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n`);
    socket.on('data', (chunk) => (bytes += chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(bytes)?.[1] ?? 0);
      resolve({ path, status, ms: performance.now() - askedAt });
    });
  });
}
