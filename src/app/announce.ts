// What a reader of the log wants to know before anything happens: who answers what, and where.

import type { ProbeConfig } from '../config/slices/listeners.ts';
import type { Log } from '../core/log.ts';

/** Says where probes and metrics are, or by which flag they are not. */
export function announceProbes(probes: ProbeConfig, port: number | undefined, log: Log): void {
  if (probes.listen === undefined) {
    log.info({}, 'no probes and no metrics, because of --no-probe');
    return;
  }
  const { startupPath, readinessPath, livenessPath, metricsPath } = probes;
  log.info(
    { port, startup: startupPath, readiness: readinessPath, liveness: livenessPath },
    probes.integrated ? 'probes are integrated into the port of the app' : 'probes are answered',
  );
  if (metricsPath === undefined) log.info({}, 'no metrics, because of --no-metrics');
  else log.info({ port, path: metricsPath }, 'metrics are exposed');
}
