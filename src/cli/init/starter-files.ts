// The files that `hurricane init` writes: one entry each. Pure.

import { configurationSchema } from '../../config/json-schema.ts';
import { CHART_VALUES, chartValues } from './chart-values.ts';
import { dockerfile, dockerignore } from './image-files.ts';
import type { Look, Project } from './languages.ts';

export interface StarterFile {
  /** Below the working directory. */
  readonly path: string;
  /** For the person who finds it there. */
  readonly what: string;
  readonly text: string;
  /** Many projects have one, which is as good. */
  readonly keepsWhatIsThere?: true;
}

const SCHEMA = 'hurricane.schema.json';

/** In the order in which they are best read. */
export function starterFiles(project: Project, look: Look): readonly StarterFile[] {
  return [
    { path: 'hurricane.yaml', what: 'the configuration', text: configuration(project) },
    { path: project.check.path, what: 'an example check', text: project.check.text },
    {
      path: SCHEMA,
      what: 'by which editors check and complete hurricane.yaml',
      text: `${JSON.stringify(configurationSchema(), null, 2)}\n`,
    },
    { path: 'Dockerfile', what: 'the image', text: dockerfile(project, look), ...keeps },
    { path: '.dockerignore', what: 'what it leaves out', text: dockerignore(project), ...keeps },
    { path: CHART_VALUES, what: 'for the chart', text: chartValues(project), ...keeps },
  ];
}

const keeps = { keepsWhatIsThere: true } as const;

function configuration({ title, command, lines, check }: Project): string {
  const own = lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
  return `# yaml-language-server: $schema=./${SCHEMA}
# hurricane in front of a ${title} app: hurricane serve -- ${command}
# A flag wins over this file, and this file over a variable (HURRICANE_PORT); paths are those of the working
# directory. \`hurricane serve --print-config -- …\` shows every value and where it comes from.
# Remove the # of a line such as "#logApp: json" to use it.

# The app is served on this port. It listens on another one, which it finds in PORT, or in its arguments where
# {port} stands there.
port: 8000

# /startup, /ready, /alive and /metrics are answered here.
probePort: 8001

# What must be reachable before anything runs.
#waitFor:
#  - tcp://database:5432

# Run to their end before the app starts, one after the other, without a shell.
#command:
#  - echo first

${own}# What decides about the probes, besides the app itself: startup, readiness, liveness. What other machines have to do
# with belongs into readiness, since a restart of this container would not mend it.
check:
  - 'readiness:writable=${check.command}'
#  - 'readiness:front=http://127.0.0.1:{port}/'

# Not ready while so many requests wait for their answer. Raise it where many at a time are usual.
reqQueueLen: 10

# Time for the whole stop: five seconds less than terminationGracePeriodSeconds of the pod.
gracePeriod: 25s

# Told of every start, stop, restart and change of a probe.
#webhookUrl:
#  - https://hooks.example.com/hurricane

# The app is started again when it dies, while requests wait; otherwise the container ends with its exit code.
#restart: on-failure

# Replaced before it has used up the memory of the container.
#maxMemory: 512Mi

# Each line of the app in a JSON object, so that the whole log is JSON; with it the last lines of the app stand in
# the termination message of the container.
#logApp: json
`;
}
