// A command that supervises an app, from its configuration to its exit code.

import type { SupervisingConfig } from '../config/config.ts';
import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { createLog, type Log } from '../core/log.ts';
import { LogSink } from '../core/log-sink.ts';
import { readOomKills } from '../process/oom-kills.ts';
import { writeTerminationLog } from '../process/termination-log.ts';
import { AppCast, type AppCastOptions } from './app-cast.ts';
import type { Edge } from './edge.ts';
import { run } from './run.ts';
import { Shutdown } from './shutdown.ts';

/** The last lines do not wait longer for a reader that has stalled. */
const LAST_LINES_MS = 1000;

export interface Supervised extends Pick<AppCastOptions, 'frontOf'> {
  readonly config: SupervisingConfig;
  /** What was noticed when it was read. */
  readonly warnings: readonly string[];
}

/** Runs to the end of the app or to the end of the stop, and resolves with the exit code. */
export async function supervise(
  { config, warnings, frontOf }: Supervised,
  edge: Edge,
): Promise<number> {
  const oomKills = readOomKills();
  const sink = new LogSink(edge.stdout.fd);
  const log = openLog(config, edge, sink);
  sink.onCaughtUp((dropped) => {
    log.warn({ dropped }, 'log lines were dropped: their reader was too slow');
  });
  const shutdown = new Shutdown(config.stop.gracePeriodMs);
  const cast = new AppCast({ config, edge, log, droppedLines: () => sink.dropped, frontOf });
  edge.onSignal((signal) => {
    if (signal === 'SIGTERM' || signal === 'SIGINT') shutdown.onSignal(signal);
    else if (signal === 'SIGHUP' && !config.supervision.forwardHangUp) cast.reload('sighup');
    else cast.app.signal(signal);
  });
  edge.onBug((error) => {
    log.fatal({ err: error }, 'a bug of hurricane');
    shutdown.request({ kind: 'failed', error: new HurricaneError('bug', error.message) });
  });
  for (const warning of warnings) log.warn({}, warning);

  const outcome = await run(cast, shutdown, config.stop.gracePeriodMs);
  const lastLines = Deadline.after(LAST_LINES_MS);
  // After a burst there must be room for the line that says how it ended.
  await sink.flush(lastLines);
  const { phase, exitCode: exit_code, orderly, reason, next } = outcome;
  cast.emit('hurricane.ended', { phase, exit_code, orderly, reason, next });
  await writeTerminationLog(config.terminationLog, {
    phase: outcome.phase,
    code: outcome.exitCode,
    signal: outcome.signal,
    reason: outcome.reason,
    restarts: cast.app.restarts,
    memory_kill: readOomKills() > oomKills,
    stderr: outcome.output ?? cast.app.lastErrors,
  });
  await sink.flush(lastLines);
  return outcome.exitCode;
}

function openLog({ log }: SupervisingConfig, { stdout }: Edge, sink: LogSink): Log {
  const readable = log.format === 'auto' ? stdout.isTerminal : log.format === 'text';
  return createLog({
    level: log.level,
    format: readable ? 'text' : 'json',
    color: stdout.color,
    write: (line) => sink.write(line),
  });
}
