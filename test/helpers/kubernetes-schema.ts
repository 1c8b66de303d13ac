// What Kubernetes, KEDA and the Prometheus operator would say of an object, without a cluster: schemas find wrong types
// and missing fields, the compiler finds fields that do not exist.

import { join } from 'node:path';

import ts from 'typescript';

import type { Manifest } from './helm.ts';

interface Kind {
  /** Where the schema is. */
  readonly models: string;
  /** Where the type is, and its name. */
  readonly types: string;
  readonly type: string;
}

/** The kinds that the chart makes. */
const kinds: Readonly<Record<string, Kind>> = {
  ...ofKubernetes('v1', 'core/v1', ['ConfigMap', 'Pod', 'Service', 'ServiceAccount']),
  ...ofKubernetes('apps/v1', 'apps/v1', ['Deployment']),
  ...ofKubernetes('autoscaling/v2', 'autoscaling/v2', ['HorizontalPodAutoscaler']),
  ...ofKubernetes('batch/v1', 'batch/v1', ['Job']),
  ...ofKubernetes('networking.k8s.io/v1', 'networking/v1', ['Ingress', 'NetworkPolicy']),
  ...ofKubernetes('policy/v1', 'policy/v1', ['PodDisruptionBudget']),
  ...ofOthers('keda', 'keda.sh/v1alpha1', ['ScaledObject', 'TriggerAuthentication']),
  ...ofOthers('prometheus-operator', 'monitoring.coreos.com/v1', ['PodMonitor']),
};

function ofKubernetes(apiVersion: string, types: string, names: readonly string[]) {
  const models = `kubernetes-models/${apiVersion}`;
  return Object.fromEntries(
    names.map((type) => [
      `${apiVersion} ${type}`,
      { models, types: `kubernetes-types/${types}.js`, type },
    ]),
  );
}

function ofOthers(project: string, apiVersion: string, names: readonly string[]) {
  const models = `@kubernetes-models/${project}/${apiVersion}`;
  return Object.fromEntries(
    names.map((name) => [`${apiVersion} ${name}`, { models, types: models, type: `I${name}` }]),
  );
}

/** What is wrong with the types of an object, and what it lacks. */
export async function schemaFaults(manifest: Manifest): Promise<readonly string[]> {
  const kind = kinds[`${manifest.apiVersion} ${manifest.kind}`];
  if (kind === undefined) return [`${manifest.apiVersion} ${manifest.kind} is not known here`];
  const models = (await import(kind.models)) as Record<string, Model>;
  const Model = models[manifest.kind];
  if (Model === undefined) return [`${kind.models} has no ${manifest.kind}`];
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${nameOf(manifest)}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

type Model = new (data: object) => { readonly validate: () => void };

const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

/** The fields that the types of the objects do not have, and what else the compiler says of them. */
export function fieldFaults(manifests: readonly Manifest[]): readonly string[] {
  // In the project's own folder, so that the packages are found; it is never written.
  const file = join(import.meta.dirname, 'manifests.virtual.ts');
  const text = manifests.map(declaration).join('\n');
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ['lib.es2024.d.ts'] },
    ...{ target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.NodeNext },
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  host.fileExists = (path) => path === file || onDisk.fileExists(path);
  host.readFile = (path) => (path === file ? text : onDisk.readFile(path));
  host.getSourceFile = (path, version, ...rest) =>
    path === file
      ? ts.createSourceFile(path, text, version)
      : onDisk.getSourceFile(path, version, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0 }) => {
    const index = text.slice(0, start).split('\n').length - 1;
    const manifest = manifests[index];
    const place = manifest === undefined ? 'the compiler' : nameOf(manifest);
    return `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** One line each, so that the line of a complaint tells whose it is. */
function declaration(manifest: Manifest, index: number): string {
  const kind = kinds[`${manifest.apiVersion} ${manifest.kind}`];
  const type = kind === undefined ? 'never' : `import('${kind.types}').${kind.type}`;
  return `export const object${index}: ${type} = ${JSON.stringify(manifest)};`;
}
