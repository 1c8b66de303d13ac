// Prints `SIGUSR1 3` when it gets its third SIGUSR1, and so on for every signal named in its arguments.

import { createServer } from 'node:http';

const counts = new Map();
for (const name of process.argv.slice(2)) {
  process.on(name, () => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    console.log(`${name} ${counts.get(name)}`);
  });
}
createServer((request, response) => response.end()).listen(process.env.PORT, '127.0.0.1');
