// hurricane as PID 1 of a container: orphans, and what the engine is told of the end.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite } from 'node:test';

import {
  restricted,
  runContainer,
  startContainer,
  testInContainers,
} from '../helpers/containers.ts';
import { buildExample } from '../helpers/images.ts';
import { eventually } from '../helpers/eventually.ts';
import { makeOrphans } from '../helpers/orphans.ts';
import { scrape } from '../helpers/prometheus-page.ts';

const scripts = join(import.meta.dirname, '../scripts');
const ORPHANS = 1000;

suite('hurricane as PID 1 of a container', () => {
  testInContainers(`reaps ${ORPHANS} orphans, and none is left defunct`, async (engine, t) => {
    const image = await buildExample(engine, 'node');
    const { hurricane, stop } = await startContainer(t, engine, image, {
      flags: ['--volume', `${scripts}:/scripts:ro`],
      args: ['node', '/scripts/double-forks.mjs', '/bin/sleep'],
    });
    await hurricane.up();
    await makeOrphans(hurricane.url, ORPHANS);
    await eventually(async () => {
      const page = await scrape(hurricane);
      assert.equal(page.sum('hurricane_orphans_reaped_total'), ORPHANS);
      assert.equal(page.sum('hurricane_zombie_processes'), 0);
    });
    await stop();
    assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
  });

  testInContainers('ends with the code of an app that has failed', async (engine) => {
    const image = await buildExample(engine, 'node');
    const flags = [...restricted, '--env', 'FAIL_START=1'];
    assert.equal((await runContainer(engine, image, { flags })).code, 1);
  });

  testInContainers('ends with 137 when the app had to be killed', async (engine, t) => {
    const image = await buildExample(engine, 'node');
    const variables = ['--env', 'IGNORE_TERM=1', '--env', 'HURRICANE_GRACE_PERIOD=2s'];
    const { hurricane, stop } = await startContainer(t, engine, image, {
      flags: [...restricted, ...variables],
    });
    await hurricane.up();
    await stop();
    assert.equal((await hurricane.exit).code, 137);
    assert.equal((await hurricane.sees('hurricane.ended'))['exit_code'], 137);
  });

  testInContainers(
    'ends with 143 when it is stopped during a startup command',
    async (engine, t) => {
      const image = await buildExample(engine, 'node');
      const { hurricane, stop } = await startContainer(t, engine, image, {
        flags: [...restricted, '--env', 'HURRICANE_COMMAND=sleep 100'],
      });
      await hurricane.sees('command.started');
      await stop();
      assert.equal((await hurricane.exit).code, 143);
    },
  );
});
