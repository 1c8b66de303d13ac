// `hurricane init`: the first files of a project. What stands in them is decided in init/.

import { HurricaneError } from '../../core/errors.ts';
import type { CliEdge, Invocation } from '../command.ts';
import { CHART_VALUES, IMAGE } from '../init/chart-values.ts';
import { isLanguage, languageNames, projectOf, type Project } from '../init/languages.ts';
import { starterFiles, type StarterFile } from '../init/starter-files.ts';
import { reportUsage } from '../report.ts';

const choices = languageNames.join('|');

export const initHelp = `Usage: hurricane init [--lang ${choices}]

Writes hurricane.yaml, an example check, a Dockerfile and values of the chart into
the working directory, and says what comes next. Without --lang the language is
guessed from the files that are there. A file that exists is never overwritten:
what belongs to the image or the chart is kept, anything else ends it at once.
`;

/** Exit code 0 when all was written, 64 when something is in the way, 77 when it may not be written. */
export function initCommand({ flags, words, appCommand }: Invocation, edge: CliEdge) {
  return Promise.resolve(init([...words, ...(appCommand ?? [])], flags, edge));
}

function init(surplus: readonly string[], flags: Invocation['flags'], edge: CliEdge): number {
  const [word] = surplus;
  if (word !== undefined) return reportUsage(`init takes no "${word}": remove it`, edge);
  const project = projectMeant(flags, edge);
  if (typeof project === 'string') return reportUsage(project, edge);
  const files = starterFiles(project, (name) => look(name, edge));
  const isThere = (path: string): boolean => look(path, edge) !== undefined;
  const kept = files.filter(({ path, keepsWhatIsThere }) => keepsWhatIsThere && isThere(path));
  const written = files.filter((file) => !kept.includes(file));
  // Two configuration files would be refused at the start.
  const inTheWay = [...written.map(({ path }) => path), 'hurricane.json'].find(isThere);
  if (inTheWay !== undefined) {
    return reportUsage(
      `${inTheWay} is here already, and nothing was written: remove it first`,
      edge,
    );
  }
  for (const file of written) write(file, edge);
  edge.print(report(project, written, kept));
  return 0;
}

/** The project, or what is wrong with how it is told. */
function projectMeant(flags: Invocation['flags'], edge: CliEdge): Project | string {
  const stranger = [...flags.keys()].find((name) => name !== 'lang');
  if (stranger !== undefined) {
    return `--${stranger} is not an option of \`hurricane init\`: remove it`;
  }
  const named = flags.get('lang')?.at(-1);
  if (named !== undefined && !isLanguage(named)) {
    return `lang: "${named}" is none of ${languageNames.join(', ')} (from --lang)`;
  }
  const project = projectOf(named, (name) => look(name, edge));
  return project ?? `no file here tells the language: name it with --lang ${choices}`;
}

/** What cannot be read, such as a folder of that name, is there all the same. */
function look(name: string, { readFile }: CliEdge): string | undefined {
  try {
    return readFile(name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : '';
  }
}

function write({ path, text }: StarterFile, edge: CliEdge): void {
  try {
    edge.writeNewFile(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new HurricaneError('permission-refused', `${path} cannot be written (${code ?? '?'})`, {
      hint: 'change to a folder that this user may write, or change its owner or mode',
      cause: error,
    });
  }
}

function report(
  { title, because, command }: Project,
  written: readonly StarterFile[],
  kept: readonly StarterFile[],
): string {
  const width = Math.max(...written.map(({ path }) => path.length));
  const lines = written.map(({ path, what }) => `  ${path.padEnd(width)}  ${what}\n`);
  const reason = because === undefined ? '' : `, because of ${because}`;
  const names = kept.map(({ path }) => path).join(', ');
  const left = kept.length === 0 ? '' : `Here already, and left as it was: ${names}\n`;
  return `Written for ${title}${reason}:
${lines.join('')}${left}Next:
  hurricane check
  hurricane serve -- ${command}
  docker build --tag ${IMAGE} .
  helm install app path/to/chart --values ${CHART_VALUES}
`;
}
