// Makes what the tests of images build from: the carrier, and the base images where they are not pulled.

import { makeBaseImages } from '../test/helpers/base-images.ts';
import { findEngine, perform } from '../test/helpers/container-engine.ts';
import { buildCarrier } from '../test/helpers/images.ts';
import { buildImage, missingPrograms } from './build-image.ts';

/** Resolves with the reason why images can neither be built nor run here, or undefined when all is ready. */
export async function setUpImages(): Promise<string | undefined> {
  const engine = findEngine();
  if (engine === undefined) return 'no Docker engine answers, and podman is missing or not for us';
  const missing = missingPrograms();
  if (missing !== undefined) return missing;
  await buildImage();
  try {
    if (engine.isOurs) {
      await perform(engine, ['image', 'prune', '--force', '--filter', 'until=1h']);
      await makeBaseImages(engine);
    }
    await buildCarrier(engine);
    return undefined;
  } catch (error) {
    return `images cannot be built here: ${(error as Error).message}`;
  }
}
