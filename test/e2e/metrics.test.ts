// The exporter as the original's tests ask for it: where it is, what it counts. Names are ours.

import assert from 'node:assert/strict';

import { forEachArtefact } from '../helpers/artefacts.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveExample } from '../helpers/example.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { servingMetrics } from '../helpers/metric-names.ts';
import { MetricsPage, scrape } from '../helpers/prometheus-page.ts';
import { usePort } from '../helpers/port.ts';

const exposed = /^metrics are exposed$/;

function samePort(port: number): readonly string[] {
  return ['--port', `${port}`, '--probe-port', `${port}`];
}

forEachArtefact('P01 the exporter is announced and answers', async (t, artefact) => {
  const hurricane = await serveExample(t, [], { artefact });
  assert.partialDeepStrictEqual(await hurricane.sees(exposed), {
    port: hurricane.probePort,
    path: '/metrics',
  });
  assert.equal((await scrape(hurricane)).sum('hurricane_info'), 1);
});

forEachArtefact('P02 --no-metrics is said, and /metrics is 404', async (t, artefact) => {
  const hurricane = await serveExample(t, ['--no-metrics'], { artefact });
  await hurricane.sees(/^no metrics, because of --no-metrics$/);
  assert.equal((await hurricane.probe('metrics')).status, 404);
  assert.equal((await hurricane.get('/metrics')).status, 404);
});

forEachArtefact('P03 the exporter follows --probe-port', async (t, artefact) => {
  const [port, probePort] = [await usePort(), await usePort()];
  const args = ['--port', `${port}`, '--probe-port', `${probePort}`];
  const hurricane = await serveExample(t, args, { artefact });
  assert.equal((await hurricane.sees(exposed))['port'], probePort);
  assert.equal((await scrape(hurricane)).sum('hurricane_info'), 1);
  assert.equal((await hurricane.get('/metrics')).status, 404, 'it is on the port of the app too');
});

forEachArtefact('P04 integrated, the exporter is on the port of the app', async (t, artefact) => {
  const port = await usePort();
  const hurricane = await serveExample(t, samePort(port), { artefact });
  assert.equal((await hurricane.sees(exposed))['port'], port);
  const page = new MetricsPage(await hurricane.get('/metrics'));
  assert.deepEqual(portsOf(page), { server_port: `${port}`, probe_port: `${port}` });
});

forEachArtefact(
  'P05 integrated and with --no-metrics there is no exporter',
  async (t, artefact) => {
    const args = [...samePort(await usePort()), '--no-metrics'];
    const hurricane = await serveExample(t, args, { artefact });
    await hurricane.sees(/^no metrics, because of --no-metrics$/);
    assert.equal((await hurricane.get('/alive')).status, 200);
    assert.equal((await hurricane.get('/metrics')).text, 'not found\n', 'the app is asked');
  },
);

forEachArtefact('P06 with --no-probe there is no exporter, and it is said', async (t, artefact) => {
  const hurricane = await serveExample(t, ['--no-probe'], { artefact });
  await hurricane.sees(/^no probes and no metrics, because of --no-probe$/);
  assert.ok(!hurricane.logs.some(({ msg }) => exposed.test(msg)));
  await assert.rejects(hurricane.probe('metrics'), { code: 'ECONNREFUSED' });
});

forEachArtefact('P07 --metrics moves the exporter', async (t, artefact) => {
  const hurricane = await serveExample(t, ['--metrics', '/metrics1'], { artefact });
  assert.equal((await hurricane.sees(exposed))['path'], '/metrics1');
  const page = new MetricsPage(await hurricane.probe('metrics1'));
  assert.equal(page.sum('hurricane_info'), 1);
  assert.equal((await hurricane.probe('metrics')).status, 404);
});

forEachArtefact(
  'P08 the page has the same families on a fresh start and after all kinds of traffic',
  async (t, artefact) => {
    const nobody = `http://127.0.0.1:${await usePort()}/`;
    const args = ['--check', 'readiness:ok=true', '--webhook-url', nobody];
    const hurricane = await serveExample(t, args, { artefact });
    const { names } = await scrape(hurricane);
    assert.deepEqual(names, Object.keys(servingMetrics));
    assert.deepEqual(
      names.filter((name) => !/^hurricane_[a-z]+(_[a-z]+)*$/.test(name)),
      [],
    );
    await Promise.all([
      hurricane.get('/'),
      hurricane.get('/echo', { method: 'POST', body: 'x' }),
      hurricane.get('/no/such/page', { method: 'PURGE' }),
    ]);
    await hurricane.sees('webhook.failed');
    assert.deepEqual((await scrape(hurricane)).names, names);
  },
);

forEachArtefact(
  'P09 the requests are 0 before and 1 after one request; probes and scrapes are none',
  async (t, artefact) => {
    const hurricane = await serveExample(t, [], { artefact });
    await askProbes(hurricane);
    const before = await scrape(hurricane);
    assert.equal(before.sum('hurricane_requests_total'), 0);
    assert.equal(before.sum('hurricane_requests_accepted_total'), 0);
    assert.ok(before.labelsOf('hurricane_requests_total').length > 0, 'a first scrape shows a 0');
    await hurricane.get('/');
    await askProbes(hurricane);
    const after = await eventually(async () => {
      const page = await scrape(hurricane);
      assert.equal(page.sum('hurricane_requests_total'), 1);
      return page;
    });
    assert.equal(after.sum('hurricane_requests_total', { method: 'GET', code: '2xx' }), 1);
    assert.equal(after.sum('hurricane_requests_accepted_total'), 1);
    assert.equal(after.sum('hurricane_requests_finished_total', { outcome: 'completed' }), 1);
    for (const name of [
      'hurricane_request_queue_seconds',
      'hurricane_request_app_seconds',
      'hurricane_response_first_byte_seconds',
      'hurricane_request_size_bytes',
      'hurricane_response_size_bytes',
    ]) {
      assert.equal(after.sum(name), 1, name);
    }
    const average = after.sum('hurricane_response_time_average_milliseconds');
    assert.match((await hurricane.probe('alive')).text, new RegExp(`: ${average.toFixed(2)}ms`));
  },
);

forEachArtefact(
  'P10 with --route each route has its series once it was asked for, and all other paths share one',
  async (t, artefact) => {
    const args = ['--route', '/', '--route', '/{page}'];
    const hurricane = await serveExample(t, args, { artefact });
    const counted = 'hurricane_route_requests_total';
    const series = async (): Promise<object> => {
      const page = await scrape(hurricane);
      const labels = page.names.includes(counted) ? page.labelsOf(counted) : [];
      return Object.fromEntries(
        labels.map((each) => [Object.values(each).join(' '), page.sum(counted, each)]),
      );
    };
    const become = (expected: object): Promise<void> =>
      eventually(async () => assert.deepEqual(await series(), expected));
    assert.deepEqual(await series(), {});
    await hurricane.get('/');
    await become({ '/ GET 2xx': 1 });
    for (const query of ['?a', '?b', '']) await hurricane.get(`/${query}`);
    await become({ '/ GET 2xx': 4 });
    await hurricane.get('/pid');
    await become({ '/ GET 2xx': 4, '/{page} GET 2xx': 1 });
    await Promise.all(Array.from({ length: 50 }, (_, n) => hurricane.get(`/no/such/page/${n}`)));
    await become({ '/ GET 2xx': 4, '/{page} GET 2xx': 1, 'other GET 4xx': 50 });
    const page = await scrape(hurricane);
    assert.equal(page.sum('hurricane_requests_total'), 55);
  },
);

forEachArtefact(
  'P11 the info names both ports, and that neither static nor media files are served',
  async (t, artefact) => {
    const port = await usePort();
    const hurricane = await serveExample(t, ['--port', `${port}`], { artefact });
    const page = await scrape(hurricane);
    assert.deepEqual(portsOf(page), { server_port: `${port}`, probe_port: `${port + 1}` });
    const [labels] = page.labelsOf('hurricane_info');
    assert.partialDeepStrictEqual(labels, { serve_static: 'false', serve_media: 'false' });
    assert.match(labels?.['version'] ?? '', /^\d+\.\d+\.\d+/);
  },
);

forEachArtefact(
  'P12 the info names the ports that were chosen, and that static and media files are served',
  async (t, artefact) => {
    const [port, probePort] = [await usePort(), await usePort()];
    const ports = ['--port', `${port}`, '--probe-port', `${probePort}`];
    const files = ['--static', '/static=.', '--media', '/media=.'];
    const hurricane = await serveExample(t, [...ports, ...files], { artefact });
    const page = await scrape(hurricane);
    assert.deepEqual(portsOf(page), { server_port: `${port}`, probe_port: `${probePort}` });
    const [labels] = page.labelsOf('hurricane_info');
    assert.partialDeepStrictEqual(labels, { serve_static: 'true', serve_media: 'true' });
  },
);

function portsOf(page: MetricsPage): object {
  const [{ server_port, probe_port } = {}] = page.labelsOf('hurricane_info');
  return { server_port, probe_port };
}

async function askProbes(hurricane: Hurricane): Promise<void> {
  for (const probe of ['startup', 'ready', 'alive']) await hurricane.probe(probe);
}
