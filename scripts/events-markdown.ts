// The closed list of events as a table: it is a type, so the compiler is asked for it.

import ts from 'typescript';

import { markdownTable } from './markdown.ts';

/** Each event with the names of its fields, from the interface `EventMap` of the file. */
export function eventsMarkdown(path: string): string {
  const program = ts.createProgram([path], { noLib: true, types: [], noEmit: true });
  const checker = program.getTypeChecker();
  const map = program
    .getSourceFile(path)
    ?.statements.filter(ts.isInterfaceDeclaration)
    .find(({ name }) => name.text === 'EventMap');
  if (map === undefined) throw new Error(`${path} has no interface EventMap`);
  const events = checker.getPropertiesOfType(checker.getTypeAtLocation(map));
  const rows = events.map((event) => {
    const fields = checker.getPropertiesOfType(checker.getTypeOfSymbol(event));
    return [code(event.name), fields.map(({ name }) => code(snakeCase(name))).join(', ')];
  });
  return markdownTable(['Event', 'Fields'], rows);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function code(text: string): string {
  return `\`${text}\``;
}
