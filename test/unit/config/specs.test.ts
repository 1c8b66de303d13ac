import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { suite, test } from 'node:test';

import {
  check,
  dependency,
  failures,
  maskReceiver,
  metricsPage,
  metricsSource,
  migrationQuestion,
  receiver,
  trustProxy,
  webhookType,
} from '../../../src/config/specs.ts';
import type { Parsed } from '../../../src/config/option.ts';

function valueOf<T>(parsed: Parsed<T>): T {
  if ('problem' in parsed) assert.fail(parsed.problem);
  return parsed.value;
}

function problemOf(parsed: Parsed<unknown>): string {
  return 'problem' in parsed ? parsed.problem : assert.fail('was accepted');
}

suite('what asks whether migrations are pending', () => {
  test('is a command, or a tool that is understood with more words for it', () => {
    assert.deepEqual(valueOf(migrationQuestion.parse(`php yii 'migrate/new'`)), {
      ...{ kind: 'command', words: ['php', 'yii', 'migrate/new'] },
      text: `php yii 'migrate/new'`,
    });
    assert.deepEqual(valueOf(migrationQuestion.parse('django --database users')), {
      ...{ kind: 'tool', tool: 'django', words: ['--database', 'users'] },
    });
    assert.equal(valueOf(migrationQuestion.parse('toString')).kind, 'command');
    assert.match(problemOf(migrationQuestion.parse(' ')), /is empty/);
  });
});

suite('checks', () => {
  test('a command keeps its own equal signs and quotes', () => {
    assert.deepEqual(valueOf(check.parse(`readiness:database=psql -c 'select a=b'`)), {
      tags: ['readiness'],
      name: 'database',
      target: { kind: 'command', words: ['psql', '-c', 'select a=b'] },
      text: `readiness:database=psql -c 'select a=b'`,
    });
  });

  test('the tag hurricane is readiness and liveness', () => {
    const { tags } = valueOf(check.parse('startup,hurricane,readiness=true'));
    assert.deepEqual(tags, ['startup', 'readiness', 'liveness']);
  });

  const targets = [
    ['checks/db.mjs', { kind: 'module', path: 'checks/db.mjs' }],
    ['http://localhost:9/x?a=b', { kind: 'http', url: 'http://localhost:9/x?a=b' }],
    ['tcp://db:5432', { kind: 'tcp', host: 'db', port: 5432 }],
    ['tcp://[::1]:5432', { kind: 'tcp', host: '::1', port: 5432 }],
    ['http://127.0.0.1:{port}/x', { kind: 'app', url: 'http://127.0.0.1:{port}/x' }],
    ['tcp://{host}:{port}', { kind: 'app', url: 'tcp://{host}:{port}' }],
    ['file:/tmp/ok', { kind: 'file', path: '/tmp/ok', maxAgeMs: undefined }],
    ['file:/tmp/ok?max-age=60s', { kind: 'file', path: '/tmp/ok', maxAgeMs: 60_000 }],
    ['node db.mjs', { kind: 'command', words: ['node', 'db.mjs'] }],
  ] as const;
  for (const [spec, target] of targets) {
    test(`${spec} is a check of kind ${target.kind}`, () => {
      assert.deepEqual(valueOf(check.parse(`liveness=${spec}`)).target, target);
    });
  }

  test('what is wrong is named', () => {
    assert.match(problemOf(check.parse('pg_isready')), /is not a check/);
    assert.match(problemOf(check.parse('readyness=true')), /unknown tag readyness/);
    assert.match(problemOf(check.parse('toString=true')), /is not a check|unknown tag/);
    assert.match(problemOf(check.parse('readiness=')), /is not a check/);
    assert.match(problemOf(check.parse('readiness=tcp://db')), /no valid address/);
    assert.match(problemOf(check.parse(`readiness=echo 'x`)), /close the quote/);
    assert.match(problemOf(check.parse('readiness=file:x?max-age=soon')), /max-age/);
    assert.match(problemOf(check.parse('readiness=file:x?maxage=3s')), /max-age/);
    assert.match(problemOf(check.parse('readiness=file:')), /names no file/);
    assert.match(problemOf(check.parse('readiness=ftp://x/')), /unknown scheme ftp: use http/);
    assert.match(problemOf(check.parse('readiness:a b=true')), /the name "a b": make one of/);
  });
});

suite('check-failures', () => {
  test('n/m is n of the last m, and n alone is n in a row', () => {
    assert.deepEqual(valueOf(failures.parse('2/3')), { failures: 2, window: 3 });
    assert.deepEqual(valueOf(failures.parse('3')), { failures: 3, window: 3 });
  });

  test('more failures than runs, and none, are refused', () => {
    for (const text of ['3/2', '0/1', '0', '1/', 'x', '']) problemOf(failures.parse(text));
  });
});

suite('wait-for', () => {
  test('tcp needs a port, http does not', () => {
    assert.deepEqual(valueOf(dependency.parse('tcp://db:5432')), {
      kind: 'tcp',
      host: 'db',
      port: 5432,
    });
    assert.deepEqual(valueOf(dependency.parse('http://api/healthz')), {
      kind: 'http',
      url: 'http://api/healthz',
    });
    for (const text of ['tcp://db', 'db:5432', 'ftp://x', 'http://', '']) {
      problemOf(dependency.parse(text));
    }
  });
});

suite('webhook-url', () => {
  test('without types a receiver hears everything', () => {
    assert.deepEqual(valueOf(receiver.parse('https://me:pw@example.com/x')), {
      url: 'https://me:pw@example.com/x',
      types: undefined,
    });
  });

  test('types stand before the URL', () => {
    assert.deepEqual(valueOf(receiver.parse('startup,drain@https://me:pw@example.com/x')), {
      url: 'https://me:pw@example.com/x',
      types: ['startup', 'drain'],
    });
  });

  test('a broken URL is refused', () => {
    assert.match(problemOf(receiver.parse('example.com/hook')), /not the URL/);
    assert.match(problemOf(receiver.parse('http://')), /not the URL/);
  });

  test('is shown without credentials, path and query, and not at all when it is no URL', () => {
    assert.equal(
      maskReceiver('drain@https://me:pw@hooks.example.com/services/T0/B0?token=1'),
      'drain@https://***@hooks.example.com/***',
    );
    assert.equal(
      maskReceiver('https://hooks.example.com?token=1'),
      'https://hooks.example.com/***',
    );
    assert.equal(maskReceiver('https://hooks.example.com'), 'https://hooks.example.com');
    assert.equal(maskReceiver('hooks.example.com/services/T0'), '***');
  });
});

suite('trust-proxy', () => {
  function trusts(text: string, address: string): boolean {
    const trusted = valueOf(trustProxy.parse(text));
    assert.equal(trusted.kind, 'ranges');
    const list = new BlockList();
    for (const cidr of 'cidrs' in trusted ? trusted.cidrs : []) {
      const [network = '', prefix = ''] = cidr.split('/');
      list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
    }
    return list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }

  test('private is loopback, private, unique local and link local addresses', () => {
    const inside = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.9.9', '169.254.0.1'];
    for (const address of [...inside, '::1', 'fd00::1', 'fe80::1']) {
      assert.ok(trusts('private', address), address);
    }
    for (const address of ['172.32.0.1', '11.0.0.1', '8.8.8.8', '2001:db8::1']) {
      assert.ok(!trusts('private', address), address);
    }
  });

  test('ranges, single addresses and private may be listed together', () => {
    assert.ok(trusts('private, 203.0.113.7,2001:db8::/32', '203.0.113.7'));
    assert.ok(trusts('private, 203.0.113.7,2001:db8::/32', '2001:db8::5'));
    assert.ok(!trusts('203.0.113.7', '203.0.113.8'));
  });

  test('all and none stand alone', () => {
    assert.deepEqual(valueOf(trustProxy.parse('all')), { kind: 'all' });
    assert.deepEqual(valueOf(trustProxy.parse('none')), { kind: 'none' });
    for (const text of ['all,10.0.0.0/8', '10.0.0.0/33', '10.0.0/8', 'x', '', '10.0.0.0/']) {
      problemOf(trustProxy.parse(text));
    }
  });
});

suite('webhook-type', () => {
  test('is a word, a module or one of ours that is off', () => {
    assert.deepEqual(valueOf(webhookType.parse('deploy')), { kind: 'own', type: 'deploy' });
    assert.deepEqual(valueOf(webhookType.parse('page=a/b.mjs')), {
      ...{ kind: 'module', type: 'page', path: 'a/b.mjs' },
    });
    assert.deepEqual(valueOf(webhookType.parse('liveness=off')), { kind: 'off', type: 'liveness' });
  });

  test('anything else is refused', () => {
    assert.match(problemOf(webhookType.parse('startup')), /\(startup\) is already registered/);
    assert.match(
      problemOf(webhookType.parse('deploy=off')),
      /switches off what is not hurricane's/,
    );
    assert.match(problemOf(webhookType.parse('deploy=run.sh')), /names no module/);
    assert.match(problemOf(webhookType.parse('De ploy')), /is not a type/);
  });
});

suite('sources of metrics', () => {
  test('are a program or a module, with or without a name', () => {
    assert.deepEqual(valueOf(metricsSource.parse('jobs=bin/count --all')), {
      ...{ name: 'jobs', target: { kind: 'command', words: ['bin/count', '--all'] } },
    });
    assert.deepEqual(valueOf(metricsSource.parse('count.mjs')), {
      ...{ name: undefined, target: { kind: 'module', path: 'count.mjs' } },
    });
    for (const text of ['', 'jobs=', 'a "b']) problemOf(metricsSource.parse(text));
  });

  test('the page of the app is a path or a URL', () => {
    assert.deepEqual(valueOf(metricsPage.parse('/m?x=1')), { kind: 'path', path: '/m?x=1' });
    assert.partialDeepStrictEqual(valueOf(metricsPage.parse('http://h:1/m')), { kind: 'url' });
    for (const text of ['metrics', 'ftp://h/', '/a b', '']) problemOf(metricsPage.parse(text));
  });
});
