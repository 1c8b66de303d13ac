// The children of our own whose status Node will take and tell.

export class Awaited {
  readonly #childOf = new Map<number, object>();

  add(pid: number, child: object): void {
    this.#childOf.set(pid, child);
  }

  /** Node takes several statuses before it tells the first: the number may be another child's by then. */
  remove(pid: number, child: object): void {
    if (this.#childOf.get(pid) === child) this.#childOf.delete(pid);
  }

  /** True for a process whose status nobody else may take. */
  has(pid: number): boolean {
    return this.#childOf.has(pid);
  }
}
