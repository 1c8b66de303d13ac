// Answers every request with the same bytes: a cookie is deleted, one is set, one field is blank.

import { createServer } from 'node:net';

const answer = [
  'HTTP/1.1 200 OK',
  'Set-Cookie: session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0',
  'set-COOKIE: theme="dark mode"; HttpOnly',
  'X-Blank: ',
  'Content-Length: 2',
  '',
  'ok',
].join('\r\n');

createServer((socket) => {
  socket.on('data', () => socket.write(answer)).on('error', () => socket.destroy());
}).listen(Number(process.env.PORT), '127.0.0.1');
