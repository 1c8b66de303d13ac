// A gate before something that may be away for a while: whoever comes meanwhile waits in line.

/** Someone before the gate; exactly one of `pass` and `turnAway` is called, unless it leaves. */
export interface Waiter<T> {
  pass(value: T): void;
  turnAway(why: TurnedAway): void;
  /** How long it may stand in line, in milliseconds; asked when it has to. */
  patienceMs(): number;
}

export type TurnedAway = 'full' | 'late' | 'closed';

type State<T> =
  | { readonly kind: 'held' }
  /** Those in line pass first, a few per turn of the event loop. */
  | { readonly kind: 'opening'; readonly value: T }
  | { readonly kind: 'open'; readonly value: T }
  | { readonly kind: 'closed' };

/** How many may pass before others have their turn. */
const PER_TURN = 32;

/** Held when made. All pass in the order in which they came; the line is never longer than `capacity`. */
export class Gate<T> {
  readonly #capacity: number;
  readonly #line = new Map<Waiter<T>, NodeJS.Timeout>();
  #state: State<T> = { kind: 'held' };

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get isHeld(): boolean {
    return this.#state.kind === 'held';
  }

  /** Passes at once, waits, or is turned away. */
  enter(waiter: Waiter<T>): void {
    const state = this.#state;
    if (state.kind === 'open') waiter.pass(state.value);
    else if (state.kind === 'closed') waiter.turnAway('closed');
    else if (this.#line.size >= this.#capacity) waiter.turnAway('full');
    else this.#queue(waiter);
  }

  /** Waits no longer; nothing happens when it does not wait. */
  leave(waiter: Waiter<T>): void {
    clearTimeout(this.#line.get(waiter));
    this.#line.delete(waiter);
  }

  /** Everyone gets this value from now on, those in line first. */
  open(value: T): void {
    if (this.#state.kind === 'closed') return;
    this.#state = { kind: 'opening', value };
    this.#letPass();
  }

  /** Whoever comes now waits. */
  hold(): void {
    if (this.#state.kind !== 'closed') this.#state = { kind: 'held' };
  }

  /** For good: turns away those in line and whoever comes. */
  close(): void {
    this.#state = { kind: 'closed' };
    for (const waiter of this.#line.keys()) {
      this.leave(waiter);
      waiter.turnAway('closed');
    }
  }

  #queue(waiter: Waiter<T>): void {
    const timer = setTimeout(() => {
      this.leave(waiter);
      waiter.turnAway('late');
    }, waiter.patienceMs());
    this.#line.set(waiter, timer);
  }

  readonly #letPass = (): void => {
    let left = PER_TURN;
    for (const waiter of this.#line.keys()) {
      if (this.#state.kind !== 'opening') return;
      if (left === 0) {
        setImmediate(this.#letPass);
        return;
      }
      left -= 1;
      this.leave(waiter);
      waiter.pass(this.#state.value);
    }
    if (this.#state.kind === 'opening') this.#state = { ...this.#state, kind: 'open' };
  };
}
