// Messages of a queue, posted into the app that is served.

import assert from 'node:assert/strict';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { numbers, useClient } from '../helpers/consume.ts';
import { ctl, statusOf } from '../helpers/control.ts';
import { startDelivering, type Delivering } from '../helpers/delivering.ts';
import { eventually } from '../helpers/eventually.ts';
import { runHurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { shareRabbitmq } from '../helpers/rabbitmq.ts';

const broker = shareRabbitmq();

const attemptsOf = ({ got }: Delivering): readonly (readonly [n: number, attempt: number])[] =>
  got()
    .map(({ n, attempt }) => [n, attempt] as const)
    .toSorted(([a, first], [b, second]) => a - b || first - second);
const once = (count: number) => numbers(count).map((n) => [n, 1] as const);
const consuming = ({ hurricane }: Delivering) => hurricane.sees('consumer.subscribed');

forEachArtefact(
  'messages are posted straight into the app, whose answer decides; metrics and status show both',
  async (t, artefact) => {
    const queue = `deliver-${artefact}`;
    const args = ['--app-socket', '{folder}/app.sock', '--concurrency', '3'];
    const app = await startDelivering(t, { artefact, broker, queue, args });
    const { hurricane } = app;
    await consuming(app);
    const client = await useClient(t, broker);
    await client.send(queue, [{ n: 0 }, { n: 1, ask: '400' }, { n: 2, ask: '503' }]);
    const { reason, id } = await hurricane.sees('message.dead');
    assert.deepEqual([reason, id], ['HTTP 400', '1']);
    await eventually(() =>
      assert.deepEqual(attemptsOf(app), [
        [0, 1],
        [1, 1],
        [2, 1],
        [2, 2],
      ]),
    );
    assert.ok(app.got().every(({ url, straight }) => url === '/messages' && straight));
    assert.equal((await hurricane.get('/')).status, 200);
    await eventually(async () => {
      const page = await scrape(hurricane);
      assert.equal(page.sum('hurricane_consumer_messages_total', { queue, outcome: 'ack' }), 2);
      assert.equal(page.sum('hurricane_requests_total'), 1);
      const { requests, messages } = await statusOf(t, hurricane, { artefact });
      assert.equal(requests?.['finished'], 1);
      assert.deepEqual(
        [messages?.queue, messages?.state, messages?.settled],
        [queue, 'consuming', 4],
      );
    });
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
    assert.equal(await client.count(queue), 0);
  },
);

forEachArtefact(
  'no message begins while the app is not ready, and none has lost an attempt by it',
  async (t, artefact) => {
    const queue = `pause-${artefact}`;
    const check = 'readiness:health=http://127.0.0.1:{port}/health';
    const app = await startDelivering(t, {
      ...{ artefact, broker, queue },
      args: ['--check', check, '--check-interval', '100ms'],
    });
    const { hurricane } = app;
    await consuming(app);
    const client = await useClient(t, broker);
    const isReady = (passing: boolean) => (line: { event?: string; [field: string]: unknown }) =>
      line.event === 'probe.changed' &&
      line['probe'] === 'readiness' &&
      line['passing'] === passing;
    app.setSick(true);
    await hurricane.sees(isReady(false));
    await client.send(
      queue,
      numbers(20).map((n) => ({ n })),
    );
    await eventually(async () => {
      const { messages } = await statusOf(t, hurricane, { artefact });
      assert.deepEqual([messages?.waiting, messages?.reason], [8, 'not ready: health error']);
    });
    assert.deepEqual(app.got(), []);
    app.setSick(false);
    await eventually(() => assert.deepEqual(attemptsOf(app), once(20)));
    await ctl(t, hurricane, ['drain'], { artefact });
    await client.send(queue, [{ n: 20 }]);
    await eventually(async () => {
      const { messages } = await statusOf(t, hurricane, { artefact });
      assert.deepEqual([messages?.state, messages?.in_hand], ['drained', 0]);
      assert.equal(await client.count(queue), 1, 'others may have it');
    });
    await ctl(t, hurricane, ['undrain'], { artefact });
    await eventually(() => assert.deepEqual(attemptsOf(app), once(21)));
  },
);

forEachArtefact(
  'a message in hand ends in the app that is replaced, later ones go to the new one; a restart loses none',
  async (t, artefact) => {
    const queue = `replaced-${artefact}`;
    const app = await startDelivering(t, { artefact, broker, queue });
    const { hurricane, got } = app;
    await consuming(app);
    const client = await useClient(t, broker);
    await client.send(queue, [{ n: 0, ask: 'wait' }]);
    await eventually(() => assert.equal(got().length, 1));
    const reload = await ctl(t, hurricane, ['reload'], { artefact });
    assert.equal(reload.code, 0, reload.stderr);
    await client.send(queue, [{ n: 1 }]);
    await eventually(() => assert.equal(got().length, 2));
    const [before, after] = got();
    assert.notEqual(before?.pid, after?.pid);
    const wasLeft = hurricane.sees('app.ended');
    app.open();
    await wasLeft;
    await eventually(() => assert.ok(hurricane.output.includes('did 0')));

    const restart = ctl(t, hurricane, ['restart'], { artefact });
    await client.send(
      queue,
      numbers(100).map((n) => ({ n: n + 2 })),
    );
    assert.equal((await restart).code, 0);
    await eventually(() => assert.deepEqual(attemptsOf(app), once(102)));
    assert.deepEqual(await client.count(queue), 0);
  },
);

forEachArtefact(
  'an app that is killed fails the message in hand, and the others wait for the next app',
  async (t, artefact) => {
    const queue = `killed-${artefact}`;
    const args = ['--restart', 'always', '--concurrency', '2', '--prefetch', '50'];
    const app = await startDelivering(t, { artefact, broker, queue, args });
    await consuming(app);
    const client = await useClient(t, broker);
    const first = [0, 1].map((n) => ({ n, ask: 'wait' }));
    await client.send(queue, [...first, ...numbers(40).map((n) => ({ n: n + 2 }))]);
    await eventually(() => assert.equal(app.got().length, 2));
    process.kill(app.got()[0]?.pid ?? 0, 'SIGKILL');
    const failed = await app.hurricane.sees('message.retried');
    assert.deepEqual([failed['class'], failed['attempt']], ['crash', 1]);
    assert.equal(failed['reason'], 'the app was ended by SIGKILL');
    await eventually(() =>
      assert.deepEqual(attemptsOf(app), [
        ...[0, 1].flatMap((n) => [1, 2].map((attempt) => [n, attempt])),
        ...numbers(40).map((n) => [n + 2, 1]),
      ]),
    );
    await eventually(async () => {
      const page = await scrape(app.hurricane);
      assert.equal(page.sum('hurricane_consumer_messages_total', { outcome: 'ack' }), 42);
    });
  },
);

forEachArtefact(
  'a stop lets the request and the message in hand end, and gives the rest back',
  async (t, artefact) => {
    const queue = `stop-${artefact}`;
    const args = ['--concurrency', '1', '--prefetch', '5'];
    const app = await startDelivering(t, { artefact, broker, queue, args });
    const { hurricane } = app;
    await consuming(app);
    const client = await useClient(t, broker);
    await client.send(
      queue,
      numbers(10).map((n) => ({ n, ask: 'wait' })),
    );
    const answer = hurricane.get('/wait');
    await eventually(() => {
      assert.equal(app.got().length, 1);
      assert.ok(hurricane.output.includes('asked to wait'));
    });
    hurricane.signal('SIGTERM');
    await eventually(async () => assert.equal(await client.count(queue), 9));
    await hurricane.sees('listener.closed');
    app.open();
    assert.equal((await answer).status, 200);
    assert.equal((await hurricane.exit).code, 0);
    const { completed, forced, during_stop: stop } = await hurricane.sees('drain.ended');
    assert.deepEqual([completed, forced], [2, 0]);
    assert.partialDeepStrictEqual(stop, { in_hand: 6, completed: 2, shed: 4 });
    assert.deepEqual([app.got().length, await client.count(queue)], [1, 9]);
  },
);

forEachArtefact(
  'a message that the app does not end within the grace period goes back as it was: exit code 75',
  async (t, artefact) => {
    const queue = `back-${artefact}`;
    const args = ['--grace-period', '2s'];
    const app = await startDelivering(t, { artefact, broker, queue, args });
    await consuming(app);
    const client = await useClient(t, broker);
    await client.send(queue, [{ n: 0, ask: 'wait' }]);
    await eventually(() => assert.equal(app.got().length, 1));
    app.hurricane.signal('SIGTERM');
    assert.equal((await app.hurricane.exit).code, 75);
    assert.equal((await app.hurricane.sees('drain.ended'))['forced'], 1);
    const back = await client.take(queue);
    assert.equal(back?.content.toString(), '{"n":0,"ask":"wait"}');
    assert.equal(back.properties.headers?.['hurricane-attempt'], undefined);
  },
);

forEachArtefact(
  'without its broker the app is served all the same, and the status tells of it',
  async (t, artefact) => {
    const nobody = { port: await usePort() };
    const app = await startDelivering(t, { artefact, broker: nobody, queue: 'away' });
    const { hurricane } = app;
    await hurricane.sees('consumer.reconnecting');
    assert.equal((await hurricane.get('/')).status, 200);
    assert.equal((await hurricane.probe('ready')).status, 200);
    const { messages } = await statusOf(t, hurricane, { artefact });
    assert.match(messages?.reason ?? '', /cannot be reached: connect ECONNREFUSED/);
    assert.equal((await scrape(hurricane)).sum('hurricane_consumer_connected'), 0);
    hurricane.signal('SIGTERM');
    assert.equal((await hurricane.exit).code, 0);
  },
);

forEachArtefact(
  'a login that is refused ends hurricane with 77, after the requests in hand',
  async (t, artefact) => {
    const app = await startDelivering(t, {
      ...{ artefact, broker, queue: 'refused' },
      env: { AMQP_PASSWORD: 'wrong' },
    });
    const { hurricane } = app;
    await hurricane.up();
    const answer = hurricane.get('/wait');
    await hurricane.sees('listener.closed');
    app.open();
    assert.equal((await answer).status, 200);
    assert.equal((await hurricane.exit).code, 77);
    const { reason } = await hurricane.sees('hurricane.ended');
    assert.match(String(reason), /refuses the login of user "guest"/);
  },
);

forEachArtefact(
  'options of messages are refused without --deliver, and with it queue and broker are named',
  async (t, artefact) => {
    const serve = (args: readonly string[], env = {}) =>
      runHurricane(t, ['serve', ...args, '--', 'node', 'app.js'], { artefact, env });
    const alone = await serve(['--queue', 'orders', '--prefetch', '5']);
    assert.equal(alone.code, 64);
    assert.match(alone.stderr, /--queue, --prefetch need --deliver: name the path of the app/);
    const unnamed = await serve(['--deliver', '/messages']);
    assert.equal(unnamed.code, 64);
    assert.match(unnamed.stderr, /no queue to take messages from: name it with --queue/);
    assert.match(unnamed.stderr, /The amqp host must not be empty/);
  },
);
