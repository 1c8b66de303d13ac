// Work that many ask for at once: each is told of a run that began after it had asked.

export class NextRun {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Settles as the first run that begins from now on; those who ask while one is under way share the next. */
  request(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    const begin = (): Promise<void> => this.#begin();
    this.#next ??= this.#running.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#work().finally(() => {
      if (this.#next === undefined) this.#running = undefined;
    });
    return this.#running;
  }
}
