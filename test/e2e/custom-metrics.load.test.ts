// Sources of metrics that misbehave, and how long the page takes with them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from '../helpers/eventually.ts';
import { serveExample } from '../helpers/example.ts';
import { MetricsPage } from '../helpers/prometheus-page.ts';
import { useFiles } from '../helpers/temp-dir.ts';

const ERRORS = 'hurricane_metrics_source_errors_total';

test('sources that hang, lie, print garbage or too much cost nobody the page, and each is named once', async (t) => {
  const file = useFiles(t, {
    'many.mjs':
      'const text = Array.from({ length: 100_000 }, (_, n) => `m{n="${n}"} 1`).join(\'\\n\');\n' +
      'export default () => text;',
    'loops.mjs': 'export default () => { for (;;); };',
    'object.mjs': 'export default () => ({ a: 1 });',
  });
  const bad: Readonly<Record<string, string>> = {
    hangs: 'sleep 60',
    loops: file('loops.mjs'),
    garbage: 'sh -c \'echo "<html>"\'',
    many: file('many.mjs'),
    flood: 'yes flood 1',
    object: file('object.mjs'),
    fails: "sh -c 'exit 3'",
    twice: "printf 'a 1\\na 2\\n'",
    types: "printf '# TYPE b gauge\\n# TYPE b counter\\nb 1\\n'",
    taken: "printf 'good 2\\nother 1\\n'",
    ours: "printf 'hurricane_requests_total 9\\n'",
  };
  const specs = Object.entries(bad).flatMap(([name, spec]) => [
    '--custom-metrics',
    `${name}=${spec}`,
  ]);
  const good = ['--custom-metrics', "good=printf 'good 1\\n'"];
  const hurricane = await serveExample(t, [...good, ...specs], { artefact: 'js' });
  const durations: number[] = [];
  const timedScrape = async (): Promise<MetricsPage> => {
    const startedAt = performance.now();
    const answer = await hurricane.probe('metrics');
    durations.push(performance.now() - startedAt);
    return new MetricsPage(answer);
  };
  await timedScrape();
  await eventually(
    async () => {
      const page = await timedScrape();
      assert.equal(page.sum('good'), 1);
      assert.equal(page.sum('other'), 1);
      assert.equal(page.sum('hurricane_requests_total'), 0);
      for (const source of Object.keys(bad)) {
        assert.ok(page.sum(ERRORS, { source }) >= 1, `${source} is not counted`);
      }
      assert.equal(page.sum(ERRORS, { source: 'good' }), 0);
    },
    { within: 15_000 },
  );
  const sorted = durations.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Infinity;
  assert.ok(median < 200, `the page took ${durations.join(' ')} ms`);

  const warned = hurricane.logs.filter(({ event }) => event === 'metrics-source.failed');
  const reasons = new Map(warned.map(({ source, reason }) => [String(source), String(reason)]));
  assert.deepEqual([...reasons.keys()].sort(), Object.keys(bad).sort());
  assert.equal(warned.length, reasons.size, 'a source is named more than once');
  const said: Readonly<Record<string, RegExp>> = {
    hangs: /^no end within 5s$/,
    loops: /^no answer within 5s$/,
    garbage: /^line 1: "<html>" is not Prometheus text$/,
    many: /^it (is larger than|has more than|line)|more than 10000 series/,
    flood: /^it is larger than 1048576 bytes$/,
    object: /^it returned object instead of Prometheus text$/,
    fails: /^exited with code 3$/,
    twice: /^line 2: "a" is there twice$/,
    types: /^line 2: a second TYPE of b$/,
    taken: /^Metric ID \(good\) is already registered\.$/,
    ours: /^hurricane_requests_total: names that begin with hurricane_ are hurricane's own$/,
  };
  for (const [source, pattern] of Object.entries(said)) {
    assert.match(reasons.get(source) ?? '', pattern, source);
  }
});
