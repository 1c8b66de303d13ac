// Starts a program with its debugger, and tells when that listens. Whatever is missing for it is one
// warning, and the program runs without.

import { createServer } from 'node:net';

import type { DebuggingConfig } from '../config/slices/app.ts';
import type { Emit } from '../core/events.ts';
import type { Log } from '../core/log.ts';
import { findFreePort } from '../http/free-port.ts';
import { listen } from '../http/listening.ts';
import { displayAddress, reachTcp } from '../http/reach.ts';
import { pause } from '../lib/waiting.ts';
import { isListenedOn } from '../process/listening-ports.ts';
import { runOnce } from '../process/run-once.ts';
import type { SpawnSpec } from '../process/spawn.ts';
import { withInterpreter } from './interpreter.ts';
import { presetFor } from './presets.ts';
import { relay, type Place } from './relay.ts';

export interface DebuggerOptions {
  readonly debugging: DebuggingConfig | undefined;
  readonly emit: Emit;
  readonly log: Log;
}

/** For an interpreter to say whether it has a debugger. */
const QUESTION_MS = 10_000;
/** For the debugger of the program before to leave its port. */
const PORT_MS = 3000;
const REACH_MS = 2000;
const LISTENS_MS = 30_000;
const POLL_MS = 50;

export class Debugger {
  readonly #options: DebuggerOptions;

  constructor(options: DebuggerOptions) {
    this.#options = options;
  }

  /**
   * How to start a program now; the same as given where it is not debugged. `life` ends with the program,
   * or before it begins. Never rejects.
   */
  async prepare(spec: SpawnSpec, life: AbortSignal): Promise<SpawnSpec> {
    const { debugging } = this.#options;
    if (debugging === undefined) return spec;
    const found = await debuggedSpec(spec, debugging, life);
    if ('fault' in found) {
      this.#doWithout(found.fault, life);
      return spec;
    }
    void this.#tell(debugging, life);
    return found;
  }

  /**
   * Where the thread of a module is to open its inspector; undefined where it is not debugged. The end of
   * `life` cuts off whoever debugs. Never rejects.
   */
  async prepareModule(life: AbortSignal): Promise<Place | undefined> {
    const { debugging } = this.#options;
    if (debugging?.kind !== 'listen') return undefined;
    const fault = await placeFault(debugging, life);
    if (fault !== undefined || life.aborted) {
      this.#doWithout(fault ?? '', life);
      return undefined;
    }
    const inspector = { host: '127.0.0.1', port: await findFreePort() };
    await relay(debugging, inspector, life);
    void this.#tell(debugging, life, inspector.port);
    return inspector;
  }

  /** When it listens, or that it does not. Never rejects. */
  async #tell(
    { kind, host, port }: DebuggingConfig,
    life: AbortSignal,
    watched = port,
  ): Promise<void> {
    if (kind === 'connect') return;
    const { emit, log } = this.#options;
    const late = AbortSignal.timeout(LISTENS_MS);
    while (await pause(POLL_MS, life)) {
      const listening = isListenedOn(watched);
      if (listening === true) emit('debugger.listening', { host, port });
      if (listening !== false) return;
      if (!late.aborted) continue;
      log.warn({ host, port }, `the debugger does not listen on port ${port}`);
      return;
    }
  }

  #doWithout(fault: string, life: AbortSignal): void {
    if (!life.aborted) this.#options.log.warn({}, `no debugger: ${fault}`);
  }
}

async function debuggedSpec(
  spec: SpawnSpec,
  debugging: DebuggingConfig,
  life: AbortSignal,
): Promise<SpawnSpec | { readonly fault: string }> {
  const preset = presetFor(withInterpreter(spec), debugging);
  if (preset.kind === 'none') return { fault: preset.reason };
  const { words, env, question, remedy } = preset;
  if (question !== undefined && !(await answersYes({ ...spec, words: question }, life))) {
    return { fault: remedy };
  }
  const fault = await placeFault(debugging, life);
  return fault === undefined ? { ...spec, words, env: { ...spec.env, ...env } } : { fault };
}

async function answersYes(spec: SpawnSpec, signal: AbortSignal): Promise<boolean> {
  const { status, cut } = await runOnce(spec, { timeoutMs: QUESTION_MS, signal });
  return cut === undefined && status.kind === 'exited' && status.code === 0;
}

/** Why nobody could be met there: some programs would not start at all. */
async function placeFault(
  debugging: DebuggingConfig,
  signal: AbortSignal,
): Promise<string | undefined> {
  const address = displayAddress(debugging);
  if (debugging.kind === 'connect') {
    const reached = await reachTcp(debugging, { timeoutMs: REACH_MS, signal });
    if (reached.ok) return undefined;
    return `nobody listens on ${address} (${reached.reason}): start the IDE's debug server first`;
  }
  const late = AbortSignal.any([signal, AbortSignal.timeout(PORT_MS)]);
  let fault = await listenFault(debugging);
  while (fault === 'EADDRINUSE' && (await pause(POLL_MS, late)))
    fault = await listenFault(debugging);
  if (fault === undefined) return undefined;
  if (fault === 'EADDRINUSE') return `${address} is taken: choose another with --debugger-port`;
  return `${address} cannot be listened on (${fault}): correct --debugger-host`;
}

async function listenFault({ host, port }: DebuggingConfig): Promise<string | undefined> {
  const server = createServer();
  try {
    await listen(server, host, port);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}
