// What waits at a port of ours: handshakes that are not done, and connections that nobody has accepted.

import { readFileSync } from 'node:fs';

import { attempt } from './proc.ts';

/** States of /proc/net/tcp. */
const SYN_RECEIVED = '03';
const LISTEN = '0A';

/** How many are waiting at this port; 0 where /proc does not tell. */
export function pendingConnections(port: number): number {
  const tables = ['tcp', 'tcp6'].map((name) =>
    attempt(() => readFileSync(`/proc/self/net/${name}`, 'utf8')),
  );
  return tables.reduce((sum, table) => sum + countPending(table ?? '', port), 0);
}

/** In the text of /proc/net/tcp or tcp6, where the receive queue of a listener holds connections. */
export function countPending(table: string, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '']) => local.endsWith(suffix))
    .reduce((sum, [, , , state, queues = '']) => {
      if (state === SYN_RECEIVED) return sum + 1;
      const received = Number.parseInt(queues.split(':')[1] ?? '0', 16);
      return state === LISTEN ? sum + received : sum;
    }, 0);
}
