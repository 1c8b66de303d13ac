// THE TABLE: every option once. Flags, variables, file keys, help, completion, reference page and
// JSON schema follow from it, and so do the types of the configuration.

import { fileKey, type Camel, type Infer, type Option } from './option.ts';
import { brokerOptions } from './options/broker.ts';
import { generalOptions } from './options/general.ts';
import { handlerOptions } from './options/handler.ts';
import { lifeOptions } from './options/life.ts';
import { observationOptions } from './options/observation.ts';
import { proxyOptions } from './options/proxy.ts';
import { queueOptions } from './options/queue.ts';
import { startOptions } from './options/start.ts';

/** In the order in which they are shown; a derived default looks only at what stands above it. */
export const options = {
  ...generalOptions,
  ...startOptions,
  ...observationOptions,
  ...proxyOptions,
  ...handlerOptions,
  ...brokerOptions,
  ...queueOptions,
  ...lifeOptions,
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;
export type OptionKey = Camel<OptionName>;

export type ServeValues = Infer<typeof options, 'serve'>;
export type WorkerValues = Infer<typeof options, 'worker'>;
export type ConsumeValues = Infer<typeof options, 'consume'>;
export type PrepareValues = Infer<typeof options, 'prepare'>;
export type CheckValues = Infer<typeof options, 'check'>;
export type ProbeValues = Infer<typeof options, 'probe'>;
export type CtlValues = Infer<typeof options, 'ctl'>;

/** The rows in the order of the table. */
export const rows: readonly (Option & { readonly name: OptionName; readonly key: OptionKey })[] =
  Object.entries(options).map(([name, option]) => ({
    ...option,
    name: name as OptionName,
    key: fileKey(name) as OptionKey,
  }));
