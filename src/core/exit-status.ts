// How a process ended, as one value, and the sentence and exit code that follow from it.

import { constants } from 'node:os';

export type ExitStatus =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly code: 126 | 127; readonly reason: string };

/** The number a shell would report: 0-255, 128 + n for a signal, 126 or 127 when it never started. */
export function exitCodeOf(status: ExitStatus): number {
  return status.kind === 'signalled' ? 128 + constants.signals[status.signal] : status.code;
}

export function isSuccess(status: ExitStatus): boolean {
  return status.kind === 'exited' && status.code === 0;
}

/** How a process ended, as events tell it. */
export interface Ending {
  readonly exit_code: number;
  /** Reads after the name of a program. */
  readonly ending: string;
}

export function endingOf(status: ExitStatus): Ending {
  return { exit_code: exitCodeOf(status), ending: describeExit(status) };
}

/** Reads after the name of a program: `exited with code 3`. */
export function describeExit(status: ExitStatus): string {
  switch (status.kind) {
    case 'exited':
      return `exited with code ${status.code}`;
    case 'signalled':
      return `was ended by ${status.signal}`;
    case 'not-started':
      return `could not be started: ${status.reason}`;
  }
}
