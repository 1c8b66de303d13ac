// The only importer of prom-client: turns families into a page of Prometheus text.

import type { Registry as PromRegistry } from 'prom-client';

import type { Family } from './family.ts';

export class Registry {
  readonly #families = new Map<string, Family>();
  #registry: PromRegistry | undefined;

  /** Throws when the name is taken. */
  add(family: Family): void {
    if (this.#families.has(family.name)) {
      throw new Error(`Metric ID (${family.name}) is already registered.`);
    }
    this.#families.set(family.name, family);
    this.#registry?.registerMetric(asPromMetric(family));
  }

  /** The family if it is on the page. */
  get(name: string): Family | undefined {
    return this.#families.get(name);
  }

  /** From now on it is not on the page. */
  remove(name: string): void {
    this.#families.delete(name);
    this.#registry?.removeSingleMetric(name);
  }

  /** Text format 0.0.4. All families are read in the same turn, so their numbers agree. */
  async page(): Promise<string> {
    this.#registry ??= await load(this.#families.values());
    return this.#registry.metrics();
  }
}

/**
 * Loaded with the first scrape, and only the file that renders: the whole package brings cluster and
 * OpenTelemetry along, 60 ms that every start would pay.
 */
async function load(families: Iterable<Family>): Promise<PromRegistry> {
  const { default: Prom } = await import('prom-client/lib/registry.js');
  const registry = new Prom();
  for (const family of families) registry.registerMetric(asPromMetric(family));
  return registry;
}

type PromMetric = Parameters<PromRegistry['registerMetric']>[0];

/** What prom-client's registry really asks of a metric: a name, and `get`. */
function asPromMetric({ name, help, type, read }: Family): PromMetric {
  const get = (): Promise<unknown> =>
    Promise.resolve({
      name,
      help,
      type,
      values: read().map(({ value, labels, suffix }) => ({
        value,
        labels,
        metricName: name + (suffix ?? ''),
      })),
    });
  return { name, get } as unknown as PromMetric;
}
