// hurricane in front of an app that lives in the process of the test, which so sees and decides every byte.

import type { TestContext } from 'node:test';

import { startHurricane, type Hurricane, type StartOptions } from './hurricane.ts';

/** What hurricane supervises meanwhile: a program that only lives. It is the app's port that counts. */
const idle = ['sleep', '600'];

/** Starts `hurricane serve …args` in front of a port on 127.0.0.1. Resolves when it is served. */
export async function serveLent(
  t: TestContext,
  appPort: number,
  args: readonly string[],
  options: StartOptions,
): Promise<Hurricane> {
  const words = ['--app-port', `${appPort}`, '--drain-quiet', '0', ...args, '--', ...idle];
  const hurricane = await startHurricane(t, words, options);
  await hurricane.up();
  return hurricane;
}
