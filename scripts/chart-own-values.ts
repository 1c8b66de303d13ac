// The values that the chart itself has: images, objects of Kubernetes, and what is passed through to them.

import {
  anyMap,
  anyText,
  atLeast,
  countOrShare,
  hostName,
  label,
  labels,
  numberAsText,
  objects,
  onOff,
  percentOrNone,
  section,
  someText,
  tcpPort,
  texts,
  word,
  type Schema,
} from './schema-parts.ts';

/** Key → schema of all but the kind, the app, the options of hurricane and their secrets. */
export function ownValues(): Readonly<Record<string, Schema>> {
  return {
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

function imageSchema(): Schema {
  return section({
    registry: anyText,
    /** Without tag and digest, which are values of their own. */
    repository: {
      type: 'string',
      pattern: '^(([a-z0-9.-]+(:\\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*)?$',
    },
    tag: { type: 'string', pattern: '^(\\w[\\w.-]{0,127})?$' },
    digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    pullPolicy: word('IfNotPresent', 'Always', 'Never'),
  });
}

const naming: Readonly<Record<string, Schema>> = {
  imagePullSecrets: { type: 'array', items: section({ name: someText }) },
  nameOverride: label('[a-z0-9]'),
  fullnameOverride: label('[a-z]'),
  commonLabels: labels,
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
        host: hostName,
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
  podDisruptionBudget: section({
    enabled: onOff,
    /** None would keep every node from being drained. */
    maxUnavailable: { type: ['integer', 'string'], minimum: 1, pattern: '^[1-9]\\d*%$' },
  }),
};

const surroundings: Readonly<Record<string, Schema>> = {
  podMonitor: section({
    enabled: onOff,
    interval: { type: 'string', pattern: '^\\d+(ms|s|m|h)$' },
    labels,
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
  nodeSelector: labels,
  tolerations: objects,
  priorityClassName: anyText,
};

const named: Schema = {
  type: 'array',
  items: { type: 'object', required: ['name'], properties: { name: someText } },
};

const extras: Readonly<Record<string, Schema>> = {
  podAnnotations: texts,
  podLabels: labels,
  hookMetadata: section({ labels, annotations: texts }, ['labels', 'annotations']),
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
