// The smallest handler that speaks over stdio.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin });
console.log('{"t":"ready"}');
lines.on('line', (line) => {
  const { t, id } = JSON.parse(line);
  if (t === 'msg') process.stdout.write(`{"id":${id},"r":"ack"}\n`);
});
