// What a kubelet reads of a rendered pod: as much of it as is needed to run its main container as a process.

/** Any rendered document, as far as all have it. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
  readonly data?: unknown;
}

export interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Container {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env?: readonly Variable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: ProbeSpec;
  readonly readinessProbe?: ProbeSpec;
  readonly livenessProbe?: ProbeSpec;
}

export interface ProbeSpec {
  readonly httpGet: { readonly port: string | number; readonly path: string };
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: {
    readonly secretName: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
}

/** The pod template of the one Deployment among the documents. */
export function podOf(manifests: readonly Manifest[]): PodSpec {
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  const [deployment] = deployments;
  if (deployment === undefined || deployments.length > 1) {
    throw new Error(`${deployments.length} Deployments among the documents`);
  }
  const { template } = deployment.spec as { readonly template: { readonly spec: PodSpec } };
  return template.spec;
}

export function mainContainer({ containers }: PodSpec): Container {
  const [main] = containers;
  if (main === undefined) throw new Error('a pod without a container');
  return main;
}

/** Of a Secret, by its name and key: `broker/password`. */
export type Secrets = Readonly<Record<string, string>>;

/** By name. */
type Files = Readonly<Record<string, string>>;

/** The files of each ConfigMap and Secret that the container mounts, below the path where it finds them. */
export function mountedFiles(
  pod: PodSpec,
  manifests: readonly Manifest[],
  secrets: Secrets,
): ReadonlyMap<string, Files> {
  const mounts = mainContainer(pod).volumeMounts ?? [];
  return new Map(
    mounts.flatMap(({ name, mountPath }) => {
      const volume = pod.volumes?.find((candidate) => candidate.name === name);
      const files = volume && filesOf(volume, manifests, secrets);
      return files === undefined ? [] : [[mountPath, files]];
    }),
  );
}

/** Undefined: it is another kind of volume. */
function filesOf(
  { configMap, secret }: Volume,
  manifests: readonly Manifest[],
  secrets: Secrets,
): Files | undefined {
  if (secret !== undefined) {
    const { secretName, items } = secret;
    return Object.fromEntries(
      items.map(({ key, path }) => [path, valueOf(secrets, secretName, key)]),
    );
  }
  if (configMap === undefined) return undefined;
  const manifest = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMap.name,
  );
  if (manifest === undefined) throw new Error(`there is no ConfigMap ${configMap.name} to mount`);
  return manifest.data as Files;
}

function valueOf(secrets: Secrets, name: string, key: string): string {
  const value = secrets[`${name}/${key}`];
  if (value === undefined) throw new Error(`there is no key ${key} in a Secret ${name}`);
  return value;
}

/** The variables of the container; the later of two with one name counts. */
export function environmentOf(
  { env = [] }: Container,
  secrets: Secrets,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    env.map(({ name, value = '', valueFrom }) => {
      if (valueFrom === undefined) return [name, value];
      const { name: secret, key } = valueFrom.secretKeyRef;
      return [name, valueOf(secrets, secret, key)];
    }),
  );
}
