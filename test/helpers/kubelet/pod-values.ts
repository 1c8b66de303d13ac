// Values of the chart for pods that tests run: probes are asked every second, else all is as in the chart.

import { exampleApp } from '../example.ts';

export const PERIOD_S = 1;
export const FAILURES = 2;

export function podValues(changes: object = {}): object {
  const probe = { periodSeconds: PERIOD_S, timeoutSeconds: 1 };
  return {
    image: { repository: 'app', tag: '1' },
    command: exampleApp,
    probes: {
      startup: { ...probe, failureThreshold: 3600 },
      readiness: { ...probe, failureThreshold: FAILURES },
      liveness: { ...probe, failureThreshold: 1 },
    },
    ...changes,
  };
}
