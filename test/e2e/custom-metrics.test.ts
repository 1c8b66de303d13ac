// Metrics that are not ours on our page: pushed over the control socket, or asked of the app, of programs and
// of modules. Whatever they do, the page comes in time and is one that Prometheus takes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveExample } from '../helpers/example.ts';
import { runHurricane, startHurricane, type Hurricane } from '../helpers/hurricane.ts';
import { useHttpServer } from '../helpers/http-server.ts';
import { scrape } from '../helpers/prometheus-page.ts';
import { tell } from '../helpers/registrar.ts';
import { useFiles } from '../helpers/temp-dir.ts';

const ERRORS = 'hurricane_metrics_source_errors_total';

const valueOf = async (hurricane: Hurricane, id: string): Promise<unknown> =>
  (await tell(hurricane, 'GET', `/metrics/${id}`)).body['value'];

forEachArtefact('A21 a second metric with the same id is refused', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const put = () => tell(hurricane, 'PUT', '/metrics/request_counter', { type: 'counter' });
  assert.equal((await put()).status, 200);
  const refused = {
    status: 409,
    body: { error: 'Metric ID (request_counter) is already registered.' },
  };
  assert.deepEqual(await put(), refused);
  const own = await tell(hurricane, 'PUT', '/metrics/hurricane_info');
  assert.deepEqual(own.body, { error: 'Metric ID (hurricane_info) is already registered.' });
  const prefixed = await tell(hurricane, 'PUT', '/metrics/hurricane_mine');
  assert.deepEqual(
    [prefixed.status, prefixed.body],
    [409, { error: "names that begin with hurricane_ are hurricane's own" }],
  );
});

forEachArtefact('A22 to unregister an unknown metric does nothing', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const before = (await scrape(hurricane)).names;
  assert.equal((await tell(hurricane, 'DELETE', '/metrics/nobody_knows')).status, 200);
  assert.deepEqual((await scrape(hurricane)).names, before);
  const { status, body } = await tell(hurricane, 'GET', '/metrics/nobody_knows');
  assert.equal(status, 404);
  assert.match(String(body['error']), /PUT \/metrics\/nobody_knows registers it/);
});

forEachArtefact('A23 what was set is what is got, and is on the page', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  await tell(hurricane, 'PUT', '/metrics/queue_depth', { help: 'Waiting "jobs" \\ all.\nSecond' });
  assert.equal(await valueOf(hurricane, 'queue_depth'), null);
  await tell(hurricane, 'POST', '/metrics/queue_depth', { op: 'set', value: 12.5 });
  assert.equal(await valueOf(hurricane, 'queue_depth'), 12.5);
  const labels = { name: 'a "quoted" \\ name\nof two lines' };
  await tell(hurricane, 'POST', '/metrics/queue_depth', { op: 'set', value: 3, labels });
  await tell(hurricane, 'PUT', '/metrics/job_seconds', { type: 'histogram', buckets: [1, 5] });
  for (const value of [0.5, 1, 4, 99]) {
    await tell(hurricane, 'POST', '/metrics/job_seconds', { op: 'observe', value });
  }
  const page = await scrape(hurricane);
  assert.equal(page.sum('queue_depth'), 15.5);
  assert.deepEqual(page.labelsOf('queue_depth').at(-1), labels);
  assert.equal(page.sum('job_seconds'), 4);
  const { text } = await hurricane.probe('metrics');
  assert.match(text, /^job_seconds_bucket\{le="1"\} 2\njob_seconds_bucket\{le="5"\} 3\n/m);
  assert.match(text, /^job_seconds_sum 104.5$/m);
  await tell(hurricane, 'DELETE', '/metrics/queue_depth');
  assert.ok(!(await scrape(hurricane)).names.includes('queue_depth'));
});

forEachArtefact('A24 a module that calculates nothing is refused', async (t, artefact) => {
  const file = useFiles(t, { 'none.mjs': 'export const get = () => 1;' });
  const path = file('none.mjs');
  const args = ['serve', '--port', '0', '--custom-metrics', path, '--', 'sleep', '9'];
  const { code, stdout, stderr } = await runHurricane(t, args, { artefact });
  assert.equal(code, 66);
  assert.match(
    stdout + stderr,
    /none\.mjs cannot be loaded: its default export must be a function/,
  );
});

forEachArtefact('A25 up, up and down by one is one', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  const post = (id: string, op: string) => tell(hurricane, 'POST', `/metrics/${id}`, { op });
  await tell(hurricane, 'PUT', '/metrics/open_carts');
  for (const op of ['inc', 'inc', 'dec']) await post('open_carts', op);
  assert.equal(await valueOf(hurricane, 'open_carts'), 1);
  await tell(hurricane, 'PUT', '/metrics/orders_total', { type: 'counter' });
  await post('orders_total', 'inc');
  const { status, body } = await post('orders_total', 'dec');
  assert.equal(status, 400);
  assert.match(String(body['error']), /counter, which only goes up; a gauge has set, inc and dec/);
  const page = await scrape(hurricane);
  assert.deepEqual([page.sum('open_carts'), page.sum('orders_total')], [1, 1]);
  for (const wrong of [{ op: 'jump' }, { op: 'set' }, { op: 'inc', value: '1' }, 'inc', [1]]) {
    assert.equal((await tell(hurricane, 'POST', '/metrics/open_carts', wrong)).status, 400);
  }
});

forEachArtefact(
  'A26 a built-in can be taken off the page and put back, and counts on meanwhile',
  async (t, artefact) => {
    const hurricane = await serveExample(t, [], { artefact });
    const path = '/metrics/hurricane_requests_total';
    await scrape(hurricane);
    assert.equal((await tell(hurricane, 'GET', path)).body['type'], 'counter');
    await tell(hurricane, 'DELETE', path);
    assert.equal((await tell(hurricane, 'GET', path)).status, 404);
    assert.ok(!(await scrape(hurricane)).names.includes('hurricane_requests_total'));
    assert.equal((await hurricane.get('/')).status, 200);
    assert.equal((await hurricane.get('/')).status, 200);
    assert.match((await hurricane.probe('alive')).text, /^Average response time/);
    assert.equal((await tell(hurricane, 'POST', path, { op: 'inc' })).status, 409);
    assert.equal((await tell(hurricane, 'PUT', path)).status, 200);
    await eventually(async () => {
      assert.equal((await scrape(hurricane)).sum('hurricane_requests_total'), 2);
    });
  },
);

forEachArtefact(
  'X01 a synchronous and an asynchronous module, a program and the page of the app are on the page',
  async (t, artefact) => {
    const file = useFiles(t, {
      'sync.mjs':
        'let n = 0; export default () => `# TYPE asked_total counter\\nasked_total ${++n}\\n`;',
      'async.mjs':
        "import { setTimeout } from 'node:timers/promises';\n" +
        'export default async ({ app }) => { await setTimeout(5); return `port ${app.HURRICANE_APP_PORT}`; };',
      'app.mjs':
        "import { createServer } from 'node:http';\n" +
        'createServer((req, res) => res.end(req.url === "/own" ? \'rows{table="a"} 3\\nrows{table="b"} 4 1395066363000\\n\' : "ok")).listen(process.env.PORT);',
    });
    const args = [
      ...['--app-metrics', '/own', '--custom-metrics', file('sync.mjs')],
      ...['--custom-metrics', file('async.mjs')],
      ...['--custom-metrics', `printed=sh -c 'echo "printed 1e3"; echo noise >&2'`],
      ...['--', process.execPath, file('app.mjs')],
    ];
    const hurricane = await startHurricane(t, args, { artefact });
    await hurricane.up();
    const page = await eventually(async () => {
      const whole = await scrape(hurricane);
      assert.equal(whole.sum('printed'), 1000);
      assert.ok(whole.sum('port') > 0);
      return whole;
    });
    assert.deepEqual([page.sum('rows'), page.sum('rows', { table: 'b' })], [7, 4]);
    assert.ok(page.sum('asked_total') > 0);
    assert.equal(page.sum(ERRORS), 0);
    assert.equal(page.labelsOf(ERRORS).length, 4);
  },
);

test('a page that comes late is shown by its last answer', async (t) => {
  let n = 0;
  const late = await useHttpServer(t, (_req, res) => {
    n += 1;
    setTimeout(() => res.end(`late ${n}\n`), 300);
  });
  const hurricane = await startHurricane(
    t,
    ['--app-metrics', `${late.url}/metrics`, '--start-after', '0', '--', 'sleep', '60'],
    { artefact: 'js', command: 'worker' },
  );
  await hurricane.up();
  assert.ok(!(await scrape(hurricane)).names.includes('late'));
  await eventually(async () => assert.ok((await scrape(hurricane)).sum('late') >= 1));
  assert.equal((await scrape(hurricane)).sum(ERRORS), 0);
});
