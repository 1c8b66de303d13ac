// The supervised program: performs what the state machine of child-state.ts decides.

import type { StopSignal } from '../config/slices/app.ts';
import type { Deadline } from '../core/deadline.ts';
import type { Emit } from '../core/events.ts';
import { endingOf, type ExitStatus } from '../core/exit-status.ts';
import type { Log } from '../core/log.ts';
import { assertNever } from '../lib/assert-never.ts';
import {
  next,
  type ChildEffect,
  type ChildEnd,
  type ChildEvent,
  type ChildState,
} from './child-state.ts';
import { displayCommand } from './command.ts';
import { endRunning } from './ending.ts';
import type { GroupEnd } from './group.ts';
import { OutputPump, OutputTail, type OutputLine } from './output.ts';
import { spawnProcess, type Running, type SpawnSpec } from './spawn.ts';

export interface ChildOptions {
  readonly spec: SpawnSpec;
  readonly stopSignal: StopSignal;
  /** Gets each line the program prints; without it the program writes to our stdout and stderr itself. */
  readonly onLine?: ((line: OutputLine) => void) | undefined;
  readonly emit: Emit;
  readonly log: Log;
}

const TAIL_CHARACTERS = 4096;

/** Started once, stopped once. Emits `app.started` and `app.ended`. */
export class Child {
  readonly #options: ChildOptions;
  readonly #ended = Promise.withResolvers<ExitStatus>();
  readonly #errors = new OutputTail(TAIL_CHARACTERS);
  #state: ChildState = { kind: 'idle' };
  #running: Running | undefined;
  #pump: OutputPump | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get state(): ChildState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  /** How the program ended, as soon as it has; `not-started` when it could not be started. */
  get ended(): Promise<ExitStatus> {
    return this.#ended.promise;
  }

  /** The end of its stderr; empty when it writes to ours itself. */
  get lastErrors(): string {
    return this.#errors.toString();
  }

  /** Without effect after the first time. */
  start(): void {
    this.#dispatch({ kind: 'start' });
  }

  /** Reaches every member of the group, or its leader alone; without effect when none runs. */
  signal(signal: NodeJS.Signals): void {
    this.#dispatch({ kind: 'relay', signal });
  }

  /**
   * Sends the stop signal at once, to the group or first to its leader, and SIGKILL to the group when the
   * deadline passes. When it resolves, nothing of the group is left. Undefined when it was never started.
   * Never rejects.
   */
  async stop(deadline: Deadline): Promise<ChildEnd | undefined> {
    const wasOver = this.#state.kind === 'ended';
    this.#dispatch({ kind: 'stop' });
    if (this.#running === undefined) return undefined;
    const { signal, leaderOnly } = this.#options.stopSignal;
    const { group } = this.#running;
    // What the leader leaves behind has not been asked to stop yet.
    if (wasOver || leaderOnly) void this.ended.then(() => group?.signal(signal));
    const kill = (): void => this.#dispatch({ kind: 'deadline-passed' });
    const rest = await endRunning(this.#running, deadline, kill);
    await this.#pump?.close();
    this.#report(rest);
    return this.#state.kind === 'ended' ? this.#state : undefined;
  }

  #report(rest: GroupEnd): void {
    const { log } = this.#options;
    const fields = { group: this.pid };
    const wasKilled = this.#state.kind === 'ended' && this.#state.killed;
    if (rest === 'killed' && !wasKilled) {
      log.warn(fields, 'the app ended, processes it had started did not and were killed');
    }
    if (rest === 'still there') log.error(fields, 'SIGKILL could not end all processes of the app');
  }

  #dispatch(event: ChildEvent): void {
    const [state, effects] = next(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: ChildEffect): void {
    const { emit, spec, stopSignal } = this.#options;
    switch (effect.kind) {
      case 'spawn':
        this.#spawn();
        break;
      case 'ask-to-stop':
        this.#signal(stopSignal.signal);
        break;
      case 'signal':
        this.#signal(effect.signal);
        break;
      case 'tell-started':
        emit('app.started', { pid: effect.pid, command: displayCommand(spec.words) });
        break;
      case 'tell-ended':
        this.#tellEnded(effect.end);
        this.#ended.resolve(effect.end.status);
        break;
      default:
        assertNever(effect);
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const group = this.#running?.group;
    const { leaderOnly } = this.#options.stopSignal;
    if (leaderOnly && signal !== 'SIGKILL') group?.signalLeader(signal);
    else group?.signal(signal);
  }

  #tellEnded({ status, ...end }: ChildEnd): void {
    this.#options.emit('app.ended', { ...end, ...endingOf(status) });
  }

  #spawn(): void {
    const { spec, onLine } = this.#options;
    this.#running = spawnProcess(spec, onLine === undefined ? 'inherit' : 'pipe');
    if (onLine !== undefined) this.#pump = this.#relayOutput(this.#running, onLine);
    void this.#running.ended.then((status) => this.#dispatch({ kind: 'ended', status }));
    if (this.#running.pid !== undefined) {
      this.#dispatch({ kind: 'spawned', pid: this.#running.pid });
    }
  }

  #relayOutput(running: Running, onLine: (line: OutputLine) => void): OutputPump {
    return new OutputPump(running, (line) => {
      if (line.stream === 'stderr') this.#errors.add(line);
      onLine(line);
    });
  }
}
