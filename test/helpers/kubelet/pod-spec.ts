// What a kubelet reads of a rendered pod: as much of it as is needed to run its main container as a process.

/** Any rendered document, as far as all have it. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Texts };
  readonly spec?: unknown;
  readonly data?: unknown;
}

export interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

/** With what its own volumes may hold of its metadata. */
export interface Pod extends PodSpec {
  readonly annotations: Texts;
}

type Texts = Readonly<Record<string, string>>;

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
  readonly downwardAPI?: {
    readonly items: readonly {
      readonly path: string;
      readonly fieldRef: { readonly fieldPath: string };
    }[];
  };
  readonly secret?: {
    readonly secretName: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
}

/** The pod of the one document of a kind: by its template, or itself. */
export function podOf(
  manifests: readonly Manifest[],
  owner: 'Deployment' | 'Job' | 'Pod' = 'Deployment',
): Pod {
  const owners = manifests.filter(({ kind }) => kind === owner);
  const [only] = owners;
  if (only === undefined || owners.length > 1) {
    throw new Error(`${owners.length} ${owner}s among the documents`);
  }
  const { metadata, spec } =
    owner === 'Pod' ? only : (only.spec as { readonly template: Partial<Manifest> }).template;
  return { ...(spec as PodSpec), annotations: metadata?.annotations ?? {} };
}

export function mainContainer({ containers }: PodSpec): Container {
  const [main] = containers;
  if (main === undefined) throw new Error('a pod without a container');
  return main;
}

/** Of a Secret, by its name and key: `broker/password`. */
export type Secrets = Readonly<Record<string, string>>;

/** By name. */
type Files = Texts;

/** The files of each ConfigMap and Secret that the container mounts, below the path where it finds them. */
export function mountedFiles(
  pod: Pod,
  manifests: readonly Manifest[],
  secrets: Secrets,
): ReadonlyMap<string, Files> {
  const mounts = mainContainer(pod).volumeMounts ?? [];
  return new Map(
    mounts.flatMap(({ name, mountPath }) => {
      const volume = pod.volumes?.find((candidate) => candidate.name === name);
      const files = volume && (filesOfPod(volume, pod) ?? filesOf(volume, manifests, secrets));
      return files === undefined ? [] : [[mountPath, files]];
    }),
  );
}

/** What the pod is told of itself. Undefined: it is another kind of volume. */
function filesOfPod({ downwardAPI }: Volume, { annotations }: Pod): Files | undefined {
  return (
    downwardAPI &&
    Object.fromEntries(
      downwardAPI.items.map(({ path, fieldRef: { fieldPath } }) => {
        const [, name = ''] = /^metadata\.annotations\['(.+)'\]$/.exec(fieldPath) ?? [];
        const text = annotations[name];
        if (text === undefined) throw new Error(`the pod does not have ${fieldPath}`);
        return [path, text];
      }),
    )
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
