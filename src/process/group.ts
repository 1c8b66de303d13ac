// A process group: a program with all it has started and not let go of.
// The one place that needs our own process object: to send signals, and so that no group outlives us.

import process from 'node:process';

import { Deadline } from '../core/deadline.ts';
import { backoffMs } from '../lib/backoff.ts';
import { pause } from '../lib/waiting.ts';
import { readProcesses } from './proc.ts';

/** How long SIGKILL may take to show: processes in an uninterruptible wait end when that ends. */
export const KILL_TAKES_MS = 2000;

/** Nobody tells when a process ends that is not our child. */
const LOOKS = { firstMs: 2, maxMs: 50, jitter: 0 };

/** `still there`: SIGKILL could not end it yet, or it is not ours to signal. */
export type GroupEnd = 'by itself' | 'killed' | 'still there';

const live = new Set<ProcessGroup>();

/** The group led by a process that was started as its leader. Killed when we exit before it is gone. */
export class ProcessGroup {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
    if (live.size === 0) process.on('exit', killLive);
    live.add(this);
  }

  /** To every member. False when nobody is there, or it is not ours to signal. */
  signal(signal: NodeJS.Signals): boolean {
    return live.has(this) && this.#send(signal);
  }

  /** As `signal`, to the process that leads it and that nobody has told us has ended. */
  signalLeader(signal: NodeJS.Signals): boolean {
    return live.has(this) && this.#send(signal, this.id);
  }

  /** True when no member is alive; zombies are not. It stays true: the id may belong to others then. */
  isEmpty(): boolean {
    if (live.has(this) && !(this.#send(0) && this.#hasLiveMember())) this.#forget();
    return !live.has(this);
  }

  /** Waits until it is empty, SIGKILLs what is left at the deadline. */
  async end(deadline: Deadline): Promise<GroupEnd> {
    if (await this.#emptyBefore(deadline)) return 'by itself';
    this.signal('SIGKILL');
    return (await this.#emptyBefore(Deadline.after(KILL_TAKES_MS))) ? 'killed' : 'still there';
  }

  async #emptyBefore(deadline: Deadline): Promise<boolean> {
    for (let look = 1; !this.isEmpty(); look += 1) {
      if (!(await pause(backoffMs(LOOKS, look), deadline.signal))) return this.isEmpty();
    }
    return true;
  }

  #send(signal: NodeJS.Signals | 0, to = -this.id): boolean {
    try {
      return process.kill(to, signal);
    } catch (error) {
      // EPERM: a program that changed its user; it is there all the same.
      return signal === 0 && (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }

  #hasLiveMember(): boolean {
    const members = readProcesses()?.filter(({ group }) => group === this.id);
    return members?.some(({ state }) => state !== 'Z' && state !== 'X') ?? true;
  }

  #forget(): void {
    live.delete(this);
    if (live.size === 0) process.off('exit', killLive);
  }
}

function killLive(): void {
  for (const group of live) group.signal('SIGKILL');
}
