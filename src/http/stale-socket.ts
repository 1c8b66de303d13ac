// A unix socket is a file, which stays when its owner is killed and is then in the way of the next one.

import { once } from 'node:events';
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';

/** Removes the socket at `path` if nobody listens on it. Whatever else is there stays. Never rejects. */
export async function removeStaleSocket(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSocket() && (await isRefused(path))) await unlink(path);
  } catch {
    // It is not there, or not ours to remove: then whoever binds it says so.
  }
}

/** The kernel knows at once whether somebody listens. */
async function isRefused(socketPath: string): Promise<boolean> {
  const socket = connect({ path: socketPath });
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    // A full backlog (EAGAIN) is one of somebody.
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}
