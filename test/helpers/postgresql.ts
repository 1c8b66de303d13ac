// A private PostgreSQL of one test file: its own folder, port and databases; the machine's own is not used.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';

import { eventually } from './eventually.ts';
import { usePort } from './port.ts';

const run = promisify(execFile);

/** The newest there is; undefined where it is not installed. */
const folderOfPrograms = globSync('/usr/lib/postgresql/*/bin').sort().at(-1);

/** A cluster for the tests of the file that calls this, if it is installed; gone after them. */
export function ownPostgresql(): Postgresql {
  const postgresql = new Postgresql();
  before(() => postgresql.begin());
  after(() => postgresql.end());
  return postgresql;
}

export class Postgresql {
  /** Why tests cannot use it; undefined when they can. */
  readonly missing =
    folderOfPrograms === undefined
      ? 'postgresql is not installed: run sh scripts/node.sh scripts/setup-tests.ts'
      : undefined;
  #folder = '';
  #port = 0;
  #databases = 0;
  #owner: readonly string[] = [];
  #server: ChildProcess | undefined;

  async begin(): Promise<void> {
    if (this.missing !== undefined) return;
    this.#folder = mkdtempSync(join(tmpdir(), 'hurricane-postgresql-'));
    this.#port = await usePort();
    await this.#becomeOwner();
    const [program = '', ...words] = this.#asOwner('initdb', [
      ...['--pgdata', join(this.#folder, 'data'), '--username', 'postgres', '--auth', 'trust'],
      ...['--no-sync', '--no-locale', '--encoding', 'UTF8'],
    ]);
    await run(program, words, { cwd: this.#folder });
    await this.boot();
  }

  /** Again with the same data; resolves when it takes connections. */
  async boot(): Promise<void> {
    const [program = '', ...words] = this.#asOwner('postgres', [
      ...['-D', join(this.#folder, 'data'), '-k', this.#folder, '-h', '127.0.0.1'],
      ...['-p', `${this.#port}`, '-c', 'fsync=off'],
    ]);
    this.#server = spawn(program, words, {
      env: { PATH: process.env['PATH'] },
      cwd: this.#folder,
      stdio: 'ignore',
    });
    await eventually(() => this.sql('postgres', 'select 1'), { within: 60_000 });
  }

  /** Resolves when nothing of it runs; its clients are cut. */
  async stop(): Promise<void> {
    if (this.#server === undefined) return;
    const gone = once(this.#server, 'exit');
    this.#server.kill('SIGINT');
    await gone;
    this.#server = undefined;
  }

  /** A new and empty database, by the variables with which libpq and others find it. */
  async database(): Promise<DatabaseVariables> {
    this.#databases += 1;
    const name = `test${this.#databases}`;
    // Two at a time would wait for template1, and one of them fail.
    await this.sql('postgres', `create database ${name} template template0`);
    return this.variables(name);
  }

  variables(database: string): DatabaseVariables {
    return {
      ...{ PGHOST: '127.0.0.1', PGPORT: `${this.#port}` },
      ...{ PGUSER: 'postgres', PGDATABASE: database },
    };
  }

  /** What psql prints of the rows. */
  async sql(database: string, text: string): Promise<string> {
    const { stdout } = await run('psql', ['-X', '-A', '-t', '-q', '-c', text], {
      env: { PATH: process.env['PATH'], ...this.variables(database) },
    });
    return stdout.trim();
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** It refuses to run as root. */
  async #becomeOwner(): Promise<void> {
    if (process.getuid?.() !== 0) return;
    const idOf = async (flag: string): Promise<number> =>
      Number((await run('id', [flag, 'postgres'])).stdout);
    const [user, group] = [await idOf('-u'), await idOf('-g')];
    chownSync(this.#folder, user, group);
    this.#owner = ['--reuid', `${user}`, '--regid', `${group}`, '--clear-groups'];
  }

  /** It does not outlive us, whatever becomes of us, and the leak check is told nothing of it. */
  #asOwner(program: string, words: readonly string[]): readonly string[] {
    const path = join(folderOfPrograms ?? '', program);
    return ['setpriv', ...this.#owner, '--pdeathsig', 'KILL', path, ...words];
  }
}

export interface DatabaseVariables extends Readonly<Record<string, string>> {
  readonly PGHOST: string;
  readonly PGPORT: string;
  readonly PGUSER: string;
  readonly PGDATABASE: string;
}
