// `hurricane probe startup|ready|alive`: for HEALTHCHECK and exec probes in images without curl.

import { loadProbeTarget } from '../../config/load.ts';
import type { ProbeTarget } from '../../config/slices/listeners.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { reportProblems, reportUsage, reportWarnings } from '../report.ts';

const pathsByName = {
  startup: ({ startupPath }: ProbeTarget) => startupPath,
  ready: ({ readinessPath }: ProbeTarget) => readinessPath,
  alive: ({ livenessPath }: ProbeTarget) => livenessPath,
} as const;

/** Exit code 0 when the probe passes, else 1. */
export async function probeCommand(invocation: Invocation, edge: CliEdge): Promise<number> {
  const { flags, words, appCommand } = invocation;
  const [name = '', surplus] = [...words, ...(appCommand ?? [])];
  if (!isProbe(name) || surplus !== undefined) {
    return reportUsage('probe needs one name: startup, ready or alive', edge);
  }
  const { config, problems, warnings } = await loadProbeTarget({
    ...edge,
    flags,
    appCommand: [],
    problems: [],
  });
  if (config === undefined) return reportProblems('probe', problems, edge);
  reportWarnings(warnings, edge);
  const { askProbe } = await import('../../app/ask-probe.ts');
  const answer = await askProbe(config.listen, pathsByName[name](config));
  edge.print(`${name}: ${answer.text}\n`);
  return answer.passing ? 0 : 1;
}

function isProbe(name: string): name is keyof typeof pathsByName {
  return Object.hasOwn(pathsByName, name);
}
