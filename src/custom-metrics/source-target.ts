// What a source of metrics asks: a page of the app or of anybody, a program, a module. Each answers with text.

import { resolve } from 'node:path';

import type { MetricSourceTarget } from '../config/slices/observation.ts';
import type { Address } from '../http/reach.ts';
import { readPage } from '../http/read-page.ts';
import { assertNever } from '../lib/assert-never.ts';
import { ModuleWorker } from '../process/module-worker.ts';
import { faultOf, runOnce } from '../process/run-once.ts';
import { MAX_BYTES } from './exposition.ts';

/** An answer may take `timeoutMs`; an abort ends it earlier. */
export interface AskLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type SourceAnswer =
  | { readonly kind: 'text'; readonly text: string }
  /** There is no app now that could be asked. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface SourceTarget {
  /** Throws `module-not-loadable`. */
  load(limits: AskLimits): Promise<void>;
  /** Never rejects. */
  ask(limits: AskLimits): Promise<SourceAnswer>;
  /** Nothing of it runs any more. */
  close(): Promise<void>;
}

/** The app at this moment, as far as there is one. */
export interface AskedApp {
  readonly address: Address | undefined;
  /** By which it was told where to listen. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface SourceTargetOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly app: () => AskedApp;
  /** What it prints besides metrics. */
  readonly onOutput: (line: string) => void;
}

/** A source that does not end when asked to gets no more than this. */
const GRACE_MS = 500;
const ACCEPT = 'text/plain; version=0.0.4';
const TOO_LARGE: SourceAnswer = { kind: 'failed', reason: `it is larger than ${MAX_BYTES} bytes` };

export function sourceTarget(
  target: MetricSourceTarget,
  options: SourceTargetOptions,
): SourceTarget {
  switch (target.kind) {
    case 'path':
      return plain((limits) => askApp(target.path, options.app().address, limits));
    case 'url':
      return plain((limits) => askPage(target.url, limits));
    case 'command':
      return plain((limits) => askCommand(target.words, limits, options));
    case 'module':
      return moduleTarget(target.path, options);
    default:
      return assertNever(target);
  }
}

function plain(ask: SourceTarget['ask']): SourceTarget {
  return { ask, load: () => Promise.resolve(), close: () => Promise.resolve() };
}

async function askApp(
  path: string,
  address: Address | undefined,
  limits: AskLimits,
): Promise<SourceAnswer> {
  return address === undefined ? { kind: 'absent' } : askPage({ address, path }, limits);
}

async function askPage(
  target: Parameters<typeof readPage>[0],
  limits: AskLimits,
): Promise<SourceAnswer> {
  const page = await readPage(target, { ...limits, accept: ACCEPT, maxBytes: MAX_BYTES });
  return page.ok ? { kind: 'text', text: page.text } : { kind: 'failed', reason: page.reason };
}

async function askCommand(
  words: readonly string[],
  { timeoutMs, signal }: AskLimits,
  { env, cwd, app, onOutput }: SourceTargetOptions,
): Promise<SourceAnswer> {
  const enough = new AbortController();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onStdout = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= MAX_BYTES) chunks.push(chunk);
    else enough.abort();
  };
  const result = await runOnce(
    { words, env: { ...env, ...app().variables }, cwd },
    {
      timeoutMs,
      signal: AbortSignal.any([signal, enough.signal]),
      graceMs: GRACE_MS,
      onLine: ({ text }) => onOutput(text),
      onStdout,
    },
  );
  if (bytes > MAX_BYTES) return TOO_LARGE;
  const fault = faultOf(result, `${timeoutMs / 1000}s`);
  if (fault !== undefined) return { kind: 'failed', reason: fault };
  return { kind: 'text', text: Buffer.concat(chunks).toString() };
}

function moduleTarget(
  path: string,
  { env, cwd, app, onOutput }: SourceTargetOptions,
): SourceTarget {
  const worker = new ModuleWorker({
    path: resolve(cwd, path),
    env,
    onLine: ({ text }) => onOutput(text),
  });
  return {
    load: (limits) => worker.load(limits),
    ask: async (limits) => {
      const outcome = await worker.call([{ app: app().variables }], limits);
      if (outcome.kind === 'failed') return outcome;
      const { value } = outcome;
      if (typeof value !== 'string') {
        const given = value === null ? 'null' : typeof value;
        return { kind: 'failed', reason: `it returned ${given} instead of Prometheus text` };
      }
      return value.length > MAX_BYTES ? TOO_LARGE : { kind: 'text', text: value };
    },
    close: () => worker.terminate(),
  };
}
