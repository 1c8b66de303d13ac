// Rules about what is asked, measured and told.

import { routePattern, widestTarget } from '../../lib/route-pattern.ts';
import { problem, type Problem } from '../problem.ts';
import { metricSources, type CheckTarget } from '../slices/observation.ts';
import { webhookTypes } from '../specs.ts';
import { givenBy, type Rule, type Subject } from './rule.ts';

export const observationRules: readonly Rule[] = [
  checkNamesAreDistinct,
  resultsOutliveTheInterval,
  checksHaveTheirPort,
  receiversKnowTheirTypes,
  webhookTypesAreDistinct,
  appMetricsHaveAnAddress,
  metricSourcesAreDistinct,
  routesAreFew,
  routesAreReached,
];

/** Else every check would fail from the end of its age to its next run. */
function resultsOutliveTheInterval({ values, entries }: Subject): readonly Problem[] {
  const { checkMaxAge = Infinity, checkInterval = 0 } = values;
  if (checkMaxAge >= checkInterval) return [];
  const message =
    `check-max-age ${checkMaxAge / 1000}s is shorter than check-interval ${checkInterval / 1000}s, ` +
    'and every result would be too old before the next one: raise the age, or shorten the interval';
  return [problem(message, ...givenBy(entries, 'check-max-age', 'check-interval'))];
}

function checksHaveTheirPort({ values, entries }: Subject): readonly Problem[] {
  const { check = [], appSocket } = values;
  if (!check.some(({ target }) => wantsPort(target))) return [];
  if (!entries.has('app-port')) {
    const message = 'check: a worker has no port to fill in for {port}: write the address itself';
    return [problem(message, ...givenBy(entries, 'check'))];
  }
  if (appSocket === undefined) return [];
  const message =
    'check: with app-socket the app has no port: write a command that asks {socket} instead of {port}';
  return [problem(message, ...givenBy(entries, 'check', 'app-socket'))];
}

function wantsPort(target: CheckTarget): boolean {
  return (
    target.kind === 'app' ||
    (target.kind === 'command' && target.words.some((word) => word.includes('{port}')))
  );
}

export function checkNamesAreDistinct({ values, entries }: Subject): readonly Problem[] {
  const names = (values.check ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]));
  return twiceIn(names).map((name) =>
    problem(`check: two checks are called ${name}: rename one`, ...givenBy(entries, 'check')),
  );
}

function receiversKnowTheirTypes({ values, entries }: Subject): readonly Problem[] {
  const own = (values.webhookType ?? []).map(({ type }) => type);
  const known: readonly string[] = [...new Set([...webhookTypes, ...own])];
  const asked = (values.webhookUrl ?? []).flatMap(({ types }) => types ?? []);
  return [...new Set(asked)]
    .filter((type) => !known.includes(type))
    .map((type) =>
      problem(
        `webhook-url has the unknown type ${type}: use ${known.join(', ')}, ` +
          `or make it one of yours with webhook-type ${type}`,
        ...givenBy(entries, 'webhook-url'),
      ),
    );
}

function webhookTypesAreDistinct({ values, entries }: Subject): readonly Problem[] {
  return twiceIn((values.webhookType ?? []).map(({ type }) => type)).map((type) =>
    problem(
      `webhook-type: Webhook Code (${type}) is already registered. Leave one of the two out`,
      ...givenBy(entries, 'webhook-type'),
    ),
  );
}

function appMetricsHaveAnAddress({ values, entries }: Subject): readonly Problem[] {
  if (values.appMetrics?.kind !== 'path' || entries.has('app-port')) return [];
  const message =
    'app-metrics: only what hurricane serve starts has an address to ask for a path: ' +
    'write the whole URL, such as http://127.0.0.1:9100/metrics';
  return [problem(message, ...givenBy(entries, 'app-metrics'))];
}

function metricSourcesAreDistinct({ values, entries }: Subject): readonly Problem[] {
  const { customMetrics = [], appMetrics } = values;
  const names = metricSources({ noProbe: false, noMetrics: false, customMetrics, appMetrics });
  return twiceIn(names.map(({ name }) => name)).map((name) =>
    problem(
      `custom-metrics: two sources are called ${name}: rename one`,
      ...givenBy(entries, 'custom-metrics'),
    ),
  );
}

/** Each is up to 50 series. */
const MOST_ROUTES = 100;

function routesAreFew({ values, entries }: Subject): readonly Problem[] {
  const { length } = values.route ?? [];
  if (length <= MOST_ROUTES) return [];
  const message = `route is given ${length} times, and the metrics page takes ${MOST_ROUTES}: join some with {name} or *`;
  return [problem(message, ...givenBy(entries, 'route'))];
}

function routesAreReached({ values, entries }: Subject): readonly Problem[] {
  const routes = (values.route ?? []).slice(0, MOST_ROUTES);
  const patterns = routes.map(routePattern);
  return routes.flatMap((route, index) => {
    const before = patterns.findIndex((matches) => matches(widestTarget(route)));
    if (before === index) return [];
    const message =
      `route ${route} would never count, because ${routes[before]} is before it and means all that it does: ` +
      `give ${route} first, or leave it out`;
    return [problem(message, ...givenBy(entries, 'route'))];
  });
}

function twiceIn(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
