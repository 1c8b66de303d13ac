// The environment of every program that hurricane starts: its own, without its secrets, and with the way back to it.

/** Where the app and all programs around it find the control socket. */
export const CONTROL_VARIABLE = 'HURRICANE_CONTROL_SOCKET';

export function programEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  secrets: readonly string[],
  controlPath: string,
): Record<string, string | undefined> {
  const known = Object.entries(env).filter(([name]) => !secrets.includes(name));
  return { ...Object.fromEntries(known), [CONTROL_VARIABLE]: controlPath };
}
