// A log line as people read it on a terminal: time, level, message, then the fields; texts below it.

import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const levelStyles: Record<string, Style> = {
  fatal: ['bold', 'red'],
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'dim',
};

/** One NDJSON line in, one aligned line out. */
export function formatText(line: string, color: boolean): string {
  const { time, level, component, msg, err, ...fields } = JSON.parse(line) as Record<
    string,
    unknown
  >;
  const paint = (style: Style, text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const label = String(level);
  const texts = Object.values(fields).filter(isText);
  const details = Object.entries(fields)
    .filter(([, value]) => !isText(value))
    .map(([name, value]) => `${paint('dim', `${name}=`)}${show(value)}`);
  const head = [
    paint('dim', String(time).slice(11, 23)),
    paint(levelStyles[label] ?? 'reset', label.toUpperCase().padEnd(5)),
    paint('cyan', (typeof component === 'string' ? component : 'hurricane').padEnd(9)),
    String(msg),
  ];
  const below = [...texts, ...showError(err)].map((text) => `${indent(text)}\n`);
  return `${[...head, ...details].join(' ')}\n${below.join('')}`;
}

/** What has lines of its own, such as a stack or the last output of a program. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trimEnd().includes('\n');
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ');
}

function show(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function showError(err: unknown): readonly string[] {
  if (typeof err !== 'object' || err === null) return [];
  const { stack, message } = err as { stack?: string; message?: string };
  return [stack ?? message ?? ''];
}
