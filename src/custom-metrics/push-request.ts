// What an app says about a metric of its own: from JSON to what is meant, or the sentence why not. Pure.

import { fieldsOf } from '../core/registrar.ts';
import {
  operations,
  pushedTypes,
  type Change,
  type Definition,
  type Labels,
} from './pushed-metric.ts';

export type Understood<T> = { readonly value: T } | { readonly problem: string };

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const MAX_BUCKETS = 100;
const MAX_LABELS = 16;
const MAX_CHARACTERS = 1024;

/** `{type, help, buckets}`, each of them optional. */
export function readDefinition(body: unknown): Understood<Definition> {
  const fields = fieldsOf(body);
  if (fields === undefined)
    return { problem: 'the body is no JSON object: send {"type": "gauge"}' };
  const { type: wanted = 'gauge', help = 'Pushed by the app.', buckets = BUCKETS } = fields;
  const type = pushedTypes.find((name) => name === wanted);
  if (type === undefined) return { problem: `type must be one of ${pushedTypes.join(', ')}` };
  if (typeof help !== 'string' || help === '' || help.length > MAX_CHARACTERS) {
    return { problem: `help must be a text of at most ${MAX_CHARACTERS} characters` };
  }
  if (!areBuckets(buckets)) {
    return { problem: `buckets must be at most ${MAX_BUCKETS} ascending numbers` };
  }
  return { value: { type, help, buckets: type === 'histogram' ? buckets : [] } };
}

/** `{op, value, labels}`; without a value `inc` and `dec` are by one. */
export function readChange(body: unknown): Understood<Change> {
  const { op: wanted, value = 1, labels = {}, ...others } = fieldsOf(body) ?? {};
  const op = operations.find((name) => name === wanted);
  if (op === undefined) {
    return {
      problem: `op must be one of ${operations.join(', ')}: send {"op": "set", "value": 1}`,
    };
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return { problem: `there is no field ${unknown}` };
  const isGiven = fieldsOf(body)?.['value'] !== undefined;
  if (typeof value !== 'number' || (!isGiven && (op === 'set' || op === 'observe'))) {
    return { problem: 'value must be a number' };
  }
  if (!areLabels(labels)) {
    return {
      problem:
        `labels must be an object of at most ${MAX_LABELS} texts of at most ${MAX_CHARACTERS} characters, ` +
        'named by letters, digits and _, other than le',
    };
  }
  return { value: { op, value, labels } };
}

function areBuckets(given: unknown): given is readonly number[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_BUCKETS) return false;
  const bounds: readonly unknown[] = given;
  return bounds.every(
    (bound, index) =>
      typeof bound === 'number' && (index === 0 || bound > (bounds[index - 1] as number)),
  );
}

function areLabels(given: unknown): given is Labels {
  const entries = Object.entries(fieldsOf(given) ?? { '': '' });
  return (
    entries.length <= MAX_LABELS &&
    entries.every(
      ([name, value]) =>
        /^(?!__)[a-zA-Z_]\w*$/.test(name) &&
        name !== 'le' &&
        typeof value === 'string' &&
        value.length <= MAX_CHARACTERS,
    )
  );
}
