// The metrics that the app registers over the control socket, next to the built-in ones, which it may
// take off the page and put back.

import { done, refused, type Registrar, type Reply } from '../core/registrar.ts';
import { namesOf, type TextFamily } from './exposition.ts';
import { alreadyRegistered, OWN_PREFIX } from './merge.ts';
import { readChange, readDefinition } from './push-request.ts';
import { PushedMetric } from './pushed-metric.ts';

/** Those of hurricane itself. */
export interface BuiltInMetrics {
  knows(id: string): boolean;
  /** Undefined while it is off the page. */
  show(id: string): object | undefined;
  /** False when it is on the page already. */
  restore(id: string): boolean;
  remove(id: string): void;
}

const MAX_METRICS = 1000;

export class PushedMetrics implements Registrar {
  readonly #builtIn: BuiltInMetrics;
  readonly #metrics = new Map<string, PushedMetric>();

  constructor(builtIn: BuiltInMetrics) {
    this.#builtIn = builtIn;
  }

  get families(): readonly TextFamily[] {
    return [...this.#metrics.values()].map(({ family }) => family);
  }

  /** The gauges that have a series without labels, by name. */
  numbers(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#metrics].flatMap(([id, { definition, plain }]) =>
        definition.type === 'gauge' && plain !== undefined ? [[id, plain]] : [],
      ),
    );
  }

  show(id: string): Reply {
    const builtIn = this.#builtIn.show(id);
    if (builtIn !== undefined) return done({ id, ...builtIn });
    const metric = this.#metrics.get(id);
    if (metric === undefined) return unknown(id);
    const { series, definition, plain } = metric;
    const { type, help } = definition;
    return done({ id, type, help, value: plain ?? null, series });
  }

  register(id: string, body: unknown): Reply {
    if (this.#builtIn.knows(id)) {
      return this.#builtIn.restore(id)
        ? done({ id, registered: true })
        : refused('taken', alreadyRegistered(id));
    }
    if (!/^[a-zA-Z_:][\w:]{0,199}$/.test(id)) {
      return refused('malformed', `${id} is not the name of a metric: use letters, digits and _`);
    }
    if (id.startsWith(OWN_PREFIX)) {
      return refused('taken', `names that begin with ${OWN_PREFIX} are hurricane's own`);
    }
    const definition = readDefinition(body);
    if ('problem' in definition) return refused('malformed', definition.problem);
    const taken = new Set(this.families.flatMap(namesOf));
    const clash = namesOf({ name: id, type: definition.value.type }).find((name) =>
      taken.has(name),
    );
    if (clash !== undefined) return refused('taken', alreadyRegistered(clash));
    if (this.#metrics.size >= MAX_METRICS) {
      return refused('taken', `${MAX_METRICS} metrics are registered already: use labels`);
    }
    this.#metrics.set(id, new PushedMetric(id, definition.value));
    return done({ id, registered: true });
  }

  unregister(id: string): Reply {
    this.#metrics.delete(id);
    this.#builtIn.remove(id);
    return done({ id, registered: false });
  }

  update(id: string, body: unknown): Reply {
    const metric = this.#metrics.get(id);
    if (metric === undefined) {
      return this.#builtIn.knows(id)
        ? refused('taken', `${id} is hurricane's own: only hurricane changes it`)
        : unknown(id);
    }
    const change = readChange(body);
    if ('problem' in change) return refused('malformed', change.problem);
    const problem = metric.change(change.value);
    return problem === undefined ? this.show(id) : refused('malformed', problem);
  }
}

function unknown(id: string): Reply {
  return refused('unknown', `Metric ID (${id}) is not registered: PUT /metrics/${id} registers it`);
}
