// Hands the signals of a terminal on to a program in a group of its own, once each.

import type { ChildProcess } from 'node:child_process';

/** npm passes on the Ctrl-C that the terminal has already sent; a real second one comes later. */
const ECHO_MS = 300;

export function forwardSignals(child: ChildProcess): void {
  let last = -Infinity;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (performance.now() - last < ECHO_MS) return;
      last = performance.now();
      child.kill(signal);
    });
  }
}
