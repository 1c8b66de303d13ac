// Turns the bundle into the single executable: Node's own binary with our launcher and program inside.

import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Writes `outfile`, which starts without a Node installation. Works beside it and leaves nothing. */
export async function buildExecutable(
  launcher: string,
  parts: readonly string[],
  outfile: string,
): Promise<void> {
  const work = await mkdtemp(`${outfile}-build-`);
  try {
    const node = join(work, 'node');
    await copyFile(await realpath(process.execPath), node);
    // Symbols are a fifth of the size. They must go before the module is added, not after.
    await run('strip', [node]).catch(ignoreMissingStrip);
    const config = join(work, 'sea.json');
    const built = join(work, 'built');
    await writeFile(config, JSON.stringify(seaConfig(launcher, parts, node, built)));
    await run(process.execPath, ['--build-sea', config]);
    // A program that runs cannot be overwritten, but its name can go to another.
    await rename(built, outfile);
  } finally {
    await rm(work, { recursive: true });
  }
}

function seaConfig(
  main: string,
  parts: readonly string[],
  executable: string,
  output: string,
): object {
  return {
    main,
    mainFormat: 'module',
    assets: Object.fromEntries(parts.map((path) => [basename(path), path])),
    executable,
    output,
    disableExperimentalSEAWarning: true,
    execArgv: [
      '--disable-warning=ExperimentalWarning',
      // The default of newer Node 26.
      '--experimental-ffi',
      // MiB: a start needs no more, and so is not held up by two collections of what it still uses.
      '--min-semi-space-size=4',
    ],
    execArgvExtension: 'none',
  };
}

function ignoreMissingStrip(error: Error & { code?: unknown }): void {
  if (error.code !== 'ENOENT') throw error;
  console.warn('strip (package binutils) is missing: dist/hurricane becomes 30 MB larger');
}
