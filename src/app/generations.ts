// Every process of the app of which something may still run, under its number; what happens to them is told as
// events of the supervision.

import type { AppConfig } from '../config/slices/app.ts';
import type { SupervisionConfig } from '../config/slices/life.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Scope } from '../core/scope.ts';
import type { Address } from '../http/reach.ts';
import type { ChildEnd } from '../process/child-state.ts';
import type { AppProcessOptions } from './app-process.ts';
import { Generation } from './generation.ts';
import type { Failure, SupervisionEvent } from './supervision-state.ts';

/** A new app must stay up for so long before the old one gives way: some fail in their first second. */
const SETTLE_MS = 2000;

export interface GenerationsOptions extends AppProcessOptions {
  readonly supervision: SupervisionConfig;
  /** What an app that is replaced has for its requests in hand and its own stop. */
  readonly gracePeriodMs: number;
  /** Of what happens to them. */
  readonly scope: Scope;
  readonly onEvent: (event: SupervisionEvent) => void;
}

export class Generations {
  readonly #options: GenerationsOptions;
  readonly #all = new Map<number, Generation>();
  #lastErrors = '';

  constructor(options: GenerationsOptions) {
    this.#options = options;
  }

  /** The end of what one wrote to stderr that was lost or has gone: of the last such one. */
  get lastErrors(): string {
    return this.#lastErrors;
  }

  /** Undefined when nothing is left of it. */
  find(number: number): Generation | undefined {
    return this.#all.get(number);
  }

  /** Of one that is known to be there. */
  get(number: number): Generation {
    const generation = this.#all.get(number);
    if (generation === undefined) throw new Error(`there is no generation ${number}`);
    return generation;
  }

  /** The one that listens there. */
  at(address: Address): Generation | undefined {
    return [...this.#all.values()].find(({ process }) => process.address === address);
  }

  /** `came-up` or `lost` follows. */
  spawn(number: number): void {
    const { scope, onEvent } = this.#options;
    const config = this.#configOf(number);
    const generation = new Generation(number, { ...this.#options, config });
    this.#all.set(number, generation);
    void generation.ended().then((failure) => this.#lose(generation, failure));
    scope.run('start an app', async () => {
      const result = await generation.bringUp();
      if (result === 'up') onEvent({ kind: 'came-up', generation: number });
      else if (result !== 'abandoned') this.#lose(generation, result);
    });
  }

  /** `settled` follows, if it stays up. */
  settle(number: number): void {
    const { scope, onEvent } = this.#options;
    scope.run('let an app settle', async () => {
      const stayed = await this.get(number).staysUp(SETTLE_MS);
      if (stayed) onEvent({ kind: 'settled', generation: number });
    });
  }

  /** `retire`: after the requests in hand. `gone` follows. */
  end(number: number, how: 'retire' | 'remove'): void {
    const { gracePeriodMs, scope, onEvent } = this.#options;
    scope.run(`${how} an app`, async (signal) => {
      const generation = this.get(number);
      await generation.retire(gracePeriodMs, how === 'retire', signal);
      this.#lastErrors = generation.process.lastErrors;
      this.#all.delete(number);
      onEvent({ kind: 'gone', generation: number });
    });
  }

  /** Stops all of them; how `main` ended. */
  async stop(main: Generation | undefined, deadline: Deadline): Promise<ChildEnd | undefined> {
    const ends = await Promise.all(
      [...this.#all.values()].map(async (generation) => {
        const end = await generation.stop(deadline);
        return generation === main ? end : undefined;
      }),
    );
    return ends.find((end) => end !== undefined);
  }

  #lose({ number, process, upMs }: Generation, failure: Failure): void {
    this.#lastErrors = process.lastErrors;
    this.#options.onEvent({ kind: 'lost', generation: number, failure, upMs });
  }

  /** With start-first two apps run side by side: each gets a socket of its own. */
  #configOf(number: number): AppConfig {
    const { config, supervision } = this.#options;
    const { up } = config;
    if (up.kind !== 'listens' || up.socketPath === undefined || number === 1) return config;
    if (supervision.replace !== 'start-first') return config;
    return { ...config, up: { ...up, socketPath: `${up.socketPath}.${number}` } };
  }
}
