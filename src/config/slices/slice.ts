// What a slice of the configuration is made of: the options that it reads, and what surrounds them.

import type { ConsumeValues, ServeValues, WorkerValues } from '../options.ts';

/** What a slice needs besides options. */
export interface Surroundings {
  readonly appCommand: readonly string[];
  readonly webhookSecret: string | undefined;
  readonly secretVariables: readonly string[];
  /** At least 0 and below 1. */
  readonly random: () => number;
}

/** Of options that `serve` has, which are most. */
export type Values<Keys extends keyof ServeValues> = Pick<ServeValues, Keys>;

/** Of options that whatever runs until it is stopped has. */
export type Shared<Keys extends keyof ServeValues & keyof WorkerValues & keyof ConsumeValues> =
  Values<Keys>;

/** Of options that `consume` has. */
export type Consumed<Keys extends keyof ConsumeValues> = Pick<ConsumeValues, Keys>;
