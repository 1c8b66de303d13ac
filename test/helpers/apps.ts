// The example app in every language, and the small programs in test/scripts, as commands.

import { execFile } from 'node:child_process';
import { access, constants, mkdir, rename, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const example = (file: string): string => join(root, 'examples', file);

/** What stands behind `--`; `{port}` is filled in by hurricane. */
const commands = {
  node: [process.execPath, example('node/app.js')],
  // Debian's, for its packages; another python3 may be first on PATH.
  python: ['/usr/bin/python3', example('python/app.py')],
  ruby: ['ruby', example('ruby/app.rb')],
  php: [
    ...['env', 'PHP_CLI_SERVER_WORKERS=8', 'php', '-S'],
    ...['127.0.0.1:{port}', example('php/app.php')],
  ],
  java: ['java', example('java/App.java')],
  go: [join(root, 'node_modules/.cache/hurricane/example-go')],
  shell: ['sh', example('shell/app.sh')],
} as const satisfies Record<string, readonly string[]>;

export type Language = keyof typeof commands;
export const languages = Object.keys(commands) as Language[];

/** What must be on PATH for a language; `socat` accepts connections for the shell script. */
const programs: Readonly<Record<Language, string>> = {
  node: process.execPath,
  python: '/usr/bin/python3',
  ruby: 'ruby',
  php: 'php',
  java: 'java',
  go: 'go',
  shell: 'socat',
};

/**
 * The command of the example app. Undefined, and the test skipped with the reason, where the language
 * is not installed.
 */
export async function useApp(
  t: TestContext,
  language: Language = 'node',
): Promise<readonly string[] | undefined> {
  if (!(await isInstalled(programs[language]))) {
    t.skip(`${programs[language]} is not installed: run sh scripts/node.sh scripts/setup-tests.ts`);
    return undefined;
  }
  if (language === 'go') await buildGoApp();
  return commands[language];
}

/** The command of a program in test/scripts, by its file name. */
export function useScript(name: string): readonly string[] {
  const path = join(root, 'test/scripts', name);
  return /\.(m?js|m?ts)$/.test(name) ? [process.execPath, path] : ['sh', path];
}

/** The path of a check module in test/scripts/checks, by its file name. */
export function useCheck(name: string): string {
  return join(root, 'test/scripts/checks', name);
}

async function buildGoApp(): Promise<void> {
  const [target] = commands.go;
  const built = await stat(target).catch(() => undefined);
  if (built !== undefined && built.mtimeMs > (await stat(example('go/app.go'))).mtimeMs) return;
  await mkdir(join(target, '..'), { recursive: true });
  // Test files run in parallel: none may find a half written program.
  const own = `${target}-${process.pid}`;
  await promisify(execFile)('go', ['build', '-o', own, example('go/app.go')]);
  await rename(own, target);
}

/** True when the program is on PATH, or where it must be. */
export async function isInstalled(program: string): Promise<boolean> {
  const folders = program.startsWith('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
