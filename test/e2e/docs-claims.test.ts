// What docs/cookbook.md says of other programs, as far as these are installed for tests.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { isInstalled } from '../helpers/apps.ts';
import { startHurricane } from '../helpers/hurricane.ts';

const django = (await isInstalled('/usr/bin/django-admin'))
  ? false
  : 'python3-django is not installed: run sh scripts/node.sh scripts/setup-tests.ts';

test(
  'Django sees the host of the client and the scheme of the ingress [js]',
  { skip: django },
  async (t) => {
    const app = join(import.meta.dirname, '../scripts/django-request.py');
    const hurricane = await startHurricane(t, ['--', '/usr/bin/python3', app], { artefact: 'js' });
    await hurricane.up();
    const ask = async (headers: Readonly<Record<string, string>>): Promise<string> => {
      const { status, text } = await hurricane.get('/', { headers });
      return status === 200 ? text : String(status);
    };
    const host = 'shop.example.com';
    assert.equal(await ask({ host }), `http://${host}`);
    assert.equal(await ask({ host, 'x-forwarded-proto': 'https' }), `https://${host}`);
    assert.equal(await ask({ host: 'other.example.com' }), '400');
  },
);
