// The licences of all that the image holds: ours, Node's, those of the packages in the bundle, and those of
// the system's libraries beside it.

import { execFile } from 'node:child_process';
import { copyFile, glob, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

interface LicenceSources {
  readonly root: string;
  /** Files of Debian packages. */
  readonly libraries: readonly string[];
  /** Where the licences go. */
  readonly folder: string;
}

interface LockFile {
  readonly packages: Readonly<
    Record<string, { version: string; license?: string; dev?: true; optional?: true }>
  >;
}

/** Writes one file per licensed thing. Throws where a licence is not to be found. */
export async function copyLicences({ root, libraries, folder }: LicenceSources): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(join(root, 'LICENSE'), join(folder, 'hurricane'));
  await copyFile(
    join(dirname(await realpath(process.execPath)), '../LICENSE'),
    join(folder, 'node'),
  );
  await writeFile(join(folder, 'npm-packages'), await licencesOfPackages(root));
  await copyDebianLicences(libraries, folder);
}

async function licencesOfPackages(root: string): Promise<string> {
  const { packages } = JSON.parse(
    await readFile(join(root, 'package-lock.json'), 'utf8'),
  ) as LockFile;
  const shipped = Object.entries(packages).filter(
    ([path, { dev, optional }]) => path !== '' && dev === undefined && optional === undefined,
  );
  const texts = shipped.map(async ([path, { version, license }]) => {
    const title = `${path.replace('node_modules/', '')} ${version} (${license ?? 'see below'})`;
    return `${title}\n\n${await licenceText(join(root, path))}`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceText(folder: string): Promise<string> {
  for (const pattern of ['{licen[cs]e,LICEN[CS]E,copying,COPYING}*', 'readme*', 'README*']) {
    for await (const file of glob(pattern, { cwd: folder })) {
      return readFile(join(folder, file), 'utf8');
    }
  }
  throw new Error(`${folder} has no licence`);
}

/** Debian has a licence for each package, which speaks of some by their names. */
async function copyDebianLicences(libraries: readonly string[], folder: string): Promise<void> {
  const names = new Set<string>();
  for (const library of libraries) names.add(await packageOf(library));
  const common = new Set<string>();
  for (const name of names) {
    const text = await readFile(`/usr/share/doc/${name}/copyright`, 'utf8');
    await writeFile(join(folder, name.replace(/:.*/, '')), text);
    for (const [path] of text.matchAll(/\/usr\/share\/common-licenses\/[\w.-]*\w/g))
      common.add(path);
  }
  for (const path of common) await copyFile(path, join(folder, basename(path)));
}

/** A file may be known by the path it had before /lib became a part of /usr. */
async function packageOf(library: string): Promise<string> {
  const path = await realpath(library);
  const paths = [path, path.replace(/^\/usr/, '')];
  const query = promisify(execFile)('dpkg-query', ['--search', ...paths]);
  const { stdout } = await query.catch((error: unknown) => ({
    stdout: (error as { stdout?: string }).stdout ?? '',
  }));
  const [, name] = /^([^:\n]+)/.exec(stdout) ?? [];
  if (name === undefined) throw new Error(`no Debian package has ${library}`);
  return name;
}
