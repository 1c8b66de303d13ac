// The values by which the chart runs a new project in Kubernetes. Pure.

import type { Project } from './languages.ts';

export const CHART_VALUES = 'chart-values.yaml';
/** What the image is called until it goes to a registry. */
const REPOSITORY = 'app';
const TAG = '1';
export const IMAGE = `${REPOSITORY}:${TAG}`;

export function chartValues({ command, lines, check }: Project): string {
  const words = command.split(' ').map((word) => (isPlain(word) ? word : `'${word}'`));
  const own = lines.map((line) => `  ${line}\n`).join('');
  return `# Values of the chart of hurricane for this app: helm install app path/to/chart --values ${CHART_VALUES}
# What is not here stays as it is in the chart, whose README lists every value.

image:
  repository: ${REPOSITORY}
  # Whatever the image was tagged with; a new tag is a new release.
  tag: '${TAG}'

command: [${words.join(', ')}]

replicaCount: 2

# Options of hurricane, instead of the hurricane.yaml in the image. Ports, probes and the grace period of the pod
# follow from them.
hurricane:
${own}  check:
    - 'readiness:writable=${check.command}'
  reqQueueLen: 10
  gracePeriod: 25s

# Options whose value is in a Secret of the cluster.
#secrets:
#  webhookUrl: { secretName: hooks, key: url }

#ingress:
#  enabled: true
#  hosts:
#    - host: app.example.com
#      paths: [{ path: /, pathType: Prefix }]

resources:
  requests: { cpu: 100m, memory: 128Mi }
`;
}

/** Means itself in YAML. */
function isPlain(word: string): boolean {
  return /^[\w./-]+$/.test(word);
}
