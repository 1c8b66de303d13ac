// chart/README.md: what the chart is, and the table of its values.

import type { ChartValue } from './chart-values.ts';
import { markdownTable } from './markdown.ts';

export function chartPage(values: readonly ChartValue[]): string {
  const rows = values.map(({ path, default: given, text }) => [
    `\`${path}\``,
    `\`${JSON.stringify(given)}\``,
    text,
  ]);
  return `${introduction}\n${markdownTable(['Value', 'Default', 'Meaning'], rows)}\n`;
}

const introduction = `# The chart of hurricane

Runs any program in a cluster behind [hurricane](../README.md): probes, an ordered start and stop, metrics, scaling.
[Kubernetes](../docs/kubernetes.md) shows how; the options under \`hurricane\` are those of the
[reference](../docs/reference.md), under their keys of the file. Unknown and impossible values are refused with their path.

This page is generated from the comments of \`values.yaml\`.
`;
