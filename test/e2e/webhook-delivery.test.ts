// Webhooks against receivers that misbehave by a seed, with a stop in the middle.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useScript } from '../helpers/apps.ts';
import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { startHurricane, type Hurricane, type LogLine } from '../helpers/hurricane.ts';
import { useSeeds, type Seeded } from '../helpers/seeded.ts';
import { useTempDir } from '../helpers/temp-dir.ts';
import { useTlsSink } from '../helpers/tls-sink.ts';
import {
  useWebhookSink,
  type Delivery,
  type SinkAnswer,
  type WebhookSink,
} from '../helpers/webhook-sink.ts';

const SECRET = 'a secret of the tests';
const GRACE_MS = 20_000;
/** What of a budget is for webhooks, after the drain and the end of the app. */
const flushShareMs = (graceMs: number): number => Math.min(2000, graceMs / 10);
/** For the end of a process on a busy machine. */
const SLACK_MS = 2500;
const LIVENESS_EDGES = 12;
/** Takes a second or more each: readiness dwells. */
const READINESS_EDGES = 2;

/** What the receiver did with each webhook, in order of arrival. */
type Fate = 'taken' | 'refused' | 'retry';

const mixed: readonly (readonly [number, SinkAnswer])[] = [
  ...([
    [10, 200],
    [3, 500],
    [3, 429],
    [2, 'hang'],
    [3, 'reset'],
    [2, 404],
  ] as const),
];

interface Run {
  readonly sink: WebhookSink;
  readonly filtered: WebhookSink;
  readonly hurricane: Hurricane;
  readonly fates: readonly Fate[];
  readonly code: number | null;
  readonly stoppedWithinMs: number;
}

forEachArtefact(
  'tells a moody receiver of every edge under one id, in order, across a stop',
  async (t, artefact) => {
    const runs = await Promise.all(
      useSeeds(t, 3).map(async (seeded) => [seeded, await stopInTheMiddle(t, artefact, seeded)]),
    );
    for (const [seeded, run] of runs as [Seeded, Run][]) {
      t.diagnostic(`seed ${seeded.seed}: ${summary(run)}`);
      judge(run);
    }
  },
);

forEachArtefact(
  'gives up only at the end of the flush when the receiver takes nothing any more',
  async (t, artefact) => {
    const [seeded] = useSeeds(t, 1) as [Seeded];
    const run = await stopInTheMiddle(t, artefact, seeded, { graceMs: 6000, deafAtStop: true });
    judge(run, 6000);
    const lost = edges(run.hurricane).length - closed(run).size;
    assert.ok(lost >= 3, `only ${lost} webhooks stayed undelivered`);
    const warning = await run.hurricane.sees(/webhooks stayed undelivered/);
    assert.equal(warning['undelivered'], lost);
  },
);

forEachArtefact(
  'delivers to an https receiver that it can trust, and to no other',
  async (t, artefact) => {
    const sink = await useTlsSink(t);
    const start = (env: Record<string, string>): Promise<Hurricane> =>
      startHurricane(
        t,
        [
          ...['--webhook-url', `startup@${sink.url}`, '--log-level', 'debug'],
          ...['--', ...useScript('dies-at-once.mjs')],
        ],
        { artefact, env: { LEDGER: '/dev/null', ...env } },
      );
    const [trusting, wary] = await Promise.all([
      start({ NODE_EXTRA_CA_CERTS: sink.certificatePath }),
      start({}),
    ]);
    const { id } = await trusting.sees('webhook.delivered');
    assert.deepEqual(
      sink.bodies.map((body) => (JSON.parse(body) as { id: string }).id),
      [id],
    );
    const { msg, final } = await wary.sees('webhook.failed');
    assert.match(
      msg,
      /^Sending webhook to https:\/\/localhost:\d+\/… has failed due to .*certificate/,
    );
    assert.equal(final, false);
  },
);

/** Toggles two checks until a moment of the seed's choice, then stops; the edges outrun the deliveries. */
async function stopInTheMiddle(
  t: TestContext,
  artefact: Artefact,
  seeded: Seeded,
  { graceMs = GRACE_MS, deafAtStop = false } = {},
): Promise<Run> {
  const fates: Fate[] = [];
  let deaf = false;
  const sink = await useWebhookSink(t, () => {
    const answer = deaf ? 500 : seeded.pick(mixed);
    fates.push(answer === 200 ? 'taken' : answer === 404 ? 'refused' : 'retry');
    return answer;
  });
  const filtered = await useWebhookSink(t);
  const folder = useTempDir(t);
  const file = (name: string): string => join(folder, name);
  for (const name of ['alive', 'ready']) writeFileSync(file(name), '');
  writeFileSync(file('secret'), `${SECRET}\n`);
  const hurricane = await startHurricane(
    t,
    [
      ...[
        '--check',
        `liveness=file:${file('alive')}`,
        '--check',
        `readiness=file:${file('ready')}`,
      ],
      ...['--check-interval', '50ms', '--log-level', 'debug', '--grace-period', `${graceMs}ms`],
      ...['--webhook-url', sink.url, '--webhook-url', `liveness,drain@${filtered.url}`],
      ...['--webhook-secret-file', file('secret'), '--webhook-timeout', '400ms'],
      ...['--', ...useScript('dies-at-once.mjs')],
    ],
    { artefact, env: { LEDGER: '/dev/null' } },
  );
  await hurricane.up();
  const toggles = async (probe: string, name: string, count: number): Promise<void> => {
    for (let n = 1; n <= count; n += 1) {
      if (n % 2 === 1) rmSync(file(name));
      else writeFileSync(file(name), '');
      await seesEdge(hurricane, probe, n + 1);
    }
  };
  await Promise.all([
    toggles('liveness', 'alive', LIVENESS_EDGES + seeded.between(0, 3)),
    toggles('readiness', 'ready', READINESS_EDGES),
  ]);
  const stoppedAt = performance.now();
  deaf = deafAtStop;
  hurricane.signal('SIGTERM');
  const { code } = await hurricane.exit;
  const stoppedWithinMs = performance.now() - stoppedAt;
  return { sink, filtered, hurricane, fates, code, stoppedWithinMs };
}

/** Resolves when the probe has crossed `count` edges. */
async function seesEdge(hurricane: Hurricane, probe: string, count: number): Promise<void> {
  await hurricane.sees(() => {
    const crossed = hurricane.logs.filter(
      (line) => line.event === 'probe.changed' && line['probe'] === probe,
    );
    return crossed.length >= count;
  });
}

/** The states that the log told of: what there must be webhooks for, in this order. */
function edges({ logs }: Hurricane): { type: string; status: string }[] {
  return logs.flatMap((line) => {
    const type = edgeType(line);
    if (type === undefined) return [];
    const good = line.event === 'probe.changed' ? line['passing'] === true : line.level === 'info';
    return [{ type, status: good ? 'succeeded' : 'failed' }];
  });
}

function edgeType(line: LogLine): string | undefined {
  if (line.event === 'probe.changed') return String(line['probe']);
  if (line.event === 'app.ended') return 'app';
  return line.event === 'drain.ended' ? 'drain' : undefined;
}

function judge(run: Run, graceMs = GRACE_MS): void {
  const { sink, filtered, hurricane, code, stoppedWithinMs } = run;
  assert.equal(code, 0);
  assert.ok(stoppedWithinMs < graceMs + SLACK_MS, `it stopped within ${stoppedWithinMs} ms`);
  const told = edges(hurricane);
  assertAlternating(told);
  assertOneIdPerEdge(sink.deliveries, told);
  assertInOrder(run);
  assertUndeliveredForAReason(run, told.length, graceMs);
  for (const delivery of [...sink.deliveries, ...filtered.deliveries]) assertSigned(delivery);
  assertFiltered(run, told);
}

/** Fault W-01: no edge contradicts the one before it. */
function assertAlternating(told: readonly { type: string; status: string }[]): void {
  for (const type of ['startup', 'liveness', 'readiness']) {
    const statuses = told.filter((edge) => edge.type === type).map(({ status }) => status);
    assert.equal(statuses[0], 'succeeded', type);
    const repeated = statuses.filter((status, n) => status === statuses[n - 1]);
    assert.deepEqual(repeated, [], `${type}: ${statuses.join(' ')}`);
  }
  assert.equal(told.filter(({ type }) => type === 'readiness').at(-1)?.status, 'failed');
}

/** The n-th edge is the webhook with sequence n: one id, the same content on every attempt. */
function assertOneIdPerEdge(
  deliveries: readonly Delivery[],
  told: readonly { type: string; status: string }[],
): void {
  const idOf = new Map<number, unknown>();
  for (const { payload } of deliveries) {
    const sequence = Number(payload['sequence']);
    const { id, type, status } = payload;
    assert.deepEqual({ type, status }, told[sequence - 1], `sequence ${sequence}`);
    const before = told.slice(0, sequence - 1).findLast((edge) => edge.type === type);
    assert.equal(payload['previous'], before?.status ?? null, `sequence ${sequence}`);
    assert.equal(idOf.get(sequence) ?? id, id, `sequence ${sequence} came under two ids`);
    idOf.set(sequence, id);
  }
  assert.equal(new Set(idOf.values()).size, idOf.size, 'two edges share an id');
}

/** An edge is told when the one before it is done with; an attempt follows only one that may be repeated. */
function assertInOrder({ sink, fates }: Run): void {
  for (const [n, { payload }] of sink.deliveries.entries()) {
    const before = sink.deliveries[n - 1]?.payload;
    const repeats = before !== undefined && fates[n - 1] === 'retry';
    const [sequence, attempt] = repeats
      ? [before['sequence'], Number(before['attempt']) + 1]
      : [Number(before?.['sequence'] ?? 0) + 1, 1];
    assert.deepEqual(
      [payload['sequence'], payload['attempt']],
      [sequence, attempt],
      `delivery ${n}`,
    );
  }
}

/** What was not taken was refused with 404, or the time for it was over. */
function assertUndeliveredForAReason(run: Run, count: number, graceMs: number): void {
  const { hurricane, fates } = run;
  const final = hurricane.logs.filter(
    (line) => line.event === 'webhook.failed' && line['final'] === true,
  );
  const refused = final.filter(({ msg }) => msg.includes('HTTP 404'));
  const late = final.filter(({ msg }) => msg.includes('the time to deliver it is over'));
  assert.equal(refused.length + late.length, final.length, JSON.stringify(final));
  // One answer may come just when the time is over: the receiver knows of it, the sender does not.
  const done = closed(run);
  const unanswered = late.filter(({ id }) => !done.has(id));
  assert.equal(done.size + unanswered.length, count);
  assert.ok(late.length - unanswered.length <= 1, JSON.stringify(late));
  const missed = fates.filter((fate) => fate === 'refused').length - refused.length;
  assert.ok(missed === 0 || missed === late.length - unanswered.length, `${missed} times 404`);
  // Nothing is given up while there is time: the flush has its share after the drain.
  const drain = hurricane.logs.find(({ event }) => event === 'drain.ended');
  for (const { time } of late) {
    const flushedMs = Date.parse(String(time)) - Date.parse(String(drain?.['time']));
    assert.ok(flushedMs > flushShareMs(graceMs) - 100, `given up after ${flushedMs} ms`);
  }
}

/** The ids that the receiver took or refused. */
function closed({ sink, fates }: Run): Set<unknown> {
  return new Set(
    sink.deliveries.filter((_, n) => fates[n] !== 'retry').map(({ payload }) => payload['id']),
  );
}

function assertSigned({ headers, body }: Delivery): void {
  const [, seconds, mac] =
    /^t=(\d+),sha256=([0-9a-f]{64})$/.exec(String(headers['x-hurricane-signature'])) ?? [];
  assert.equal(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'), mac);
  assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 300, `signed at ${seconds}`);
}

/** The receiver that always answers 200 gets its types once each, under the ids that the other one sees. */
function assertFiltered(
  { filtered, sink }: Run,
  told: readonly { type: string; status: string }[],
): void {
  const wanted = told.flatMap(({ type }, n) =>
    type === 'liveness' || type === 'drain' ? [n + 1] : [],
  );
  assert.deepEqual(
    filtered.deliveries.map(({ payload }) => payload['sequence']),
    wanted,
  );
  for (const { payload } of filtered.deliveries) {
    const same = sink.deliveries.find((other) => other.payload['sequence'] === payload['sequence']);
    assert.equal(payload['id'], same?.payload['id'] ?? payload['id']);
  }
}

function summary({ sink, fates, hurricane, stoppedWithinMs }: Run): string {
  const counts = [...Map.groupBy(fates, String)].map(([fate, all]) => `${all.length} ${fate}`);
  const edgeCount = edges(hurricane).length;
  return `${edgeCount} edges, ${sink.deliveries.length} attempts (${counts.join(', ')}), stopped in ${Math.round(stoppedWithinMs)} ms`;
}
