// The address of a check of the app, whose port is known only when it runs. Pure.

import { fillPlaceholders } from '../process/command.ts';

/** `{host}` and `{port}` are filled in. */
export function urlOfApp(template: string, port: string): URL {
  const [filled = ''] = fillPlaceholders([template], {
    host: '127.0.0.1',
    port,
    socket: undefined,
  });
  return new URL(filled);
}
