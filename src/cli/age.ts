// A span of time in the two units that matter to people.

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** `3d 4h`, `5m 10s`, `12s`, and below ten seconds `1.2s`; what lies in the future is `0.0s`. */
export function formatAge(seconds: number): string {
  const whole = Math.floor(seconds);
  for (const [index, [unit, size]] of units.entries()) {
    if (whole < size) continue;
    const [nextUnit, nextSize] = units[index + 1] ?? ['s', 1];
    return `${Math.floor(whole / size)}${unit} ${Math.floor((whole % size) / nextSize)}${nextUnit}`;
  }
  return seconds < 10 ? `${Math.max(0, seconds).toFixed(1)}s` : `${whole}s`;
}
