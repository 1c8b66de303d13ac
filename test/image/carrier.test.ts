// The carrier image: what is in it, what it costs, and hurricane from it in images that have nothing of their own.

import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'node:test';

import { placeOf, useClient } from '../helpers/consume.ts';
import { perform, type ContainerEngine } from '../helpers/container-engine.ts';
import {
  restricted,
  runContainer,
  startContainer,
  testInContainers,
} from '../helpers/containers.ts';
import { buildFiles, carrier } from '../helpers/images.ts';
import { useDevelopmentBroker } from '../helpers/development-broker.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
) as { version: string };

const COMPRESSED_LIMIT = 45e6;

suite('the carrier image', () => {
  testInContainers(
    'is small, has no shell, and says what it is and under which licences',
    async (engine, t) => {
      const [image] = JSON.parse(await perform(engine, ['image', 'inspect', carrier])) as [
        { Size: number; Config: { User: string; Labels: Record<string, string> } },
      ];
      assert.equal(image.Config.User, '65532:65532');
      assert.equal(image.Config.Labels['org.opencontainers.image.version'], version);
      assert.equal(image.Config.Labels['org.opencontainers.image.licenses'], 'MIT');

      const compressed = await compressedSize(engine);
      t.diagnostic(`${megabytes(image.Size)} MB, compressed ${megabytes(compressed)} MB`);
      assert.ok(compressed <= COMPRESSED_LIMIT, `${compressed} bytes`);

      const files = await filesOf(t, engine);
      const programs = files.filter(({ mode }) => mode.includes('x')).map(({ path }) => path);
      const strange = programs.filter((path) => !/^opt\/hurricane\/(hurricane$|lib\/)/.test(path));
      assert.deepEqual(strange, []);
      assert.ok(programs.includes('opt/hurricane/hurricane'));
      const licences = files.flatMap(
        ({ path }) => /^opt\/hurricane\/licences\/(.+)/.exec(path) ?? [],
      );
      for (const name of ['hurricane', 'node', 'npm-packages', 'libc6', 'libstdc++6', 'LGPL-2.1']) {
        assert.ok(licences.includes(name), name);
      }
    },
  );

  testInContainers(
    'prints help for any user, whatever libraries the app has',
    async (engine, t) => {
      const libraries = useFolder(t);
      writeFileSync(join(libraries, 'libstdc++.so.6'), 'another');
      const { code, stdout, stderr } = await runContainer(engine, carrier, {
        flags: [...restricted, '--volume', `${libraries}:/lib:ro`, '--env', 'LD_LIBRARY_PATH=/lib'],
      });
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /^Usage: hurricane serve/);
    },
  );

  testInContainers(
    'hands messages to a handler in TypeScript, where there is nothing else',
    async (engine, t) => {
      const folder = useFolder(t);
      writeFileSync(
        join(folder, 'handler.mts'),
        `export default ({ body }: { body: unknown }): void => console.log('handled', JSON.stringify(body));`,
      );
      const broker = await useDevelopmentBroker(t);
      const { hurricane, stop } = await startContainer(t, engine, carrier, {
        flags: [...restricted, '--volume', `${folder}:/handlers:ro`],
        args: ['consume', '/handlers/handler.mts', '--queue', 'jobs', ...placeOf(broker)],
      });
      await hurricane.sees('consumer.subscribed');
      const client = await useClient(t, broker);
      await client.send('jobs', [{ n: 1 }]);
      await hurricane.sees(() => hurricane.output.includes('handled {"n":1}'));
      assert.equal((await hurricane.probe('ready')).status, 200);
      await stop();
      assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
    },
  );

  testInContainers(
    'installs hurricane into a volume, again too, for an image without glibc',
    async (engine, t) => {
      const volume = useFolder(t);
      const install = () =>
        runContainer(engine, carrier, {
          flags: [...restricted, '--volume', `${volume}:/target`],
          args: ['install', '/target'],
        });
      const first = await install();
      assert.deepEqual([first.code, first.stderr], [0, '']);
      assert.match(
        first.stdout,
        /^hurricane \S+ is in \/target: \d+ files, \d+ MB\nMount it at \/opt/,
      );
      assert.match(
        (await install()).stdout,
        /is in \/target, in place of the copy that was there: /,
      );

      const app = await buildFiles(t, engine, 'busybox', {
        Dockerfile: `FROM scratch
COPY --chmod=0755 busybox /bin/
COPY index.html /srv/
CMD ["/opt/hurricane/hurricane", "serve", "--", "/bin/busybox", "httpd", "-f", "-p", "127.0.0.1:{port}", "-h", "/srv"]
`,
        busybox: staticBusybox(),
        'index.html': 'Hello from busybox\n',
      });
      const { hurricane, stop } = await startContainer(t, engine, app, {
        flags: [...restricted, '--volume', `${volume}:/opt/hurricane:ro`],
      });
      await hurricane.up();
      assert.equal((await hurricane.get('/')).text, 'Hello from busybox\n');
      await stop();
      assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
    },
  );

  testInContainers('says why it cannot install, by a sentence and an exit code', async (engine) => {
    const install = (flags: readonly string[]) =>
      runContainer(engine, carrier, {
        flags: [...restricted, ...flags],
        args: ['install', '/target'],
      });
    const readOnly = await install([]);
    assert.deepEqual([readOnly.code, readOnly.stdout], [77, '']);
    assert.match(
      readOnly.stderr,
      /^hurricane: \/target cannot be written \(EROFS\)\n {2}mount a volume/,
    );
    const small = await install(['--tmpfs', '/target:size=1m,mode=1777']);
    assert.deepEqual([small.code, small.stdout], [73, '']);
    assert.match(small.stderr, /^hurricane: \/target has no space for hurricane \(ENOSPC\)\n/);
  });
});

const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

/** As a registry has it. */
async function compressedSize(engine: ContainerEngine): Promise<number> {
  const [program = '', ...words] = engine.words;
  const save = spawn(program, [...words, 'save', carrier], { stdio: ['ignore', 'pipe', 'ignore'] });
  const gzip = spawn('gzip', { stdio: [save.stdout, 'pipe', 'ignore'] });
  let size = 0;
  for await (const chunk of gzip.stdout) size += (chunk as Buffer).length;
  return size;
}

/** Every file of the image, as tar lists it. */
async function filesOf(
  t: Parameters<typeof useTempDir>[0],
  engine: ContainerEngine,
): Promise<readonly { mode: string; path: string }[]> {
  const tarball = join(useTempDir(t), 'files.tar');
  const container = await perform(engine, ['create', carrier]);
  try {
    await perform(engine, ['export', '--output', tarball, container]);
  } finally {
    await perform(engine, ['rm', container]);
  }
  const lines = execFileSync('tar', ['-tvf', tarball], { encoding: 'utf8' }).trim().split('\n');
  return lines
    .map((line) => line.split(/\s+/))
    .map(([mode = '', , , , , path = '']) => ({ mode, path }))
    .filter(({ mode }) => mode.startsWith('-'));
}

/** A folder that the user of the container may write. */
function useFolder(t: Parameters<typeof useTempDir>[0]): string {
  const folder = useTempDir(t);
  chmodSync(folder, 0o777);
  return folder;
}

function staticBusybox(): Buffer {
  return readFileSync('/bin/busybox');
}
