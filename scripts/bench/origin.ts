// The smallest app: answers every request on a connection with the same bytes, so that it costs little.

import { createServer } from 'node:net';

const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';

createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => {
    if (bytes.includes('\r\n\r\n')) socket.write(answer);
  });
  socket.on('error', () => socket.destroy());
}).listen(Number(process.env['PORT']), '127.0.0.1');
