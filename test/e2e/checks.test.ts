// What a check may say, and what it may do wrong without hurting anybody else.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

import { useCheck, useScript } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { scrape } from '../helpers/prometheus-page.ts';

forEachArtefact('fails a check when n of its last m runs failed', async (t, artefact) => {
  const hurricane = await startSaying(t, artefact, 'pass error pass error pass pass', [
    ...['--check-failures', '2/3'],
  ]);
  await eventually(() => assert.ok(told(hurricane).length >= 9, told(hurricane).join('\n')));
  assert.deepEqual(told(hurricane).slice(0, 9), [
    ...['ran true', 'passes', 'ran false', 'ran true', 'ran false', 'fails'],
    ...['ran true', 'passes', 'ran true'],
  ]);
});

forEachArtefact(
  'fails a check whose result is too old, until it has a new one',
  async (t, artefact) => {
    const hurricane = await startSaying(t, artefact, 'pass hang pass', [
      ...['--check-timeout', '5s', '--check-max-age', '1s', '--debug'],
    ]);
    const stale = await hurricane.sees(
      (line) => line['passing'] === false && line['check'] === 'disk',
    );
    assert.equal(stale['text'], 'stale: the last result is older than 1s (--check-max-age)');
    // It was ready a moment ago: readiness dwells.
    await eventually(async () => {
      const { status, text } = await hurricane.probe('ready');
      assert.deepEqual([status, text], [500, `disk error: ${String(stale['text'])}`]);
    });
    // The run ends by its timeout, and the next one has an answer.
    await eventually(async () => assert.equal((await hurricane.probe('ready')).status, 200), {
      within: 20_000,
    });
  },
);

forEachArtefact('stays ready on a warning, and says it once', async (t, artefact) => {
  const hurricane = await startSaying(t, artefact, 'pass warning', []);
  const { level, check, text } = await hurricane.sees(/check warns/);
  assert.deepEqual(
    [level, check, text],
    ['warn', 'disk', 'the disk is nearly full, remove something'],
  );
  await eventually(() => assert.ok(told(hurricane).length >= 6, told(hurricane).join(' ')));
  assert.equal(hurricane.logs.filter(({ msg }) => msg === 'check warns').length, 1);
  assert.equal((await hurricane.probe('ready')).status, 200);
});

for (const silenced of ['disk.full', 'disk']) {
  forEachArtefact(`passes a check whose error is silenced by ${silenced}`, async (t, artefact) => {
    const hurricane = await startSaying(t, artefact, 'critical', ['--silence', silenced]);
    await hurricane.up();
    assert.equal((await hurricane.probe('ready')).status, 200);
    await eventually(() =>
      assert.ok(told(hurricane).filter((word) => word === 'ran true').length > 2),
    );
    assert.ok(!told(hurricane).includes('fails'));
  });
}

/** The module, what is said of it, and how long it may take: memory takes its time to be eaten. */
const broken = [
  ['throws', 'RangeError: beyond it', '30s'],
  ['throws-later', 'Error: out of nowhere', '30s'],
  ['exits', 'it ended its thread with code 3', '30s'],
  ['loops', 'no answer within 1s', '1s'],
  ['eats-memory', 'it used more than 128 MiB of memory', '30s'],
] as const;

forEachArtefact(
  'fails of a module that throws, exits, loops or eats memory only its own check, each time',
  async (t, artefact) => {
    await Promise.all(
      broken.map(async ([name, reason, timeout]) => {
        const hurricane = await startHurricane(
          t,
          [
            ...['--check', `readiness:bad=${useCheck(`${name}.mjs`)}`],
            ...['--check', `liveness:good=${useCheck('says-in-turn.mjs')}`],
            ...['--check-interval', '200ms', '--check-timeout', timeout, '--debug'],
            ...['--', ...useScript('misbehaves.mjs')],
          ],
          { artefact, env: { SAYS: 'pass' } },
        );
        await hurricane.up(60_000);
        await eventually(() => assertRuns(hurricane), { within: 60_000 });
        const { status, text } = await hurricane.probe('ready');
        assert.equal(status, 500);
        assert.ok(text.startsWith(`bad error: ${reason}`), text);
        assert.equal((await hurricane.probe('alive')).status, 200);
        assert.equal((await hurricane.get('/')).text, 'good\n');
        assert.equal(hurricane.stderr, '');
      }),
    );
  },
);

async function assertRuns(hurricane: Hurricane): Promise<void> {
  const page = await scrape(hurricane);
  const runs = (check: string, result: string): number =>
    page.sum('hurricane_check_runs_total', { check, result });
  assert.ok(runs('bad', 'fail') >= 2, `${runs('bad', 'fail')} runs of the bad check`);
  assert.ok(runs('good', 'pass') >= 2, `${runs('good', 'pass')} runs of the good check`);
  assert.deepEqual([runs('bad', 'pass'), runs('good', 'fail')], [0, 0]);
}

async function startSaying(
  t: TestContext,
  artefact: Artefact,
  words: string,
  args: readonly string[],
): Promise<Hurricane> {
  return startHurricane(
    t,
    [
      ...['--check', `readiness:disk=${useCheck('says-in-turn.mjs')}`, '--check-interval', '100ms'],
      ...['--log-level', 'debug', ...args, '--', ...useScript('misbehaves.mjs')],
    ],
    { artefact, env: { SAYS: words } },
  );
}

/** Runs and edges of the check, in order. */
function told({ logs }: Hurricane): string[] {
  return logs.flatMap((line) => {
    if (line.event === 'check.ran') return [`ran ${String(line['passing'])}`];
    return line.event === 'check.changed' ? [line['passing'] === true ? 'passes' : 'fails'] : [];
  });
}
