// A world around the pure supervisor: processes that start, fail and leave when chance says so. It
// asserts after each event what must hold in any life.

import assert from 'node:assert/strict';

import { idle, next } from '../../src/app/supervision.ts';
import type {
  Effect,
  Failure,
  Rules,
  Supervision,
  SupervisionEvent,
} from '../../src/app/supervision-state.ts';
import type { Seeded } from './seeded.ts';

interface Process {
  alive: boolean;
  up: boolean;
  /** Its stop was asked for. */
  leaving: boolean;
  settling: boolean;
}

const crash: Failure = { kind: 'ended', status: { kind: 'signalled', signal: 'SIGKILL' } };
const success: Failure = { kind: 'ended', status: { kind: 'exited', code: 0 } };
const notUp: Failure = { kind: 'not-up', error: new Error('not up in time') };

export class SupervisionWorld {
  readonly #rules: Rules;
  readonly #random: Seeded;
  readonly #processes = new Map<number, Process>();
  readonly #history: (SupervisionEvent | Effect)[] = [];
  #state: Supervision = idle;
  /** Who gets the requests; undefined: they wait. */
  #serving: number | undefined;
  #backoffArmed = false;
  #givenUp = false;
  #stopped = false;

  constructor(rules: Rules, random: Seeded) {
    this.#rules = rules;
    this.#random = random;
    this.#dispatch({ kind: 'start' });
  }

  /** One thing happens, by chance: somebody asks for something, or a process does something. */
  step(): void {
    const act = this.#random.pick<() => void>([
      [20, () => this.#someComesUp()],
      [8, () => this.#someFails()],
      [20, () => this.#someLeaves()],
      [10, () => this.#someSettles()],
      [10, () => this.#backoffPasses()],
      [8, () => this.#dispatch({ kind: 'reload', cause: 'sighup' })],
      [4, () => this.#dispatch({ kind: 'restart' })],
      [0.3, () => this.#dispatch({ kind: 'close' })],
      [0.3, () => this.#stop()],
    ]);
    act();
  }

  /** Everything goes well from now on. Returns the state in which nothing is left to happen. */
  comeToRest(): string {
    for (let round = 0; this.#somethingIsPending(); round += 1) {
      this.#check(round < 100, 'it comes to rest');
      this.#someLeaves();
      this.#someComesUp();
      this.#someSettles();
      this.#backoffPasses();
    }
    const { phase, leaving, asked } = this.#state;
    this.#check(leaving.length === 0, 'everybody has left');
    this.#check(asked === undefined, 'no replacement is forgotten');
    const expected = this.#stopped ? 'stopping' : this.#givenUp ? 'ended' : 'up';
    this.#check(phase.kind === expected, `it is ${expected}`);
    if (phase.kind === 'up') {
      const alive = [...this.#processes].filter(([, { alive }]) => alive).map(([number]) => number);
      this.#check(alive.length === 1 && alive[0] === phase.generation, 'exactly one lives');
      this.#check(this.#serving === phase.generation, 'it is served');
    }
    return phase.kind;
  }

  #somethingIsPending(): boolean {
    const all = [...this.#processes.values()];
    return (
      (this.#backoffArmed && this.#state.phase.kind === 'backing-off') ||
      all.some(({ leaving, alive, up, settling }) => leaving || settling || (alive && !up))
    );
  }

  #someComesUp(): void {
    const number = this.#some(({ alive, up, leaving }) => alive && !up && !leaving);
    if (number === undefined) return;
    this.#process(number).up = true;
    this.#dispatch({ kind: 'came-up', generation: number });
  }

  #someFails(): void {
    const number = this.#some(({ alive }) => alive);
    if (number === undefined) return;
    const process = this.#process(number);
    const failure = this.#random.pick([
      [3, crash],
      [1, success],
      [process.up ? 0 : 2, notUp],
    ]);
    if (failure !== notUp) process.alive = false;
    process.settling = false;
    const upMs = process.up ? this.#random.between(0, 2000) : 0;
    this.#dispatch({ kind: 'lost', generation: number, failure, upMs });
  }

  #someLeaves(): void {
    const number = this.#some(({ leaving }) => leaving);
    if (number === undefined) return;
    this.#processes.delete(number);
    this.#dispatch({ kind: 'gone', generation: number });
  }

  #someSettles(): void {
    const number = this.#some(({ settling }) => settling);
    if (number === undefined) return;
    this.#process(number).settling = false;
    this.#dispatch({ kind: 'settled', generation: number });
  }

  #backoffPasses(): void {
    if (!this.#backoffArmed) return;
    this.#backoffArmed = false;
    this.#dispatch({ kind: 'backoff-over' });
  }

  /** As `Supervisor.stop` does: every process is stopped by whoever asks. */
  #stop(): void {
    this.#stopped = true;
    this.#dispatch({ kind: 'stop' });
    for (const process of this.#processes.values()) process.leaving = true;
  }

  #dispatch(event: SupervisionEvent): void {
    this.#history.push(event);
    const [state, effects] = next(this.#state, event, this.#rules);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    this.#assertSane();
  }

  #perform(effect: Effect): void {
    this.#history.push(effect);
    switch (effect.kind) {
      case 'spawn':
        this.#spawn(effect.generation);
        break;
      case 'open': {
        const { alive, up, leaving } = this.#process(effect.generation);
        this.#check(alive && up && !leaving, 'only what is up is served');
        this.#serving = effect.generation;
        break;
      }
      case 'hold':
        this.#serving = undefined;
        break;
      case 'retire':
      case 'remove': {
        const process = this.#process(effect.generation);
        this.#check(!process.leaving, 'nobody is stopped twice');
        process.leaving = true;
        process.settling = false;
        break;
      }
      case 'arm-settling':
        this.#process(effect.generation).settling = true;
        break;
      case 'arm-backoff':
        this.#check(!this.#backoffArmed, 'one pause at a time');
        this.#backoffArmed = true;
        break;
      case 'disarm-backoff':
        this.#backoffArmed = false;
        break;
      case 'give-up':
        this.#givenUp = true;
        break;
      default:
    }
  }

  #spawn(number: number): void {
    this.#check(!this.#stopped && !this.#givenUp, 'nothing starts after the end');
    const others = [...this.#processes.values()];
    const staying = others.filter(({ alive, leaving }) => alive && !leaving);
    if (this.#rules.replace === 'stop-first') {
      this.#check(others.length === 0, 'nobody else may be there');
    }
    this.#check(staying.length <= 1, 'at most one serves meanwhile');
    this.#check(!this.#processes.has(number), 'a number is used once');
    this.#processes.set(number, { alive: true, up: false, leaving: false, settling: false });
  }

  #assertSane(): void {
    const { phase } = this.#state;
    if (phase.kind === 'up' || phase.kind === 'replacing') {
      this.#check(this.#serving === phase.generation, 'requests go to the one in charge');
      this.#check(this.#process(phase.generation).alive, 'which lives');
    } else if (phase.kind !== 'stopping' && phase.kind !== 'ended') {
      this.#check(this.#serving === undefined, 'requests wait');
    }
  }

  #process(number: number): Process {
    const process = this.#processes.get(number);
    if (process === undefined) this.#fail(`there is no ${number}`);
    return process;
  }

  #some(isMeant: (process: Process) => boolean): number | undefined {
    const meant = [...this.#processes].filter(([, process]) => isMeant(process));
    if (meant.length === 0) return undefined;
    return this.#random.pick(meant.map(([number]) => [1, number] as const));
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.#fail(what);
  }

  #fail(what: string): never {
    const lines = this.#history.slice(-40).map((entry) => JSON.stringify(entry));
    assert.fail(`seed ${this.#random.seed}: not so: ${what}\n${lines.join('\n')}`);
  }
}
