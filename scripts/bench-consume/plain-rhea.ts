// rhea-promise with a window of credit, each message accepted by itself. Prints how long it took.

import { Connection, ReceiverEvents } from 'rhea-promise';

const [port, queue = '', messages, prefetch] = process.argv.slice(2);
const connection = new Connection({
  ...{ host: '127.0.0.1', port: Number(port), username: 'guest', password: 'guest' },
  reconnect: false,
});
await connection.open();
const { promise: done, resolve } = Promise.withResolvers<undefined>();
let count = 0;
const startedAt = performance.now();
const receiver = await connection.createReceiver({
  source: { address: `/amq/queue/${queue}` },
  credit_window: Number(prefetch),
  autoaccept: true,
  onMessage: () => {
    count += 1;
    if (count === Number(messages)) resolve(undefined);
  },
  onError: (context) => console.error(context.receiver?.error),
});
receiver.on(ReceiverEvents.receiverClose, () => undefined);
await done;
await receiver.close();
console.log(`took ${performance.now() - startedAt} ms`);
await connection.close();
