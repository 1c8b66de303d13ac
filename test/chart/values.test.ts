// What the chart says of its values, and what follows from the table of options.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';

import { parse } from 'yaml';

import { chartValues } from '../../scripts/chart-values.ts';
import { generated } from '../../scripts/generate.ts';
import { allows } from '../../src/config/option.ts';
import { options, rows } from '../../src/config/options.ts';
import {
  appContainer,
  chartFolder,
  helmSkip,
  leastValues,
  render,
  specOf,
} from '../helpers/helm.ts';

interface Schema {
  readonly description?: string;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const values = chartValues(readFileSync(join(chartFolder, 'values.yaml'), 'utf8'));
const schema = JSON.parse(readFileSync(join(chartFolder, 'values.schema.json'), 'utf8')) as Schema;

function schemaAt(path: string): Schema | undefined {
  return path
    .split('.')
    .reduce<Schema | undefined>((inner, key) => inner?.properties?.[key], schema);
}

suite('the values of the chart', () => {
  test('each has a comment, and a schema with that comment', () => {
    assert.ok(values.length > 60);
    for (const { path, text } of values) {
      assert.match(text, /^\S.*\.$/, `${path} has no comment that begins with # --`);
      assert.equal(schemaAt(path)?.description, text, path);
    }
  });

  test('each that the schema knows is there', () => {
    const paths = values.map(({ path }) => path);
    const missing = (inner: Schema, prefix: string): readonly string[] =>
      Object.entries(inner.properties ?? {}).flatMap(([key, below]) => {
        const path = `${prefix}${key}`;
        if (paths.includes(path) || path === 'global') return [];
        return below.properties === undefined ? [path] : missing(below, `${path}.`);
      });
    assert.deepEqual(missing(schema, ''), []);
  });

  test(
    'may be left empty, which YAML takes for null, where that means none',
    { skip: helmSkip },
    () => {
      const keys = Object.keys(schema.properties ?? {});
      const empty = keys.filter((key) => schema.required?.includes(key) !== true);
      for (const key of ['hurricane', 'secrets', 'resources', 'podSecurityContext', 'extraEnv']) {
        assert.ok(empty.includes(key), key);
      }
      const none = Object.fromEntries(empty.map((key) => [key, null]));
      const { resources, securityContext, env } = appContainer(
        render({ values: { ...none, ...leastValues } }),
      );
      assert.deepEqual([resources, securityContext, env], [undefined, undefined, undefined]);
    },
  );

  test('unknown keys are refused wherever the keys are the chart’s own', () => {
    const open = (inner: Schema, path: string): readonly string[] =>
      Object.entries(inner.properties ?? {}).flatMap(([key, below]) => [
        ...(below.properties !== undefined && below.additionalProperties !== false
          ? [`${path}${key}`]
          : []),
        ...open(below, `${path}${key}.`),
      ]);
    assert.equal(schema.additionalProperties, false);
    assert.deepEqual(open(schema, ''), []);
  });

  test('are those of a chart for this version of hurricane', () => {
    const chart = parse(readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8')) as {
      appVersion: string;
    };
    const { version } = JSON.parse(readFileSync(join(chartFolder, '../package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal(chart.appVersion, version);
  });

  test('hold every option of the configuration file, and no other', () => {
    const keys = rows.filter((row) => allows(row, 'file')).map(({ key }) => key);
    assert.deepEqual(Object.keys(schemaAt('hurricane')?.properties ?? {}), keys);
    const secrets = rows.filter(({ secret }) => secret).map(({ key }) => key);
    for (const key of secrets) assert.ok(schemaAt(`secrets.${key}`), key);
  });

  test('the schema, the page and what templates know of options are what the source says', async () => {
    for await (const { file, path, text } of generated()) {
      assert.ok(existsSync(path), file);
      assert.equal(readFileSync(path, 'utf8'), text, `${file}: run \`npm run generate\``);
    }
  });

  test(
    'ports, paths and grace period that are not given are those of the table',
    { skip: helmSkip },
    () => {
      const manifests = render({ values: { ...leastValues, podMonitor: { enabled: true } } });
      const { ports, ...container } = appContainer(manifests);
      const port = Number(options.port.default);
      assert.deepEqual(ports, [
        { name: 'http', containerPort: port },
        { name: 'probes', containerPort: port + 1 },
      ]);
      for (const probe of ['startup', 'readiness', 'liveness'] as const) {
        const { httpGet } = container[`${probe}Probe`] as { httpGet: object };
        assert.deepEqual(httpGet, { port: 'probes', path: options[`${probe}-probe`].default });
      }
      const { podMetricsEndpoints } = specOf<{ podMetricsEndpoints: object }>(
        manifests,
        'PodMonitor',
      );
      assert.deepEqual(podMetricsEndpoints, [
        { port: 'probes', path: options.metrics.default, interval: '15s' },
      ]);
      assert.equal(options['grace-period'].default, '25s');
      assert.match(JSON.stringify(manifests), /"terminationGracePeriodSeconds":30,/);
    },
  );

  for (const kind of ['consume', 'worker'] as const) {
    test(`a ${kind} has its probes on the port of the table`, { skip: helmSkip }, () => {
      const broker = { amqpHost: 'rabbitmq', amqpPort: 5672 };
      const hurricane = { queue: 'q', handler: 'h.mjs', ...broker };
      const consume = { image: leastValues.image, hurricane };
      const given = kind === 'consume' ? consume : leastValues;
      const { ports } = appContainer(render({ values: { ...given, kind } }));
      assert.deepEqual(ports, [{ name: 'probes', containerPort: 8001 }]);
      assert.match(options['probe-port'].default.describe, /8001 for worker and consume/);
    });
  }
});
