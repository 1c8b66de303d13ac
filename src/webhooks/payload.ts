// Which event becomes which webhook, and what its body says. Pure.

import type { EventMap, HurricaneEvent } from '../core/events.ts';

export type WebhookStatus = 'succeeded' | 'failed' | 'warning';

/** One edge of a state, before anything about its delivery is known. */
export interface Edge {
  /** One of hurricane's own, or of the user's. */
  readonly type: string;
  readonly status: WebhookStatus;
  readonly reason: string;
  /** Null for the first edge of its type, and for what has no state before. */
  readonly previous: WebhookStatus | null;
  /** The last output of what failed. */
  readonly traceback: string | null;
}

/** One webhook: its id stays the same over all attempts and for all receivers. */
export interface Webhook extends Edge {
  readonly id: string;
  /** Counts the webhooks of this process from 1. */
  readonly sequence: number;
  /** When the edge happened, in whole seconds since 1970. */
  readonly timestamp: number;
  readonly podname: string;
  readonly version: string | null;
}

/** Undefined for an event that is none of a receiver's business. */
export function edgeOf(event: HurricaneEvent): Edge | undefined {
  switch (event.name) {
    case 'startup.failed':
      return startupFailed(event.data);
    case 'probe.changed':
      return probeChanged(event.data);
    case 'app.ended':
      return appEnded(event.data);
    case 'app.restarted':
      return restarted(event.data);
    case 'app.crash-looping':
      return crashLooping(event.data);
    case 'app.replaced':
      return replaced(event.data);
    case 'app.replacement-failed':
      return replacementFailed(event.data);
    case 'drain.ended':
      return drainEnded(event.data);
    default:
      return undefined;
  }
}

/** The keys of the original first, in its order. */
export function bodyOf(webhook: Webhook, attempt: number): string {
  const { type, traceback, status, timestamp, podname, version } = webhook;
  const { id, sequence, reason, previous } = webhook;
  return JSON.stringify({
    info: `${type.charAt(0).toUpperCase()}${type.slice(1)} webhook`,
    ...{ type, traceback, status, timestamp, podname, version },
    ...{ id, sequence, reason, previous, attempt },
  });
}

function startupFailed({ status, reason, output }: EventMap['startup.failed']): Edge {
  return { type: 'startup', status, reason, previous: null, traceback: output ?? reason };
}

function probeChanged({ probe, passing, previous, reason }: EventMap['probe.changed']): Edge {
  return {
    type: probe,
    status: statusOf(passing),
    reason,
    previous: previous === undefined ? null : statusOf(previous),
    traceback: null,
  };
}

function appEnded({ ending, expected, killed }: EventMap['app.ended']): Edge {
  const reason = killed ? 'had to be killed' : ending;
  return {
    type: 'app',
    status: statusOf(expected && !killed),
    reason: `the app ${reason}`,
    previous: null,
    traceback: null,
  };
}

function restarted({ duration_ms: ms }: EventMap['app.restarted']): Edge {
  const reason = `the app is up again after ${ms} ms`;
  return { type: 'restart', status: 'succeeded', reason, previous: null, traceback: null };
}

function crashLooping({ reason, starts }: EventMap['app.crash-looping']): Edge {
  const text = `${starts} starts in a row failed: ${reason}`;
  return { type: 'restart', status: 'failed', reason: text, previous: null, traceback: null };
}

function replaced({ cause, duration_ms: ms }: EventMap['app.replaced']): Edge {
  const reason = `the app was replaced (${cause}) in ${ms} ms`;
  return { type: 'replacement', status: 'succeeded', reason, previous: null, traceback: null };
}

function replacementFailed({ cause, reason, output }: EventMap['app.replacement-failed']): Edge {
  return {
    type: 'replacement',
    status: 'failed',
    reason: `the app was not replaced (${cause}): ${reason}`,
    previous: null,
    traceback: output ?? reason,
  };
}

function drainEnded({ during_stop: stop, forced, duration_ms: ms }: EventMap['drain.ended']): Edge {
  const reason = `${forced} of ${stop.in_hand + stop.accepted} requests were cut, the drain took ${ms} ms`;
  return { type: 'drain', status: statusOf(forced === 0), reason, previous: null, traceback: null };
}

function statusOf(good: boolean): WebhookStatus {
  return good ? 'succeeded' : 'failed';
}
