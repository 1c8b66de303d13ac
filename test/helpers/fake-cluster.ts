// As much of the API of Kubernetes as helm asks before it has rendered a chart: what there is, and one Job.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

import { useTempDir } from './temp-dir.ts';

const batch = { groupVersion: 'batch/v1', version: 'v1' };

const known: Readonly<Record<string, object>> = {
  '/version': { major: '1', minor: '30', gitVersion: 'v1.30.0' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [{ name: 'batch', versions: [batch], preferredVersion: batch }],
  },
  '/apis/batch/v1': {
    kind: 'APIResourceList',
    groupVersion: 'batch/v1',
    resources: [{ name: 'jobs', namespaced: true, kind: 'Job', verbs: ['get'] }],
  },
  '/api/v1/namespaces/default/secrets': { kind: 'SecretList', apiVersion: 'v1', items: [] },
};

/** A cluster that has a Job of this name and status, and takes nothing. Returns the path of its kubeconfig. */
export async function useFakeCluster(
  t: TestContext,
  name: string,
  status: object,
): Promise<string> {
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, status };
  const answers = { ...known, [`/apis/batch/v1/namespaces/default/jobs/${name}`]: job };
  const server = createServer(({ method, url = '' }, response) => {
    const [path = ''] = url.split('?');
    const answer = method === 'GET' ? answers[path] : undefined;
    const missing = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 };
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? missing));
  }).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const path = join(useTempDir(t), 'kubeconfig');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'fake' },
    clusters: [{ name: 'fake', cluster: { server: `http://127.0.0.1:${port}` } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'nobody' } }],
    users: [{ name: 'nobody', user: {} }],
  };
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
