// Rules beyond typescript-eslint's strictest sets, each with its reason.

import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/', 'examples/', 'test/scripts/', 'scripts/bench-consume/*.mjs', 'coverage/'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js'] } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // Types vanish when Node strips them; an import that only brings types must vanish too.
      '@typescript-eslint/consistent-type-imports': 'error',
      // One name for a thing, found by one search.
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
      // Numbers and names are welcome in sentences.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => void resolve()` is how a value is thrown away on purpose.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**'],
    rules: {
      // Values come in as parameters; only the edge knows the process.
      'no-restricted-globals': ['error', 'process', 'console'],
    },
  },
  {
    files: ['src/launcher.ts', 'src/main.ts', 'src/cli/**'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      // `test(...)` of node:test returns a promise that the runner owns.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'suite', 'it', 'describe'], package: 'node:test' },
          ],
        },
      ],
    },
  },
  {
    files: ['eslint.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
