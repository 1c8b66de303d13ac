// A user's module in a thread, called like a function: one call at a time.

import type { LoadMessage } from './module-bootstrap.ts';
import { ModuleThread, type ModuleThreadOptions } from './module-thread.ts';

/** What the thread says; the only other thing it can do is end. */
export type CallMessage =
  | LoadMessage
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly reason: string };

const SERVE = `
function serve(module) {
  port.on('message', async (args) => {
    try {
      say('returned', { value: await module.default(...args) });
    } catch (error) {
      say('failed', { reason: describe(error) });
    }
  });
}
`;

/** Answers each call once, with a failure when the thread ends instead. */
export class ModuleCalls {
  /** `loaded`, or why it could not be. */
  readonly loaded: Promise<CallMessage>;
  readonly #thread: ModuleThread<CallMessage>;
  #answer = Promise.withResolvers<CallMessage>();

  constructor(options: ModuleThreadOptions) {
    this.loaded = this.#answer.promise;
    this.#thread = new ModuleThread(options, {
      serve: SERVE,
      background: true,
      onMessage: (message) => this.#answer.resolve(message),
      onEnd: (reason) => this.#fail(reason),
    });
  }

  get ended(): boolean {
    return this.#thread.ended;
  }

  /** Calls the default export with copies of the arguments; only after the answer to the call before. */
  call(args: readonly unknown[]): Promise<CallMessage> {
    this.#answer = Promise.withResolvers();
    if (this.ended) this.#fail('its thread has ended');
    else this.#thread.post(args);
    return this.#answer.promise;
  }

  terminate(): Promise<void> {
    return this.#thread.terminate();
  }

  #fail(reason: string): void {
    this.#answer.resolve({ kind: 'failed', reason });
  }
}
