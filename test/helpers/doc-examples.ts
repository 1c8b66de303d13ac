// The fenced examples of the documentation, each with its mark: who shows that it is right.
//   ```sh run                       the end-to-end test of the examples runs it
//   ```sh run: test/e2e/x.test.ts   that test does
//   ```yaml check                   it is read as the program, Kubernetes or the language would
//   ```text shown: a diagram        nobody can, and why
// `file=NAME` before the mark: the example is that file, for the others of its page.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Example {
  /** `docs/start.md:20`. */
  readonly place: string;
  readonly page: string;
  readonly language: string;
  readonly file: string | undefined;
  /** Undefined: there is none, or one that is not known. */
  readonly mark: Mark | undefined;
  readonly text: string;
}

export type Mark =
  { readonly kind: 'run' | 'check' } | { readonly kind: 'run-by' | 'shown'; readonly text: string };

const root = join(import.meta.dirname, '../..');

export const examples: readonly Example[] = [
  'README.md',
  'examples/README.md',
  ...globSync('docs/*.md', { cwd: root }).sort(),
].flatMap((page) => examplesIn(page, readFileSync(join(root, page), 'utf8')));

/** Every fenced block of a page; fences inside of lists are indented. */
export function examplesIn(page: string, markdown: string): readonly Example[] {
  const found: Example[] = [];
  const lines = markdown.split('\n');
  let fence: { indent: string; info: string; line: number } | undefined;
  for (const [index, line] of lines.entries()) {
    const [, indent = '', info = ''] = /^(\s*)```(.*)$/.exec(line) ?? [];
    if (!/^\s*```/.test(line)) continue;
    if (fence === undefined) fence = { indent, info, line: index };
    else {
      const content = lines.slice(fence.line + 1, index);
      const text = content.map((each) => each.slice(fence?.indent.length)).join('\n');
      found.push({ ...describe(fence.info), page, place: `${page}:${fence.line + 1}`, text });
      fence = undefined;
    }
  }
  return found;
}

function describe(info: string): Pick<Example, 'language' | 'file' | 'mark'> {
  const [, language = '', file, word = '', colon, text = ''] =
    /^([\w-]+)(?: file=(\S+))? (run|check|shown)(?:(: )(\S.*))?$/.exec(info) ?? [];
  return { language, file, mark: markOf(word, colon !== undefined, text) };
}

function markOf(word: string, hasText: boolean, text: string): Mark | undefined {
  if (word === 'shown' && hasText) return { kind: 'shown', text };
  if (word === 'run' && hasText) return { kind: 'run-by', text };
  return (word === 'run' || word === 'check') && !hasText ? { kind: word } : undefined;
}

/** The lines of a shell example: those that end in a backslash joined, comments and empty ones left out. */
export function commandLines(text: string): readonly string[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The words of a line before a comment at its end. */
export function withoutComment(line: string): string {
  return line.replace(/\s+#\s.*$/, '');
}
