// A log line as people read it on a terminal: time, level, message, then the fields.

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
  const details = Object.entries(fields).map(
    ([name, value]) => `${paint('dim', `${name}=`)}${show(value)}`,
  );
  const head = [
    paint('dim', String(time).slice(11, 23)),
    paint(levelStyles[label] ?? 'reset', label.toUpperCase().padEnd(5)),
    paint('cyan', (typeof component === 'string' ? component : 'hurricane').padEnd(9)),
    String(msg),
  ];
  return `${[...head, ...details].join(' ')}\n${showError(err)}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function showError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { stack, message } = err as { stack?: string; message?: string };
  return `${(stack ?? message ?? '').replaceAll(/^/gm, '    ')}\n`;
}
