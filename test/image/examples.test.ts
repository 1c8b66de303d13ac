// The Dockerfile of every example app, built and run as a restricted pod runs it: the same smoke test for every
// base image, from Debian down to none at all.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { examples } from '../helpers/doc-examples.ts';
import { eventually } from '../helpers/eventually.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { restricted, startContainer, testInContainers } from '../helpers/containers.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { buildExample } from '../helpers/images.ts';

const languages = ['node', 'python', 'ruby', 'php', 'java', 'go', 'shell'];

const DELAY_MS = 500;
const QUIET_MS = 1000;
const SLOW_MS = 1500;
const ALLOWANCE_MS = 500;

suite('the example of README.md', () => {
  test('is the Dockerfile of the example app in Python', () => {
    const [shown] = examples.filter(
      ({ page, language }) => page === 'README.md' && language === 'dockerfile',
    );
    const path = join(import.meta.dirname, '../../examples/python/Dockerfile');
    assert.equal(`${shown?.text ?? ''}\n`, readFileSync(path, 'utf8'));
  });
});

suite('the example apps in images', { concurrency: 3 }, () => {
  for (const language of languages) {
    testInContainers(
      `${language} serves with nothing to write and no rights, and its stop loses nothing`,
      async (engine, t) => {
        const image = await buildExample(engine, language);
        const { hurricane, stop, pid } = await startContainer(t, engine, image, {
          flags: [...restricted, '--env', `HURRICANE_DRAIN_DELAY=${DELAY_MS}ms`],
        });
        await hurricane.up();
        const rights = readFileSync(`/proc/${await pid()}/status`, 'utf8');
        for (const line of [/^Uid:\s+1000660000\b/m, /^Gid:\s+0\b/m, /^CapBnd:\s+0+$/m]) {
          assert.match(rights, line);
        }
        assert.match(rights, /^NoNewPrivs:\s+1$/m);
        for (const probe of ['startup', 'ready', 'alive']) {
          assert.equal((await hurricane.probe(probe)).status, 200, probe);
        }
        assert.match((await hurricane.get('/')).text, /^Hello from /);

        const inHand = [1, 2].map(() => hurricane.get(`/slow?ms=${SLOW_MS}`));
        await eventually(async () => {
          assert.equal((await scrape(hurricane)).sum('hurricane_requests_queued'), inHand.length);
        });
        await stop();
        for (const answer of await Promise.all(inHand)) {
          assert.deepEqual([answer.status, answer.text.trim()], [200, `slept ${SLOW_MS} ms`]);
        }
        assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
        const drain = await hurricane.sees('drain.ended');
        assert.deepEqual([drain['completed'], drain['aborted'], drain['forced']], [3, 0, 0]);
        const tookMs = await between(hurricane, 'drain.started', 'hurricane.ended');
        t.diagnostic(`the stop took ${tookMs} ms`);
        // None of the apps takes any time to stop.
        assert.ok(tookMs <= DELAY_MS + QUIET_MS + SLOW_MS + ALLOWANCE_MS, `${tookMs} ms`);
      },
    );
  }
});

/** The time from one event to another, in milliseconds. */
async function between(hurricane: Hurricane, from: string, to: string): Promise<number> {
  const [first, last] = [await hurricane.sees(from), await hurricane.sees(to)];
  return Date.parse(String(last['time'])) - Date.parse(String(first['time']));
}
