// What is exported of orphans and zombies.

import { counter, gauge, single, type Family } from './family.ts';

/** The reaper's own state; read at each scrape. */
export interface ReaperSource {
  readonly mode: 'ffi' | 'none';
  readonly reaped: number;
  /** Undefined where the system does not tell. */
  countZombies(): { readonly orphans: number; readonly others: number } | undefined;
}

export function reaperFamilies(source: () => ReaperSource): Family[] {
  return [
    gauge(
      'hurricane_reaper_info',
      'How orphaned processes are reaped: mode ffi, or none where this Node cannot; the value is always 1.',
      () => [{ value: 1, labels: { mode: source().mode } }],
    ),
    counter(
      'hurricane_orphans_reaped_total',
      'Orphaned processes that hurricane adopted and reaped.',
      single(() => source().reaped),
    ),
    gauge(
      'hurricane_zombie_processes',
      'Ended processes whose parent has not taken their status yet: parent hurricane (orphans), or other ' +
        '(a program below hurricane that should wait for its children).',
      () => {
        const count = source().countZombies();
        if (count === undefined) return [];
        return [
          { value: count.orphans, labels: { parent: 'hurricane' } },
          { value: count.others, labels: { parent: 'other' } },
        ];
      },
    ),
  ];
}
