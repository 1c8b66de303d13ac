// A command that runs until it is stopped, from its configuration to its exit code.

import type { RunningConfig } from '../config/config.ts';
import type { LogConfig } from '../config/slices/observation.ts';
import { Deadline } from '../core/deadline.ts';
import { HurricaneError } from '../core/errors.ts';
import { createLog, type Log } from '../core/log.ts';
import { LogSink } from '../core/log-sink.ts';
import { readOomKills } from '../process/oom-kills.ts';
import { writeTerminationLog } from '../process/termination-log.ts';
import type { Edge } from './edge.ts';
import { run, type Cast } from './run.ts';
import { Shutdown } from './shutdown.ts';

/** The last lines do not wait longer for a reader that has stalled. */
const LAST_LINES_MS = 1000;

export interface Play {
  readonly config: Pick<RunningConfig, 'terminationLog' | 'stop'> & {
    readonly log: Omit<LogConfig, 'app'>;
  };
  /** What was noticed when it was read. */
  readonly warnings: readonly string[];
  readonly castOf: (stage: Stage) => PlayCast;
}

/** What the cast is given of the stage. */
export interface Stage {
  readonly edge: Edge;
  readonly log: Log;
  /** Log lines that nobody read in time. */
  readonly droppedLines: () => number;
  /** Writes one line to stdout as it is, next to the log. */
  readonly print: (line: string) => void;
  readonly shutdown: Pick<Shutdown, 'request' | 'signal'>;
}

export interface PlayCast extends Cast {
  /** Every signal that does not ask hurricane itself to stop. */
  onSignal(signal: NodeJS.Signals): void;
  /** What is told of it when all is over. */
  readonly lastWords: { readonly restarts: number; readonly stderr: string };
}

/** Runs to the end of the cast or to the end of the stop, and resolves with the exit code. */
export async function runToEnd({ config, warnings, castOf }: Play, edge: Edge): Promise<number> {
  const oomKills = readOomKills();
  const sink = new LogSink(edge.stdout.fd);
  const log = openLog(config, edge, sink);
  sink.onCaughtUp((dropped) => {
    log.warn({ dropped }, 'log lines were dropped: their reader was too slow');
  });
  const shutdown = new Shutdown(config.stop.gracePeriodMs);
  const droppedLines = (): number => sink.dropped;
  const print = (line: string): void => sink.write(`${line}\n`);
  const cast = castOf({ edge, log, droppedLines, print, shutdown });
  edge.onSignal((signal) => {
    if (signal === 'SIGTERM' || signal === 'SIGINT') shutdown.onSignal(signal);
    else cast.onSignal(signal);
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
  const { restarts, stderr } = cast.lastWords;
  await writeTerminationLog(config.terminationLog, {
    phase: outcome.phase,
    code: outcome.exitCode,
    signal: outcome.signal,
    reason: outcome.reason,
    next: outcome.next,
    restarts,
    memory_kill: readOomKills() > oomKills,
    stderr: outcome.output ?? stderr,
  });
  await sink.flush(lastLines);
  return outcome.exitCode;
}

function openLog({ log }: Play['config'], { stdout }: Edge, sink: LogSink): Log {
  const readable = log.format === 'auto' ? stdout.isTerminal : log.format === 'text';
  return createLog({
    level: log.level,
    format: readable ? 'text' : 'json',
    color: stdout.color,
    write: (line) => sink.write(line),
  });
}
