// How large headers become is what the client library writes.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

import { headerRoom, tableBytes } from '../../../src/amqp/field-table.ts';

const library = join(import.meta.dirname, '../../../node_modules/amqplib/lib/codec.js');
const { encodeTable } = createRequire(import.meta.url)(library) as {
  encodeTable: (buffer: Buffer, table: object, offset: number) => number;
};

test('counts the bytes of every type as they are written', () => {
  const values = {
    ...{ text: 'häuser', empty: '', yes: true, nothing: null, absent: undefined },
    ...{ byte: -128, short: 128, int: -0x8001, unsigned: 0x80000000, long: 2 ** 60, double: 1.5 },
    time: { '!': 'timestamp', value: 1_700_000_000 },
    bytes: Buffer.from('abc'),
    list: [1, 'two', [3, { four: 4 }]],
    table: { deeper: { still: 'x' }, none: {} },
  };
  for (const [name, value] of Object.entries(values)) {
    const written = encodeTable(Buffer.alloc(1000), { [name]: value }, 0);
    assert.equal(tableBytes({ [name]: value }), written, name);
  }
  assert.equal(tableBytes(values), encodeTable(Buffer.alloc(1000), values, 0));
});

test('headers share their frame with the other properties, and end with what the library can write', () => {
  assert.equal(headerRoom({ headers: { any: 1 } }, 131_072), 65_536);
  const bare = headerRoom({ headers: {} }, 4096);
  const beside = headerRoom({ headers: {}, messageId: 'ä', priority: 3, type: undefined }, 4096);
  assert.ok(bare > 4000 && bare < 4096, `${bare}`);
  assert.equal(bare - beside, 3);
});
