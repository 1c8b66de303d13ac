// The numbers by which replicas are counted, as KEDA's metrics-api scaler reads them: one JSON object, one level.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { startConsumer, useClient, useValve } from '../helpers/consume.ts';
import { useDevelopmentBroker } from '../helpers/development-broker.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveExample } from '../helpers/example.ts';
import { startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { consumingMetrics } from '../helpers/metric-names.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { tell } from '../helpers/registrar.ts';

const REQUESTS = [
  'hurricane_requests_in_flight',
  'hurricane_requests_queued',
  'hurricane_response_time_average_milliseconds',
];
const MESSAGES = ['hurricane_consumer_in_flight', 'hurricane_consumer_buffered'];

forEachArtefact(
  'a flat object tells queue, requests in flight and what the app has pushed, as the page does',
  async (t, artefact) => {
    const hurricane = await serveExample(t, [], { artefact });
    assert.deepEqual(Object.keys(await numbersOf(hurricane)), REQUESTS);

    const slow = ['a', 'b', 'c'].map(() => hurricane.get('/slow?ms=1500'));
    await eventually(async () =>
      assert.equal((await numbersOf(hurricane))['hurricane_requests_queued'], 3),
    );
    await Promise.all(slow);
    await tell(hurricane, 'PUT', '/metrics/open_carts', { type: 'gauge' });
    await tell(hurricane, 'PUT', '/metrics/orders', { type: 'counter' });
    assert.deepEqual(Object.keys(await numbersOf(hurricane)), REQUESTS, 'it has no value yet');
    await tell(hurricane, 'POST', '/metrics/open_carts', { op: 'set', value: 4.5 });
    await tell(hurricane, 'POST', '/metrics/orders', { op: 'inc' });

    await eventually(async () => {
      const numbers = await numbersOf(hurricane);
      assert.equal(numbers['hurricane_requests_queued'], 0);
      assert.equal(numbers['open_carts'], 4.5);
      assert.deepEqual(Object.keys(numbers), ['open_carts', ...REQUESTS]);
      const page = await scrape(hurricane);
      for (const [name, value] of Object.entries(numbers)) assert.equal(page.sum(name), value);
    });
    assert.equal(
      (await hurricane.get('/metrics.json')).status,
      404,
      'it is on the port of the app too',
    );
  },
);

forEachArtefact(
  'it follows the page: --metrics moves it, --no-metrics ends it',
  async (t, artefact) => {
    const moved = await serveExample(t, ['--metrics', '/m'], { artefact });
    assert.equal((await moved.probe('m.json')).status, 200);
    assert.equal((await moved.probe('metrics.json')).status, 404);
    const none = await serveExample(t, ['--no-metrics'], { artefact });
    const [page, numbers] = [await none.probe('metrics'), await none.probe('metrics.json')];
    assert.deepEqual([page.status, page.text], [404, 'not found']);
    assert.deepEqual([numbers.status, numbers.text], [404, 'not found']);
  },
);

forEachArtefact('of a consumer it tells the messages in hand', async (t, artefact) => {
  const broker = await useDevelopmentBroker(t);
  const valve = useValve(t);
  const handler = `${valve.source}\nexport default () => valve();`;
  const args = ['--concurrency', '2', '--prefetch', '3'];
  const hurricane = await startConsumer(t, { artefact, broker, queue: 'jobs', handler, args });
  assert.deepEqual(Object.keys(await eventually(() => numbersOf(hurricane))), MESSAGES);
  await hurricane.up();
  const { names } = await scrape(hurricane);
  for (const name of Object.keys(consumingMetrics)) assert.ok(names.includes(name), name);
  await (await useClient(t, broker)).send('jobs', [0, 1, 2, 3]);
  await eventually(async () => assert.deepEqual(Object.values(await numbersOf(hurricane)), [2, 1]));
  valve.open();
  await eventually(async () => assert.deepEqual(Object.values(await numbersOf(hurricane)), [0, 0]));
});

test('of a worker it tells only what the program pushes', async (t) => {
  const options = { artefact: 'js', command: 'worker' } as const;
  const hurricane = await startHurricane(t, ['--', 'sleep', '60'], options);
  assert.deepEqual(await eventually(() => numbersOf(hurricane)), {});
});

async function numbersOf(hurricane: Hurricane): Promise<Readonly<Record<string, number>>> {
  const { status, headers, text } = await hurricane.probe('metrics.json');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/json');
  return JSON.parse(text) as Record<string, number>;
}
