// Orphans: when a process ends before its children, they become ours, and nobody but us can take their
// status. Node never does, so as PID 1 it would keep each of them as a zombie for ever.

import type { Component } from '../core/component.ts';
import type { Log } from '../core/log.ts';
import { monotonicMs } from '../lib/clock.ts';
import { loadLibc, type Libc, type LoadedLibc } from './libc.ts';
import { childrenOf } from './proc.ts';
import { Sightings } from './sightings.ts';
import { isAwaited } from './spawn.ts';
import { countZombies, type ZombieCount } from './zombies.ts';

export interface ReaperOptions {
  /** Our own. */
  readonly pid: number;
  /** Calls the listener, now or later, after a child has ended: SIGCHLD. */
  readonly onChildEnded: (listener: () => void) => void;
  readonly log: Log;
}

/** After an end, and again while somebody is left. A look costs a tenth of a millisecond. */
const LOOK_AFTER_MS = 50;
/** More would keep the event loop for too long. */
const MOST_AT_ONCE = 500;

/**
 * Adopts and reaps orphans within a second, each by its pid. The status of a program that we started, or
 * that a user module started in its thread, is never taken: neither do we ask for those that are awaited,
 * nor does the kernel give us the children of another thread.
 */
export class Reaper implements Component {
  readonly name = 'reaper';
  readonly #options: ReaperOptions;
  readonly #sightings = new Sightings();
  #loaded: LoadedLibc | undefined;
  #reaped = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  /** `none` where node:ffi or /proc is missing: then zombies are counted at best. */
  get mode(): 'ffi' | 'none' {
    return this.#libc === undefined ? 'none' : 'ffi';
  }

  /** Since the start. */
  get reaped(): number {
    return this.#reaped;
  }

  /** Of the moment; undefined where /proc does not tell. */
  countZombies(): ZombieCount | undefined {
    return countZombies(this.#options.pid);
  }

  /** The C library is loaded with the first look a moment later: the app need not wait for it. */
  start(): Promise<void> {
    this.#options.onChildEnded(() => this.#lookSoon());
    this.#lookSoon();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    return Promise.resolve();
  }

  get #libc(): Libc | undefined {
    this.#loaded ??= this.#load();
    return this.#loaded.kind === 'loaded' ? this.#loaded.libc : undefined;
  }

  #load(): LoadedLibc {
    const { pid, log } = this.#options;
    const loaded: LoadedLibc =
      childrenOf(pid) === undefined
        ? { kind: 'missing', reason: '/proc is not mounted' }
        : loadLibc();
    const isInit = pid === 1;
    if (loaded.kind === 'missing') {
      const message = isInit ? ZOMBIES_STAY : ORPHANS_GO;
      log[isInit ? 'warn' : 'info']({ reason: loaded.reason }, message);
    } else if (!isInit && !loaded.libc.adoptOrphans()) log.info({}, ORPHANS_GO);
    return loaded;
  }

  #lookSoon(): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => this.#look(), LOOK_AFTER_MS).unref();
  }

  #look(): void {
    this.#timer = undefined;
    const libc = this.#libc;
    if (libc === undefined) return;
    const candidates = (childrenOf(this.#options.pid) ?? []).filter((pid) => !isAwaited(pid));
    const zombies = candidates.filter((pid) => libc.hasEnded(pid));
    const ripe = this.#sightings.note(zombies, monotonicMs());
    const reaped = ripe.slice(0, MOST_AT_ONCE).filter((pid) => libc.reap(pid)).length;
    this.#reaped += reaped;
    if (reaped > 0) this.#options.log.debug({ count: reaped }, 'orphans reaped');
    if (zombies.length > reaped) this.#lookSoon();
  }
}

const ZOMBIES_STAY =
  'orphaned processes cannot be reaped and stay as zombies until the container ends: ' +
  'run the single executable, or Node 26.10 or newer, or start hurricane below an init (docker run --init, tini)';
const ORPHANS_GO = 'orphaned processes are left to PID 1, which has to reap them';
