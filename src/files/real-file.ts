// Which file a name below a folder really is, symbolic links followed.

import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** What the name of a file that is not there, or not for us, may look like. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'EPERM']);

/**
 * The path of the file without any symbolic link in it. Undefined when there is none, or what is there is not
 * a plain file, or a link leads out of the folder. Rejects when nobody can say.
 */
export async function realFile(
  folder: string,
  segments: readonly string[],
): Promise<string | undefined> {
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, ...segments));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    return (await stat(path)).isFile() ? path : undefined;
  } catch (error) {
    if (absent.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
