// What options may say together, but hardly mean: one function per rule, each with its sentence.

import { longestServeOnMs, stopShares } from '../core/stop-shares.ts';
import { displaySeconds } from '../lib/display-seconds.ts';
import type { ConsumeValues, ServeValues, WorkerValues } from './options.ts';

/** What the command does not have is missing, and so are values with a problem of their own. */
type Values = Partial<ServeValues & WorkerValues & ConsumeValues>;

/** Silent about what is missing. */
type Rule = (values: Values) => readonly string[];

export function cautions(values: Values): readonly string[] {
  return rules.flatMap((rule) => rule(values));
}

const rules: readonly Rule[] = [
  drainDelayFits,
  drainIsTold,
  lifetimeIsSeen,
  metricsAreSeen,
  commandsNeedNoShell,
  somethingIsReloaded,
  debuggerIsOurs,
  debuggerHasItsPlace,
  breakpointsAreNoDeath,
  handlerCanBeDebugged,
  keysHaveTheirExchange,
  processesAreOfAProgram,
];

function drainDelayFits({ gracePeriod, drainDelay, webhookUrl = [] }: Values) {
  if (gracePeriod === undefined || drainDelay === undefined) return [];
  const { appMs, flushMs } = stopShares(gracePeriod, webhookUrl.length > 0);
  const longestMs = longestServeOnMs(gracePeriod - appMs - flushMs);
  if (drainDelay <= longestMs) return [];
  const kept = flushMs > 0 ? 'the shares of the app and of webhooks' : 'the share of the app';
  return [
    `drain-delay ${displaySeconds(drainDelay)} is cut to ${displaySeconds(longestMs)}, half of what grace-period ` +
      `${displaySeconds(gracePeriod)} leaves before ${kept} (${displaySeconds(appMs + flushMs)}): ` +
      'raise grace-period, or shorten drain-delay',
  ];
}

function drainIsTold({ startAfter, webhookUrl = [] }: Values) {
  const isWorker = startAfter !== undefined;
  if (!isWorker || !webhookUrl.some(({ types }) => types?.includes('drain'))) return [];
  return [
    'webhook-url asks for drain, and a worker sends none, because it has no requests to drain: ' +
      'leave out drain, or ask for app to be told of its end',
  ];
}

function lifetimeIsSeen({ maxLifetime, maxLifetimeAction, noProbe }: Values) {
  if (maxLifetime === undefined || maxLifetimeAction !== 'probe' || noProbe !== true) return [];
  return [
    'max-lifetime has no effect with no-probe, because only the liveness probe tells of it: ' +
      'leave out no-probe, or use max-lifetime-action replace',
  ];
}

function somethingIsReloaded({ autoreload, handlerOnce, handlerUrl }: Values) {
  if (autoreload !== true || (handlerOnce ?? handlerUrl) === undefined) return [];
  const why =
    handlerUrl === undefined
      ? 'handler-once runs the program of now for each message'
      : 'the server of handler-url is not ours to start again';
  return [`autoreload has no effect, because ${why}: leave it out`];
}

function metricsAreSeen({
  appMetrics,
  customMetrics = [],
  route = [],
  noMetrics,
  noProbe,
}: Values) {
  const flag = noProbe ? 'no-probe' : noMetrics ? 'no-metrics' : undefined;
  if (flag === undefined) return [];
  const given = [
    ...(appMetrics === undefined ? [] : ['app-metrics']),
    ...(customMetrics.length === 0 ? [] : ['custom-metrics']),
    ...(route.length === 0 ? [] : ['route']),
  ];
  return given.map((name) => `${name} has no effect with ${flag}: there is no page to show it on`);
}

export function commandsNeedNoShell({
  command = [],
  check = [],
  checkMigrations: question,
  checkMigrationsApply: apply,
  staticCommand,
}: Values) {
  const commands = command.map(({ words, text }) => ({ option: 'command', words, text }));
  const checks = check.flatMap(({ target, text }) =>
    target.kind === 'command' ? [{ option: 'check', words: target.words, text }] : [],
  );
  const gate = [
    ...(question?.kind === 'command' ? [{ option: 'check-migrations', ...question }] : []),
    ...(apply === undefined ? [] : [{ option: 'check-migrations-apply', ...apply }]),
    ...(staticCommand === undefined ? [] : [{ option: 'static-command', ...staticCommand }]),
  ];
  return [...commands, ...checks, ...gate].flatMap(({ option, words, text }) => {
    const operator = shellOperator(words, text);
    if (operator === undefined) return [];
    return [
      `${option}: ${JSON.stringify(text)} is run without a shell, and its program is given ` +
        `${operator} as an argument: write sh -c '…' around it, or quote ${operator}`,
    ];
  });
}

function debuggerIsOurs(values: Values) {
  const { debuggerHost = '', debuggerPort } = values;
  if (values.debugger !== true || isLoopback(debuggerHost)) return [];
  return [
    `debugger-host ${debuggerHost} lets everybody who reaches port ${debuggerPort} run code in the app: ` +
      'leave it out, and reach the port by kubectl port-forward',
  ];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function debuggerHasItsPlace({ pycharmHost, pycharmPort }: Values) {
  if ((pycharmHost === undefined) === (pycharmPort === undefined)) return [];
  const [given, missing] = pycharmHost === undefined ? ['port', 'host'] : ['host', 'port'];
  return [
    `pycharm-${given} has no effect without pycharm-${missing}: ` +
      'name both, or debugger-connect HOST:PORT instead',
  ];
}

function breakpointsAreNoDeath(values: Values) {
  const { check = [], repair } = values;
  const debugs =
    values.debugger === true ||
    values.debuggerConnect !== undefined ||
    values.pycharmHost !== undefined;
  const asks = check.some(({ tags }) => tags.includes('liveness'));
  if (!debugs || !asks) return [];
  const then = repair === true ? 'the app is replaced' : 'Kubernetes restarts the container';
  return [
    `a liveness check that asks the app fails while it stands at a breakpoint, and ${then}: ` +
      'leave the check out while you debug, or raise check-timeout and check-max-age',
  ];
}

function handlerCanBeDebugged(values: Values) {
  const { handler, handlerOnce, handlerUrl, debuggerConnect } = values;
  const listens = values.debugger === true;
  if (!listens && debuggerConnect === undefined) return [];
  if (handlerUrl !== undefined) {
    return ['a debugger has no effect with handler-url: give it to what runs that server'];
  }
  if (handlerOnce !== undefined) {
    return [
      'a debugger has no effect with handler-once, whose programs live for one message each: ' +
        'debug it with handler-exec, or on its own with a message on its stdin',
    ];
  }
  if (handler === undefined || listens) return [];
  return [
    'debugger-connect has no effect on a module, whose inspector can only listen: use debugger',
  ];
}

function keysHaveTheirExchange({ queue, exchange, routingKey = [] }: Values) {
  if (queue === undefined || exchange !== undefined || routingKey.length === 0) return [];
  return [
    'routing-key has no effect without exchange, because there is nothing to bind the queue to: ' +
      'name the exchange, or leave out routing-key',
  ];
}

function processesAreOfAProgram({ handlerProcesses = 1, handlerExec }: Values) {
  if (handlerProcesses === 1 || handlerExec !== undefined) return [];
  return [
    'handler-processes has no effect without handler-exec, because only that is a program that stays: ' +
      'use concurrency to handle more messages at a time',
  ];
}

/** What a shell would not hand on, and stands bare in the text: in quotes it is meant as it is. */
function shellOperator(words: readonly string[], text: string): string | undefined {
  const bare = new Set(text.split(/\s+/));
  return words.find((word) => bare.has(word) && /^(&&?|\|\|?|\d?[<>]>?|\d>&\d|.*;)$/.test(word));
}
