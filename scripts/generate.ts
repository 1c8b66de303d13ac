// Writes what follows from the tables of the source: parts of docs/reference.md, and the schema and the page of
// the chart; `--check` compares.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { chartPage } from './chart-page.ts';
import { chartOptions, chartSchema } from './chart-schema.ts';
import { chartValues } from './chart-values.ts';
import { eventsMarkdown } from './events-markdown.ts';
import { markdownTable } from './markdown.ts';
import { metricFamilies } from './metric-families.ts';
import { referenceTables } from '../src/config/reference.ts';
import { catalogue } from '../src/core/errors.ts';

const root = join(import.meta.dirname, '..');

/** Name of a mark in the page → what stands between its two comments. */
export const sections: Readonly<Record<string, () => Promise<string> | string>> = {
  options: optionsMarkdown,
  events: () => eventsMarkdown(join(root, 'src', 'core', 'events.ts')),
  metrics: metricsMarkdown,
  'exit-codes': exitCodesMarkdown,
};

/** The page with every section as the source wants it. Throws for a mark that is missing or unknown. */
export async function withSections(text: string): Promise<string> {
  const marks = [...text.matchAll(/<!-- generated: ([\w-]+) -->/g)].map(([, name]) => name);
  const expected = Object.keys(sections);
  if (marks.sort().join() !== expected.sort().join()) {
    throw new Error(`docs/reference.md has the marks ${marks.join()}, not ${expected.join()}`);
  }
  let result = text;
  for (const [name, render] of Object.entries(sections)) {
    const begin = `<!-- generated: ${name} -->`;
    const content = await render();
    // A function as replacement: the content may hold `$`.
    result = result.replace(
      new RegExp(`${begin}[^]*?<!-- end -->`),
      () => `${begin}\n\n${content}\n\n<!-- end -->`,
    );
  }
  return result;
}

function optionsMarkdown(): string {
  return referenceTables()
    .map(({ title, head, rows }) => `### ${title}\n\n${markdownTable(head, rows)}`)
    .join('\n\n');
}

function metricsMarkdown(): string {
  const families = metricFamilies('requests', 'messages');
  const rows = families.map(({ name, type, help }) => [`\`${name}\``, type, help]);
  return markdownTable(['Metric', 'Type', 'Meaning'], rows);
}

function exitCodesMarkdown(): string {
  const rows = Object.entries(catalogue).map(([code, { exitCode, meaning }]) => ({
    exitCode,
    cells: [String(exitCode), `\`${code}\``, meaning],
  }));
  rows.sort((a, b) => a.exitCode - b.exitCode);
  return markdownTable(
    ['Exit code', 'Error', 'Meaning'],
    rows.map(({ cells }) => cells),
  );
}

/** Each generated file, with the text that the source wants. */
export async function* generated(): AsyncGenerator<{ file: string; path: string; text: string }> {
  const at = (file: string): string => join(root, file);
  const wanted = (file: string, text: string) => ({ file, path: at(file), text });
  const page = await readFile(at('docs/reference.md'), 'utf8');
  yield wanted('docs/reference.md', await withSections(page));
  const values = chartValues(await readFile(at('chart/values.yaml'), 'utf8'));
  yield wanted('chart/values.schema.json', json(chartSchema(values)));
  yield wanted('chart/options.json', json(chartOptions()));
  yield wanted('chart/README.md', chartPage(values));
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
  for await (const { file, path, text } of generated()) {
    const before = existsSync(path) ? await readFile(path, 'utf8') : undefined;
    if (before === text) continue;
    if (!values.check) await writeFile(path, text);
    else {
      console.error(`${file} is not what the source says: run \`npm run generate\``);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) await main();
