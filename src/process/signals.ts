// Which signals reach the app, and by which signal a known program stops in order.

import type { StopSignal } from '../config/slices/app.ts';
import { programName } from './command.ts';

/**
 * Relayed to the app every time. Not among them: SIGTERM and SIGINT, which start our own stop; SIGCHLD
 * and SIGPIPE, which speak of our own children and pipes; SIGPROF, V8's own; faults of our own code. A
 * listener on SIGUSR1 also keeps Node from opening its inspector.
 */
export const RELAYED_SIGNALS = [
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGCONT',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
] as const satisfies readonly NodeJS.Signals[];

/** These start the ordered stop; the second one cuts it short. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const satisfies readonly NodeJS.Signals[];

/** Programs to which SIGTERM means something else than "finish what is in hand, then end". */
const presets: readonly (readonly [program: RegExp, signal: NodeJS.Signals, to?: 'leader'])[] = [
  [/^(nginx|openresty|tengine)$/, 'SIGQUIT'],
  [/^php-fpm[\d.]*$/, 'SIGQUIT'],
  [/^(apache2|httpd)(-foreground)?$/, 'SIGWINCH'],
  [/^(unicorn|unicorn_rails|rainbows|pitchfork)$/, 'SIGQUIT'],
  [/^lighttpd$/, 'SIGINT'],
  [/^haproxy$/, 'SIGUSR1'],
  // Its pool would die of it, with the tasks in hand; the first process waits for them.
  [/^celery$/, 'SIGTERM', 'leader'],
];

/** How the program is asked to stop in order: as it was `given`, else by its preset, else SIGTERM to all. */
export function stopSignalFor(command: readonly string[], given?: StopSignal): StopSignal {
  const name = programName(command);
  const [, signal = 'SIGTERM', to] = presets.find(([program]) => program.test(name)) ?? [];
  return {
    signal: given?.signal ?? signal,
    leaderOnly: (given?.leaderOnly ?? false) || to === 'leader',
  };
}
