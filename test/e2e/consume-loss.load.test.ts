// The central promise of consume: a consumer that is killed again and again loses nothing, and says what it
// hands out twice. And what is measured in milliseconds: probes beside a busy handler, and a hurried stop.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { useBrokerEdge } from '../helpers/broker-edge.ts';
import { numbers, startConsumer, useClient } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import { askProbes, percentile } from '../helpers/prober.ts';
import { ownRabbitmq } from '../helpers/rabbitmq.ts';
import { useSeeds } from '../helpers/seeded.ts';

const broker = ownRabbitmq();
const isLong = process.env['SOAK'] !== undefined;
const [COUNT, KILLS] = isLong ? [5000, 10] : [500, 3];

/** They end in any order, and a tenth fails at the first attempt. */
// Written before the message is done: what is only logged may die with the process.
const HANDLES_SOME_AT_ONCE = `
import { writeSync } from 'node:fs';
export default async function handle({ body, attempt, redelivered }) {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
  writeSync(1, [body, attempt, redelivered].join(' ') + '\\n');
  if (attempt === 1 && body % 10 === 0) throw new Error('on purpose');
}
`;
const LOOPS_FOR_EVER = `
export default function handle() {
  console.log('begun');
  for (;;);
}
`;

test('loses no message of another client to kill -9, and flags each that comes again [js]', async (t) => {
  const queue = 'killed';
  const [random] = useSeeds(t, 1);
  const start = () =>
    startConsumer(t, {
      ...{ artefact: 'js', broker, queue, handler: HANDLES_SOME_AT_ONCE },
      args: ['--retry', '200ms', '--concurrency', '8', '--prefetch', '50'],
    });
  let hurricane = await start();
  await hurricane.up();
  // A quorum queue that is younger than 3 s may have no leader after a crash of the broker, for minutes.
  const declaredAt = performance.now();
  await eventually(() => assert.ok(performance.now() - declaredAt > 4000));
  const script = join(import.meta.dirname, '../scripts/publishes.py');
  const words = [script, `${broker.port}`, queue, `${COUNT}`];
  const publishing = promisify(execFile)('/usr/bin/python3', words);
  const outputs = [hurricane.output];
  const handledBeforeKill = numbers(KILLS).map(() => random?.between(1, COUNT / KILLS / 2) ?? 1);
  for (const some of handledBeforeKill) {
    await eventually(() => assert.ok(hurricane.output.length >= some), { within: 30_000 });
    hurricane.signal('SIGKILL');
    await hurricane.left;
    hurricane = await start();
    outputs.push(hurricane.output);
  }
  await publishing;
  const handled = (): number => {
    const done = outputs.flat().filter((line) => !/^\d*0 1 /.test(line));
    return new Set(done.map((line) => line.split(' ')[0])).size;
  };
  await eventually(() => assert.ok(hurricane.output.length > 0));
  await broker.stop('SIGKILL');
  assert.ok(handled() < COUNT, 'the broker had nothing more to lose');
  await broker.boot();
  const client = await useClient(t, broker);
  await eventually(
    async () => {
      assert.equal(handled(), COUNT);
      assert.equal(await client.count(`${queue}.retry.200`), 0);
    },
    { within: 200_000 },
  );
  hurricane.signal('SIGTERM');
  assert.equal((await hurricane.exit).code, 0);
  assert.deepEqual([await client.count(queue), await client.count(`${queue}.dead`)], [0, 0]);

  const seen = new Set<string>();
  let again = 0;
  for (const line of outputs.flat()) {
    const [body = '', attempt, redelivered] = line.split(' ');
    if (seen.has(body)) {
      again += 1;
      assert.ok(redelivered === 'true' || Number(attempt) > 1, `not flagged: ${line}`);
    }
    seen.add(body);
  }
  t.diagnostic(
    `${again} of ${COUNT} were handed to a handler again, after ${KILLS} kills and one of the broker`,
  );
});

forEachArtefact(
  'answers probes within 100 ms and keeps its connection while a handler loops for ever',
  async (t, artefact) => {
    const queue = `loops-${artefact}`;
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: LOOPS_FOR_EVER },
      args: ['--heartbeat', '1s'],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, [1]);
    await eventually(() => assert.deepEqual(hurricane.output, ['begun']));
    // Longer than the broker waits for a heartbeat.
    const samples = await askProbes(t, hurricane.probePort, {
      samples: isLong ? 1000 : 200,
      everyMs: 20,
    });
    assert.ok(samples.every(({ status }) => status === 200));
    const p99 = percentile(samples, 0.99);
    assert.ok(p99 < 100, `99 of 100 probes within ${p99} ms`);
    assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.lost'));

    hurricane.signal('SIGTERM');
    await hurricane.sees('drain.started');
    const askedAt = performance.now();
    hurricane.signal('SIGTERM');
    await hurricane.left;
    const tookMs = performance.now() - askedAt;
    assert.equal((await hurricane.exit).code, 130);
    assert.ok(tookMs < 200, `ended ${tookMs} ms after the second signal`);
    await eventually(async () => assert.equal(await client.count(queue), 1));
  },
);

const EATS_MEMORY = `
export default function handle() {
  console.log('begun');
  for (const eaten = []; ; ) eaten.push(new Array(1000).fill(0));
}
`;

test('answers probes within 100 ms and keeps its connection while handlers eat all the memory they may [js]', async (t) => {
  const queue = 'eats';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue, handler: EATS_MEMORY },
    args: ['--heartbeat', '1s', '--retry', 'none'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, [1, 2, 3]);
  await eventually(() => assert.ok(hurricane.output.includes('begun')));
  const samples = await askProbes(t, hurricane.probePort, { samples: 200, everyMs: 20 });
  assert.ok(samples.every(({ status }) => status === 200));
  const p99 = percentile(samples, 0.99);
  assert.ok(p99 < 100, `99 of 100 probes within ${p99} ms`);
  t.diagnostic(`99 of 100 probes within ${p99} ms`);
  await hurricane.seesNth(3, 'message.dead', 60_000);
  assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.lost'));
});

test('stays alive and is not ready all the time that its broker is away, and looks for it as --backoff says [js]', async (t) => {
  const edge = await useBrokerEdge(t, broker);
  const [firstMs, maxMs] = [100, 1000];
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker: edge, queue: 'away', handler: 'export default () => {};' },
    args: ['--backoff', `${firstMs}ms..${maxMs}ms`],
  });
  await hurricane.up();
  await edge.vanish();
  await hurricane.sees('consumer.reconnecting');
  const everyMs = 200 / 3;
  const samples = await askProbes(t, hurricane.probePort, {
    samples: (isLong ? 60_000 : 10_000) / everyMs,
    everyMs,
  });
  const expected: Record<string, number> = { '/startup': 200, '/ready': 400, '/alive': 200 };
  for (const { path, status, ms } of samples) {
    assert.equal(status, expected[path], path);
    assert.ok(ms < 100, `${path} after ${ms} ms`);
  }
  const tries = hurricane.logs.filter(({ event }) => event === 'consumer.reconnecting');
  assert.ok(tries.length > 8, `${tries.length} tries`);
  for (const [n, { attempt, delay_ms: delayMs, time }] of tries.entries()) {
    assert.equal(attempt, n + 1);
    const longestMs = Math.min(maxMs, firstMs * 2 ** n);
    assert.ok(Number(delayMs) <= longestMs, `try ${n + 1} after ${String(delayMs)} ms`);
    const next = tries[n + 1];
    if (next === undefined) continue;
    const tookMs = Date.parse(String(next['time'])) - Date.parse(String(time));
    assert.ok(tookMs >= Number(delayMs) - 5, `${tookMs} instead of ${String(delayMs)} ms`);
  }
  assert.ok(new Set(tries.map((line) => line['delay_ms'])).size > 3);
  await edge.comeBack();
  await hurricane.seesNth(2, 'consumer.subscribed');
  await eventually(async () => assert.equal((await hurricane.probe('ready')).status, 200));
});
