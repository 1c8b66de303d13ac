// A reader of our stdout that stops reading: a log shipper that hangs, a terminal that was stopped.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';

import { useScript } from '../helpers/apps.ts';
import { forEachArtefact } from '../helpers/artefacts.ts';
import { readBooks } from '../helpers/books.ts';
import { eventually } from '../helpers/eventually.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { askProbes } from '../helpers/prober.ts';
import { hasWrk, measure, underLoad, type WrkOptions } from '../helpers/wrk.ts';

/** The stall is as long as the probes take. */
const PROBES = { samples: process.env['SOAK'] === undefined ? 600 : 6000, everyMs: 5 };
/** A stall would last until the reader returns, which it does only afterwards. */
const PROBE_MS = 5000;
const SECONDS = 2;
/** What a heap may breathe under load; what is dropped in that time is many times as much. */
const BREATH = 1.5;
/** Lines that are no access lines: starts, states, the sentence about what was dropped. */
const OTHER_LINES = 20;
const O_NONBLOCK = 0o4000;
/** What a stop may wait for a reader, and what a busy machine adds. */
const LAST_LINES_MS = 1000 + 1500;

forEachArtefact(
  'serves and answers probes while nobody reads its stdout, and counts what it drops',
  async (t, artefact) => {
    if (!hasWrk(t)) return;
    // The app inherits the pipe; one that prints would be stalled by its own writes.
    const app = ['--', ...useScript('misbehaves.mjs')];
    const hurricane = await startHurricane(t, app, { artefact, fifo: true });
    await hurricane.up();
    const calm = (await measure(t, loadOf(hurricane), SECONDS)).perSecond;

    hurricane.stopReading();
    const { report, result } = await underLoad(t, loadOf(hurricane), () => stall(t, hurricane));
    assert.deepEqual(report.failures, []);
    // Writing nothing is cheaper than being read: a stall would show as next to none.
    assert.ok(report.perSecond > calm / 2, `${report.perSecond} requests/s, ${calm} before`);
    const slow = result.samples.filter(({ status, ms }) => status === 0 || ms > PROBE_MS);
    assert.deepEqual(slow, []);
    const { before, after } = result;
    t.diagnostic(
      `${report.requests} requests, ${after.dropped} lines dropped, ` +
        `${before.residentMib} MiB at the first drop, ${after.residentMib} MiB at the end`,
    );
    assert.ok(after.dropped > before.dropped, 'nothing more was dropped');
    assert.ok(after.residentMib < before.residentMib * BREATH, 'memory grew during the stall');

    hurricane.readOn();
    await assertWholeAgain(hurricane);
  },
);

forEachArtefact('leaves the stdout of the app as it was, blocking', async (t, artefact) => {
  const app = ['--', ...useScript('misbehaves.mjs')];
  const hurricane = await startHurricane(t, app, { artefact, fifo: true });
  await hurricane.up();
  const { pid } = await hurricane.sees('app.started');
  for (const process of [pid, hurricane.pid]) {
    const info = readFileSync(`/proc/${String(process)}/fdinfo/1`, 'utf8');
    const flags = Number.parseInt(/^flags:\s+([0-7]+)/m.exec(info)?.[1] ?? '', 8);
    assert.equal(flags & O_NONBLOCK, 0, info);
  }
});

for (const [name, fifo] of [
  ['a pipe', true],
  ['a socket', false],
] as const) {
  forEachArtefact(
    `waits a second at most for the reader of its last lines when stdout is ${name}`,
    async (t, artefact) => {
      if (!hasWrk(t)) return;
      const [read, stalled] = await Promise.all(
        [true, false].map((reads) => msToStop(t, reads, { artefact, fifo })),
      );
      t.diagnostic(`${read} ms with a reader, ${stalled} ms without`);
      assert.ok(Number(stalled) < Number(read) + LAST_LINES_MS, `${stalled} ms, ${read} ms before`);
    },
  );
}

/** Access lines so long that a few thousand are more than what may wait. */
function loadOf({ url }: Hurricane): WrkOptions {
  return { url: `${url}/?${'x'.repeat(1000)}`, connections: 8 };
}

async function stall(t: TestContext, hurricane: Hurricane) {
  const before = await eventually(
    async () => {
      const state = await stateOf(hurricane);
      assert.ok(state.dropped > 0, 'no line was dropped');
      return state;
    },
    { within: 60_000 },
  );
  const samples = await askProbes(t, hurricane.probePort, PROBES);
  return { before, samples, after: await stateOf(hurricane) };
}

async function stateOf(hurricane: Hurricane): Promise<{ dropped: number; residentMib: number }> {
  const page = await scrape(hurricane);
  const bytes = page.sum('hurricane_process_resident_memory_bytes', { scope: 'self' });
  return {
    dropped: page.sum('hurricane_log_lines_dropped_total'),
    residentMib: Math.round(bytes / 1024 / 1024),
  };
}

/** What comes now is whole; what is missing was counted, and the log says so. */
async function assertWholeAgain(hurricane: Hurricane): Promise<void> {
  const { dropped: told } = await hurricane.sees(/lines were dropped/);
  await hurricane.get('/the-last-one');
  await hurricane.sees((line) => line['target'] === '/the-last-one');
  assert.deepEqual(hurricane.output, [], 'torn lines');
  const { dropped } = await stateOf(hurricane);
  assert.equal(told, dropped);
  const { accepted } = await readBooks(hurricane);
  const missing =
    accepted - hurricane.logs.filter(({ component }) => component === 'access').length;
  assert.ok(
    dropped >= missing && dropped <= missing + OTHER_LINES,
    `${missing} access lines are missing, ${dropped} lines were counted`,
  );
}

/** With more in its buffers than a pipe holds, read or not. */
async function msToStop(
  t: TestContext,
  reads: boolean,
  options: Pick<Parameters<typeof startHurricane>[2], 'artefact' | 'fifo'>,
): Promise<number> {
  const words = ['--drain-quiet', '0', '--', ...useScript('misbehaves.mjs')];
  const hurricane = await startHurricane(t, words, options);
  await hurricane.up();
  if (!reads) hurricane.stopReading();
  await measure(t, loadOf(hurricane), SECONDS);
  const signalledAt = performance.now();
  hurricane.signal('SIGTERM');
  await hurricane.left;
  return Math.round(performance.now() - signalledAt);
}
