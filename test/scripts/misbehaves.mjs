// An app that does what the path says, good and bad, on TCP level where HTTP would be too polite.

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const server = createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url, 'http://app');
  const ms = Number(searchParams.get('ms') ?? 0);
  switch (pathname) {
    case '/echo':
      req.pipe(res);
      break;
    case '/teapot':
      res.writeHead(418).end('an error of the app itself\n');
      break;
    // Says that it has the request, and never answers it.
    case '/hold':
      res.writeEarlyHints({ link: '</held>; rel=preload' });
      break;
    // Begins an answer without end.
    case '/endless':
      res.write('begun\n');
      break;
    case '/reset':
      res.socket.resetAndDestroy();
      break;
    case '/cut':
      res.writeHead(200, { 'Content-Length': 1000 });
      res.write('only this', () => res.socket.destroy());
      break;
    case '/garbage':
      res.socket.end('HTTP/1.1 nonsense\r\n\r\n');
      break;
    default:
      await sleep(ms);
      res.end('good\n');
  }
});

server.listen(Number(process.env.PORT), '127.0.0.1');
