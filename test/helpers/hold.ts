// Keeps something in progress until the test says go on.

export interface Hold {
  readonly promise: Promise<void>;
  readonly release: () => void;
}

export function hold(): Hold {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { promise, release: () => resolve(undefined) };
}
