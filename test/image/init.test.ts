// What `hurricane init` writes, built and run as it stands: an app that is built in a stage of its own.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { restricted, startContainer, testInContainers } from '../helpers/containers.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { build } from '../helpers/images.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const app = join(import.meta.dirname, '../../examples/go/app.go');

testInContainers(
  'the Dockerfile that init writes for Go is built, and its container passes its check',
  async (engine, t) => {
    const cwd = useTempDir(t);
    copyFileSync(app, join(cwd, 'app.go'));
    writeFileSync(join(cwd, 'go.mod'), 'module app\n');
    const init = await runHurricane(t, ['init'], { artefact: 'js', cwd });
    assert.match(init.stdout, /^Written for Go, because of go\.mod:/, init.stderr);
    // Only the ports are others, and come from the environment.
    const configuration = join(cwd, 'hurricane.yaml');
    const text = readFileSync(configuration, 'utf8').replaceAll(/^(port|probePort): /gm, '#$&');
    writeFileSync(configuration, text);

    const image = await build(engine, 'init', cwd);
    const { hurricane, stop } = await startContainer(t, engine, image, { flags: restricted });
    await hurricane.up();
    assert.equal((await hurricane.sees('check.changed'))['passing'], true);
    assert.equal((await hurricane.get('/')).text, 'Hello from Go\n');
    await stop();
    assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  },
);
