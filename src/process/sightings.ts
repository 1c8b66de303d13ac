// Who may be reaped: a zombie that was there a while ago and still is.

/**
 * Node takes the status of a child of its own in the same moment in which it hears of its end. What is
 * still there so much later belongs to nobody.
 */
export const APART_MS = 250;

/** Remembers when each zombie was seen first. */
export class Sightings {
  #firstSeen: ReadonlyMap<number, number> = new Map();

  /** Those of the zombies that are there now which were also seen at least `APART_MS` before. */
  note(zombies: readonly number[], nowMs: number): readonly number[] {
    const before = this.#firstSeen;
    const since = (pid: number): number => before.get(pid) ?? nowMs;
    this.#firstSeen = new Map(zombies.map((pid) => [pid, since(pid)]));
    return zombies.filter((pid) => nowMs - since(pid) >= APART_MS);
  }
}
