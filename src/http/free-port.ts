// A port for the app that nothing uses.

import { createServer } from 'node:net';

import { HurricaneError } from '../core/errors.ts';
import { listen } from './listening.ts';

/**
 * Below Linux' ephemeral range (32768-60999): a port from that range can be taken by any outgoing
 * connection before the app binds it, or by our own attempts to reach the app (a self-connect).
 */
const FIRST_PORT = 20_000;
const PORTS = 12_768;
const ATTEMPTS = 100;

/** A random port that is free on every address now; it is not reserved. */
export async function findFreePort(random: () => number = Math.random): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = FIRST_PORT + Math.floor(random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new HurricaneError('port-taken', `no free port for the app after ${ATTEMPTS} attempts`, {
    hint: 'name one with --app-port',
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await listen(server, '::', port);
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
