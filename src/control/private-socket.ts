// A unix socket for its owner alone: made without a moment in which others could open it, in the place of
// one that a dead process left behind, and never in the place of one that still answers.

import { existsSync } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';

/** Runs `act`; files made in it are for their owner only. Must not wait in between. */
export type Privately = (act: () => void) => void;

/** How long a living one may take to accept. */
const ALIVE_WITHIN_MS = 1000;

/** `replaced`: a file without a listener was in its place. */
export type Listening =
  | { readonly listens: true; readonly replaced: boolean }
  | { readonly listens: false; readonly reason: string };

/** Never rejects. */
export async function listenPrivately(
  server: Server,
  path: string,
  privately: Privately,
): Promise<Listening> {
  const first = await tryToListen(server, path, privately);
  if (first?.code !== 'EADDRINUSE') return listening(first, path, false);
  const taken = await whoHas(path);
  if (taken !== 'nobody') return { listens: false, reason: taken };
  await unlink(path).catch(() => undefined);
  return listening(await tryToListen(server, path, privately), path, true);
}

function listening(
  fault: NodeJS.ErrnoException | undefined,
  path: string,
  replaced: boolean,
): Listening {
  if (fault === undefined) return { listens: true, replaced };
  return { listens: false, reason: describe(fault, dirname(path)) };
}

async function tryToListen(
  server: Server,
  path: string,
  privately: Privately,
): Promise<NodeJS.ErrnoException | undefined> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | undefined>();
  const succeed = (): void => resolve(undefined);
  server.once('error', resolve);
  server.once('listening', succeed);
  privately(() => void server.listen({ path }));
  const fault = await promise;
  server.off('error', resolve);
  server.off('listening', succeed);
  return fault;
}

/** A socket without a listener refuses connections. */
async function whoHas(path: string): Promise<string> {
  try {
    if (!(await lstat(path)).isSocket()) return 'a file that is no socket has its place';
  } catch {
    return 'nobody'; // gone in this moment
  }
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ path });
  socket.setTimeout(ALIVE_WITHIN_MS, () => resolve('another process listens there and hangs'));
  socket.once('connect', () => resolve('another hurricane listens there'));
  socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
    if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve('nobody');
    else resolve(`the socket of another user has its place (${code})`);
  });
  const answer = await promise;
  socket.destroy();
  return answer;
}

function describe({ code, message }: NodeJS.ErrnoException, folder: string): string {
  switch (code) {
    // What libuv makes of ENOENT too.
    case 'EACCES':
      return existsSync(folder) ? `we may not write to ${folder}` : `${folder} does not exist`;
    case 'ENOTDIR':
      return `${folder} is not a folder`;
    case 'EROFS':
      return `${folder} is read-only`;
    case 'EINVAL':
      return 'its path is longer than the 107 bytes that the kernel takes';
    default:
      return message;
  }
}
