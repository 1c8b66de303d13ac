// Who builds and runs images: Docker where an engine answers, else podman, which needs none but must be root.

import { execFile, spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface ContainerEngine {
  /** The program and its own flags; the commands behind them are the same for both. */
  readonly words: readonly string[];
  /** For every `run`. */
  readonly runFlags: readonly string[];
  /**
   * True: its images are ours alone, so that base images are made under the names of others, and old ones
   * removed. False: they are those of the machine.
   */
  readonly isOurs: boolean;
}

const docker: ContainerEngine = {
  words: ['docker'],
  runFlags: [],
  isOurs: false,
};

/** Images of ours apart from those of the machine, kept for the next run. */
const storage = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hurricane');

const podman: ContainerEngine = {
  words: [
    ...['podman', '--root', join(storage, 'containers'), '--runroot', join(storage, 'run')],
    // As it is without systemd.
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--runtime', 'runc'],
  ],
  // Its own limits are higher than those of this process may be, and then root may not set them.
  runFlags: ['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'],
  isOurs: true,
};

/** Undefined where there is none. */
export function findEngine(): ContainerEngine | undefined {
  // Without buildx it cannot build from contexts that have names.
  if (succeeds(docker, 'info') && succeeds(docker, 'buildx', 'version')) return docker;
  return process.getuid?.() === 0 && succeeds(podman, 'info') ? podman : undefined;
}

function succeeds({ words }: ContainerEngine, ...args: readonly string[]): boolean {
  const [program = '', ...flags] = words;
  return spawnSync(program, [...flags, ...args], { timeout: 30_000 }).status === 0;
}

/** Runs a command of the engine to its end; resolves with its stdout, rejects with all that it wrote. */
export async function perform(engine: ContainerEngine, args: readonly string[]): Promise<string> {
  const [program = '', ...flags] = engine.words;
  const { stdout } = await promisify(execFile)(program, [...flags, ...args], {
    maxBuffer: Infinity,
  });
  return stdout.trim();
}
