// Makes a switch over a union exhaustive: a forgotten case does not compile.

/** Throws; reached only by a value the type system said cannot exist. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
