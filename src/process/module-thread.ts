// One life of a worker thread with a user's module in it, from loading to its end.

import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
} from 'node:worker_threads';

import { MODULE_BOOTSTRAP, type WorkerMessage } from './module-bootstrap.ts';
import { OutputPump, type OutputLine } from './output.ts';

export interface ModuleThreadOptions {
  /** Absolute. */
  readonly path: string;
  /** The whole environment: the module sees nothing of ours. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the module prints. */
  readonly onLine: (line: OutputLine) => void;
  /** Limit of its heap; Buffers are not counted. */
  readonly memoryMib: number;
}

/** Answers each call once, with a failure when the thread ends instead. */
export class ModuleThread {
  /** `loaded`, or why it could not be. */
  readonly loaded: Promise<WorkerMessage>;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  #answer = Promise.withResolvers<WorkerMessage>();
  #ended = false;

  constructor({ path, env, onLine, memoryMib }: ModuleThreadOptions) {
    this.loaded = this.#answer.promise;
    keepLoopsInterruptible();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(MODULE_BOOTSTRAP, {
      eval: true,
      name: path,
      workerData: { port: port2, url: pathToFileURL(path).href },
      transferList: [port2],
      env: { ...env },
      argv: [],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: memoryMib },
    });
    new OutputPump(this.#worker, onLine);
    port1.on('message', (message: WorkerMessage) => this.#answer.resolve(message));
    this.#worker.on('error', (error) => this.#end(describe(error, memoryMib)));
    this.#worker.on('exit', (code) => this.#end(`it ended its thread with code ${code}`));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Calls the default export with copies of the arguments; only after the answer to the call before. */
  call(args: readonly unknown[]): Promise<WorkerMessage> {
    this.#answer = Promise.withResolvers();
    if (this.#ended) this.#fail('its thread has ended');
    else this.#port.postMessage(args);
    return this.#answer.promise;
  }

  /** Resolves when the thread is gone; one inside a system call is gone when that returns. */
  async terminate(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }

  #end(reason: string): void {
    this.#ended = true;
    this.#takeLastWord();
    this.#port.close();
    this.#fail(reason);
  }

  /** What a thread said just before it ended may still be on its way when its end is known. */
  #takeLastWord(): void {
    const last = receiveMessageOnPort(this.#port) as { message: WorkerMessage } | undefined;
    if (last !== undefined) this.#answer.resolve(last.message);
  }

  #fail(reason: string): void {
    this.#answer.resolve({ kind: 'failed', reason });
  }
}

/**
 * V8 14 drops the check for interrupts from loops around calls of unrolled builtins, such as
 * `for (;;) list.push(new Array(1000).fill(0))`: such a thread could be neither terminated nor limited
 * in its memory. Loops of ours are not so hot that they need unrolling.
 */
function keepLoopsInterruptible(): void {
  setFlagsFromString('--no-turboshaft-loop-unrolling');
}

function describe(error: unknown, memoryMib: number): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return `it used more than ${memoryMib} MiB of memory`;
  return `${error.name}: ${error.message}`;
}
