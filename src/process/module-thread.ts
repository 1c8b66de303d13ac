// One life of a worker thread with a user's module in it, from loading to its end.

import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import {
  MessageChannel,
  receiveMessageOnPort,
  Worker,
  type MessagePort,
} from 'node:worker_threads';

import { FOREIGN_FRAME, moduleBootstrap } from './module-bootstrap.ts';
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

export interface ThreadCode<M> {
  /** See `moduleBootstrap`. */
  readonly serve: string;
  /** It is not the main job of this process. */
  readonly background: boolean;
  /** Plain data that it finds as `given`. */
  readonly given?: unknown;
  readonly onMessage: (message: M) => void;
  /** Once, when the thread has ended by itself; `trace` is where in the module it came to that. */
  readonly onEnd: (reason: string, trace: string | undefined) => void;
}

/** `M` is what the thread says. */
export class ModuleThread<M> {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #code: ThreadCode<M>;
  #ended = false;

  constructor({ path, env, onLine, memoryMib }: ModuleThreadOptions, code: ThreadCode<M>) {
    keepLoopsInterruptible();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#code = code;
    this.#worker = new Worker(moduleBootstrap(code.serve, code.background), {
      eval: true,
      name: path,
      workerData: { port: port2, url: pathToFileURL(path).href, given: code.given },
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
    port1.on('message', code.onMessage);
    this.#worker.on('error', (error) => this.#end(describe(error, memoryMib), traceOf(error)));
    this.#worker.on('exit', (exitCode) => this.#end(`it ended its thread with code ${exitCode}`));
  }

  get ended(): boolean {
    return this.#ended;
  }

  post(message: unknown, transferred: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transferred);
  }

  /** Resolves when the thread is gone; one inside a system call is gone when that returns. */
  async terminate(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }

  #end(reason: string, trace?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#takeLastWords();
    this.#port.close();
    this.#code.onEnd(reason, trace);
  }

  /** What a thread said just before it ended may still be on its way when its end is known. */
  #takeLastWords(): void {
    for (;;) {
      const last = receiveMessageOnPort(this.#port) as { message: M } | undefined;
      if (last === undefined) return;
      this.#code.onMessage(last.message);
    }
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

/** Undefined when nothing of it is the module's. */
function traceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const lines = (error.stack ?? '').split('\n').filter((line) => !FOREIGN_FRAME.test(line));
  return lines.some((line) => line.includes('file:')) ? lines.join('\n') : undefined;
}
