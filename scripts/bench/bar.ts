// A bar: two series of figures taken in turn, and the ratio that must not be exceeded.

export interface Bar {
  readonly what: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly limit: number;
}

/** Prints the table; true when every bar holds. */
export function report(bars: readonly Bar[]): boolean {
  const rows = bars.map((bar) => ({ bar, ratio: median(bar.ours) / median(bar.theirs) }));
  for (const { bar, ratio } of rows) {
    const verdict = ratio <= bar.limit ? 'ok    ' : 'MISSED';
    console.log(`${verdict} ${bar.what}: ${ratio.toFixed(2)} × (bar ${bar.limit} ×)`);
    console.log(`         hurricane ${spread(bar.ours, bar.unit)}`);
    console.log(`         other     ${spread(bar.theirs, bar.unit)}`);
  }
  return rows.every(({ bar, ratio }) => ratio <= bar.limit);
}

function spread(values: readonly number[], unit: string): string {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)];
  return `median ${middle.toFixed(1)} ${unit} (${low.toFixed(1)}-${high.toFixed(1)}, ${values.length} runs)`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
