// `hurricane check` without its command line: every configured check once, and nothing is left of them.

import { runChecksOnce, type CheckReport } from '../checks/run-checks-once.ts';
import type { CheckCommandConfig } from '../config/config.ts';
import { Deadline } from '../core/deadline.ts';
import { exitCodeOf } from '../core/exit-status.ts';
import { createLog } from '../core/log.ts';
import { LogSink } from '../core/log-sink.ts';
import type { Edge } from './edge.ts';

export interface CheckRun {
  readonly reports: readonly CheckReport[];
  /** 0 when none failed, 1 when one did, 128 + n after a signal. */
  readonly exitCode: number;
}

/** Results are for stdout, the log is for stderr. */
const STDERR = 2;
const LAST_LINES_MS = 1000;
const stopSignals: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Throws `module-not-loadable`. A signal stops the checks; what they had not said then is a failure. */
export async function check(config: CheckCommandConfig, edge: Edge): Promise<CheckRun> {
  const sink = new LogSink(STDERR);
  const log = createLog({
    level: config.log.level,
    format: config.log.format === 'json' ? 'json' : 'text',
    color: false,
    write: (line) => sink.write(line),
  });
  const stop = new AbortController();
  let stopped: NodeJS.Signals | undefined;
  edge.onSignal((signal) => {
    if (!stopSignals.includes(signal)) return;
    stopped ??= signal;
    stop.abort();
  });
  try {
    const env = { ...edge.env };
    for (const name of config.secretVariables) env[name] = undefined;
    const reports = await runChecksOnce(config.checks, {
      env,
      cwd: edge.cwd,
      signal: stop.signal,
      log,
    });
    return { reports, exitCode: codeOf(reports, stopped) };
  } finally {
    await sink.flush(Deadline.after(LAST_LINES_MS));
  }
}

function codeOf(reports: readonly CheckReport[], stopped: NodeJS.Signals | undefined): number {
  if (stopped !== undefined) return exitCodeOf({ kind: 'signalled', signal: stopped });
  return reports.some(({ outcome }) => outcome === 'fail') ? 1 : 0;
}
