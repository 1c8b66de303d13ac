// What options must not say together: one function per rule, each with its sentence.

import { routePattern, widestTarget } from '../lib/route-pattern.ts';
import type { CheckTarget } from './config.ts';
import { needsDeliver, type Option } from './option.ts';
import {
  options,
  rows,
  type ConsumeValues,
  type OptionName,
  type ServeValues,
  type WorkerValues,
} from './options.ts';
import { problem, usageProblem, type Origin, type Problem } from './problem.ts';
import { isGiven, type Entry, type Settlement } from './settle.ts';
import { mountsOf } from './mounts.ts';
import { isSamePort, metricSources, numbersPathOf, saidOfFiles, startAfterMs } from './slices.ts';
import { webhookTypes } from './specs.ts';

interface Subject {
  /** What the command does not have is missing. */
  readonly values: Partial<ServeValues & WorkerValues & ConsumeValues>;
  readonly entries: Settlement<'serve'>['entries'];
}

/** Values with a problem of their own are missing; a rule about them is silent. */
type Rule = (subject: Subject) => readonly Problem[];

export function crossCheck(subject: Subject): readonly Problem[] {
  const applicable = takesMessages(subject) ? [...rules, ...messageRules] : rules;
  return applicable.flatMap((rule) => rule(subject));
}

const rules: readonly Rule[] = [
  pathsAreDistinct,
  appPortIsFree,
  onePlaceForTheApp,
  oneHostForOnePort,
  checkNamesAreDistinct,
  onePlaceForOneApp,
  onePlaceForOneDebugger,
  debuggerPortIsFree,
  oneWayToDebug,
  oneProgramToDebug,
  nobodyReloadsWhatIsDebugged,
  lifetimeHasItsNumber,
  comesUpInTime,
  resultsOutliveTheInterval,
  checksHaveTheirPort,
  gateHasItsQuestion,
  toolSpeaksForItself,
  filesHaveTheirPlace,
  collectingHasBoth,
  watchedForAReason,
  messagesAreDelivered,
  receiversKnowTheirTypes,
  webhookTypesAreDistinct,
  appMetricsHaveAnAddress,
  metricSourcesAreDistinct,
  routesAreFew,
  routesAreReached,
];

/** Of a command that takes messages. */
const messageRules: readonly Rule[] = [
  brokerIsNamed,
  oneWayToNameTheBroker,
  passwordsAreNoFlags,
  queueIsNamed,
  deadLettersLeaveTheQueue,
  queueNamesFit,
  exclusiveIsHeeded,
  oneHandler,
  keyHasItsCertificate,
  protocolCanDeclare,
  protocolKnowsTheWord,
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

function lifetimeHasItsNumber({ values, entries }: Subject): readonly Problem[] {
  if (values.maxLifetimeAction !== 'replace' || values.maxLifetime !== undefined) return [];
  const message = 'max-lifetime-action replace needs max-lifetime: say after how many requests';
  return [problem(message, ...givenBy(entries, 'max-lifetime-action'))];
}

function comesUpInTime({ values, entries }: Subject): readonly Problem[] {
  const { startAfter = 0, check = [], appStartTimeout = Infinity } = values;
  if (startAfterMs({ startAfter, check }) < appStartTimeout) return [];
  const message =
    'start-after is not shorter than app-start-timeout, so the program would never be up: ' +
    'shorten the one or raise the other';
  return [problem(message, ...givenBy(entries, 'start-after', 'app-start-timeout'))];
}

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

function watchedForAReason({ values, entries }: Subject): readonly Problem[] {
  const { autoreload, watch = [] } = values;
  if (autoreload !== false || watch.length === 0) return [];
  const message = 'watch needs autoreload, which says what to do about changes: add it';
  return [problem(message, ...givenBy(entries, 'watch'))];
}

const gateOptions = [
  'check-migrations-apply',
  'gate-first',
  'gate-timeout',
  'gate-pending-code',
] as const;

/** Without one, its defaults may be given and nothing else. */
function gateHasItsQuestion({ values, entries }: Subject): readonly Problem[] {
  if (!isUnset(values, entries, 'checkMigrations', 'check-migrations')) return [];
  const given = gateOptions.filter((name) => {
    const row: Option = options[name];
    return givenBy(entries, name).length > 0 && entries.get(name)?.texts[0] !== row.default;
  });
  if (given.length === 0) return [];
  const message =
    `${given.join(' and ')} without check-migrations: ` +
    'name with check-migrations what tells whether migrations are pending';
  return [problem(message, ...givenBy(entries, ...given))];
}

function toolSpeaksForItself({ values, entries }: Subject): readonly Problem[] {
  const { checkMigrations: question } = values;
  const origins = givenBy(entries, 'gate-pending-code');
  if (question?.kind !== 'tool' || origins.length === 0) return [];
  const message =
    `gate-pending-code is for a command of your own, and check-migrations ${question.tool} ` +
    'is understood by what it prints: leave out gate-pending-code';
  return [problem(message, ...origins)];
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

/** The origins of what the user gave; defaults are not to blame. */
function givenBy(entries: Subject['entries'], ...names: readonly Entry['name'][]): Origin[] {
  return names.flatMap((name) => {
    const origin = entries.get(name)?.origin;
    return origin === undefined || origin.layer === 'default' ? [] : [origin];
  });
}

function takesMessages({ entries }: Subject): boolean {
  return entries.has('handler') || isGiven(entries, 'deliver');
}

function messagesAreDelivered(subject: Subject): readonly Problem[] {
  if (takesMessages(subject)) return [];
  const given = rows.filter((row) => needsDeliver(row) && subject.entries.has(row.name));
  if (given.length === 0) return [];
  const names = given.map(({ name }) => `--${name}`).join(', ');
  const [need, them] = given.length === 1 ? ['needs', 'it'] : ['need', 'them'];
  return [
    usageProblem(
      `${names} ${need} --deliver: name the path of the app that messages are posted to, ` +
        `or leave ${them} out`,
    ),
  ];
}

/** In the words of the original, whose users search for them. */
function brokerIsNamed({ values, entries }: Subject): readonly Problem[] {
  if (isGiven(entries, 'amqp-url')) return [];
  const sentence = (what: string, variable: string, key: string, flag: string): Problem =>
    usageProblem(
      `The amqp ${what} must not be empty: set it either as environment ${variable}, ` +
        `in the configuration file as ${key} or as optional argument ${flag}`,
    );
  return [
    ...(isUnset(values, entries, 'amqpHost', 'amqp-host')
      ? [sentence('host', 'AMQP_HOST', 'amqpHost', '--amqp-host')]
      : []),
    ...(isUnset(values, entries, 'amqpPort', 'amqp-port')
      ? [sentence('port', 'AMQP_PORT', 'amqpPort', '--amqp-port')]
      : []),
  ];
}

/** Nobody gave it; what was given and is wrong has a sentence of its own. */
function isUnset(
  values: Subject['values'],
  entries: Subject['entries'],
  key: keyof Subject['values'],
  name: Entry['name'],
): boolean {
  return values[key] === undefined && !isGiven(entries, name);
}

function oneWayToNameTheBroker({ values, entries }: Subject): readonly Problem[] {
  if ((values.amqpUrl ?? []).length === 0) return [];
  const others = (['amqp-host', 'amqp-port'] as const).filter(
    (name) => givenBy(entries, name).length > 0,
  );
  if (others.length === 0) return [];
  const message = `amqp-url and ${others.join(', ')} exclude each other: keep amqp-url, or name host and port`;
  return [problem(message, ...givenBy(entries, 'amqp-url', ...others))];
}

function passwordsAreNoFlags({ values, entries }: Subject): readonly Problem[] {
  const isFlag = entries.get('amqp-url')?.origin.layer === 'flag';
  if (!isFlag || !(values.amqpUrl ?? []).some(({ password }) => password !== undefined)) return [];
  const message =
    'amqp-url holds a password, which everybody on this machine can read in a flag: ' +
    'set AMQP_PASSWORD or AMQP_PASSWORD_FILE, or give the URL as AMQP_URL';
  return [problem(message, ...givenBy(entries, 'amqp-url'))];
}

function queueIsNamed({ values, entries }: Subject): readonly Problem[] {
  if (!isUnset(values, entries, 'queue', 'queue')) return [];
  return [usageProblem('there is no queue to take messages from: name it with --queue')];
}

/** A message that is given up would come again at once, for ever. */
function deadLettersLeaveTheQueue({ values, entries }: Subject): readonly Problem[] {
  const { queue, deadLetter } = values;
  if (queue === undefined || queue !== deadLetter) return [];
  const message =
    `dead-letter and queue are both ${queue}, and what is given up would come back for ever: ` +
    'name another queue for dead letters';
  return [problem(message, ...givenBy(entries, 'queue', 'dead-letter'))];
}

/** Of a name in AMQP, in bytes. */
const LONGEST_NAME = 255;

/** Those of its retries and of dead letters are longer than its own. */
function queueNamesFit({ values, entries }: Subject): readonly Problem[] {
  const { queue, deadLetter = '', retry = [] } = values;
  if (queue === undefined) return [];
  const names = [queue, ...retry.map((delayMs) => `${queue}.retry.${delayMs}`), deadLetter];
  const lengths = names.map((name) => Buffer.byteLength(name));
  const longest = names[lengths.indexOf(Math.max(...lengths))] ?? '';
  const length = Buffer.byteLength(longest);
  if (length <= LONGEST_NAME) return [];
  const [name, what] =
    longest === deadLetter && givenBy(entries, 'dead-letter').length > 0
      ? (['dead-letter', 'its name'] as const)
      : ([
          'queue',
          longest === queue ? 'its name' : `the name …${longest.slice(queue.length)}`,
        ] as const);
  const message = `${name} is too long: ${what} has ${length} bytes, and AMQP allows ${LONGEST_NAME}`;
  return [problem(`${message}: shorten it`, ...givenBy(entries, name))];
}

function exclusiveIsHeeded({ values, entries }: Subject): readonly Problem[] {
  if (values.exclusive !== true || values.queueType !== 'quorum') return [];
  if (values.protocol === '1.0') return [];
  const message =
    'exclusive needs queue-type classic, for a quorum queue does not heed it: ' +
    'use queue-type classic, or single-active instead of exclusive';
  return [problem(message, ...givenBy(entries, 'exclusive', 'queue-type'))];
}

const handlers = ['handler', 'handler-exec', 'handler-url', 'handler-once'] as const;

function oneHandler({ entries }: Subject): readonly Problem[] {
  if (!entries.has('handler')) return [];
  const given = handlers.filter((name) => isGiven(entries, name));
  if (given.length === 1) return [];
  if (given.length > 1) {
    const message = `${given.join(' and ')} exclude each other: keep one of them`;
    return [problem(message, ...givenBy(entries, ...given))];
  }
  return [
    usageProblem(
      'there is no handler for the messages: name a module, such as hurricane consume handler.mjs, ' +
        'or a program with --handler-exec',
    ),
  ];
}

function keyHasItsCertificate({ values, entries }: Subject): readonly Problem[] {
  if ((values.amqpCert === undefined) === (values.amqpKey === undefined)) return [];
  const message = 'amqp-cert and amqp-key need each other: give both files';
  return [problem(message, ...givenBy(entries, 'amqp-cert', 'amqp-key'))];
}

function protocolCanDeclare({ values, entries }: Subject): readonly Problem[] {
  if (values.protocol !== '1.0' || values.topology !== 'declare') return [];
  const message =
    'protocol 1.0 cannot declare queues: declare the queue, its retry queues and its dead letters ' +
    'at the broker, and use topology passive to check that they are there, or none';
  return [problem(message, ...givenBy(entries, 'protocol', 'topology'))];
}

function protocolKnowsTheWord({ values, entries }: Subject): readonly Problem[] {
  if (values.protocol !== '1.0') return [];
  const unknown = [
    ...(values.exclusive ? (['exclusive'] as const) : []),
    ...(values.priority === undefined ? [] : (['priority'] as const)),
  ];
  return unknown.map((name) =>
    problem(
      `${name} is no word of protocol 1.0: leave it out, or use protocol 0-9-1`,
      ...givenBy(entries, 'protocol', name),
    ),
  );
}
