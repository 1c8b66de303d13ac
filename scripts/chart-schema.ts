// chart/values.schema.json: the chart's own values, and the options of hurricane from their table.
// Draft-07, which every Helm reads. What values must not say together is in templates/_checks.tpl.

import type { ChartValue } from './chart-values.ts';
import { fileDefaults, fileProperties } from '../src/config/json-schema.ts';
import { allows, type CommandName, type Option } from '../src/config/option.ts';
import { rows, type OptionKey } from '../src/config/options.ts';

type Schema = Readonly<Record<string, unknown>>;

const kinds = ['serve', 'consume', 'worker'] as const satisfies readonly CommandName[];

/** The whole schema; `values` are those of values.yaml, for the descriptions. */
export function chartSchema(values: readonly ChartValue[]): object {
  const texts = new Map(values.map(({ path, text }) => [path, text]));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart of hurricane',
    ...described(section({ ...properties(), global: { type: 'object' } }, ['global']), '', texts),
  };
}

/** chart/options.json: what the templates must know of the options. */
export function chartOptions(): object {
  const inFile = rows.filter((row) => allows(row, 'file'));
  const some = inFile
    .map(({ key, on }) => [key, kinds.filter((kind) => on.includes(kind))] as const)
    .filter(([, on]) => on.length < kinds.length);
  return {
    /** Those that only these kinds have; elsewhere nobody would read them. */
    kinds: Object.fromEntries(some),
    /** What the manifests follow from. The file always has it, lest a variable of the image contradicts them. */
    defaults: fileDefaults(followed),
    durations: inFile.filter(isDuration).map(({ key }) => key),
    /** Those that may be off, which YAML as Helm reads it takes for false. */
    off: inFile.filter(mayBeOff).map(({ key }) => key),
  };
}

const followed = [
  ...['port', 'startupProbe', 'readinessProbe', 'livenessProbe', 'metrics'],
  ...['noProbe', 'noMetrics', 'gracePeriod'],
] as const satisfies readonly OptionKey[];

function isDuration({ parser }: Option): boolean {
  return parser.schema.maximum === 0;
}

function mayBeOff({ parser }: Option): boolean {
  return 'value' in parser.parse('off') && parser.schema.type !== 'string';
}

/** Each value with its description; what lies below one with a description is described by it. */
function described(schema: Schema, path: string, texts: ReadonlyMap<string, string>): Schema {
  const text = texts.get(path);
  if (text !== undefined) return { description: text, ...schema };
  const below = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
  if (below.length === 0) return schema;
  const prefix = path === '' ? '' : `${path}.`;
  const named = below.map(([key, value]) => [key, described(value, `${prefix}${key}`, texts)]);
  return { ...schema, properties: Object.fromEntries(named) as Schema };
}

const anyText: Schema = { type: 'string' };
const someText: Schema = { type: 'string', minLength: 1 };
const onOff: Schema = { type: 'boolean' };
const anyMap: Schema = { type: 'object' };
const objects: Schema = { type: 'array', items: anyMap };
const texts: Schema = { type: 'object', additionalProperties: anyText };
const tcpPort: Schema = { type: 'integer', minimum: 1, maximum: 65535 };
const urlPath: Schema = { type: 'string', pattern: '^/[^\\s?#]*$' };
const countOrShare: Schema = { type: ['integer', 'string'], minimum: 0, pattern: '^\\d+%$' };
/** KEDA takes texts alone. */
const numberAsText: Schema = { type: 'string', pattern: '^\\d+(\\.\\d+)?$' };
const percentOrNone: Schema = { type: ['integer', 'null'], minimum: 1 };

function word(...choices: readonly string[]): Schema {
  return { type: 'string', enum: choices };
}

function atLeast(minimum: number): Schema {
  return { type: 'integer', minimum };
}

/** A DNS label, or empty. */
function label(first: string): Schema {
  return { type: 'string', maxLength: 63, pattern: `^(${first}([-a-z0-9]*[a-z0-9])?)?$` };
}

/** A fixed set of keys, all of which have a default that nobody may take away by null. */
function section(keys: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(keys).filter((key) => !optional.includes(key));
  return { type: 'object', additionalProperties: false, required, properties: keys };
}

function properties(): Readonly<Record<string, Schema>> {
  return {
    kind: word(...kinds),
    command: { type: 'array', items: anyText },
    hurricane: optionsSchema(),
    secrets: secretsSchema(),
    inject: word('image', 'initContainer'),
    carrier: section({ image: imageSchema() }),
    image: imageSchema(),
    ...naming,
    ...pace,
    ...traffic,
    ...scaling,
    ...surroundings,
    ...extras,
  };
}

/** What may be in hurricane.yaml, less what a pod of Kubernetes cannot be asked for. */
function optionsSchema(): Schema {
  const narrowed: Readonly<Record<string, Schema>> = {
    ...{ port: tcpPort, probePort: tcpPort },
    ...{ startupProbe: urlPath, readinessProbe: urlPath, livenessProbe: urlPath, metrics: urlPath },
  };
  const schemas = fileProperties();
  const inFile = rows.filter((row) => allows(row, 'file'));
  const entries = inFile.map((row) => [
    row.key,
    { ...schemas[row.key], ...asHelmReads(row), ...narrowed[row.key] },
  ]);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(entries) as Schema,
  };
}

/** What YAML makes of it in values, and what the templates refuse with a better sentence. */
function asHelmReads(row: Option): Schema {
  const { schema } = row.parser;
  const withoutUnit = isDuration(row) ? { maximum: undefined } : {};
  if (!mayBeOff(row)) return withoutUnit;
  return schema.enum === undefined
    ? { ...withoutUnit, type: [schema.type ?? [], 'boolean'].flat() }
    : { enum: [...schema.enum, false] };
}

function secretsSchema(): Schema {
  const reference = section({ secretName: someText, key: someText });
  const fromSecrets = rows.filter(({ secret, orFile }) => secret ?? orFile);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(fromSecrets.map(({ key }) => [key, reference])),
  };
}

function imageSchema(): Schema {
  return section({
    registry: anyText,
    repository: anyText,
    tag: { type: 'string', pattern: '^(\\w[\\w.-]{0,127})?$' },
    digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    pullPolicy: word('IfNotPresent', 'Always', 'Never'),
  });
}

const naming: Readonly<Record<string, Schema>> = {
  imagePullSecrets: { type: 'array', items: section({ name: someText }) },
  nameOverride: label('[a-z0-9]'),
  fullnameOverride: label('[a-z]'),
  commonLabels: texts,
};

const probe = section({
  periodSeconds: atLeast(1),
  timeoutSeconds: atLeast(1),
  failureThreshold: atLeast(1),
});

const pace: Readonly<Record<string, Schema>> = {
  replicaCount: atLeast(0),
  updateStrategy: section(
    {
      type: word('RollingUpdate', 'Recreate'),
      rollingUpdate: {
        type: 'object',
        additionalProperties: false,
        properties: { maxSurge: countOrShare, maxUnavailable: countOrShare },
      },
    },
    ['rollingUpdate'],
  ),
  revisionHistoryLimit: atLeast(0),
  startupCommands: section({ runIn: word('pod', 'job') }),
  probes: section({ startup: probe, readiness: probe, liveness: probe }),
};

const traffic: Readonly<Record<string, Schema>> = {
  service: section(
    {
      enabled: onOff,
      type: word('ClusterIP', 'NodePort', 'LoadBalancer'),
      port: tcpPort,
      nodePort: { type: ['integer', 'null'], minimum: 1, maximum: 65535 },
      annotations: texts,
    },
    ['nodePort'],
  ),
  ingress: section({
    enabled: onOff,
    className: anyText,
    annotations: texts,
    hosts: {
      type: 'array',
      items: section({
        host: someText,
        paths: {
          type: 'array',
          minItems: 1,
          items: section({
            path: { type: 'string', pattern: '^/' },
            pathType: word('Prefix', 'Exact', 'ImplementationSpecific'),
          }),
        },
      }),
    },
    tls: {
      type: 'array',
      items: section({ secretName: someText, hosts: { type: 'array', items: someText } }),
    },
  }),
};

const scaling: Readonly<Record<string, Schema>> = {
  autoscaling: section(
    {
      enabled: onOff,
      minReplicas: atLeast(1),
      maxReplicas: atLeast(1),
      cpu: percentOrNone,
      memory: percentOrNone,
      metrics: objects,
      behavior: anyMap,
    },
    ['cpu', 'memory'],
  ),
  keda: section({
    enabled: onOff,
    minReplicas: atLeast(0),
    maxReplicas: atLeast(1),
    pollingInterval: atLeast(1),
    cooldownPeriod: atLeast(0),
    metricsApi: section({ enabled: onOff, metric: someText, target: numberAsText }),
    rabbitmq: section({
      enabled: onOff,
      mode: word(
        ...['QueueLength', 'MessageRate', 'DeliverGetRate'],
        ...['PublishedToDeliveredRatio', 'ExpectedQueueConsumptionTime'],
      ),
      value: numberAsText,
      secretName: anyText,
      key: anyText,
    }),
    triggers: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'metadata'],
        properties: { type: someText, metadata: texts },
      },
    },
  }),
  podDisruptionBudget: section({ enabled: onOff, maxUnavailable: countOrShare }),
};

const surroundings: Readonly<Record<string, Schema>> = {
  podMonitor: section({
    enabled: onOff,
    interval: { type: 'string', pattern: '^\\d+(ms|s|m|h)$' },
    labels: texts,
  }),
  networkPolicy: section({
    enabled: onOff,
    appFrom: objects,
    probesFrom: objects,
    egress: objects,
  }),
  serviceAccount: section({
    create: onOff,
    name: label('[a-z0-9]'),
    annotations: texts,
    automount: onOff,
  }),
  resources: {
    type: 'object',
    additionalProperties: false,
    properties: { requests: anyMap, limits: anyMap, claims: objects },
  },
  podSecurityContext: anyMap,
  securityContext: anyMap,
  topologySpreadConstraints: {
    type: 'array',
    items: {
      type: 'object',
      required: ['maxSkew', 'topologyKey', 'whenUnsatisfiable'],
      properties: { maxSkew: atLeast(1), topologyKey: someText },
    },
  },
  affinity: anyMap,
  nodeSelector: texts,
  tolerations: objects,
  priorityClassName: anyText,
};

const named: Schema = {
  type: 'array',
  items: { type: 'object', required: ['name'], properties: { name: someText } },
};

const extras: Readonly<Record<string, Schema>> = {
  podAnnotations: texts,
  podLabels: texts,
  extraEnv: {
    type: 'array',
    items: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: { name: someText, value: anyText, valueFrom: anyMap },
    },
  },
  extraEnvFrom: objects,
  extraVolumes: named,
  extraVolumeMounts: {
    type: 'array',
    items: {
      type: 'object',
      required: ['name', 'mountPath'],
      properties: { name: someText, mountPath: { type: 'string', pattern: '^/' } },
    },
  },
  extraContainers: named,
  initContainers: named,
  extraObjects: objects,
};
