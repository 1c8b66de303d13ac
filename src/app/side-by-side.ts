// Two intakes as one: requests and messages go to the same app, and drain and stop at the same time.

import type { DrainReport, Former, Intake, Load } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';

type Joined<To> = Pick<Intake<To>, 'open' | 'hold' | 'drain' | 'stop' | 'report'>;

export function sideBySide<To>(one: Joined<To>, other: Joined<To>): Joined<To> {
  const both = [one, other];
  return {
    open: (to) => formerOf(both.map((intake) => intake.open(to))),
    hold: () => formerOf(both.map((intake) => intake.hold())),
    drain: (deadline) => inStep(both.map((intake) => intake.drain(deadline))),
    stop: (deadline) => inStep(both.map((intake) => intake.stop(deadline))),
    report: () => sumOf(one.report(), other.report()),
  };
}

/** Of both only requests can be too many: messages wait where they are. Both of them wear out an app. */
export function loadOf(requests: Load | undefined, messages: Load | undefined): Load {
  if (requests === undefined || messages === undefined)
    return requests ?? messages ?? nothingInHand;
  const { active, queued, finished, averageMs } = requests;
  return { active, queued, averageMs, finished: finished + messages.finished };
}

const nothingInHand: Load = { active: 0, queued: 0, finished: 0, averageMs: 0 };

function formerOf(formers: readonly (Former | undefined)[]): Former | undefined {
  const known = formers.filter((former) => former !== undefined);
  if (known.length === 0) return undefined;
  const whenIdle = (deadline: Deadline): Promise<void> =>
    inStep(known.map((former) => former.whenIdle(deadline)));
  return { whenIdle };
}

async function inStep(parts: readonly Promise<void>[]): Promise<void> {
  await Promise.all(parts);
}

function sumOf(one: DrainReport, other: DrainReport): DrainReport {
  return {
    accepted: one.accepted + other.accepted,
    completed: one.completed + other.completed,
    shed: one.shed + other.shed,
    aborted: one.aborted + other.aborted,
    failed: one.failed + other.failed,
    forced: one.forced + other.forced,
    longestMs: Math.max(one.longestMs, other.longestMs),
  };
}
