import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

test('the public types change only where the committed copy of them does', () => {
  const source = readFileSync(join(root, 'src/amqp/message.ts'), 'utf8');
  const { outputText } = ts.transpileDeclaration(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext },
    fileName: 'message.ts',
  });
  // After a change that is meant: npm run build && cp dist/index.d.ts test/types/public-api.d.ts
  const copy = readFileSync(join(root, 'test/types/public-api.d.ts'), 'utf8');
  assert.equal(outputText.trim(), copy.trim());
});
