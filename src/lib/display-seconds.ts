// Times as people read them in a sentence.

/** `2.5s`, rounded to a tenth. */
export function displaySeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10}s`;
}
