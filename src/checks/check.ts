// One check: asks its target, leaves out what is silenced, and decides.

import type { CheckSpec } from '../config/slices/observation.ts';
import type { Log } from '../core/log.ts';
import { monotonicMs } from '../lib/clock.ts';
import { describeMessage, isFailure, type CheckMessage } from './check-message.ts';
import { targetFor, type CheckContext, type RunLimits, type Target } from './check-target.ts';

export interface CheckResult {
  readonly outcome: 'pass' | 'warn' | 'fail';
  /** All that it said, but for what is silenced. */
  readonly messages: readonly CheckMessage[];
  /** Why it fails or warns, in one line per message; empty for a pass. */
  readonly text: string;
  readonly durationMs: number;
}

/** What probes and logs call it, and which probes fail with it. */
export type CheckIdentity = Pick<CheckSpec, 'name' | 'tags'> & { readonly label: string };

export interface CheckOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Ids of messages and names of checks that never make a check fail. */
  readonly silenced: readonly string[];
  readonly log: Log;
}

const LOAD_MS = 30_000;

/** The check of a configuration; `place` is 1 for the first. */
export function checkOf(
  spec: CheckSpec,
  place: number,
  { env, cwd, silenced, log }: CheckOptions,
): Check {
  const label = labelOf(spec, place);
  const onOutput = (line: string): void => log.debug({ check: label, line }, 'check output');
  const target = targetFor(spec.target, { env, cwd, onOutput });
  return new Check({ ...spec, label }, target, silenced);
}

/** Its name, or for an unnamed one its place: label in logs and metrics. */
export function labelOf({ name }: Pick<CheckSpec, 'name'>, place: number): string {
  return name ?? `check-${place}`;
}

export class Check {
  readonly identity: CheckIdentity;
  readonly #silenced: readonly string[];
  readonly #target: Target;

  constructor(identity: CheckIdentity, target: Target, silenced: readonly string[]) {
    this.identity = identity;
    this.#target = target;
    this.#silenced = silenced;
  }

  get label(): string {
    return this.identity.label;
  }

  /** Throws `module-not-loadable`, after 30 s at the least: a cold start may take longer than a run may. */
  load({ timeoutMs, signal }: RunLimits): Promise<void> {
    return this.#target.load({ timeoutMs: Math.max(timeoutMs, LOAD_MS), signal });
  }

  /** Never rejects. `state` and `app` are told to programs and modules. */
  async run(
    { state, app }: Pick<CheckContext, 'state' | 'app'>,
    limits: RunLimits,
  ): Promise<CheckResult> {
    const startedAt = monotonicMs();
    const { tags, name = '' } = this.identity;
    const said = await this.#target.ask({ tag: tags.join(','), name, state, app }, limits);
    const messages = said.filter((message) => !this.#isSilenced(message));
    return { ...decide(messages), messages, durationMs: monotonicMs() - startedAt };
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  #isSilenced({ id }: CheckMessage): boolean {
    const { name } = this.identity;
    return [id, name].some((key) => key !== undefined && this.#silenced.includes(key));
  }
}

function decide(messages: readonly CheckMessage[]): Pick<CheckResult, 'outcome' | 'text'> {
  const failures = messages.filter(isFailure);
  if (failures.length > 0) return { outcome: 'fail', text: textOf(failures) };
  const warnings = messages.filter(({ level }) => level === 'warning');
  return { outcome: warnings.length > 0 ? 'warn' : 'pass', text: textOf(warnings) };
}

function textOf(messages: readonly CheckMessage[]): string {
  return messages.map(describeMessage).join('\n');
}
