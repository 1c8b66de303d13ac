import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';

import { configurationSchema } from '../../../src/config/json-schema.ts';
import { loadServeConfig } from '../../../src/config/load.ts';
import { allows } from '../../../src/config/option.ts';
import { rows } from '../../../src/config/options.ts';
import { loadInput } from '../../helpers/load-input.ts';

const schema = configurationSchema() as {
  readonly properties: Readonly<Record<string, { readonly default?: unknown }>>;
};
const accepts = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema);

async function loads(content: unknown): Promise<boolean> {
  const files = { 'hurricane.json': JSON.stringify(content) };
  return (await loadServeConfig(loadInput({ files }))).config !== undefined;
}

suite('JSON schema of the configuration file', () => {
  test('has every key of the file and no other', () => {
    const keys = rows.filter((row) => allows(row, 'file')).map(({ key }) => key);
    assert.deepEqual(Object.keys(schema.properties), keys);
  });

  test('accepts its own defaults, and so does the loader', async () => {
    const defaults = Object.entries(schema.properties).flatMap(([key, property]) =>
      'default' in property ? [[key, property.default] as const] : [],
    );
    assert.ok(defaults.length > 20);
    assert.ok(accepts(Object.fromEntries(defaults)), JSON.stringify(accepts.errors));
    assert.ok(await loads(Object.fromEntries(defaults)));
  });

  const valid = [
    { port: 0 },
    { drainDelay: 0 },
    { drainDelay: '1.5s' },
    { commandTimeout: 'off' },
    { maxBodySize: 1024 },
    { maxBodySize: '1Gi' },
    { command: ['a b', 'c'] },
    { check: ['readiness:db=true'] },
    { webhookUrl: ['startup@https://example.com'] },
    { logLevel: 'warn', debug: true },
  ];
  for (const content of valid) {
    test(`${JSON.stringify(content)} is valid here and in the loader`, async () => {
      assert.ok(accepts(content), JSON.stringify(accepts.errors));
      assert.ok(await loads(content));
    });
  }

  const invalid = [
    { prot: 1 },
    { port: 65536 },
    { port: '80a' },
    { drainDelay: 30 },
    { drainDelay: '30' },
    { gracePeriod: 'off' },
    { maxHeaderSize: '10MB' },
    { command: 'a' },
    { logLevel: 'loud' },
    { webhookUrl: ['example.com'] },
    { config: 'x.yaml' },
  ];
  for (const content of invalid) {
    test(`${JSON.stringify(content)} is refused here and by the loader`, async () => {
      assert.equal(accepts(content), false);
      assert.equal(await loads(content), false);
    });
  }
});
