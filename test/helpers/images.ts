// Images built from the Dockerfiles of the repository, under names of this clone alone.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { perform, type ContainerEngine } from './container-engine.ts';
import { useTempDir } from './temp-dir.ts';

const root = join(import.meta.dirname, '../..');
const mark = createHash('sha256').update(root).digest('hex').slice(0, 8);
export const carrier = nameOf('carrier');

/** Builds the carrier from dist/image. */
export async function buildCarrier(engine: ContainerEngine): Promise<void> {
  await perform(engine, ['build', '--tag', carrier, root]);
}

/** Builds the image of an example app as its Dockerfile says. Resolves with its name. */
export async function buildExample(engine: ContainerEngine, language: string): Promise<string> {
  return build(engine, language, join(root, 'examples', language));
}

/** Builds an image from these files. Resolves with its name. */
export async function buildFiles(
  t: TestContext,
  engine: ContainerEngine,
  what: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  const folder = useTempDir(t);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return build(engine, what, folder);
}

/** Builds an image from a folder with a Dockerfile. Resolves with its name. */
export async function build(
  engine: ContainerEngine,
  what: string,
  context: string,
): Promise<string> {
  const tag = nameOf(what);
  const from = `hurricane=docker-image://${carrier}`;
  const flags = ['--network', 'host', '--build-context', from, '--tag', tag];
  await perform(engine, ['build', ...flags, context]);
  return tag;
}

function nameOf(what: string): string {
  return `localhost/hurricane-test-${what}:${mark}`;
}
