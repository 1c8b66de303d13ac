// A log that keeps its lines for assertions.

import type { Log } from '../../src/core/log.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export function recordedLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void => {
      lines.push({ level, message, fields });
    };
  const log = {
    lines,
    ...{ debug: at('debug'), info: at('info'), warn: at('warn') },
    ...{ error: at('error'), fatal: at('fatal') },
    component: (): Log => log,
  };
  return log;
}
