import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import ts from 'typescript';

const root = join(import.meta.dirname, '../..');
const source = readFileSync(join(root, 'src/amqp/message.ts'), 'utf8');

test('the public types change only where the committed copy of them does', () => {
  // After a change that is meant: npm run build && cp dist/index.d.ts test/types/public-api.d.ts
  assert.equal(source, readFileSync(join(root, 'test/types/public-api.d.ts'), 'utf8'));
});

test('they are types alone: the source can be published as their declaration', () => {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  const code = outputText.replaceAll(/^\s*\/\/.*$/gm, '').trim();
  assert.equal(code, 'export {};');
});
