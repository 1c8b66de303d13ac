// Whoever asks for a new app gets an answer, when it is there or is known not to come.

/** What became of a request for a new app. */
export type Answer =
  | { readonly done: true }
  /** `told`: an event has said so already. */
  | { readonly done: false; readonly reason: string; readonly told: boolean };

interface Ticket {
  /** Any generation after this one is new enough. */
  readonly after: number;
  readonly answer: (answer: Answer) => void;
}

/** Every ticket is answered once. */
export class Tickets {
  #open: readonly Ticket[] = [];

  /** `last` is the generation that was started last when it was asked. */
  take(last: number): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#open = [...this.#open, { after: last, answer: resolve }];
    return promise;
  }

  /** This generation serves. */
  fulfil(generation: number): void {
    this.#answer((ticket) => ticket.after < generation, { done: true });
  }

  /** This generation was to replace another one, and does not: an event tells it. */
  fail(generation: number, reason: string): void {
    this.#answer((ticket) => ticket.after < generation, { done: false, reason, told: true });
  }

  /** Nobody gets anything any more. */
  refuse(reason: string): void {
    this.#answer(() => true, { done: false, reason, told: false });
  }

  #answer(isMeant: (ticket: Ticket) => boolean, answer: Answer): void {
    const meant = this.#open.filter(isMeant);
    this.#open = this.#open.filter((ticket) => !isMeant(ticket));
    for (const ticket of meant) ticket.answer(answer);
  }
}
