// amqplib as its own README shows it: each message acknowledged by itself. Prints how long it took.

import amqp from 'amqplib';

const [port, queue = '', messages, prefetch] = process.argv.slice(2);
const connection = await amqp.connect({ hostname: '127.0.0.1', port: Number(port) });
const channel = await connection.createChannel();
await channel.prefetch(Number(prefetch));
const { promise: done, resolve } = Promise.withResolvers<undefined>();
let count = 0;
const startedAt = performance.now();
await channel.consume(queue, (message) => {
  if (message === null) return;
  channel.ack(message);
  count += 1;
  if (count === Number(messages)) resolve(undefined);
});
await done;
await channel.close();
console.log(`took ${performance.now() - startedAt} ms`);
await connection.close();
