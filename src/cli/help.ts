// The texts of `hurricane`, `--help` and `--help-all`.

import type { CommandName } from '../config/option.ts';
import { helpGroups, type HelpLine } from '../config/reference.ts';
import { wrap } from './wrap.ts';

const USAGE_COLUMNS = 30;

/** What bare `hurricane` says: seven lines and one example. */
export function welcome(version: string): string {
  return `hurricane ${version} makes any program a good citizen of Kubernetes.
  hurricane serve [options] -- APP…   an app behind probes, proxy and ordered stop
  hurricane worker [options] -- CMD…  the same for a program without HTTP
  hurricane consume HANDLER.mjs       messages of a queue for your handler
  hurricane ctl WORD                  status, reload, restart, drain, undrain
  hurricane check | probe | init      checks once; ask a probe; first files
  hurricane --help                    the options to begin with

Example: hurricane serve --port 8000 -- node app.js
`;
}

/** One screen of 80 columns. */
export function overview(columns: number): string {
  const common = helpGroups('serve').flatMap(({ lines }) => lines.filter((line) => line.common));
  return `Usage: hurricane serve [options] -- APP… | worker [options] -- CMD…
       hurricane consume | prepare | ctl | check | probe | init | install

${formatLines(common, columns)}

Every option is also a variable (HURRICANE_PORT) and a key of hurricane.yaml.
The brackets hold defaults. All options: hurricane serve --help-all
`;
}

/** Every option of a command. */
export function allOptions(command: CommandName, columns: number): string {
  const groups = helpGroups(command).map(
    ({ title, lines }) => `${title}:\n${formatLines(lines, columns)}`,
  );
  return `${usages[command]}\n\n${groups.join('\n\n')}\n`;
}

const usages: Record<CommandName, string> = {
  worker: `Usage: hurricane worker [options] -- CMD…

Supervises a program that serves no requests: a queue worker, a scheduler.
It is up when its startup checks pass, or when it has lived for --start-after.`,
  consume: `Usage: hurricane consume HANDLER.mjs --queue QUEUE [options]

Takes messages from a queue (AMQP 0-9-1) and calls the handler for each. What it
returns is done; what it throws is tried again, and at last a dead letter.`,
  serve: `Usage: hurricane serve [options] -- APP…

Flags win over the file, the file over variables. HURRICANE_PROBE_PORT and
probePort in hurricane.yaml are --probe-port.`,
  prepare: `Usage: hurricane prepare --command COMMAND [options]

Waits for --wait-for and runs the startup commands, but no app behind them: once,
for many pods that need not run them then. Ends with 0 when all have succeeded.`,
  check: `Usage: hurricane check [options]

Runs every check once and prints its result; exits with 1 when one failed.`,
  probe: `Usage: hurricane probe startup|ready|alive [options]

Asks a probe of the hurricane that runs with the same configuration, for
HEALTHCHECK and exec probes; exits with 1 when it does not pass.`,
  ctl: `Usage: hurricane ctl status|reload|restart|drain|undrain [options]

Talks to the hurricane that runs with the same configuration on this machine.
status   what it does, why, since when, and what has happened lately
reload   the app is replaced by a new one without losing a request
restart  the app is stopped and started; requests wait meanwhile
drain    not ready from now on, served on; undrain takes it back
Exits with 1 when it was not done, 69 when nobody answers, 77 when not allowed.`,
};

function formatLines(lines: readonly HelpLine[], columns: number): string {
  return lines.flatMap((line) => formatLine(line, columns)).join('\n');
}

function formatLine({ usage, text }: HelpLine, columns: number): readonly string[] {
  const texts = wrap(text, Math.max(30, Math.min(columns, 100) - USAGE_COLUMNS));
  const label = `  ${usage}`;
  const indent = ' '.repeat(USAGE_COLUMNS);
  const fits = label.length < USAGE_COLUMNS;
  const [first = '', ...rest] = fits ? texts : ['', ...texts];
  return [`${label.padEnd(USAGE_COLUMNS)}${first}`.trimEnd(), ...rest.map((t) => indent + t)];
}
