// Rules about where hurricane and the app listen.

import type { OptionName } from '../options.ts';
import { problem, type Problem } from '../problem.ts';
import { isSamePort, numbersPathOf } from '../slices/listeners.ts';
import { givenBy, type Rule, type Subject } from './rule.ts';

export const placeRules: readonly Rule[] = [
  pathsAreDistinct,
  appPortIsFree,
  onePlaceForTheApp,
  oneHostForOnePort,
  onePlaceForOneApp,
];

interface ServedPath {
  readonly option: OptionName;
  readonly what: string;
  readonly path: string | undefined;
}

function pathsAreDistinct({ values, entries }: Subject): readonly Problem[] {
  if (values.noProbe) return [];
  const { startupProbe, readinessProbe, livenessProbe, noMetrics, metrics } = values;
  const numbers = metrics === undefined ? undefined : numbersPathOf(metrics);
  const probes: readonly ServedPath[] = [
    { option: 'startup-probe', what: 'startup-probe', path: startupProbe },
    { option: 'readiness-probe', what: 'readiness-probe', path: readinessProbe },
    { option: 'liveness-probe', what: 'liveness-probe', path: livenessProbe },
  ];
  const pages: readonly ServedPath[] = [
    { option: 'metrics', what: 'metrics', path: metrics },
    { option: 'metrics', what: 'metrics as JSON', path: numbers },
  ];
  const served = noMetrics ? probes : [...probes, ...pages];
  return served.flatMap(({ option, what, path }, index) => {
    const other = served.slice(0, index).find((earlier) => earlier.path === path);
    if (path === undefined || other === undefined) return [];
    const message = `${other.what} and ${what} are both ${path}: give each a path of its own`;
    return [problem(message, ...givenBy(entries, other.option, option))];
  });
}

function appPortIsFree({ values, entries }: Subject): readonly Problem[] {
  const { appPort, port, probePort, noProbe } = values;
  if (appPort === undefined || appPort === 0) return [];
  const taken =
    appPort === port ? 'port' : appPort === probePort && !noProbe ? 'probe-port' : undefined;
  if (taken === undefined) return [];
  const message = `app-port ${appPort} is hurricane's own ${taken}: let the app listen elsewhere, or change ${taken}`;
  return [problem(message, ...givenBy(entries, 'app-port', taken))];
}

function onePlaceForTheApp({ values, entries }: Subject): readonly Problem[] {
  if (values.appPort === undefined || values.appSocket === undefined) return [];
  const message = 'app-port and app-socket exclude each other: keep the one the app listens on';
  return [problem(message, ...givenBy(entries, 'app-port', 'app-socket'))];
}

/** A socket is fine: each app is told its own. */
function onePlaceForOneApp({ values, entries }: Subject): readonly Problem[] {
  if (values.appPort === undefined || values.replace !== 'start-first') return [];
  const message =
    'replace start-first needs two places to listen, and app-port is only one: ' +
    'leave out app-port, or use stop-first';
  return [problem(message, ...givenBy(entries, 'replace', 'app-port'))];
}

function oneHostForOnePort({ values, entries }: Subject): readonly Problem[] {
  const { host, port, probeHost, probePort, noProbe } = values;
  if (port === undefined || probePort === undefined || !isSamePort(port, probePort)) return [];
  if (noProbe || host === probeHost) return [];
  const message =
    'probe-host differs from host, but both use the same port: ' +
    'leave out probe-host, or give the probes a port of their own';
  return [problem(message, ...givenBy(entries, 'probe-host', 'probe-port'))];
}
