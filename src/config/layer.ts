// One place that options are given in: flags, file or environment, as texts with their origin.

import type { rows } from './options.ts';
import { type OptionName } from './options.ts';
import type { Origin, Problem } from './problem.ts';

export type Row = (typeof rows)[number];

/** What one layer says about one option: one text, or any number of them for a list. */
export interface Given {
  readonly texts: readonly string[];
  readonly origin: Origin;
}

/** What a layer says; a fault in one of its lines does not hide the others. */
export interface LayerValues {
  readonly values: ReadonlyMap<OptionName, Given>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** A layer while it is read. */
export class LayerDraft implements LayerValues {
  readonly values = new Map<OptionName, Given>();
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];
}
