// `hurricane ctl` as an operator runs it beside a running hurricane.

import type { TestContext } from 'node:test';

import { runHurricane, type Hurricane, type Result, type StartOptions } from './hurricane.ts';

type Options = Pick<StartOptions, 'artefact' | 'launcher' | 'env'>;

/** Finds it by its probe port. */
export function ctl(
  t: TestContext,
  { probePort }: Pick<Hurricane, 'probePort'>,
  args: readonly string[],
  options: Options,
): Promise<Result> {
  return runHurricane(t, ['ctl', ...args, '--probe-port', `${probePort}`], options);
}

/** As far as tests look at it. */
export interface Status {
  readonly uptime_s: number;
  readonly state: string;
  readonly reason: string;
  readonly text: string;
  readonly since: string;
  readonly version: string;
  readonly pid: number;
  readonly app: { readonly state: string; readonly pid: number; readonly generation: number };
  readonly restarts: Readonly<Record<string, number>>;
  readonly replacements: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>> | null;
  readonly messages: {
    readonly queue: string;
    readonly state: string;
    readonly reason: string;
    readonly in_hand: number;
    readonly waiting: number;
    readonly settled: number;
    readonly oldest_s: number;
    readonly last_settled: string | null;
  } | null;
  readonly probes: Readonly<Record<string, { readonly passing: boolean }>>;
  readonly drain_left_s: number | null;
  readonly transitions: readonly {
    readonly time: string;
    readonly event: string;
    readonly text: string;
    readonly reason: string;
  }[];
}

export async function statusOf(
  t: TestContext,
  hurricane: Pick<Hurricane, 'probePort'>,
  options: Options,
): Promise<Status> {
  const { stdout } = await ctl(t, hurricane, ['status', '--log-format', 'json'], options);
  return JSON.parse(stdout) as Status;
}
