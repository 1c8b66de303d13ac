// hurricane in front of an app that lives in the process of the test, which so sees and decides every byte.

import { once } from 'node:events';
import type { Server } from 'node:net';
import type { TestContext } from 'node:test';

import { startHurricane, type Hurricane, type StartOptions } from './hurricane.ts';

/** What hurricane supervises meanwhile: a program that only lives. It is the app's port that counts. */
const idle = ['sleep', '600'];

/**
 * Starts `hurricane serve …args` in front of a server on 127.0.0.1, which does not listen before the app
 * was started. Resolves when it is served.
 */
export async function serveLent(
  t: TestContext,
  { server, port }: { readonly server: Server; readonly port: number },
  args: readonly string[],
  options: StartOptions,
): Promise<Hurricane> {
  server.close();
  const words = ['--app-port', `${port}`, '--drain-quiet', '0', ...args, '--', ...idle];
  const hurricane = await startHurricane(t, words, options);
  await hurricane.sees('app.started');
  await once(server.listen(port, '127.0.0.1'), 'listening');
  await hurricane.up();
  return hurricane;
}
