// Webhooks as the original's tests ask for them: on a good start, on a bad one, on the edges of probes.

import assert from 'node:assert/strict';
import { hostname } from 'node:os';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { serveExample, startExample } from '../helpers/example.ts';
import type { Hurricane, LogLine } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { useWebhookSink, type Delivery, type WebhookSink } from '../helpers/webhook-sink.ts';

const KEYS = ['info', 'type', 'traceback', 'status', 'timestamp', 'podname', 'version'];

const startup = ({ type }: Delivery['payload']): boolean => type === 'startup';

/** No long wait at the end for a receiver that is not there. */
const hurried = ['--grace-period', '2s'];

async function unreachableUrl(): Promise<string> {
  return `http://127.0.0.1:${await usePort()}/`;
}

function sendFailure(url: string): (line: LogLine) => boolean {
  const { host } = new URL(url);
  return ({ msg, level }) =>
    level === 'warn' && msg.startsWith(`Sending webhook to http://${host}/… has failed due to `);
}

async function stop(hurricane: Hurricane): Promise<void> {
  hurricane.signal('SIGTERM');
  assert.deepEqual(await hurricane.exit, { code: 0, signal: null });
}

/** The status of each delivery of this type, in order of arrival. */
function statusesOf(sink: WebhookSink, type: string): unknown[] {
  return sink.deliveries.filter(({ payload }) => payload['type'] === type).map(statusOf);
}

function statusOf({ payload }: Delivery): unknown {
  return payload['status'];
}

forEachArtefact(
  'A19 an unreachable receiver is a warning, and the app is served as ever',
  async (t, artefact) => {
    const url = await unreachableUrl();
    const hurricane = await serveExample(t, ['--webhook-url', url], { artefact });
    const { msg } = await hurricane.sees(sendFailure(url));
    assert.match(msg, /refused/);
    assert.equal((await hurricane.probe('ready')).status, 200);
    assert.equal((await hurricane.get('/')).text, 'Hello from Node\n');
  },
);

forEachArtefact(
  'A20 a failing startup command and an unreachable receiver are both told, and it ends with 75',
  async (t, artefact) => {
    const url = await unreachableUrl();
    const args = [...hurried, '--webhook-url', url, '--command', 'false'];
    const hurricane = await startExample(t, args, { artefact });
    assert.deepEqual(await hurricane.exit, { code: 75, signal: null });
    const ended = await hurricane.sees('command.ended');
    assert.equal(ended.level, 'error');
    assert.equal((await hurricane.sees(sendFailure(url)))['type'], 'startup');
  },
);

forEachArtefact(
  'A33 a failing liveness check and an unreachable receiver: the probe is 500, the failure to send is told',
  async (t, artefact) => {
    const url = await unreachableUrl();
    const check = `liveness:database=tcp://127.0.0.1:${await usePort()}`;
    const args = ['--webhook-url', `liveness@${url}`, '--check', check];
    const hurricane = await serveExample(t, args, { artefact });
    const { status, text } = await hurricane.probe('alive');
    assert.equal(status, 500);
    assert.equal(text, 'database error');
    assert.equal((await hurricane.sees(sendFailure(url)))['type'], 'liveness');
  },
);

forEachArtefact(
  'B01 after a successful startup command the receiver hears that the startup succeeded',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const args = ['--webhook-url', sink.url, '--command', 'true'];
    const hurricane = await serveExample(t, args, { artefact });
    const { payload, headers } = await sink.receives(startup);
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(Object.keys(payload).slice(0, KEYS.length), KEYS);
    assert.partialDeepStrictEqual(payload, {
      ...{ info: 'Startup webhook', type: 'startup', status: 'succeeded', traceback: null },
      ...{ podname: hostname(), version: null },
    });
    const age = Date.now() / 1000 - Number(payload['timestamp']);
    assert.ok(Number.isInteger(payload['timestamp']) && age >= 0 && age < 60, `${age} s old`);
    await stop(hurricane);
    assert.deepEqual(statusesOf(sink, 'startup'), ['succeeded']);
  },
);

forEachArtefact(
  'B02 after a failing startup command the receiver hears that the startup failed, with its output',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const command = `sh -c "echo connecting; echo 'no such table' >&2; exit 4"`;
    const args = ['--webhook-url', sink.url, '--command', command];
    const hurricane = await startExample(t, args, { artefact });
    assert.deepEqual(await hurricane.exit, { code: 75, signal: null });
    const { payload } = await sink.receives(startup, 0);
    assert.equal(payload['status'], 'failed');
    // The two streams of one program are not in order with each other.
    const output = String(payload['traceback']).trim().split('\n');
    assert.deepEqual(output.toSorted(), ['connecting', 'no such table']);
    assert.ok(String(payload['reason']).includes(command), String(payload['reason']));
    const types = sink.deliveries.map(({ payload }) => payload['type']);
    assert.deepEqual(
      types.filter((type) => type !== 'drain'),
      ['startup'],
      'neither probes nor app were ever up',
    );
  },
);

forEachArtefact(
  'B03 without startup commands the receiver hears of a successful startup too',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    await serveExample(t, ['--webhook-url', sink.url], { artefact });
    assert.equal(statusOf(await sink.receives(startup)), 'succeeded');
  },
);

forEachArtefact(
  'B04 a receiver that answers 404 is a warning with the remedy, and gets that webhook only once',
  async (t, artefact) => {
    const sink = await useWebhookSink(t, ({ path }) => (path === '/wrong' ? 404 : 200));
    const args = ['--webhook-url', `${sink.url}wrong`];
    const hurricane = await serveExample(t, args, { artefact });
    const failure = await hurricane.sees(sendFailure(sink.url));
    assert.match(failure.msg, /404.*check the path of --webhook-url/);
    await stop(hurricane);
    const ids = sink.deliveries.map(({ payload }) => payload['id']);
    assert.equal(new Set(ids).size, ids.length, 'one was sent again');
    assert.deepEqual(statusesOf(sink, 'startup'), ['succeeded']);
  },
);

forEachArtefact('B05 the receiver hears that the liveness probe passes', async (t, artefact) => {
  const sink = await useWebhookSink(t);
  const url = `liveness@${sink.url}`;
  const hurricane = await serveExample(t, ['--webhook-url', url], { artefact });
  await assertPasses(hurricane, 'alive');
  const { payload } = await sink.receives(({ type }) => type === 'liveness');
  assert.partialDeepStrictEqual(payload, { status: 'succeeded', previous: null, traceback: null });
  await stop(hurricane);
  assert.deepEqual(sink.deliveries.map(statusOf), ['succeeded']);
});

forEachArtefact(
  'B06 the receiver hears that the readiness probe passes, and at the end that it does not',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const url = `readiness@${sink.url}`;
    const hurricane = await serveExample(t, ['--webhook-url', url], { artefact });
    await assertPasses(hurricane, 'ready');
    const { payload } = await sink.receives(({ type }) => type === 'readiness');
    assert.partialDeepStrictEqual(payload, { status: 'succeeded', previous: null });
    await stop(hurricane);
    assert.deepEqual(sink.deliveries.map(statusOf), ['succeeded', 'failed']);
    assert.partialDeepStrictEqual(sink.deliveries[1]?.payload, {
      ...{ reason: 'draining', previous: 'succeeded' },
    });
  },
);

/** More than once: asking is no edge. */
async function assertPasses(hurricane: Hurricane, probe: string): Promise<void> {
  for (let n = 0; n < 3; n += 1) assert.equal((await hurricane.probe(probe)).status, 200);
}

forEachArtefact(
  'B07 with --req-queue-len 0 the readiness probe is 400 and the receiver hears of one failure, and of nothing else',
  async (t, artefact) => {
    const sink = await useWebhookSink(t);
    const args = ['--req-queue-len', '0', '--webhook-url', `readiness@${sink.url}`];
    const hurricane = await serveExample(t, args, { artefact });
    for (let n = 0; n < 5; n += 1) {
      const { status, text } = await hurricane.probe('ready');
      assert.equal(status, 400);
      assert.equal(text, 'Request queue size: 0 limit: 0');
      assert.equal((await hurricane.get('/')).status, 200);
    }
    const { payload } = await sink.receives(({ type }) => type === 'readiness');
    assert.partialDeepStrictEqual(payload, { status: 'failed', previous: null });
    await stop(hurricane);
    assert.deepEqual(sink.deliveries.map(statusOf), ['failed']);
  },
);

forEachArtefact('B09 HURRICANE_VERSION is in every webhook', async (t, artefact) => {
  const sink = await useWebhookSink(t);
  const hurricane = await serveExample(t, ['--webhook-url', sink.url], {
    artefact,
    env: { HURRICANE_VERSION: '2.7.1-beta' },
  });
  await sink.receives(startup);
  await stop(hurricane);
  const types = sink.deliveries.map(({ payload }) => payload['type']);
  assert.deepEqual(types, [
    ...['startup', 'liveness', 'readiness'],
    ...['readiness', 'app', 'drain'],
  ]);
  for (const { payload } of sink.deliveries) assert.equal(payload['version'], '2.7.1-beta');
});
