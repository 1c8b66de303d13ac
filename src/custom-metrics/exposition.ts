// Reads a page of Prometheus text (format 0.0.4) that others wrote, strictly: what passes here, every reader
// takes. The lines stay as they are. The parsers on npm are lenient, and make an object of every sample.

import { setImmediate as nextTurn } from 'node:timers/promises';

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

/** A metric with its finished lines. */
export interface TextFamily {
  readonly name: string;
  readonly type: FamilyType;
  /** Escaped. */
  readonly help: string;
  readonly lines: readonly string[];
}

export type Exposition =
  { readonly families: readonly TextFamily[] } | { readonly problem: string };

export const MAX_SERIES = 10_000;
export const MAX_BYTES = 1024 * 1024;

const MAX_LINE_CHARACTERS = 16 * 1024;
/** So many are read in well under a millisecond or two; probes and requests come in between. */
const LINES_AT_A_TIME = 500;

const NAME = /^[a-zA-Z_:][\w:]*$/;
const SAMPLE_NAME = /([a-zA-Z_:][\w:]*)([ \t]*\{)?/y;
const LABEL = /[ \t]*([a-zA-Z_]\w*)[ \t]*=[ \t]*"([^"\\]*(?:\\["\\n][^"\\]*)*)"[ \t]*(,|(?=\}))/y;
const END_OF_LABELS = /[ \t]*\}/y;
const VALUE = /[ \t]*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?inf|nan)(?:[ \t]+-?\d+)?$/iy;
const types: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** Every name that a family uses on the page. */
export function namesOf({ name, type }: Pick<TextFamily, 'name' | 'type'>): readonly string[] {
  return [name, ...suffixesOf(type).map((suffix) => name + suffix)];
}

/** Gives way to others between its steps. */
export async function readExposition(text: string): Promise<Exposition> {
  const reader = new Reader();
  let number = 0;
  for (let start = 0; start < text.length; number += 1) {
    if (number > 0 && number % LINES_AT_A_TIME === 0) await nextTurn();
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const problem = reader.take(text.slice(start, end).trim());
    if (problem !== undefined) return { problem: `line ${number + 1}: ${problem}` };
    start = end + 1;
  }
  return reader.end();
}

interface Growing {
  readonly name: string;
  type: FamilyType | undefined;
  help: string | undefined;
  readonly lines: string[];
}

interface Sample {
  readonly name: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
}

class Reader {
  readonly #families = new Map<string, Growing>();
  readonly #series = new Set<string>();

  /** Returns why the line cannot be taken. */
  take(line: string): string | undefined {
    if (line === '') return undefined;
    if (line.length > MAX_LINE_CHARACTERS) return `it is longer than ${MAX_LINE_CHARACTERS}`;
    return line.startsWith('#') ? this.#takeComment(line) : this.#takeSample(line);
  }

  end(): Exposition {
    const families = [...this.#families.values()].map(
      ({ name, type = 'untyped', help, lines }) => ({
        ...{ name, type, lines },
        help: help ?? 'Without a help text.',
      }),
    );
    const taken = new Set<string>();
    for (const name of families.flatMap(namesOf)) {
      if (taken.has(name)) return { problem: `two metrics use the name ${name}` };
      taken.add(name);
    }
    return { families };
  }

  #takeComment(line: string): string | undefined {
    const [, keyword, name = '', rest = ''] =
      /^#[ \t]+(HELP|TYPE)[ \t]+(\S+)[ \t]*(.*)$/.exec(line) ?? [];
    // Any other comment is none of anybody's business.
    if (keyword === undefined) return undefined;
    if (!NAME.test(name)) return `${shown(name)} is not the name of a metric`;
    const family = this.#familyCalled(name);
    if (keyword === 'HELP') {
      if (family.help !== undefined) return `a second HELP of ${name}`;
      family.help = rest === '' ? undefined : escapeHelp(rest);
      return undefined;
    }
    if (!types.includes(rest)) return `${shown(rest)} is not the type of a metric`;
    if (family.type !== undefined) return `a second TYPE of ${name}`;
    if (family.lines.length > 0) return `the TYPE of ${name} comes after its samples`;
    family.type = rest as FamilyType;
    return undefined;
  }

  #takeSample(line: string): string | undefined {
    const sample = sampleOf(line);
    if (sample === undefined) return `${shown(line)} is not Prometheus text`;
    if (this.#series.size >= MAX_SERIES) return `it has more than ${MAX_SERIES} series`;
    const names = sample.labels.map(([name]) => name);
    if (new Set(names).size < names.length) return `a label is there twice in ${shown(line)}`;
    const key = keyOf(sample);
    if (this.#series.has(key)) return `${shown(key)} is there twice`;
    this.#series.add(key);
    const family = this.#familyOf(sample.name);
    if (!fits(family, sample.name, names)) {
      return `${shown(line)} is no sample of a ${family.type ?? 'untyped'}`;
    }
    family.lines.push(line);
    return undefined;
  }

  #familyOf(name: string): Growing {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    const family = this.#families.get(base);
    const isPart = suffixesOf(family?.type).includes(name.slice(base.length));
    return family !== undefined && isPart ? family : this.#familyCalled(name);
  }

  #familyCalled(name: string): Growing {
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const family = { name, type: undefined, help: undefined, lines: [] };
    this.#families.set(name, family);
    return family;
  }
}

function sampleOf(line: string): Sample | undefined {
  SAMPLE_NAME.lastIndex = 0;
  const [, name, brace] = SAMPLE_NAME.exec(line) ?? [];
  if (name === undefined) return undefined;
  const labels: [string, string][] = [];
  let at = SAMPLE_NAME.lastIndex;
  if (brace === undefined) {
    if (!/[ \t]/.test(line.charAt(at))) return undefined;
  } else {
    for (LABEL.lastIndex = at; ; at = LABEL.lastIndex) {
      const label = LABEL.exec(line);
      if (label === null) break;
      labels.push([label[1] ?? '', label[2] ?? '']);
    }
    END_OF_LABELS.lastIndex = at;
    if (!END_OF_LABELS.test(line)) return undefined;
    at = END_OF_LABELS.lastIndex;
  }
  VALUE.lastIndex = at;
  return VALUE.test(line) ? { name, labels } : undefined;
}

function keyOf({ name, labels }: Sample): string {
  if (labels.length === 0) return name;
  const sorted = labels.length === 1 ? labels : labels.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${sorted.map(([label, value]) => `${label}="${value}"`).join(',')}}`;
}

/** A histogram is read by its `le`, a summary by its `quantile`. */
function fits({ name, type }: Growing, sample: string, labels: readonly string[]): boolean {
  if (type === 'histogram') {
    return sample !== name && labels.includes('le') === (sample === `${name}_bucket`);
  }
  if (type === 'summary') return labels.includes('quantile') === (sample === name);
  return true;
}

function suffixesOf(type: FamilyType | undefined): readonly string[] {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'];
  return type === 'summary' ? ['_sum', '_count'] : [];
}

/** A backslash is the begin of `\\` or `\n`, and anything else is meant as it stands. */
function escapeHelp(text: string): string {
  return text.replaceAll(/\\(\\|n)?/g, (whole, known) => (known === undefined ? '\\\\' : whole));
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
