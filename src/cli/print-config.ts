// `--print-config`: every effective value and its source.

import type { Entry } from '../config/settle.ts';

/** Aligned columns for a terminal; without padding, one value per line, for everything else. */
export function formatEntries(entries: readonly Entry[], aligned: boolean): string {
  const rows = entries.flatMap(({ name, texts, origin }) =>
    (texts.length === 0 ? ['-'] : texts).map((text) => ({ name, text, from: origin.name })),
  );
  const names = aligned ? widest(rows.map(({ name }) => name)) : 0;
  const texts = aligned ? widest(rows.map(({ text }) => text)) : 0;
  return rows
    .map(({ name, text, from }) => `${name.padEnd(names)} ${text.padEnd(texts)} (${from})\n`)
    .join('');
}

/** One JSON object: option → its values as texts, the layer that gave them, and its name there. */
export function entriesAsJson(entries: readonly Entry[]): string {
  const byName = entries.map(({ name, texts, origin }) => [
    name,
    { values: texts, layer: origin.layer, source: origin.name },
  ]);
  return `${JSON.stringify(Object.fromEntries(byName))}\n`;
}

/** A long value must not push the sources of all others off the screen. */
function widest(texts: readonly string[]): number {
  return Math.min(40, Math.max(...texts.map((text) => text.length)));
}
