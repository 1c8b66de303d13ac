// The status of a running hurricane as a person reads it at three in the morning: the verdict first.

import type { AppStatus, MessageStatus, RequestStatus, Status } from '../app/status.ts';
import { formatAge } from './age.ts';

type Row = readonly [label: string, text: string];

/** One fact per line; in columns where a person looks at it. */
export function formatStatus(status: Status, now: Date, aligned: boolean): string {
  const ageOf = (time: string): string => formatAge((now.getTime() - Date.parse(time)) / 1000);
  const rows: Row[] = [
    ['state', `${status.state} for ${ageOf(status.since)}${why(status)}`],
    ...(status.drain_left_s === null
      ? []
      : [['stopping', `${status.drain_left_s} s of the grace period are left`] as const]),
    ...appRows(status, ageOf),
    ...counted('replaced', status.replacements),
    ...counted('not replaced', status.failed_replacements),
    ...(status.requests === null ? [] : [['requests', requestText(status.requests)] as const]),
    ...messageRows(status.messages, ageOf),
    ...Object.entries(status.probes).map(([probe, { passing, since, text }]): Row => [
      probe,
      `${passing ? 'passes' : 'fails'} for ${ageOf(since)}: ${oneLine(text)}`,
    ]),
    ['hurricane', `${status.version}, pid ${status.pid}, runs for ${formatAge(status.uptime_s)}`],
    ...(status.app_version === null
      ? []
      : [['version', `of the app ${status.app_version}`] as const]),
    ...status.transitions.map(({ time, text, reason }): Row => [
      time.replace(/\.\d+Z$/, 'Z'),
      `${text}${reason === '' ? '' : `: ${oneLine(reason)}`}`,
    ]),
  ];
  const width = aligned ? Math.max(...rows.map(([label]) => label.length)) : 0;
  return rows.map(([label, text]) => `${label.padEnd(width)} ${text}\n`).join('');
}

/** `ready` needs no reason, unless the container is about to be ended. */
function why({ state, text, probes: { liveness } }: Status): string {
  if (state !== 'ready') return `: ${oneLine(text)}`;
  return liveness.passing ? '' : `, but liveness fails: ${oneLine(liveness.text)}`;
}

function appRows({ app, restarts }: Status, ageOf: (time: string) => string): readonly Row[] {
  if (app === null) return [];
  return [
    ['app', appText(app, ageOf(app.since))],
    ['restarts', countText(restarts)],
  ];
}

function messageRows(
  messages: MessageStatus | null,
  ageOf: (time: string) => string,
): readonly Row[] {
  if (messages === null) return [];
  const { queue, state, since, reason, broker, in_hand, waiting, oldest_s, settled } = messages;
  const oldest = in_hand === 0 ? '' : `, the oldest for ${formatAge(oldest_s)}`;
  const last =
    messages.last_settled === null ? '' : `, the last ${ageOf(messages.last_settled)} ago`;
  const because = reason === '' ? '' : `: ${oneLine(reason)}`;
  return [
    ['queue', `${queue} at ${broker}: ${state} for ${ageOf(since)}${because}`],
    ['messages', `${in_hand} in hand, ${waiting} not begun${oldest}; ${settled} settled${last}`],
  ];
}

function appText({ state, pid, generation, up_s }: AppStatus, age: string): string {
  if (pid === null) return `${state} for ${age}`;
  return `${state}: pid ${pid}, generation ${generation}, up for ${formatAge(up_s)}`;
}

function counted(label: string, counts: Status['restarts']): readonly Row[] {
  return Object.keys(counts).length === 0 ? [] : [[label, countText(counts)]];
}

function countText(counts: Status['restarts']): string {
  const entries = Object.entries(counts);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  const causes = entries.map(([cause, count]) => `${count} × ${cause}`).join(', ');
  return total === 0 ? 'none' : `${total}: ${causes}`;
}

function requestText({ in_hand, queued, upgraded, oldest_s, finished }: RequestStatus): string {
  const age = in_hand > upgraded ? `, the oldest for ${formatAge(oldest_s)}` : '';
  const websockets = upgraded > 0 ? `, ${upgraded} of them WebSockets` : '';
  return `${in_hand} in hand, ${queued} without an answer yet${websockets}${age}; ${finished} finished`;
}

/** Of several failing checks each says a line. */
function oneLine(text: string): string {
  return text.replaceAll('\n', '; ');
}
