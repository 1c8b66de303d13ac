// The edge of the program as plain values: what was printed is kept, nothing else happens.

import type { CliEdge } from '../../src/cli/command.ts';
import { readFrom } from './load-input.ts';

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly cwd?: string;
}

/** An edge, and what was printed through it so far. */
export class FakeEdge implements CliEdge {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly pid = 4711;
  readonly version = '1.2.3';
  readonly executable: string = '/usr/bin/node';
  readonly stdout: CliEdge['stdout'];
  readonly columns = 80;
  readonly #files: Readonly<Record<string, string>>;
  readonly written = new Map<string, string>();
  out = '';
  err = '';

  constructor({ env = {}, files = {}, isTerminal = false, cwd = '/app' }: Given = {}) {
    this.cwd = cwd;
    this.env = env;
    this.#files = files;
    this.stdout = { fd: 1, isTerminal, color: false };
  }

  readonly readFile = (path: string): string => readFrom(this.#files, path);
  readonly writeNewFile = (path: string, text: string): void => {
    this.written.set(path, text);
  };
  readonly random = (): number => 0;
  readonly print = (text: string): void => {
    this.out += text;
  };
  readonly printError = (text: string): void => {
    this.err += text;
  };

  onSignal(): void {
    // A test sends none.
  }

  onChildEnded(): void {
    // A test starts none.
  }

  privately(act: () => void): void {
    act();
  }

  onBug(): void {
    // A test has its own way to see them.
  }
}
