// Schemas of values in a chart, as draft-07 writes them.

export type Schema = Readonly<Record<string, unknown>>;

export const anyText: Schema = { type: 'string' };
export const someText: Schema = { type: 'string', minLength: 1 };
export const onOff: Schema = { type: 'boolean' };
export const anyMap: Schema = { type: 'object' };
export const objects: Schema = { type: 'array', items: anyMap };
export const texts: Schema = { type: 'object', additionalProperties: anyText };
export const labels: Schema = {
  type: 'object',
  additionalProperties: {
    ...{ type: 'string', maxLength: 63 },
    pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$',
  },
};
/** A name of the DNS, the first part of which may be a wildcard. */
export const hostName: Schema = {
  type: 'string',
  pattern: '^([*][.])?[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
};
export const tcpPort: Schema = { type: 'integer', minimum: 1, maximum: 65535 };
export const countOrShare: Schema = { type: ['integer', 'string'], minimum: 0, pattern: '^\\d+%$' };
/** KEDA takes texts alone. */
export const numberAsText: Schema = { type: 'string', pattern: '^\\d+(\\.\\d+)?$' };
export const percentOrNone: Schema = { type: ['integer', 'null'], minimum: 1 };

export function word(...choices: readonly string[]): Schema {
  return { type: 'string', enum: choices };
}

export function atLeast(minimum: number): Schema {
  return { type: 'integer', minimum };
}

/** A DNS label, or empty. */
export function label(first: string): Schema {
  return { type: 'string', maxLength: 63, pattern: `^(${first}([-a-z0-9]*[a-z0-9])?)?$` };
}

/** A fixed set of keys, all of which have a default that nobody may take away by null. */
export function section(
  keys: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): Schema {
  const required = Object.keys(keys).filter((key) => !optional.includes(key));
  return { type: 'object', additionalProperties: false, required, properties: keys };
}
