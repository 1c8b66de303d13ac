// Rules about what is answered from files.

import { mountsOf } from '../mounts.ts';
import { problem, type Problem } from '../problem.ts';
import { saidOfFiles } from '../slices/files.ts';
import { givenBy, type Rule, type Subject } from './rule.ts';

export const fileRules: readonly Rule[] = [filesHaveTheirPlace, collectingHasBoth];

function filesHaveTheirPlace({ values, entries }: Subject): readonly Problem[] {
  const said = saidOfFiles(values);
  const unnamed = said.flatMap(({ kind, url, folder, specs }) => {
    const named = specs.filter((spec) => spec.kind === 'named');
    const [wrong] = mountsOf({ kind, url, folder, specs: named }).filter((m) => 'problem' in m);
    if (wrong === undefined) return [];
    const [urlName, folderName] = kind === 'static' ? staticVariables : mediaVariables;
    const message =
      `${kind} without a value needs ${urlName}, such as /${kind}/, and ${folderName}, a folder: ` +
      `set both, or write --${kind} URL=DIR`;
    return [problem(message, ...givenBy(entries, kind))];
  });
  const urls = said.flatMap((each) =>
    mountsOf(each).flatMap((mount) => ('value' in mount ? [mount.value.url] : [])),
  );
  const twice = urls.find((url, index) => urls.indexOf(url) !== index);
  if (twice === undefined) return unnamed;
  const message = `${twice} is the URL of two folders: give each a URL of its own`;
  return [...unnamed, problem(message, ...givenBy(entries, 'static', 'media'))];
}

const staticVariables = ['STATIC_URL', 'STATIC_ROOT'];
const mediaVariables = ['MEDIA_URL', 'MEDIA_ROOT'];

function collectingHasBoth({ values, entries }: Subject): readonly Problem[] {
  const { staticWatch = [], staticCommand } = values;
  if (staticWatch.length > 0 === (staticCommand !== undefined)) return [];
  const message =
    staticCommand === undefined
      ? 'static-watch needs static-command: say what to run when something changes'
      : 'static-command needs static-watch: say what it depends on';
  return [problem(message, ...givenBy(entries, 'static-watch', 'static-command'))];
}
