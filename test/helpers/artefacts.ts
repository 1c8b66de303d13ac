// The two things that are shipped, and how a test says that it speaks of both.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

/** `js` is dist/hurricane.js under Node, `binary` the single executable. */
export type Artefact = 'js' | 'binary';

const dist = join(import.meta.dirname, '../../dist');

const commands = {
  js: [process.execPath, join(dist, 'hurricane.js')],
  binary: [join(dist, 'hurricane')],
} as const satisfies Record<Artefact, readonly string[]>;

/** Defines the test once per artefact; the title ends in its name: `… [js]`, `… [binary]`. */
export function forEachArtefact(
  title: string,
  body: (t: TestContext, artefact: Artefact) => Promise<void> | void,
): void {
  for (const artefact of Object.keys(commands) as Artefact[]) {
    test(`${title} [${artefact}]`, (t) => body(t, artefact));
  }
}

/** The words that start the artefact. The report of the run will say that this test did so. */
export function artefactCommand(t: TestContext, artefact: Artefact): readonly string[] {
  const starts = process.env['TEST_STARTS_FILE'];
  if (starts !== undefined) {
    appendFileSync(starts, `${JSON.stringify({ file: t.filePath, name: t.name, artefact })}\n`);
  }
  return commands[artefact];
}
