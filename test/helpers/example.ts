// hurricane in front of the example app in Node: what most end-to-end tests look at.

import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { startHurricane, type Hurricane, type StartOptions } from './hurricane.ts';

/** The command of the app; the contract of what it answers is in examples/README.md. */
export const exampleApp: readonly string[] = [
  process.execPath,
  join(import.meta.dirname, '../../examples/node/app.js'),
];

/** Starts `hurricane serve …args` in front of it, and does not wait until it is up. */
export function startExample(
  t: TestContext,
  args: readonly string[],
  options: StartOptions,
): Promise<Hurricane> {
  return startHurricane(t, [...args, '--', ...exampleApp], options);
}

/** As `startExample`, and it is served. */
export async function serveExample(
  t: TestContext,
  args: readonly string[],
  options: StartOptions,
): Promise<Hurricane> {
  const hurricane = await startExample(t, args, options);
  await hurricane.up();
  return hurricane;
}
