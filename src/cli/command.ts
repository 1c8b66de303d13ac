// What a command is, and what it is given: its part of the command line and the edge of the program.

import type { Edge } from '../app/edge.ts';
import type { Flags } from '../config/flag-layer.ts';
import type { ReadFile } from '../config/file-layer.ts';

/** A command line after its command, tokenised. */
export interface Invocation {
  readonly flags: Flags;
  /** The flags as they were written. */
  readonly options: readonly string[];
  /** Words that are neither flags nor behind `--`. */
  readonly words: readonly string[];
  /** What stands behind `--`; undefined without `--`. */
  readonly appCommand: readonly string[] | undefined;
}

/** The edge, and how to speak with the person at the command line. */
export interface CliEdge extends Edge {
  /** The file that runs: the single executable, or Node. */
  readonly executable: string;
  readonly readFile: ReadFile;
  /** Makes the folders it lies in; throws, as `fs` does, where there is something already. */
  readonly writeNewFile: (path: string, text: string) => void;
  readonly random: () => number;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Width of the terminal; 80 where there is none. */
  readonly columns: number;
}

/** Resolves with the exit code. */
export type RunCommand = (invocation: Invocation, edge: CliEdge) => Promise<number>;
