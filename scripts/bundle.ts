// The only importer of esbuild: bundles src/main.ts into one ES module that starts fast.

import { createRequire, isBuiltin } from 'node:module';

import { build, context, type BuildOptions, type Plugin } from 'esbuild';

export interface BundleOptions {
  readonly root: string;
  readonly outfile: string;
  readonly version: string;
}

/** Writes the bundle, executable as a program of its own. */
export async function bundle(options: BundleOptions): Promise<void> {
  await build(settings(options));
}

/** Writes the bundle after every change of a source, until the process ends. */
export async function watchBundle(options: BundleOptions): Promise<void> {
  const watching = await context({ ...settings(options), logLevel: 'info' });
  await watching.watch();
}

function settings({ root, outfile, version }: BundleOptions): BuildOptions {
  return {
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    legalComments: 'eof',
    logLevel: 'warning',
    define: { VERSION: JSON.stringify(version) },
    banner: { js: banner },
    plugins: [withoutUnused, lazyBuiltins],
  };
}

/** The packages that are CommonJS ask for Node's modules by `require`, which an ES module lacks. */
const banner = [
  '#!/usr/bin/env node',
  "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
].join('\n');

/** What a package loads for features that hurricane never uses. Loading it costs time at every start. */
const unused: Readonly<Record<string, readonly string[]>> = {
  // Apps are reached by plain HTTP, and their redirects are passed on.
  'http-proxy': ['https', 'follow-redirects'],
  // Lines are written by our own sink, not by a worker thread of pino's.
  pino: ['./transport', './lib/transport'],
};

/** Puts an empty module in the place of each; a call of it by mistake throws at once. */
const withoutUnused: Plugin = {
  name: 'without-unused',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, importer }) => {
      const [, name = ''] = /.*node_modules\/([^/]+)\//.exec(importer) ?? [];
      return unused[name]?.includes(path) ? { path, namespace: 'unused' } : undefined;
    });
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({
      contents: 'module.exports = {};',
    }));
  },
};

/**
 * `import … from 'node:http'` reads every export of the module, and `http.WebSocket` is a getter
 * that loads undici: as long as the whole start of an empty Node. Taking only the names in use avoids it.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path)
        ? { path: path.replace(/^node:/, ''), namespace: 'builtin', sideEffects: false }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: moduleText(path),
    }));
  },
};

/** Loaded by the first call of one of their functions: they take long, and come after the app's start. */
const late = ['crypto', 'https'];

function moduleText(name: string): string {
  const builtin = createRequire(import.meta.url)(`node:${name}`) as Record<string, unknown>;
  const names = Object.keys(builtin).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key));
  const load = `process.getBuiltinModule('node:${name}')`;
  const isLate = (key: string): boolean =>
    late.includes(name) && /^[a-z]/.test(key) && typeof builtin[key] === 'function';
  return [
    `const builtin = /* @__PURE__ */ (() => ${load})();`,
    'export default builtin;',
    ...names
      .filter((key) => key !== 'default')
      .map((key) =>
        isLate(key)
          ? `export const ${key} = (...args) => ${load}.${key}(...args);`
          : `export const ${key} = /* @__PURE__ */ (() => builtin.${key})();`,
      ),
  ].join('\n');
}
