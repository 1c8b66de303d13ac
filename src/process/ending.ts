// The end of a program that was asked to end, with its whole group.

import { Deadline } from '../core/deadline.ts';
import { doneBefore } from '../lib/waiting.ts';
import { KILL_TAKES_MS, type GroupEnd } from './group.ts';
import type { Running } from './spawn.ts';

/**
 * Waits for the program, calls `kill` if it has not ended by the deadline, then ends what is left of
 * its group in the same way; tells how that rest ended.
 */
export async function endRunning(
  { ended, group }: Running,
  deadline: Deadline,
  kill: () => void = () => void group?.signal('SIGKILL'),
): Promise<GroupEnd> {
  if (group === undefined) {
    await ended;
    return 'by itself';
  }
  if (!(await doneBefore(ended, deadline.signal))) {
    kill();
    await doneBefore(ended, Deadline.after(KILL_TAKES_MS).signal);
  }
  return group.end(deadline);
}
