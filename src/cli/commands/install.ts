// `hurricane install DIR`: copies the folder of the copy for images into a volume that it shares with an app.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { HurricaneError } from '../../core/errors.ts';
import { IMAGE_HOME } from '../../core/image-home.ts';
import { replaceFiles } from '../../lib/replace-files.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { reportUsage } from '../report.ts';

export const installHelp = `Usage: hurricane install DIR

Copies hurricane with its loader and libraries into DIR, for an init container:
the app's container mounts the same volume at ${IMAGE_HOME}, whatever its image.
A copy that is there already is replaced. Only the hurricane of an image can do it.
`;

/** Exit code 0 when DIR has it, 73 when it cannot have it, 77 when DIR may not be written. */
export async function installCommand(
  { words, flags, appCommand = [] }: Invocation,
  edge: CliEdge,
): Promise<number> {
  const [flag] = flags.keys();
  if (flag !== undefined) return reportUsage(`install has no options: remove --${flag}`, edge);
  const [folder, surplus] = [...words, ...appCommand];
  if (folder === undefined || surplus !== undefined) {
    return reportUsage('install needs one folder: hurricane install DIR', edge);
  }
  if (edge.executable !== join(IMAGE_HOME, 'hurricane') || !existsSync(join(IMAGE_HOME, 'lib'))) {
    throw new HurricaneError('not-installed', 'this hurricane has no libraries beside it to copy', {
      hint: `run install in the image of hurricane, where it is ${IMAGE_HOME}/hurricane`,
    });
  }
  const target = resolve(edge.cwd, folder);
  const isNew = !existsSync(join(target, 'hurricane'));
  const { files, bytes } = await replaceFiles(IMAGE_HOME, target).catch((error: unknown) => {
    throw explained(error as NodeJS.ErrnoException, target);
  });
  edge.print(
    `hurricane ${edge.version} is in ${target}${isNew ? '' : ', in place of the copy that was there'}: ` +
      `${files} files, ${Math.ceil(bytes / 1e6)} MB\n` +
      `Mount it at ${IMAGE_HOME}, the only place where it starts.\n`,
  );
  return 0;
}

const forbidden = ['EACCES', 'EPERM', 'EROFS'];

function explained(error: NodeJS.ErrnoException, target: string): HurricaneError {
  const { code = '?' } = error;
  if (forbidden.includes(code)) {
    return new HurricaneError('permission-refused', `${target} cannot be written (${code})`, {
      hint: 'mount a volume there that this user may write: fsGroup in the securityContext of the pod',
      cause: error,
    });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HurricaneError('not-installed', `${target} has no space for hurricane (${code})`, {
      hint: 'nothing of it was left there: a copy needs 130 MB',
      cause: error,
    });
  }
  return new HurricaneError(
    'not-installed',
    `hurricane cannot be copied to ${target} (${error.message})`,
    { hint: 'name a folder that is empty, or has an older copy', cause: error },
  );
}
