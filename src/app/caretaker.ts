// Looks after the app that serves: when it has outlived itself, uses too much memory or is unwell, it asks
// for another one.

import type { CareConfig } from '../config/slices/life.ts';
import type { Component } from '../core/component.ts';
import type { Deadline } from '../core/deadline.ts';
import type { ReplacementCause } from '../core/events.ts';
import type { Log, LogFields } from '../core/log.ts';
import { Scope } from '../core/scope.ts';
import { monotonicMs } from '../lib/clock.ts';
import { pause } from '../lib/waiting.ts';
import { Patience } from './patience.ts';
import type { Served } from './supervisor.ts';
import type { Answer } from './tickets.ts';

export interface CaretakerOptions {
  readonly config: CareConfig;
  /** Undefined while there is nobody to look after. */
  readonly served: () => Served | undefined;
  /** Requests finished since the start of hurricane. */
  readonly finished: () => number;
  /** Bytes that a process uses with all it has started; undefined where nobody knows. */
  readonly usedBytes: (pid: number) => number | undefined;
  /** Why the liveness checks fail; undefined while they pass. */
  readonly sickness: () => string | undefined;
  readonly replace: (cause: ReplacementCause) => Promise<Answer>;
  readonly log: Log;
  readonly lookMs?: number;
}

const LOOK_MS = 1000;

/** Whose symptom shows so early would not be helped by another one of its kind. */
const EARLY_MS = 5000;

/** An app without a symptom for so long is well. */
const WELL_MS = 10_000;

interface Symptom {
  readonly cause: ReplacementCause;
  readonly text: string;
  readonly fields: LogFields;
}

/** At most one replacement is under way, and none in a hurry when the last one did not help. */
export class Caretaker implements Component {
  readonly name = 'caretaker';
  readonly #options: CaretakerOptions;
  readonly #scope = new Scope();
  readonly #patience = new Patience();
  #patient = { generation: 0, finishedBefore: 0 };

  constructor(options: CaretakerOptions) {
    this.#options = options;
  }

  /** Resolves when a bug of ours ended the care. */
  get failed(): Promise<Error> {
    return this.#scope.failed;
  }

  start(): Promise<void> {
    const { maxLifetime, maxMemoryBytes, repair } = this.#options.config;
    if (maxLifetime !== undefined || maxMemoryBytes !== undefined || repair) {
      this.#scope.run('look after the app', (signal) => this.#care(signal));
    }
    return Promise.resolve();
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.#scope.close(deadline);
  }

  async #care(signal: AbortSignal): Promise<void> {
    do await this.#look();
    while (await pause(this.#options.lookMs ?? LOOK_MS, signal));
  }

  async #look(): Promise<void> {
    const served = this.#options.served();
    if (served === undefined) return;
    const isNew = served.generation !== this.#patient.generation;
    if (isNew) {
      this.#patient = {
        generation: served.generation,
        finishedBefore: this.#options.finished(),
      };
    }
    const symptom = this.#symptomOf(served);
    if (symptom === undefined) {
      if (served.upMs >= WELL_MS) this.#patience.regain();
    } else if (isNew && served.upMs < EARLY_MS) {
      this.#wait(symptom, 'so soon after its start that another one would not help');
    } else if (this.#patience.isOver(monotonicMs())) {
      await this.#replace(symptom);
    }
  }

  #symptomOf(served: Served): Symptom | undefined {
    return this.#memory(served) ?? this.#lifetime() ?? this.#sickness();
  }

  #memory({ pid }: Served): Symptom | undefined {
    const { config, usedBytes } = this.#options;
    if (config.maxMemoryBytes === undefined || pid === undefined) return undefined;
    const used = usedBytes(pid);
    if (used === undefined || used <= config.maxMemoryBytes) return undefined;
    return {
      cause: 'memory',
      text: 'the app uses more memory than --max-memory',
      fields: { used_bytes: used, limit_bytes: config.maxMemoryBytes },
    };
  }

  #lifetime(): Symptom | undefined {
    const { config, finished } = this.#options;
    const requests = finished() - this.#patient.finishedBefore;
    if (config.maxLifetime === undefined || requests <= config.maxLifetime) return undefined;
    return {
      cause: 'lifetime',
      text: 'the app has served more requests than --max-lifetime',
      fields: { requests, limit: config.maxLifetime },
    };
  }

  #sickness(): Symptom | undefined {
    const { config, sickness } = this.#options;
    const reason = config.repair ? sickness() : undefined;
    if (reason === undefined) return undefined;
    return { cause: 'liveness', text: 'a liveness check of the app fails', fields: { reason } };
  }

  async #replace(symptom: Symptom): Promise<void> {
    const { log, replace } = this.#options;
    log.warn(symptom.fields, symptom.text);
    const answer = await replace(symptom.cause);
    if (!answer.done) this.#wait(symptom, answer.reason);
  }

  #wait({ text, fields }: Symptom, reason: string): void {
    const pauseMs = this.#patience.lose(monotonicMs());
    this.#options.log.warn({ ...fields, reason, pause_ms: pauseMs }, `${text}, and waits`);
  }
}
