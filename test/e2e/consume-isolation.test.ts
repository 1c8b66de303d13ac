// Handlers that loop, hang, exit, crash or eat memory: only their own messages fail.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { numbers, startConsumer, useClient } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTempDir } from '../helpers/temp-dir.ts';

const broker = shareRabbitmq();
const WITHIN = { within: 20_000 };

/** Misbehaves at the first attempt as the body says. */
const MISBEHAVES = `
export default async function handle({ body, attempt }) {
  console.log(body, attempt);
  if (attempt > 1) return;
  if (body === 'exits') process.exit(1);
  if (body === 'hangs') await new Promise(() => undefined);
  if (body === 'throws later') setImmediate(() => { throw new Error('later'); });
  if (body === 'throws later') await new Promise(() => undefined);
  if (body === 'eats') for (const eaten = []; ; ) eaten.push(new Array(1000).fill(0));
  if (body === 'loops') for (;;);
}
`;
const CRASHES_FOR_ONE = `
export default async function handle({ body }) {
  if (body === 'crasher') process.exit(7);
  await new Promise((resolve) => setTimeout(resolve, 5));
  console.log(body);
}
`;

forEachArtefact(
  'a handler that exits, throws outside or eats memory has failed an attempt',
  async (t, artefact) => {
    const bodies = ['exits', 'throws later', 'eats'];
    const { hurricane, reasons } = await failOnce(t, artefact, bodies, 'crash');
    assert.match(reasons[2] ?? '', /it used more than \d+ MiB of memory/);
    assert.equal((await hurricane.probe('ready')).status, 200);
  },
);

forEachArtefact(
  'a handler that hangs or loops has failed an attempt when its time is over',
  async (t, artefact) => {
    const args = ['--handler-timeout', '1s'];
    const { reasons } = await failOnce(t, artefact, ['hangs', 'loops'], 'timeout', args);
    const late = 'no end within 1s (--handler-timeout)';
    assert.deepEqual(reasons, [late, late]);
  },
);

/** Each message fails its first attempt as it says, and is handled in its second. */
async function failOnce(
  t: TestContext,
  artefact: Artefact,
  bodies: readonly string[],
  failure: string,
  args: readonly string[] = [],
) {
  const queue = `${failure}-${artefact}`;
  const hurricane = await startConsumer(t, {
    ...{ artefact, broker, queue, handler: MISBEHAVES },
    args: ['--retry', '100ms', '--concurrency', '1', ...args],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, bodies);
  await eventually(() => {
    const again = hurricane.output.filter((line) => line.endsWith(' 2'));
    assert.deepEqual(again.sort(), bodies.map((body) => `${body} 2`).sort());
  }, WITHIN);
  const retried = hurricane.logs.filter(({ event }) => event === 'message.retried');
  assert.deepEqual(
    retried.map(({ id, attempt, class: kind }) => [id, attempt, kind]),
    bodies.map((_, n) => [`${n}`, 1, failure]),
  );
  assert.ok(!hurricane.logs.some(({ event }) => event === 'consumer.lost'));
  return { hurricane, reasons: retried.map(({ reason }) => String(reason)) };
}

forEachArtefact(
  'one message that crashes every time takes no other with it',
  async (t, artefact) => {
    const queue = `poison-${artefact}`;
    const count = process.env['SOAK'] === undefined ? 200 : 1000;
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: CRASHES_FOR_ONE },
      args: ['--retry', '100ms,200ms', '--concurrency', '8', '--prefetch', '32'],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    const innocents = numbers(count - 1);
    await client.send(queue, [...innocents.slice(0, 50), 'crasher', ...innocents.slice(50)]);
    const { id, attempt } = await hurricane.sees('message.dead');
    assert.deepEqual([id, attempt], ['50', 3]);
    await eventually(
      () => assert.deepEqual(new Set(hurricane.output), new Set(innocents.map(String))),
      WITHIN,
    );
    assert.equal(await client.count(`${queue}.dead`), 1);
  },
);

forEachArtefact(
  'a module that says it is ill, or does not answer for its health, fails liveness with its words',
  async (t, artefact) => {
    const queue = `ill-${artefact}`;
    const path = join(useTempDir(t), 'state');
    writeFileSync(path, '');
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue },
      handler: `
import { readFileSync } from 'node:fs';
const is = (state) => readFileSync('${path}', 'utf8') === state;
export default function handle({ body, attempt }) {
  console.log(body, attempt);
  for (const until = Date.now() + 900; body === 'busy' && Date.now() < until; );
}
export function check() {
  if (is('throws')) throw new Error('the licence is over');
  if (is('rejects')) return Promise.reject(new TypeError('no model'));
  if (is('says')) return 'the cache is full';
  if (is('hangs')) return new Promise(() => {});
  if (is('loops')) for (;;);
}`,
      args: [
        ...['--check-interval', '100ms', '--check-timeout', '400ms', '--debug'],
        ...['--handler-timeout', '2s', '--retry', '100ms'],
      ],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    const becomes = async (state: string, status: number, text: RegExp): Promise<void> => {
      writeFileSync(path, state);
      await eventually(async () => {
        const answer = await hurricane.probe('alive');
        assert.deepEqual([answer.status, text.test(answer.text)], [status, true], answer.text);
      });
      assert.equal((await hurricane.probe('ready')).status, 200);
    };
    await becomes('throws', 500, /^handler error: Error: the licence is over/);
    await becomes('rejects', 500, /TypeError: no model/);
    await becomes('says', 500, /the cache is full/);
    await becomes('', 200, /./);
    // Longer than a check may take, but not longer than a message may.
    await client.send(queue, ['busy', 'busy']);
    await eventually(async () => {
      assert.equal((await hurricane.probe('alive')).status, 200);
      assert.equal(await client.count(queue), 0);
      assert.deepEqual(hurricane.output, ['busy 1', 'busy 1']);
    });
    const late = /check\(\) did not end within 0\.4s \(--check-timeout\)/;
    await becomes('loops', 500, late);
    // It also keeps a message from being handled, whose time tells that the thread is of no use.
    await client.send(queue, ['kept']);
    await hurricane.sees('handler.restarted');
    await becomes('hangs', 500, late);
    assert.ok(
      hurricane.logs.some(({ event, check }) => event === 'check.changed' && check === 'handler'),
    );
  },
);

test('a message that kills the whole consumer every time ends as a dead letter, and takes no other with it [js]', async (t) => {
  const queue = 'killer';
  const client = await useClient(t, broker);
  const start = (): Promise<Hurricane> =>
    startConsumer(t, {
      ...{ artefact: 'js', broker, queue },
      handler: `
export default async function handle({ body }) {
  // As the kernel does when the memory of the container is used up.
  if (body === 'killer') process.kill(process.pid, 'SIGKILL');
  console.log(body);
}`,
      args: ['--queue-arg', 'x-delivery-limit=8', '--concurrency', '8', '--prefetch', '8'],
    });
  const first = await start();
  await first.up();
  await client.send(queue, ['killer', ...numbers(20)]);
  const { signal } = await first.exit;
  assert.equal(signal, 'SIGKILL');
  const handled = first.output;
  // It has been handed out once, and is eight times more.
  for (let again = 0; again < 8; again += 1) {
    const next = await start();
    await next.exit;
    handled.push(...next.output);
  }
  const last = await start();
  await eventually(() => {
    const all = new Set([...handled, ...last.output]);
    assert.deepEqual(all, new Set(numbers(20).map(String)));
  }, WITHIN);
  await eventually(async () => assert.equal(await client.count(`${queue}.dead`), 1));
  assert.equal((await client.take(`${queue}.dead`))?.content.toString(), '"killer"');
  assert.equal((await last.probe('ready')).status, 200);
});

test('counts what a handler says of a message that was given up [js]', async (t) => {
  const queue = 'late';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue },
    handler: `
export default async function handle({ body, attempt }, { signal }) {
  if (attempt > 1) return;
  const { promise, resolve } = Promise.withResolvers();
  signal.addEventListener('abort', () => {
    console.log(body, 'should end');
    setTimeout(resolve, 1400);
  });
  await promise;
}`,
    args: ['--retry', '100ms', '--handler-timeout', '1s', '--concurrency', '2'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, ['first']);
  await eventually(() => assert.deepEqual(hurricane.output, ['first should end']));
  // Its thread outlives the first one, which ends after it was given up.
  await client.send(queue, ['second']);
  await hurricane.sees('message.settled-late');
  await hurricane.seesNth(2, 'message.retried');
});

test('no message runs while one of its key does, and those of one key keep their order [js]', async (t) => {
  const queue = 'ordered';
  const [keys, each] = process.env['SOAK'] === undefined ? [10, 30] : [20, 500];
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue },
    handler: `
export default async function handle({ body: { key, n } }) {
  console.log('begun', key, n);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
  console.log('ended', key, n);
}`,
    args: ['--order-key', 'header:key', '--concurrency', '16', '--prefetch', '100'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  for (const n of numbers(each)) {
    for (const key of numbers(keys)) {
      await client.send(queue, [{ key, n }], { headers: { key: `${key}` } });
    }
  }
  await eventually(() => assert.equal(hurricane.output.length, 2 * keys * each), WITHIN);
  for (const key of numbers(keys)) {
    const own = hurricane.output.filter((line) => line.split(' ')[1] === `${key}`);
    const inOrder = numbers(each).flatMap((n) => [`begun ${key} ${n}`, `ended ${key} ${n}`]);
    assert.deepEqual(own, inOrder);
  }
});

test('is handed no more messages than its prefetch [js]', async (t) => {
  const queue = 'prefetch';
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue },
    handler: `
let inHand = 0;
export default async function handle() {
  inHand += 1;
  console.log(inHand);
  await new Promise((resolve) => setTimeout(resolve, 10));
  inHand -= 1;
}`,
    args: ['--concurrency', '3', '--prefetch', '7'],
  });
  await hurricane.up();
  const client = await useClient(t, broker);
  await client.send(queue, numbers(100));
  const gauges = new Set<number>();
  await eventually(async () => {
    const page = (await hurricane.probe('metrics')).body.toString();
    const [flight, buffered] = ['in_flight', 'buffered'].map((name) =>
      Number(new RegExp(`^hurricane_consumer_${name}\\S* (\\d+)$`, 'm').exec(page)?.[1]),
    );
    gauges.add((flight ?? NaN) + (buffered ?? NaN));
    assert.equal(hurricane.output.length, 100);
  }, WITHIN);
  assert.ok(Math.max(...gauges) <= 7, [...gauges].join());
  assert.ok(Math.max(...hurricane.output.map(Number)) === 3);
});
