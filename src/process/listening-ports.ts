// On which TCP ports a program listens: what the hint `use --app-port 3000` is made of.

import { readFileSync } from 'node:fs';

import { attempt, readDescriptors, readProcesses } from './proc.ts';

/** State LISTEN of /proc/net/tcp. */
const LISTEN = '0A';

/**
 * The ports on which the processes of a session (an app and all it started) listen, ascending;
 * empty when /proc does not tell.
 */
export function portsOf(session: number): number[] {
  const members = (readProcesses() ?? []).filter((entry) => entry.session === session);
  const sockets = new Set(members.flatMap(({ pid }) => readDescriptors(pid)));
  const tables = ['tcp', 'tcp6'].map((name) =>
    attempt(() => readFileSync(`/proc/${session}/net/${name}`, 'utf8')),
  );
  const ports = tables
    .flatMap((table) => parseListeners(table ?? ''))
    .filter(({ inode }) => sockets.has(`socket:[${inode}]`))
    .map(({ port }) => port);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Whether anybody in this network namespace listens on the port; undefined when /proc does not tell. */
export function isListenedOn(port: number): boolean | undefined {
  const tables = ['tcp', 'tcp6'].map((name) =>
    attempt(() => readFileSync(`/proc/self/net/${name}`, 'utf8')),
  );
  if (tables.every((table) => table === undefined)) return undefined;
  return tables.some((table) => parseListeners(table ?? '').some((each) => each.port === port));
}

/** The listening sockets in the text of /proc/net/tcp or tcp6. */
export function parseListeners(table: string): { port: number; inode: string }[] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN)
    .map((fields) => ({
      port: Number.parseInt(fields[1]?.split(':')[1] ?? '', 16),
      inode: fields[9] ?? '',
    }));
}
