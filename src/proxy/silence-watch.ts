// Looks at the app again and again while requests wait for it, and tells when it has answered none for long.

import type { Emit } from '../core/events.ts';
import { monotonicMs } from '../lib/clock.ts';
import { Silence } from './silence.ts';

/** Longer than most long polls last, and load balancers wait; and how often it is looked meanwhile. */
const SILENT_AFTER_MS = 60_000;
const LOOKS = 6;

export interface SilenceWatchOptions {
  /** How long an app may answer nothing, while requests wait for it, before that is told. */
  readonly silentAfterMs?: number | undefined;
  /** Since when each request waits that waits for the app. */
  readonly waits: () => readonly number[];
  readonly queued: () => number;
  readonly emit: Emit;
}

/** Emits `app.silent`, once for each silence. */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  /** By the app. */
  #answered = 0;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  noteAnswer(): void {
    this.#answered += 1;
  }

  /** Another app has all the time again. */
  begin(): void {
    const { silentAfterMs = SILENT_AFTER_MS, waits, queued, emit } = this.#options;
    const silence = new Silence(silentAfterMs);
    clearInterval(this.#looking);
    this.#looking = setInterval(() => {
      const since = waits();
      const silentMs = silence.look({
        atMs: monotonicMs(),
        answered: this.#answered,
        oldestMs: since.length === 0 ? undefined : Math.min(...since),
      });
      if (silentMs === undefined) return;
      emit('app.silent', { queued: queued(), duration_ms: Math.round(silentMs) });
    }, silentAfterMs / LOOKS).unref();
  }

  end(): void {
    clearInterval(this.#looking);
  }
}
