// What a check asks: a program, a module, an address or a file. Each answers with messages; none is good.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { CheckTarget } from '../config/slices/observation.ts';
import { reachHttp, reachTcp, type Reached } from '../http/reach.ts';
import { assertNever } from '../lib/assert-never.ts';
import { fillPlaceholders } from '../process/command.ts';
import { ModuleWorker, type CallOutcome } from '../process/module-worker.ts';
import type { OutputLine } from '../process/output.ts';
import { faultOf, runOnce, type RunResult } from '../process/run-once.ts';
import { urlOfApp } from './app-url.ts';
import { errorMessage, isFailure, parseLine, parseReturned } from './check-message.ts';
import type { CheckMessage } from './check-message.ts';

/** One run may take `timeoutMs`; an abort ends it earlier. */
export interface RunLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What a program and a module are told about the run. */
export interface CheckContext {
  readonly tag: string;
  readonly name: string;
  /** `starting`, `up`, `draining`; `once` for `hurricane check`. */
  readonly state: string;
  /** The variables by which the app was told where to listen; none for `hurricane check`. */
  readonly app: Readonly<Record<string, string>>;
}

/** Something of a user that is called like a function. Never rejects. */
export type Call = (limits: RunLimits) => Promise<CallOutcome>;

export interface TargetOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** What it prints besides messages. */
  readonly onOutput: (line: string) => void;
}

export interface Target {
  /** Throws `module-not-loadable`. */
  load(limits: RunLimits): Promise<void>;
  /** Never rejects. */
  ask(context: CheckContext, limits: RunLimits): Promise<readonly CheckMessage[]>;
  /** Nothing of it runs any more. */
  close(): Promise<void>;
}

export function targetFor(target: CheckTarget, options: TargetOptions): Target {
  switch (target.kind) {
    case 'command':
      return plain((context, limits) => askCommand(target.words, context, limits, options));
    case 'module':
      return moduleTarget(target.path, options);
    case 'http':
      return plain(async (_context, limits) => messagesOf(await reachHttp(target.url, limits)));
    case 'tcp':
      return plain(async (_context, limits) => messagesOf(await reachTcp(target, limits)));
    case 'app':
      return plain((context, limits) => askApp(target.url, context, limits));
    case 'file':
      return plain(() => askFile(resolve(options.cwd, target.path), target.maxAgeMs));
    default:
      return assertNever(target);
  }
}

export function targetOfCall(call: Call): Target {
  return plain(async (_context, limits) => messagesReturned(await call(limits)));
}

/** In which the app is told its port. */
const PORT_VARIABLE = 'HURRICANE_APP_PORT';

/** A check that does not end when asked to gets no more than this. */
const GRACE_MS = 500;
const LAST_LINE_CHARACTERS = 200;

function plain(ask: Target['ask']): Target {
  return { ask, load: () => Promise.resolve(), close: () => Promise.resolve() };
}

async function askApp(
  template: string,
  { app }: CheckContext,
  limits: RunLimits,
): Promise<readonly CheckMessage[]> {
  const known = app[PORT_VARIABLE];
  if (known === undefined) {
    return [errorMessage('{port} is known only while hurricane serves an app that has a port')];
  }
  const { protocol, hostname, port, href } = urlOfApp(template, known);
  if (protocol !== 'tcp:') return messagesOf(await reachHttp(href, limits));
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return messagesOf(await reachTcp({ host, port: Number(port) }, limits));
}

async function askCommand(
  words: readonly string[],
  { tag, name, state, app }: CheckContext,
  limits: RunLimits,
  { env, cwd, onOutput }: TargetOptions,
): Promise<readonly CheckMessage[]> {
  const messages: CheckMessage[] = [];
  const told = {
    ...app,
    HURRICANE_CHECK_TAG: tag,
    HURRICANE_CHECK_NAME: name,
    HURRICANE_CHECK_STATE: state,
  };
  const onLine = ({ stream, text }: OutputLine): void => {
    const message = stream === 'stdout' ? parseLine(text) : undefined;
    if (message === undefined) onOutput(text);
    else messages.push(message);
  };
  const filled = fillPlaceholders(words, {
    host: '127.0.0.1',
    port: app[PORT_VARIABLE],
    socket: app['HURRICANE_APP_SOCKET'],
  });
  const spec = { words: filled, env: { ...env, ...told }, cwd };
  const result = await runOnce(spec, { ...limits, graceMs: GRACE_MS, onLine });
  const ending = describeEnding(result, limits);
  // A code that only repeats what an error message said adds nothing, and must not undo its silence.
  const explained = result.status.kind === 'exited' && messages.some(isFailure);
  if (ending !== undefined && (result.cut !== undefined || !explained)) {
    messages.push(errorMessage(ending));
  }
  return messages;
}

/** Undefined for an end with code 0. */
function describeEnding(result: RunResult, { timeoutMs }: RunLimits): string | undefined {
  const fault = faultOf(result, `${timeoutMs / 1000}s (--check-timeout)`);
  if (fault === undefined || result.cut !== undefined) return fault;
  const lastLine = result.output.trimEnd().split('\n').at(-1)?.slice(0, LAST_LINE_CHARACTERS);
  return lastLine === undefined || lastLine === '' ? fault : `${fault}: ${lastLine}`;
}

function moduleTarget(path: string, { env, cwd, onOutput }: TargetOptions): Target {
  const worker = new ModuleWorker({
    path: resolve(cwd, path),
    env,
    onLine: ({ text }) => onOutput(text),
  });
  return {
    load: (limits) => worker.load(limits),
    ask: async (context, limits) => messagesReturned(await worker.call([context], limits)),
    close: () => worker.terminate(),
  };
}

function messagesReturned(outcome: CallOutcome): readonly CheckMessage[] {
  return outcome.kind === 'returned'
    ? parseReturned(outcome.value)
    : [errorMessage(outcome.reason)];
}

function messagesOf(reached: Reached): readonly CheckMessage[] {
  return reached.ok ? [] : [errorMessage(reached.reason)];
}

async function askFile(
  path: string,
  maxAgeMs: number | undefined,
): Promise<readonly CheckMessage[]> {
  try {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    if (maxAgeMs === undefined || ageMs <= maxAgeMs) return [];
    const age = `${Math.round(ageMs / 1000)}s old, allowed are ${maxAgeMs / 1000}s`;
    return [errorMessage(`${path} is ${age}`)];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return [errorMessage(code === 'ENOENT' ? `${path} does not exist` : message)];
  }
}
