// A whole metrics page as Prometheus reads it, by a parser that is not ours.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import type { Hurricane } from './hurricane.ts';
import type { Answer } from './request.ts';

/** Its types are not published, and its module build is not one for Node. */
const parse = createRequire(import.meta.url)('parse-prometheus-text-format') as (
  page: string,
) => readonly ParsedFamily[];

interface ParsedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly {
    readonly value?: string;
    readonly labels?: Labels;
    readonly count?: string;
    readonly sum?: string;
    readonly buckets?: Readonly<Record<string, string>>;
  }[];
}

type Labels = Readonly<Record<string, string>>;

const TYPES = ['COUNTER', 'GAUGE', 'HISTOGRAM', 'SUMMARY'];

/** Scrapes it from the probe port, at its default path. */
export async function scrape(hurricane: Hurricane): Promise<MetricsPage> {
  return new MetricsPage(await hurricane.probe('metrics'));
}

/** Refuses a page that Prometheus would not take, or take without a type or a help. */
export class MetricsPage {
  readonly #families: readonly ParsedFamily[];

  constructor({ status, headers, text }: Answer) {
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
    assert.ok(text.endsWith('\n'), 'the last line has no end');
    this.#families = parse(text);
    for (const family of this.#families) assertWellFormed(family);
    assert.equal(new Set(this.names).size, this.names.length, 'a family is there twice');
  }

  get names(): readonly string[] {
    return this.#families.map(({ name }) => name);
  }

  /** The series of a family, by their labels; fails when there is no such family. */
  labelsOf(name: string): readonly Labels[] {
    return this.#family(name).metrics.map(({ labels = {} }) => labels);
  }

  /** The sum of all series of a family that have these labels. A histogram counts its observations. */
  sum(name: string, wanted: Labels = {}): number {
    return this.#family(name)
      .metrics.filter(({ labels = {} }) =>
        Object.entries(wanted).every(([label, value]) => labels[label] === value),
      )
      .reduce((sum, { value, count }) => sum + Number(value ?? count), 0);
  }

  #family(name: string): ParsedFamily {
    const found = this.#families.find((family) => family.name === name);
    assert.ok(found, `no ${name} among ${this.names.join(' ')}`);
    return found;
  }
}

function assertWellFormed({ name, help, type, metrics }: ParsedFamily): void {
  // What is not ours may lack a type.
  const known = name.startsWith('hurricane_') ? TYPES : [...TYPES, 'UNTYPED'];
  assert.ok(known.includes(type), `${name} is ${type}`);
  assert.notEqual(help, '', `${name} has no help`);
  for (const { value, count, sum, buckets } of metrics) {
    for (const number of [value, count, sum, ...Object.values(buckets ?? {})]) {
      assert.ok(number === undefined || isNumber(number), `${name} has the value "${number}"`);
    }
  }
}

function isNumber(text: string): boolean {
  return text !== '' && (!Number.isNaN(Number(text)) || /^(NaN|[+-]Inf)$/.test(text));
}
