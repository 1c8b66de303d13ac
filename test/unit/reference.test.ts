import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';

import { withSections } from '../../scripts/generate.ts';
import { allows, variablesOf } from '../../src/config/option.ts';
import { rows } from '../../src/config/options.ts';
import { catalogue } from '../../src/core/errors.ts';
import type { RequestRecord } from '../../src/core/request-record.ts';
import { AccessLog } from '../../src/proxy/access-log.ts';
import { recordedLog } from '../helpers/recorded-log.ts';

const record: RequestRecord = {
  ...{ method: 'GET', target: '/', status: 200, outcome: 'completed', fault: undefined },
  ...{ queueMs: 0, appMs: 0, ttfbMs: 0, durationMs: 0, requestBytes: 0, responseBytes: 0 },
  ...{ requestId: 'r', traceparent: 't', clientAddress: '::1', upgraded: false },
  fromFiles: false,
};

const page = await readFile(new URL('../../docs/reference.md', import.meta.url), 'utf8');

suite('docs/reference.md', () => {
  test('says what the source says', async () => {
    assert.equal(page, await withSections(page), 'run `npm run generate`');
  });

  test('has every option, and none that does not exist', () => {
    const documented = new Set(page.match(/(?<=`)--[a-z-]+/g));
    const flags = rows.filter((row) => allows(row, 'flag'));
    const own = flags.flatMap(({ name, alias }) => (alias ? [name, alias] : [name]));
    assert.deepEqual([...documented].sort(), own.map((name) => `--${name}`).sort());
  });

  test('has every variable, and none that does not exist', () => {
    const documented = new Set(page.match(/(?<=`)HURRICANE_[A-Z_]+/g));
    const own = rows
      .filter(({ layers }) => layers?.includes('environment') ?? true)
      .flatMap((row) => variablesOf(row.name, row))
      .filter((name) => name.startsWith('HURRICANE_'));
    assert.deepEqual([...documented].sort(), own.sort());
  });

  test('says of the variables that may name a file, and of no other, that they may', () => {
    const documented = [...page.matchAll(/^\|[^|]*\| `(\w+)`.*; each also with `_FILE` \|/gm)];
    const own = rows.filter(({ orFile }) => orFile).map((row) => variablesOf(row.name, row)[0]);
    assert.deepEqual(
      documented.map(([, variable]) => variable),
      own,
    );
  });

  test('has every error code with its exit code', () => {
    for (const [code, { exitCode }] of Object.entries(catalogue)) {
      assert.ok(page.includes(`| ${exitCode} | \`${code}\` |`), code);
    }
  });

  test('has every field of the access log, and none that does not exist', () => {
    const log = recordedLog();
    new AccessLog(log, 'all').write(record);
    const [, section = ''] = /## Access log\n([^]*?)\n## /.exec(page) ?? [];
    const cells = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
    const documented = cells.flatMap((cell) => cell.match(/(?<=`)\w+(?=`)/g) ?? []);
    assert.deepEqual(documented.sort(), Object.keys(log.lines[0]?.fields ?? {}).sort());
  });

  test('a page without a mark, or with a mark too many, is refused', async () => {
    await assert.rejects(withSections(page.replace('generated: events', 'generated: nothing')));
    await assert.rejects(withSections(`${page}\n<!-- generated: more -->\n<!-- end -->`));
  });
});
