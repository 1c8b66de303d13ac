// The images that the example Dockerfiles begin with, made from Debian's packages under the same names, for
// machines that cannot pull them. Made once: they stay in the engine's storage.

import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { perform, type ContainerEngine } from './container-engine.ts';

/** What is installed in each, by the name of the image without its tag. */
const packages: Readonly<Record<string, readonly string[]>> = {
  node: ['libatomic1'],
  python: ['python3'],
  ruby: ['ruby'],
  php: ['php-cli'],
  'eclipse-temurin': ['default-jdk-headless'],
  golang: ['golang-go'],
};

const DEBIAN = 'debian:bookworm-slim';
const examples = join(import.meta.dirname, '../../examples');

/** Makes those that are missing; says what it makes. */
export async function makeBaseImages(engine: ContainerEngine): Promise<void> {
  const named = globSync(`${examples}/*/Dockerfile`).flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/^FROM (\S+:\S+)/gm)].map(([, name = '']) => name),
  );
  // Debian first: the others are made from it.
  for (const image of new Set([DEBIAN, ...named])) {
    if (await exists(engine, image)) continue;
    console.log(`Making the image ${image} from Debian's packages`);
    await (image === DEBIAN ? makeDebian(engine) : makeFromDebian(engine, image));
  }
}

async function exists(engine: ContainerEngine, image: string): Promise<boolean> {
  return (await perform(engine, ['images', '--quiet', fullName(image)])) !== '';
}

const fullName = (image: string): string =>
  `docker.io/${image.includes('/') ? image : `library/${image}`}`;

async function makeDebian(engine: ContainerEngine): Promise<void> {
  await inFolder(async (folder) => {
    const [root, tarball] = [join(folder, 'root'), join(folder, 'root.tar')];
    execFileSync('debootstrap', ['--variant=minbase', 'bookworm', root], { stdio: 'pipe' });
    execFileSync('tar', ['-C', root, '-cf', tarball, '.']);
    await perform(engine, ['import', tarball, fullName(DEBIAN)]);
  });
}

async function makeFromDebian(engine: ContainerEngine, image: string): Promise<void> {
  const name = image.replace(/:.*/, '');
  const install = packages[name]?.join(' ');
  if (install === undefined) throw new Error(`nobody knows which packages ${image} has`);
  await inFolder(async (folder) => {
    const lines = [
      `FROM ${DEBIAN}`,
      `RUN apt-get update && apt-get install --yes --no-install-recommends ${install}`,
    ];
    if (name === 'node') {
      // That of the tests: Debian's is older than any that one would choose.
      copyFileSync(process.execPath, join(folder, 'node'));
      lines.push('COPY node /usr/local/bin/');
    }
    writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    await perform(engine, ['build', '--network', 'host', '--tag', fullName(image), folder]);
  });
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hurricane-image-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
