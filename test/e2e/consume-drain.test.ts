// How `hurricane consume` stops: what has begun ends, everything else goes back, and it takes no longer than
// it may.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { ctl, statusOf } from '../helpers/control.ts';
import { numbers, startConsumer, useClient, useValve } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';
import { useTcpProxy } from '../helpers/tcp-proxy.ts';

const broker = shareRabbitmq();

const WAITS_FOR_THE_TEST = `
export default async function handle({ body }, { signal }) {
  console.log('begun', body);
  await valve();
  signal.throwIfAborted();
  console.log('ended', body);
}
`;
const NEVER_ENDS = `
export default function handle({ body }) {
  console.log('begun', body);
  return new Promise(() => undefined);
}
`;
const ENDS_WHEN_ASKED_TO = `
export default async function handle({ body }, { signal }) {
  console.log('begun', body);
  await new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
`;
const said = ({ output }: Hurricane, word: string): readonly string[] =>
  output.filter((line) => line.startsWith(word));

forEachArtefact(
  'ends what has begun, gives the rest back, begins nothing more, and ends with 0',
  async (t, artefact) => {
    const queue = `ends-${artefact}`;
    const valve = useValve(t);
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: valve.source + WAITS_FOR_THE_TEST },
      args: ['--concurrency', '16', '--prefetch', '116'],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, numbers(150));
    await eventually(async () => {
      assert.equal(said(hurricane, 'begun').length, 16);
      assert.equal(await client.count(queue), 34);
    });
    hurricane.signal('SIGTERM');
    await eventually(async () => assert.equal(await client.count(queue), 134));
    assert.equal((await hurricane.probe('ready')).status, 400);
    assert.equal((await hurricane.probe('alive')).status, 200);
    valve.open();
    assert.equal((await hurricane.exit).code, 0);
    assert.deepEqual(
      [said(hurricane, 'begun').length, said(hurricane, 'ended').length, await client.count(queue)],
      [16, 16, 134],
    );
    const { accepted, completed, shed, forced } = await hurricane.sees('drain.ended');
    assert.deepEqual(
      { accepted, completed, shed, forced },
      { accepted: 116, completed: 16, shed: 100, forced: 0 },
    );
  },
);

for (const protocol of ['0-9-1', '1.0'] as const) {
  forEachArtefact(
    `drained by the operator it takes no new message, gives back what waits and ends what has begun, and undrained takes them again (${protocol})`,
    async (t, artefact) => {
      const queue = `operator-${protocol}-${artefact}`;
      const client = await useClient(t, broker);
      if (protocol === '1.0') await client.channel.assertQueue(queue);
      const valve = useValve(t);
      const hurricane = await startConsumer(t, {
        ...{ artefact, broker, queue, handler: valve.source + WAITS_FOR_THE_TEST },
        args: ['--concurrency', '2', '--prefetch', '5', '--protocol', protocol],
      });
      await hurricane.up();
      const fresh = (await statusOf(t, hurricane, { artefact })).messages;
      assert.deepEqual([fresh?.oldest_s, fresh?.last_settled], [0, null]);
      await client.send(queue, numbers(10));
      await eventually(() => assert.equal(said(hurricane, 'begun').length, 2));

      const drained = await ctl(t, hurricane, ['drain'], { artefact });
      assert.match(drained.stdout, /^drained: not ready from now on, no new message is taken/);
      await eventually(async () => assert.equal(await client.count(queue), 8));
      assert.equal((await hurricane.probe('ready')).text, 'drained by the operator');
      const { state, messages } = await statusOf(t, hurricane, { artefact });
      assert.deepEqual([state, messages?.state, messages?.in_hand], ['drained', 'drained', 2]);
      assert.ok((messages?.oldest_s ?? 0) > 0);
      const { stdout } = await ctl(t, hurricane, ['status'], { artefact });
      assert.match(stdout, /^messages 2 in hand, 0 not begun, the oldest for \S+; 0 settled$/m);

      valve.open();
      await eventually(async () => {
        const now = await statusOf(t, hurricane, { artefact });
        assert.deepEqual([now.messages?.in_hand, now.messages?.settled], [0, 2]);
        assert.ok(Date.now() - Date.parse(now.messages?.last_settled ?? '') < 60_000);
      });
      assert.equal(said(hurricane, 'begun').length, 2);
      assert.equal(await client.count(queue), 8);

      await ctl(t, hurricane, ['undrain'], { artefact });
      await eventually(() => assert.equal(said(hurricane, 'ended').length, 10));
      assert.equal((await hurricane.probe('ready')).status, 200);
      assert.equal(hurricane.logs.filter(({ event }) => event === 'consumer.subscribed').length, 1);
      hurricane.signal('SIGTERM');
      assert.equal((await hurricane.exit).code, 0);
      assert.equal(await client.count(queue), 0);
    },
  );
}

forEachArtefact(
  'drained while it has no broker it waits, and stops in order',
  async (t, artefact) => {
    const queue = `drained-away-${artefact}`;
    const way = await useTcpProxy(t, broker.address);
    const hurricane = await startConsumer(t, {
      ...{ artefact, queue, handler: 'export default () => undefined;' },
      broker: { port: way.port, vhost: broker.vhost },
      args: ['--backoff', '100ms..200ms'],
    });
    await hurricane.up();
    await ctl(t, hurricane, ['drain'], { artefact });
    way.reset();
    await hurricane.sees('consumer.lost');
    const { messages } = await statusOf(t, hurricane, { artefact });
    assert.deepEqual([messages?.state, messages?.reason], ['drained', '']);
    await ctl(t, hurricane, ['undrain'], { artefact });
    await eventually(async () => {
      assert.equal((await statusOf(t, hurricane, { artefact })).messages?.state, 'consuming');
    });
    await ctl(t, hurricane, ['drain'], { artefact });
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
  },
);

forEachArtefact(
  'waits no longer than the grace period, and gives back what has not ended by then',
  async (t, artefact) => {
    const queue = `bounded-${artefact}`;
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: NEVER_ENDS },
      args: ['--grace-period', '3s'],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, [1]);
    await eventually(() => assert.deepEqual(said(hurricane, 'begun'), ['begun 1']));
    const askedAt = performance.now();
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 75);
    const tookMs = performance.now() - askedAt;
    assert.ok(tookMs >= 1000 && tookMs < 4000, `${tookMs} ms`);
    const { reason } = await hurricane.sees('hurricane.ended');
    assert.match(String(reason), /^1 message was still being handled/);
    const back = await client.take(queue);
    assert.deepEqual([back?.content.toString(), back?.fields.redelivered], ['1', true]);
    assert.equal(back?.properties.headers?.['hurricane-attempt'], undefined);
  },
);

forEachArtefact(
  'asks a handler to end when most of the grace period is over, and counts no attempt',
  async (t, artefact) => {
    const queue = `asked-${artefact}`;
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: ENDS_WHEN_ASKED_TO },
      args: ['--grace-period', '3s'],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, [1]);
    await eventually(() => assert.deepEqual(said(hurricane, 'begun'), ['begun 1']));
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
    const back = await client.take(queue);
    assert.equal(back?.content.toString(), '1');
    assert.equal(back.properties.headers?.['hurricane-attempt'], undefined);
    assert.equal(await client.count(`${queue}.dead`), 0);
  },
);

forEachArtefact(
  'a second signal ends at once, and what is in hand goes back',
  async (t, artefact) => {
    const queue = `hurried-${artefact}`;
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: NEVER_ENDS },
      args: ['--concurrency', '2', '--prefetch', '4'],
    });
    await hurricane.up();
    const client = await useClient(t, broker);
    await client.send(queue, numbers(4));
    await eventually(() => assert.equal(said(hurricane, 'begun').length, 2));
    hurricane.signal('SIGTERM');
    await hurricane.sees('drain.started');
    await eventually(async () => assert.equal(await client.count(queue), 2));
    const askedAt = performance.now();
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 130);
    const tookMs = performance.now() - askedAt;
    // Of 25 s; how few it is, is measured where nothing else runs.
    assert.ok(tookMs < 2000, `${tookMs} ms`);
    assert.equal(await client.count(queue), 4);
    const back = await Promise.all(numbers(4).map(() => client.take(queue)));
    assert.deepEqual(
      back.map((message) => message?.properties.headers?.['hurricane-attempt'] as unknown),
      Array(4).fill(undefined),
    );
  },
);

test('a rollout counts no attempt, although every generation gives messages back [js]', async (t) => {
  const artefact = 'js';
  const queue = 'generations';
  const generations = process.env['SOAK'] === undefined ? 5 : 30;
  const client = await useClient(t, broker);
  for (const generation of numbers(generations)) {
    const hurricane = await startConsumer(t, {
      ...{ artefact, broker, queue, handler: NEVER_ENDS },
      args: ['--grace-period', '1s', '--concurrency', '1', '--prefetch', '10'],
    });
    await hurricane.up();
    if (generation === 0) await client.send(queue, numbers(10));
    await eventually(() => assert.equal(said(hurricane, 'begun').length, 1));
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 75);
    await eventually(async () => assert.equal(await client.count(queue), 10));
  }
  for (const n of numbers(10)) {
    const message = await client.take(queue);
    assert.equal(message?.properties.headers?.['hurricane-attempt'], undefined, `${n}`);
  }
  assert.equal(await client.count(`${queue}.dead`), 0);
});

test('a stop while the module is being set up does not wait for it [js]', async (t) => {
  const hurricane = await startConsumer(t, {
    ...{ artefact: 'js', broker, queue: 'set-up' },
    handler: `
export default () => undefined;
export async function setup() {
  console.log('setting up');
  await new Promise(() => setInterval(() => undefined, 1000));
}`,
  });
  await eventually(() => assert.deepEqual(hurricane.output, ['setting up']));
  const askedAt = performance.now();
  hurricane.signal('SIGTERM');
  const { code } = await hurricane.exit;
  const tookMs = performance.now() - askedAt;
  assert.deepEqual([code, tookMs < 2000], [0, true], `${tookMs} ms`);
});
