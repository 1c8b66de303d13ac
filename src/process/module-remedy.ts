// What to do about a module that cannot be loaded: pure.

/** What it had come to; `missing` is what it imports, or its own file. */
export type LoadStage = 'import' | 'missing' | 'export' | 'setup' | 'routing-keys';

const remedies = {
  import: 'correct the module, or what it imports',
  missing: 'install the package where the module finds it, or correct the name it imports',
  export: 'its default export must be a function: export default async function …',
  setup: 'correct setup() of the module, or what it needs',
  'routing-keys': 'correct routingKeys(queue) of the module',
} as const satisfies Record<LoadStage, string>;

/** Undefined: its thread ended before it said so. */
export function remedyOf(stage: LoadStage = 'import'): string {
  return remedies[stage];
}
