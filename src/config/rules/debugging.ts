// Rules about how the app is debugged.

import { problem, type Problem } from '../problem.ts';
import { givenBy, type Rule, type Subject } from './rule.ts';

export const debuggingRules: readonly Rule[] = [
  onePlaceForOneDebugger,
  debuggerPortIsFree,
  oneWayToDebug,
  oneProgramToDebug,
  nobodyReloadsWhatIsDebugged,
];

function onePlaceForOneDebugger({ values, entries }: Subject): readonly Problem[] {
  if (values.debugger !== true || values.replace !== 'start-first') return [];
  const origins = givenBy(entries, 'replace');
  if (origins.length === 0) return [];
  const message =
    'replace start-first needs two ports for two debuggers, and debugger-port is only one: ' +
    'leave out debugger, or use stop-first';
  return [problem(message, ...origins, ...givenBy(entries, 'debugger'))];
}

function debuggerPortIsFree({ values, entries }: Subject): readonly Problem[] {
  const { debuggerPort, port, probePort, appPort, noProbe } = values;
  if (values.debugger !== true || debuggerPort === undefined) return [];
  const origins = givenBy(entries, 'debugger-port');
  if (debuggerPort === 0) {
    return [problem('debugger-port 0 is no port that an IDE could be told: name one', ...origins)];
  }
  const others = [
    ['port', port],
    ['probe-port', noProbe ? undefined : probePort],
    ['app-port', appPort],
  ] as const;
  const [taken] = others.find(([, other]) => other === debuggerPort) ?? [];
  if (taken === undefined) return [];
  const message = `debugger-port ${debuggerPort} is also ${taken}: give the debugger a port of its own`;
  return [problem(message, ...origins, ...givenBy(entries, taken))];
}

const waysToDebug = ['debugger', 'debugger-connect', 'pycharm-host'] as const;

function chosenWaysToDebug({ values }: Subject): readonly (typeof waysToDebug)[number][] {
  const chosen = [values.debugger === true, values.debuggerConnect, values.pycharmHost];
  return waysToDebug.filter((_, index) => chosen[index]);
}

function oneWayToDebug(subject: Subject): readonly Problem[] {
  const given = chosenWaysToDebug(subject);
  if (given.length < 2) return [];
  const message = `${given.join(' and ')} exclude each other: keep one of them`;
  return [problem(message, ...givenBy(subject.entries, ...given))];
}

function nobodyReloadsWhatIsDebugged(subject: Subject): readonly Problem[] {
  const given = chosenWaysToDebug(subject);
  if (!subject.values.autoreload || given.length === 0) return [];
  const message =
    `autoreload and ${given.join(', ')} exclude each other: ` +
    'a change would end what stands at a breakpoint: keep one of them';
  return [problem(message, ...givenBy(subject.entries, 'autoreload', ...given))];
}

function oneProgramToDebug({ values, entries }: Subject): readonly Problem[] {
  const { handlerExec, handlerProcesses = 1 } = values;
  if (values.debugger !== true || handlerExec === undefined || handlerProcesses === 1) return [];
  const message =
    `debugger-port is one port, and handler-processes ${handlerProcesses} debuggers would listen on it: ` +
    'set handler-processes to 1';
  return [problem(message, ...givenBy(entries, 'debugger', 'handler-processes'))];
}
