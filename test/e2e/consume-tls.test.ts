// A broker behind TLS: who is trusted, who is not, and the certificate as a login.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';

import { forEachArtefact, type Artefact } from '../helpers/artefacts.ts';
import { Authority, type Certificate } from '../helpers/certificates.ts';
import { startConsumer, useClient } from '../helpers/consume.ts';
import { eventually } from '../helpers/eventually.ts';
import type { Hurricane } from '../helpers/hurricane.ts';
import { usePort } from '../helpers/port.ts';
import { ownRabbitmq } from '../helpers/rabbitmq.ts';
import { useTlsEdge } from '../helpers/tls-edge.ts';

const folder = mkdtempSync(join(tmpdir(), 'hurricane-certificates-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const authority = new Authority(folder, 'authority');
const stranger = new Authority(folder, 'stranger');
const server = authority.sign({ name: 'server', subjectAltName: 'DNS:localhost,IP:127.0.0.1' });
const client = authority.sign({ name: 'seed' });

const tlsPort = await usePort();
const broker = ownRabbitmq({
  plugins: ['rabbitmq_management', 'rabbitmq_auth_mechanism_ssl', 'rabbitmq_amqp1_0'],
  config: [
    `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
    `ssl_options.cacertfile = ${authority.cert}`,
    `ssl_options.certfile = ${server.cert}`,
    `ssl_options.keyfile = ${server.key}`,
    'ssl_options.verify = verify_peer',
    'ssl_options.fail_if_no_peer_cert = false',
    'auth_mechanisms.1 = PLAIN',
    'auth_mechanisms.2 = EXTERNAL',
    'ssl_cert_login_from = common_name',
  ],
});

const IGNORES = 'export default () => {};';

interface Given {
  readonly artefact: Artefact;
  readonly url: string;
  readonly args?: readonly string[];
  readonly handler?: string;
  readonly queue?: string;
}

function consumer(
  t: TestContext,
  { artefact, url, args = [], handler = IGNORES, queue = `tls-${artefact}` }: Given,
): Promise<Hurricane> {
  return startConsumer(t, {
    ...{
      artefact,
      broker: undefined,
      queue,
      handler,
    },
    args: ['--amqp-url', url, ...args],
  });
}

const UNKNOWN_AUTHORITY =
  /^the broker at localhost:\d+ cannot be trusted: (SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY): /;
const trusting = ['--amqp-ca', authority.cert];

async function assertDistrusts(hurricane: Hurricane, reason: RegExp): Promise<void> {
  const last = await hurricane.sees('hurricane.ended');
  assert.match(String(last['reason']), reason);
  assert.match(
    String(last['next']),
    /^give its certificate authority with --amqp-ca, its right name/,
  );
  assert.equal((await hurricane.exit).code, 77);
}

forEachArtefact(
  'a broker whose authority is given is trusted, by its name',
  async (t, artefact) => {
    const url = `amqps://localhost:${tlsPort}`;
    const hurricane = await consumer(t, { artefact, url, args: trusting });
    await hurricane.up();
    const [byAddress, port] = ['127.0.0.1', `${tlsPort}`];
    const other = await startConsumer(t, {
      ...{ artefact, broker: { port: tlsPort }, queue: `tls-${artefact}` },
      ...{ handler: IGNORES, args: trusting },
    });
    await other.up();
    const { broker: told } = await other.sees('consumer.subscribed');
    assert.match(String(told), new RegExp(`at ${byAddress}:${port}$`));
  },
);

forEachArtefact(
  'a broker whose authority nobody vouches for is not trusted',
  async (t, artefact) => {
    const url = `amqps://localhost:${tlsPort}`;
    await assertDistrusts(
      await consumer(t, { artefact, url, args: ['--amqp-ca', stranger.cert] }),
      UNKNOWN_AUTHORITY,
    );
  },
);

const pretenders: readonly (readonly [title: string, certificate: Certificate, reason: RegExp])[] =
  [
    [
      'another name',
      authority.sign({ name: 'other', subjectAltName: 'DNS:broker.example' }),
      /cannot be trusted: ERR_TLS_CERT_ALTNAME_INVALID: .*localhost.*broker\.example/,
    ],
    [
      'an expired certificate',
      authority.sign({ name: 'old', subjectAltName: 'DNS:localhost', expired: true }),
      /cannot be trusted: CERT_HAS_EXPIRED: certificate has expired$/,
    ],
  ];

for (const [title, certificate, reason] of pretenders) {
  forEachArtefact(
    `a broker with ${title} is not trusted, and hears no password`,
    async (t, artefact) => {
      const edge = await useTlsEdge(t, certificate);
      const url = `amqps://localhost:${edge.port}`;
      await assertDistrusts(await consumer(t, { artefact, url, args: trusting }), reason);
      assert.equal(edge.heard, 0);
    },
  );
}

forEachArtefact(
  'plain AMQP to a port that speaks TLS is told as such, and tried again',
  async (t, artefact) => {
    const hurricane = await consumer(t, { artefact, url: `amqp://localhost:${tlsPort}` });
    const { reason } = await hurricane.sees('consumer.reconnecting');
    assert.match(
      String(reason),
      /cannot be reached: it closed the connection before anything was said: is this port for TLS only\?$/,
    );
  },
);

forEachArtefact('TLS to a port that speaks plain AMQP is told as such', async (t, artefact) => {
  const url = `amqps://localhost:${broker.port}`;
  const hurricane = await consumer(t, { artefact, url, args: trusting });
  const last = await hurricane.sees('hurricane.ended');
  assert.match(String(last['next']), /a port that speaks TLS$/);
  assert.equal((await hurricane.exit).code, 77);
});

function asHolder({ cert, key }: Certificate): readonly string[] {
  return ['--amqp-cert', cert, '--amqp-key', key, '--sasl', 'external'];
}

/** Its user has no password, and nobody else may go there. */
async function vhostOfSeed(name: string): Promise<string> {
  await broker.api('PUT', 'users/seed', { password_hash: '', tags: '' });
  const vhost = `seeds-${name}`;
  await broker.api('PUT', `vhosts/${vhost}`);
  await broker.api('DELETE', `permissions/${vhost}/guest`);
  await broker.api('PUT', `permissions/${vhost}/seed`, {
    configure: '.*',
    write: '.*',
    read: '.*',
  });
  return vhost;
}

forEachArtefact('a certificate is the login with --sasl external', async (t, artefact) => {
  const url = `amqps://localhost:${tlsPort}/${await vhostOfSeed(artefact)}`;
  const hurricane = await consumer(t, { artefact, url, args: [...trusting, ...asHolder(client)] });
  await hurricane.up();
});

forEachArtefact(
  'a certificate of nobody that the broker knows is no login',
  async (t, artefact) => {
    const unknown = authority.sign({ name: 'nobody' });
    const url = `amqps://localhost:${tlsPort}`;
    const args = [...trusting, ...asHolder(unknown)];
    const hurricane = await consumer(t, { artefact, url, args });
    const last = await hurricane.sees('hurricane.ended');
    assert.match(String(last['reason']), /refuses the login of the user of our certificate$/);
    assert.equal((await hurricane.exit).code, 77);
  },
);

const ONE_ZERO = ['--protocol', '1.0', '--retry', 'none'];

test('AMQP 1.0 takes messages by TLS, from whom it trusts [js]', async (t) => {
  const url = `amqps://localhost:${tlsPort}`;
  const queue = 'tls-1.0';
  const hurricane = await consumer(t, {
    ...{ artefact: 'js', url, queue, args: [...ONE_ZERO, ...trusting] },
    handler: `export default ({ body }) => console.log('handled', body);`,
  });
  const publisher = await useClient(t, broker);
  await publisher.channel.assertQueue(queue);
  await hurricane.up();
  await publisher.send(queue, [1]);
  await eventually(() => assert.deepEqual(hurricane.output, ['handled 1']));
});

test('AMQP 1.0 refuses strangers in the same words as 0-9-1 [js]', async (t) => {
  const artefact = 'js';
  const given = ['--amqp-ca', stranger.cert];
  const url = `amqps://localhost:${tlsPort}`;
  await assertDistrusts(
    await consumer(t, { artefact, url, args: [...ONE_ZERO, ...given] }),
    UNKNOWN_AUTHORITY,
  );
  for (const [, certificate, reason] of pretenders) {
    const edge = await useTlsEdge(t, certificate);
    const args = [...ONE_ZERO, ...trusting];
    const hurricane = await consumer(t, {
      ...{ artefact, url: `amqps://localhost:${edge.port}`, args },
    });
    await assertDistrusts(hurricane, reason);
    assert.equal(edge.heard, 0);
  }
  const plain = await consumer(t, {
    artefact,
    url: `amqps://localhost:${broker.port}`,
    args: [...ONE_ZERO, ...trusting],
  });
  assert.match(String((await plain.sees('hurricane.ended'))['next']), /a port that speaks TLS$/);
  const tls = await consumer(t, { artefact, url: `amqp://localhost:${tlsPort}`, args: ONE_ZERO });
  const { reason } = await tls.sees('consumer.reconnecting');
  assert.match(String(reason), /is this port for TLS only\?$/);
});

test('AMQP 1.0 logs in with a certificate, unless the broker knows nobody of its name [js]', async (t) => {
  const artefact = 'js';
  const vhost = await vhostOfSeed('1.0');
  const url = `amqps://localhost:${tlsPort}/${vhost}`;
  const args = [...ONE_ZERO, ...trusting];
  // Over 1.0 nobody makes the queue.
  const first = await consumer(t, { artefact, url, args: [...trusting, ...asHolder(client)] });
  await first.up();
  const seed = await consumer(t, { artefact, url, args: [...args, ...asHolder(client)] });
  await seed.up();
  const unknown = authority.sign({ name: 'stranger-1.0' });
  const refused = await consumer(t, { artefact, url, args: [...args, ...asHolder(unknown)] });
  assert.match(
    String((await refused.sees('hurricane.ended'))['reason']),
    /refuses the login of the user of our certificate$/,
  );
  assert.equal((await refused.exit).code, 77);
});
