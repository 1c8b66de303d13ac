// Which app work is handed to: one at a time, or none while the next one is waited for.

import type { Former, Intake } from '../core/component.ts';
import type { Address } from '../http/reach.ts';
import type { Generation } from './generation.ts';

export interface ServingOptions {
  /** Undefined for an app that nobody hands work to. */
  readonly intake: Pick<Intake<Address>, 'open' | 'hold'> | undefined;
  /** Told when an app begins to serve, and when none does for a while. */
  readonly onServing: (serving: boolean) => void;
}

export class Serving {
  readonly #options: ServingOptions;
  #generation: Generation | undefined;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** Undefined while none serves. */
  get generation(): Generation | undefined {
    return this.#generation;
  }

  /** New work goes to this one; the one before knows what it still has in hand. */
  open(generation: Generation): void {
    const { intake, onServing } = this.#options;
    this.#leave(intake?.open(addressOf(generation)));
    this.#generation = generation;
    onServing(true);
  }

  /** New work waits. */
  hold(): void {
    const { intake, onServing } = this.#options;
    this.#leave(intake?.hold());
    this.#generation = undefined;
    onServing(false);
  }

  #leave(former: Former | undefined): void {
    if (this.#generation !== undefined) this.#generation.former = former;
  }
}

function addressOf({ number, process }: Generation): Address {
  if (process.address === undefined) throw new Error(`generation ${number} is nowhere`);
  return process.address;
}
