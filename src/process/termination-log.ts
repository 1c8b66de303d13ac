// The last word to Kubernetes: one JSON line in the file that it shows as the container's message.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

export interface Termination {
  readonly phase: string;
  /** Our exit code. */
  readonly code: number;
  /** The signal that ended the app, or that asked us to stop. */
  readonly signal: NodeJS.Signals | undefined;
  readonly reason: string;
  /** What the reader should do. */
  readonly next: string;
  /** How often the app had been started again. */
  readonly restarts: number;
  /** The kernel killed a process of this container for want of memory while we ran. */
  readonly memory_kill: boolean;
  /** The last lines of stderr, as far as we have seen them. */
  readonly stderr: string;
}

/** What Kubernetes shows of a termination message. */
const LIMIT_BYTES = 4096;
const REASON_CHARACTERS = 512;

/** Replaces the content of the file; false when it does not exist or cannot be written. Never rejects. */
export async function writeTerminationLog(path: string, message: Termination): Promise<boolean> {
  try {
    // Never created; and a pipe without a reader is not waited for.
    const flags = constants.O_WRONLY | constants.O_TRUNC | constants.O_NONBLOCK;
    await using file = await open(path, flags);
    await file.writeFile(formatTermination(message));
    return true;
  } catch {
    // It is a courtesy: the same is in the log.
    return false;
  }
}

/** One line of at most 4096 bytes, its end included; of stderr as many last characters as fit. */
export function formatTermination(message: Termination): string {
  const reason = message.reason.slice(0, REASON_CHARACTERS);
  const format = (stderr: string): string => `${JSON.stringify({ ...message, reason, stderr })}\n`;
  let fits = 0;
  let tooMany = Math.min(message.stderr.length, LIMIT_BYTES) + 1;
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (Buffer.byteLength(format(message.stderr.slice(-middle))) <= LIMIT_BYTES) fits = middle;
    else tooMany = middle;
  }
  return format(fits === 0 ? '' : message.stderr.slice(-fits).toWellFormed());
}
