// Serves HTTP. GET /orphans?n=200 starts the program named in its arguments 200 times, each by a parent that
// ends at once, and answers when all of them have been started.

import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [program] = process.argv.slice(2);
const script = join(import.meta.dirname, 'double-fork.sh');

createServer((request, response) => {
  const url = new URL(request.url, 'http://app');
  if (url.pathname !== '/orphans') return response.end('here\n');
  execFile('sh', [script, program, url.searchParams.get('n')], (error) =>
    response.writeHead(error === null ? 200 : 500).end(`${error ?? 'started'}\n`),
  );
}).listen(process.env.PORT, '127.0.0.1', () => console.log('listens'));
