// The end of a start whose configuration is wrong: Kubernetes is told too.

import { writeTerminationLog } from '../process/termination-log.ts';

/** Leaves the report where Kubernetes shows it, if that file exists. Never rejects. */
export async function tellRefusal(path: string, code: number, report: string): Promise<void> {
  await writeTerminationLog(path, {
    phase: 'configure',
    code,
    signal: undefined,
    restarts: 0,
    memory_kill: false,
    reason: 'the configuration was refused',
    next: 'correct what the report names, then start again',
    stderr: report,
  });
}
