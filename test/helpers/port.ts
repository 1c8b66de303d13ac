// Free ports for programs that are told their port.

import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range from which the kernel takes ports for outgoing connections.
const FIRST = 10_000;
const SLICE = 100;
const SLICES = 200;

let given = 0;

/** A port that is free, as the one after it is; of a slice for each process, so that parallel files do not meet. */
export async function usePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (process.pid % SLICES) * SLICE + given;
    given = (given + 2) % SLICE;
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

/** True when nothing listens on the port, on any address. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '::');
  // `once` rejects when there is an error instead.
  const free = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (free) {
    server.close();
    await once(server, 'close');
  }
  return free;
}
