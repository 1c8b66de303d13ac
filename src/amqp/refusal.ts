// A server that cannot be connected to: it is looked for until it can be.

import { displayAddress, errorReason, reachTcp, type Address } from '../http/reach.ts';
import { pause } from '../lib/waiting.ts';

/** Mostly it has just ended, and comes back. */
const AGAIN_MS = 1000;

export interface RefusalOptions {
  readonly address: Address;
  /** Why it can be given nothing; undefined when it can again. */
  readonly onAway: (reason: string | undefined) => void;
}

export class Refusal {
  readonly #options: RefusalOptions;
  readonly #stopped = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(options: RefusalOptions) {
    this.#options = options;
  }

  note(error: Error): void {
    if (this.#looking !== undefined || this.#stopped.signal.aborted) return;
    const { address, onAway } = this.#options;
    onAway(`the server at ${displayAddress(address)} cannot be reached: ${errorReason(error)}`);
    this.#looking = this.#look(this.#stopped.signal);
  }

  /** Looks no more, and says nothing more. */
  stop(): void {
    this.#stopped.abort();
  }

  /** Only asks: each message that tried it would be handed out once more. */
  async #look(signal: AbortSignal): Promise<void> {
    const { address, onAway } = this.#options;
    while (await pause(AGAIN_MS, signal)) {
      const { ok } = await reachTcp(address, { timeoutMs: AGAIN_MS, signal });
      if (!ok || signal.aborted) continue;
      this.#looking = undefined;
      onAway(undefined);
      return;
    }
  }
}

/** Nothing was sent, so that no attempt has begun. */
export function isRefusal(error: Error): boolean {
  // A name with several addresses fails with one error per address.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { syscall } = first as NodeJS.ErrnoException;
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

/** Where the server of a URL listens. */
export function addressOfUrl(url: string): Address {
  const { protocol, hostname, port } = new URL(url);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  };
}
