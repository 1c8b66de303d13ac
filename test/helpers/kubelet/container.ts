// The main container of a rendered pod, that of a Deployment unless said otherwise, on this machine: what it mounts stands in a folder, and its words name that.

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import {
  environmentOf,
  mainContainer,
  mountedFiles,
  podOf,
  type Manifest,
  type Secrets,
} from './pod-spec.ts';

export interface Materialised {
  /** What stands behind the name of the executable. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Writes the files of its ConfigMaps and Secrets into the folder. Refuses to run anything but hurricane. */
export function materialise(
  folder: string,
  manifests: readonly Manifest[],
  secrets: Secrets,
  owner?: Parameters<typeof podOf>[1],
): Materialised {
  const pod = podOf(manifests, owner);
  const container = mainContainer(pod);
  const [program = '', ...words] = [...container.command, ...container.args];
  if (basename(program) !== 'hurricane') throw new Error(`the container runs ${program}`);
  const mounts = [...mountedFiles(pod, manifests, secrets)].map(([mountPath, files], index) => {
    const path = join(folder, `mount-${index}`);
    mkdirSync(path);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return { mountPath, path };
  });
  const onHost = (word: string): string => {
    const found = mounts.find(({ mountPath }) => word.startsWith(`${mountPath}/`));
    return found === undefined ? word : found.path + word.slice(found.mountPath.length);
  };
  const env = environmentOf(container, secrets);
  return {
    words: words.map((word) => onHost(expanded(word, env))),
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, onHost(value)])),
  };
}

/** As the kubelet reads arguments: `$$` is `$`, and `$(NAME)` a variable that is known. */
function expanded(word: string, env: Readonly<Record<string, string>>): string {
  return word.replaceAll(/\$\$|\$\(([^)]+)\)/g, (found, name?: string) =>
    name === undefined ? '$' : (env[name] ?? found),
  );
}
