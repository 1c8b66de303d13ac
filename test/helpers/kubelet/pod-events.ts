// What has happened to a pod, found among its events.

import assert from 'node:assert/strict';

import type { Pod, PodEvent } from './kubelet.ts';

/** When it was so for the last time. */
export function timeOf(pod: Pod, what: PodEvent['what']): number {
  return lastOf(pod, what).at;
}

export function lastOf({ events }: Pod, what: PodEvent['what']): PodEvent {
  return events.findLast((event) => event.what === what) ?? assert.fail(`never ${what}`);
}
