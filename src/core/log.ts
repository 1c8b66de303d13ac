// The only importer of pino. Levels, names of components, and the choice between NDJSON and text.

import { pino } from 'pino';

import { formatText } from './log-text.ts';

export type LogFields = Record<string, unknown>;

/** Message constant, data in fields: snake_case names that end in their unit, `err` for errors. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  fatal(fields: LogFields, message: string): void;
  /** The same log under the name of a part. */
  component(name: string): Log;
}

export interface LogOptions {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug';
  readonly format: 'json' | 'text';
  readonly color: boolean;
  readonly write: (line: string) => void;
}

export function createLog(options: LogOptions): Log {
  const write =
    options.format === 'text'
      ? (line: string) => options.write(formatText(line, options.color))
      : options.write;
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return wrap(root);
}

function wrap(logger: pino.Logger): Log {
  return Object.assign(logger, {
    component: (name: string) => wrap(logger.child({ component: name })),
  });
}
