// A set of what is in progress, for members that come and go thousands of times a second.

/** A member remembers its place. */
export interface Slotted {
  slot: number;
}

/**
 * Adding and removing cost nothing that stays. A `Set` or `Map` under such a churn leaves a trail of old
 * tables behind, each of which keeps its members until the next full garbage collection.
 */
export class Slots<T extends Slotted> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    member.slot = this.#members.push(member) - 1;
  }

  /** The last member takes the freed place. Only members may be removed. */
  remove({ slot }: T): void {
    const last = this.#members.pop();
    if (last === undefined || last.slot === slot) return;
    this.#members[slot] = last;
    last.slot = slot;
  }

  /** A copy: members may leave while it is gone through. */
  toArray(): readonly T[] {
    return [...this.#members];
  }
}
