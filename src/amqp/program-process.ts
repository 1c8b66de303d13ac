// One life of a program that handles messages over its stdin and stdout.

import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';

import { Deadline } from '../core/deadline.ts';
import { describeExit, type ExitStatus } from '../core/exit-status.ts';
import { endRunning } from '../process/ending.ts';
import { OutputPump } from '../process/output.ts';
import { spawnProcess, type Running } from '../process/spawn.ts';
import type { ProgramSurroundings, Work } from './handler.ts';
import { InHand } from './in-hand.ts';
import {
  cancelWord,
  drainWord,
  helloWord,
  LONGEST_WORD,
  messageWord,
  readWord,
} from './program-words.ts';

export interface ProgramProcessOptions extends ProgramSurroundings {
  readonly words: readonly string[];
}

/** How it ended, and in whose words. */
export interface ProgramEnd {
  readonly status: ExitStatus;
  readonly reason: string;
  /** It had been ready to handle messages. */
  readonly wasReady: boolean;
  /** By us, for a message that took too long. */
  readonly wasCut: boolean;
}

/** Takes work once it is ready; what it has in hand at its end has crashed. */
export class ProgramProcess {
  readonly #options: ProgramProcessOptions;
  readonly #running: Running;
  readonly #ready = Promise.withResolvers<undefined>();
  readonly #ended: Promise<ProgramEnd>;
  readonly #inHand = new InHand();
  #onIdle: (() => void) | undefined;
  #wasReady = false;
  #wasCut = false;
  #fault: string | undefined;

  constructor(options: ProgramProcessOptions) {
    this.#options = options;
    const { words, env, cwd, queue, onLine } = options;
    this.#running = spawnProcess({ words, env, cwd }, 'converse');
    const { stdin, stdout, stderr } = this.#running;
    // A program that has gone is known by its end.
    stdin?.on('error', () => undefined);
    stdin?.write(helloWord(queue));
    new OutputPump({ stdout: undefined, stderr }, onLine);
    if (stdout !== undefined) this.#listen(stdout);
    this.#ended = this.#running.ended.then((status) => this.#end(status));
  }

  /** Resolves when it says that it is; never, when it ends before. */
  get ready(): Promise<undefined> {
    return this.#ready.promise;
  }

  get ended(): Promise<ProgramEnd> {
    return this.#ended;
  }

  get inHand(): number {
    return this.#inHand.size;
  }

  /** Resolves when it has nothing in hand that is still waited for; nothing may begin meanwhile. */
  async whenIdle(): Promise<void> {
    if (this.#inHand.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#onIdle = () => resolve(undefined);
    await promise;
  }

  has(work: Work): boolean {
    return this.#inHand.idOf(work) !== undefined;
  }

  begin(work: Work): void {
    this.#say(messageWord(this.#inHand.add(work), work));
  }

  cancel(work: Work, why: 'timeout' | 'stop'): void {
    const id = this.#inHand.idOf(work);
    if (id !== undefined) this.#say(cancelWord(id, why));
  }

  /** It is not waited for any more. */
  forget(work: Work): void {
    const id = this.#inHand.idOf(work);
    if (id !== undefined) this.#take(id);
  }

  /** It has not ended a message in time: what else it has in hand ends with it. False when that is known. */
  cut(): boolean {
    if (this.#wasCut) return false;
    this.#wasCut = true;
    this.#kill('it was ended, because another message took too long (--handler-timeout)');
    return true;
  }

  /** Its stdin ends, it is asked to end, and killed at the deadline, with all it has started. */
  async stop(deadline: Deadline): Promise<void> {
    this.#say(drainWord());
    this.#running.stdin?.end();
    this.#running.group?.signal('SIGTERM');
    await endRunning(this.#running, deadline);
  }

  #say(word: string): void {
    this.#running.stdin?.write(word);
  }

  #listen(stdout: NonNullable<Running['stdout']>): void {
    let length = 0;
    const bounded = new PassThrough();
    stdout.on('data', (chunk: Buffer) => {
      const end = chunk.lastIndexOf(0x0a);
      length = end === -1 ? length + chunk.length : chunk.length - end - 1;
      if (length > LONGEST_WORD) this.#kill(`it wrote a line of more than ${LONGEST_WORD} bytes`);
      else bounded.write(chunk);
    });
    stdout.on('end', () => bounded.end());
    createInterface({ input: bounded }).on('line', (text) => this.#hear(text));
  }

  #hear(text: string): void {
    if (text.trim() === '' || this.#fault !== undefined) return;
    const word = readWord(text);
    switch (word.kind) {
      case 'ready':
        this.#wasReady = true;
        this.#ready.resolve(undefined);
        break;
      case 'log':
        this.#options.onLine({ stream: 'stdout', text: word.text, continued: false });
        break;
      case 'settled':
        this.#take(word.id)?.finish(word.verdict);
        break;
      case 'nonsense':
        this.#kill(`${word.reason}; what is for people belongs to stderr`);
    }
  }

  #take(id: number): Work | undefined {
    const work = this.#inHand.take(id);
    if (this.#inHand.size === 0) this.#onIdle?.();
    return work;
  }

  #kill(fault: string): void {
    this.#fault ??= fault;
    this.#running.group?.signal('SIGKILL');
  }

  #end(status: ExitStatus): ProgramEnd {
    const reason = this.#fault ?? `it ${describeExit(status)}`;
    for (const work of this.#inHand.takeAll()) work.finish({ kind: 'crashed', reason });
    this.#onIdle?.();
    // What it has left behind would keep its place.
    void this.#running.group?.end(Deadline.after(0));
    return { status, reason, wasReady: this.#wasReady, wasCut: this.#wasCut };
  }
}
