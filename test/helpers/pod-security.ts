// What the Pod Security Standard "restricted" would refuse of a pod.

import type { Container, PodSpec } from './helm.ts';

interface SecurityContext {
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly privileged?: boolean;
  readonly procMount?: string;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly seccompProfile?: { readonly type: string };
  readonly sysctls?: readonly unknown[];
}

const volumeTypes = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image'],
  ...['persistentVolumeClaim', 'projected', 'secret'],
];

/** One sentence per violation. */
export function violations(pod: PodSpec): readonly string[] {
  const context = (pod.securityContext ?? {}) as SecurityContext;
  const containers = [...pod.containers, ...(pod.initContainers ?? [])];
  return [
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => pod[field] === true),
    ...(context.sysctls === undefined ? [] : ['sysctls']),
    ...(pod.volumes ?? []).flatMap(({ name, ...source }) =>
      Object.keys(source)
        .filter((type) => !volumeTypes.includes(type))
        .map((type) => `volume ${name} is a ${type}`),
    ),
    ...containers.flatMap((container) =>
      ofContainer(container, context).map((text) => `container ${container.name}: ${text}`),
    ),
  ];
}

function ofContainer(container: Container, pod: SecurityContext): readonly string[] {
  const own = (container.securityContext ?? {}) as SecurityContext;
  const { capabilities: { add = [], drop = [] } = {} } = own;
  const seccomp = own.seccompProfile ?? pod.seccompProfile;
  const rules: Readonly<Record<string, boolean>> = {
    'is privileged': own.privileged !== true,
    'may gain privileges': own.allowPrivilegeEscalation === false,
    'keeps capabilities': drop.includes('ALL'),
    'adds capabilities': add.every((name) => name === 'NET_BIND_SERVICE'),
    'may be root': (own.runAsNonRoot ?? pod.runAsNonRoot) === true,
    'is root': (own.runAsUser ?? pod.runAsUser) !== 0,
    'has no seccomp profile': ['RuntimeDefault', 'Localhost'].includes(seccomp?.type ?? ''),
    'has another /proc': (own.procMount ?? 'Default') === 'Default',
    'has a port of the node': !JSON.stringify(container.ports ?? []).includes('hostPort'),
  };
  return Object.keys(rules).filter((rule) => rules[rule] === false);
}
