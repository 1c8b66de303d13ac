// The configuration file. The only importer of the YAML reader.

import { maskCredentials } from '../core/mask-credentials.ts';
import { closest } from '../lib/closest.ts';
import { LayerDraft, type Given, type LayerValues, type Row } from './layer.ts';
import { allows } from './option.ts';
import { rows } from './options.ts';
import { problem, type Origin } from './problem.ts';

/** Throws as `fs.readFileSync` does. */
export type ReadFile = (path: string) => string;

interface TextFile {
  readonly path: string;
  readonly text: string;
}

const DEFAULT_FILES = ['hurricane.yaml', 'hurricane.json'];

/** The file that was named, or `hurricane.yaml` or `hurricane.json` in the working directory. */
export async function fileLayer(
  named: Given | undefined,
  readFile: ReadFile,
): Promise<LayerValues> {
  const draft = new LayerDraft();
  const [first, second] =
    named === undefined ? findFiles(draft, readFile) : readNamed(draft, readFile, named);
  if (first === undefined) {
    if (named === undefined) warnOfTwin(draft, readFile);
    return draft;
  }
  if (second !== undefined) {
    const names = `${first.path} and ${second.path}`;
    draft.problems.push(problem(`${names} both exist: keep one, or name one with --config`));
  }
  const content = await contentOf(draft, first);
  for (const [key, value] of Object.entries(content)) add(draft, first.path, key, value);
  return draft;
}

/** Why a file could not be read, as the end of a sentence about it. */
export function unreadable(error: unknown): string {
  if (!(error instanceof Error)) return `cannot be read: ${String(error)}`;
  return reasons[codeOf(error)] ?? `cannot be read: ${error.message.split('\n', 1).join('')}`;
}

/** What a file holds instead of an option or a variable, or what is wrong with it; `what` it is, for people. */
export function readWhole(
  path: string,
  what: string,
  readFile: ReadFile,
): { readonly text: string } | { readonly fault: string } {
  try {
    // Whoever wrote it ended it with a line break.
    const text = readFile(path).trim();
    return text === '' ? { fault: `is empty: write the ${what} into it` } : { text };
  } catch (error) {
    return { fault: unreadable(error) };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist: create it, or correct the path',
  EACCES: 'may not be read by this user: change its owner or mode',
  EISDIR: 'is a folder: name a file in it',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function findFiles(draft: LayerDraft, readFile: ReadFile): readonly TextFile[] {
  return DEFAULT_FILES.flatMap((path) => {
    try {
      return [{ path, text: readFile(path) }];
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') draft.problems.push(problem(`${path} ${unreadable(error)}`));
      return [];
    }
  });
}

/** Of the two usual endings only one is looked for. */
function warnOfTwin(draft: LayerDraft, readFile: ReadFile): void {
  try {
    readFile('hurricane.yml');
  } catch {
    return; // there is none, or none that anybody could have meant
  }
  draft.warnings.push(
    'hurricane.yml is not read: call it hurricane.yaml, or name it with --config hurricane.yml',
  );
}

function readNamed(draft: LayerDraft, readFile: ReadFile, named: Given): readonly TextFile[] {
  const [path = ''] = named.texts;
  try {
    return [{ path, text: readFile(path) }];
  } catch (error) {
    draft.problems.push(problem(`config: "${path}" ${unreadable(error)}`, named.origin));
    return [];
  }
}

async function contentOf(draft: LayerDraft, { path, text }: TextFile): Promise<object> {
  try {
    const content = path.endsWith('.json') ? (JSON.parse(text) as unknown) : await parseYaml(text);
    if (content === null) return {};
    if (typeof content === 'object' && !Array.isArray(content)) return content;
    draft.problems.push(
      problem(`${path} must hold keys and values: write key: value, such as port: 8000`),
    );
  } catch (error) {
    draft.problems.push(problem(`${path}${faultIn(error)}`));
  }
  return {};
}

async function parseYaml(text: string): Promise<unknown> {
  // Loaded only where there is a file: it would cost every start its time.
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) throw fault;
  return document.toJS() as unknown;
}

/** The codes of the reader of YAML that are met in practice, in words for who wrote the file. */
const plainFaults: Readonly<Record<string, string>> = {
  BAD_INDENT: 'a bracket is not closed, or the line is indented wrongly: correct it',
  BAD_SCALAR_START: 'a value begins with a sign that YAML reserves: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon, or a line indented too far: put the value in quotes',
  DUPLICATE_KEY: 'the same key stands here twice: keep one',
  MISSING_CHAR: 'a quote or bracket is not closed: close it',
  MULTILINE_IMPLICIT_KEY: 'a key without a colon: write key: value',
  MULTIPLE_DOCS: 'a second document begins here: keep one',
  TAB_AS_INDENT: 'the line is indented with a tab: use spaces',
  TAG_RESOLVE_FAILED: 'a value begins with !, which names a type in YAML: put it in quotes',
  UNEXPECTED_TOKEN:
    'this does not belong here: write key: value, lists below their key, quotes in pairs',
};

/** What the reader found, and where; without the text it quotes, which may be a secret. */
function faultIn(error: unknown): string {
  const { code, linePos, message = '' } = error as ReaderFault;
  const start = linePos?.[0];
  const [, line = start?.line, column = start?.col] =
    /\(line (\d+) column (\d+)\)/.exec(message) ?? [];
  const place = line === undefined ? '' : `, line ${line}, column ${column ?? 1}`;
  if (error instanceof SyntaxError) return `${place}: this is not JSON: correct it`;
  const plain =
    (message.startsWith('Implicit map keys need')
      ? plainFaults['MULTILINE_IMPLICIT_KEY']
      : undefined) ??
    plainFaults[code ?? ''] ??
    'cannot be understood as YAML: correct it, or use quotes';
  return `${place}: ${plain}`;
}

/** What both readers may say; JSON's has its place in the message. */
interface ReaderFault {
  readonly code?: string;
  readonly linePos?: readonly { readonly line: number; readonly col: number }[];
  readonly message?: string;
}

function add(draft: LayerDraft, path: string, key: string, value: unknown): void {
  const origin: Origin = { layer: 'file', name: `${path}: ${maskCredentials(key)}` };
  const known = rows.filter((row) => allows(row, 'file'));
  const row = known.find((option) => option.key === key);
  if (row === undefined) {
    draft.problems.push(problem(unknownKey(key, known), origin));
    return;
  }
  const texts = textsOf(row, value);
  if (texts !== undefined) draft.values.set(row.name, { texts, origin });
  else draft.problems.push(problem(wrongType(row, value), origin));
}

function unknownKey(key: string, known: readonly Row[]): string {
  const sameOption = known.find(({ name }) => name === key)?.key;
  const keys = known.map((row) => row.key);
  const guess = sameOption ?? closest(key, keys);
  const remedy = guess === undefined ? 'remove it' : `did you mean ${guess}?`;
  return `${maskCredentials(key)} is not a key of the configuration file: ${remedy}`;
}

function textsOf(row: Row, value: unknown): readonly string[] | undefined {
  if (!row.list) return isScalar(value) ? [String(value)] : undefined;
  return Array.isArray(value) && value.every(isScalar) ? value.map(String) : undefined;
}

function wrongType(row: Row, value: unknown): string {
  if (row.list && Array.isArray(value)) {
    return `${row.key} has an entry that YAML does not read as a text: put it in quotes`;
  }
  return row.list
    ? `${row.key} needs a list: write each value on a line of its own, after a dash`
    : `${row.key} needs one value: write ${row.key}: ${row.parser.shape}`;
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
