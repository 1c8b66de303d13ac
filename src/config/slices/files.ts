// Slice: what is answered from files.

import { mountsOf, type Said } from '../mounts.ts';
import type { CommandLine } from '../words.ts';
import type { Values } from './slice.ts';

/** What is answered without the app. */
export interface FilesConfig {
  readonly mounts: readonly Mount[];
  readonly collect: CollectConfig | undefined;
}

export interface Mount {
  /** Media are what users have uploaded. */
  readonly kind: 'static' | 'media';
  /** Without a slash at the end; never only a slash. */
  readonly url: string;
  /** Relative to the working directory. */
  readonly folder: string;
}

/** What is run when the sources of static files change. */
export interface CollectConfig {
  readonly paths: readonly string[];
  readonly command: CommandLine;
}

export function filesConfig(
  values: Values<keyof Places | 'staticWatch' | 'staticCommand'>,
): FilesConfig {
  const { staticWatch: paths, staticCommand: command } = values;
  const mounts = saidOfFiles(values).flatMap(mountsOf);
  return {
    // A cross-check has seen to it that there is nothing wrong.
    mounts: mounts.flatMap((mount) => ('value' in mount ? [mount.value] : [])),
    collect: command === undefined ? undefined : { paths, command },
  };
}

type Places = Values<'static' | 'staticUrl' | 'staticRoot' | 'media' | 'mediaUrl' | 'mediaRoot'>;

/** What options and variables say of where files are. */
export function saidOfFiles(values: Partial<Places>): readonly Said[] {
  const { staticUrl, staticRoot, mediaUrl, mediaRoot } = values;
  return [
    { kind: 'static', specs: values.static ?? [], url: staticUrl, folder: staticRoot },
    { kind: 'media', specs: values.media ?? [], url: mediaUrl, folder: mediaRoot },
  ];
}
