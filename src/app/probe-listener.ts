// Where probes and metrics are answered: on a port of their own, unless they share that of the app or are switched off.

import type { RunningConfig } from '../config/config.ts';
import { Listener, type Handler } from '../http/listener.ts';

/** Undefined where they have no port of their own. */
export function probeListener(
  { probes, connections }: Pick<RunningConfig, 'probes' | 'connections'>,
  isBesideApp: boolean,
  handleRequest: Handler['handleRequest'],
): Listener | undefined {
  const { listen, integrated } = probes;
  if (listen === undefined || integrated) return undefined;
  const follows = isBesideApp ? ', which is --port + 1 unless it is given, or with --port' : '';
  return new Listener({
    ...listen,
    ...connections,
    hints: {
      port: `choose another with --probe-port${follows}`,
      host: 'name an address of this machine with --probe-host',
    },
    handler: { handleRequest },
  });
}
