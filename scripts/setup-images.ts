// Makes what the tests of images build from: the carrier, and the base images where they are not pulled.

import { makeBaseImages } from '../test/helpers/base-images.ts';
import { findEngine } from '../test/helpers/container-engine.ts';
import { buildCarrier } from '../test/helpers/images.ts';
import { buildImage, missingPrograms } from './build-image.ts';

/** Does nothing where images cannot be run: the tests say so. */
export async function setUpImages(): Promise<void> {
  const engine = findEngine();
  if (engine === undefined || missingPrograms() !== undefined) return;
  await buildImage();
  await buildCarrier(engine);
  if (engine.needsBaseImages) await makeBaseImages(engine);
}
