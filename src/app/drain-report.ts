// The last report: the ledger of the whole run, and apart from it what belongs to the stop. Pure.

import type { DrainReport, StopReport } from '../core/component.ts';

/** `before` is the ledger at the stop, `after` the final one, in which nothing is in hand any more. */
export function drainReport(
  before: DrainReport,
  after: DrainReport,
): DrainReport & { readonly during_stop: StopReport } {
  const finished = before.completed + before.shed + before.aborted + before.failed;
  const during_stop = {
    in_hand: before.accepted - finished,
    accepted: after.accepted - before.accepted,
    completed: after.completed - before.completed,
    shed: after.shed - before.shed,
    aborted: after.aborted - before.aborted,
    failed: after.failed - before.failed,
  };
  return { ...after, longestMs: Math.round(after.longestMs), during_stop };
}
