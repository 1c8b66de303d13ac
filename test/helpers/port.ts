// Free ports for programs that are told their port.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

// Below those from which hurricane takes a port for the app (20 000), and the kernel for outgoing connections.
const FIRST = 10_000;
const SLICE = 100;
const SLICES = 100;

const first = await claimSlice();
let given = 0;

/** A port that is free, as the one after it is; no other test process gives it to anybody. */
export async function usePort(): Promise<number> {
  for (;;) {
    given = (given % (SLICE - 2)) + 2;
    const port = first + given;
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

/** True when nothing listens on the port, on any address. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** The first port of a slice that belongs to this process as long as it lives: it listens there. */
async function claimSlice(): Promise<number> {
  for (let slice = process.pid % SLICES; ; slice = (slice + 1) % SLICES) {
    const port = FIRST + slice * SLICE;
    const guard = await listenOn(port);
    if (guard === undefined) continue;
    guard.unref();
    return port;
  }
}

async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '::');
  // `once` rejects when there is an error instead.
  return once(server, 'listening').then(
    () => server,
    () => undefined,
  );
}
