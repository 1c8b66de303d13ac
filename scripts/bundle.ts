// The only importer of esbuild: bundles src/main.ts into one text that starts fast, and what starts it.

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';

import { build, context, type BuildOptions, type Plugin } from 'esbuild';

/** Packages that few starts need, and that are as large as all the rest: each is a file of its own. */
export const lateLibraries = ['amqplib', 'chokidar', 'negotiator', 'rhea-promise', 'send', 'yaml'];

export interface BundleOptions {
  readonly root: string;
  readonly outfile: string;
  readonly version: string;
}

/** Writes the whole program as a function of `require`; its first line names its content. */
export async function bundleProgram(options: BundleOptions): Promise<void> {
  await build(programSettings(options));
  const text = await readFile(options.outfile);
  const name = createHash('sha256').update(text).digest('hex').slice(0, 16);
  await writeFile(options.outfile, `// ${name}\n${text.toString('latin1')}`, 'latin1');
}

/** Writes a library of its own as a function of `require`, `module` and `exports`, as Node has them. */
export async function bundleLibrary(
  name: string,
  { root, outfile }: Omit<BundleOptions, 'version'>,
): Promise<void> {
  await build({
    ...minified,
    absWorkingDir: root,
    entryPoints: [name],
    outfile,
    banner: { js: '(function (require, module, exports) {' },
    plugins: [withoutDebug],
  });
}

/** Writes the program after every change of a source, until the process ends. */
export async function watchProgram(options: BundleOptions): Promise<void> {
  const watching = await context({ ...programSettings(options), logLevel: 'info' });
  await watching.watch();
}

/** Writes what starts the program: a program itself. */
export async function bundleLauncher({
  root,
  outfile,
}: Omit<BundleOptions, 'version'>): Promise<void> {
  await build({
    ...common,
    absWorkingDir: root,
    entryPoints: ['src/launcher.ts'],
    outfile,
    format: 'esm',
    banner: { js: '#!/usr/bin/env node' },
    plugins: [lazyBuiltins],
  });
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  logLevel: 'warning',
} as const satisfies BuildOptions;

const minified = {
  ...common,
  format: 'cjs',
  footer: { js: '})' },
  // Every start reads all of it.
  minify: true,
  legalComments: 'external',
} as const satisfies BuildOptions;

function programSettings({ root, outfile, version }: BundleOptions): BuildOptions {
  return {
    ...minified,
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile,
    banner: { js: '(function (require) {' },
    define: {
      VERSION: JSON.stringify(version),
      // yargs-parser asks where it is, for a feature that hurricane never uses.
      'import.meta.url': JSON.stringify('file:///'),
    },
    plugins: [withoutUnused, withoutNeedless, lateByCall, lateByRequire, lazyBuiltins],
  };
}

/** Asks the launcher for a library where the source imports it, also where it does so by `import()`. */
const lateByRequire: Plugin = {
  name: 'late-by-require',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, namespace }) => {
      if (!lateLibraries.includes(path)) return undefined;
      return namespace === 'late' ? { path, external: true } : { path, namespace: 'late' };
    });
    build.onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/** Packages that are first called when the app is up, by the name of what is called. */
const calledLate: Readonly<Record<string, string>> = { 'http-proxy': 'createProxyServer' };

/** Loads such a package with the first call: its start would be the app's to wait for. */
const lateByCall: Plugin = {
  name: 'late-by-call',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, namespace }) =>
      Object.hasOwn(calledLate, path) && namespace === 'file'
        ? { path, namespace: 'late-call' }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'late-call' }, ({ path }) => {
      const called = `require(${JSON.stringify(path)}).${calledLate[path]}`;
      return {
        contents: `export default { ${calledLate[path]}: (...args) => ${called}(...args) };`,
        resolveDir: build.initialOptions.absWorkingDir ?? '',
      };
    });
  },
};

/** What a package loads for features that hurricane never uses. Loading it costs time at every start. */
const unused: Readonly<Record<string, readonly string[]>> = {
  // Programs are spawned, never waited for on the spot, and told of by our own log.
  execa: ['./default.js', './main-sync.js'],
  // Apps are reached by plain HTTP, and their redirects are passed on.
  'http-proxy': ['https', 'follow-redirects'],
  // Lines are written by our own sink, not by a worker thread of pino's.
  pino: [
    './transport',
    './lib/transport',
    './lib/caller',
    'sonic-boom',
    'worker_threads',
    'on-exit-leak-free',
  ],
};

/** Puts a class in the place of each, which `instanceof` accepts; making one by mistake throws at once. */
const withoutUnused: Plugin = {
  name: 'without-unused',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, importer }) => {
      const [, name = ''] = /.*node_modules\/([^/]+)\//.exec(importer) ?? [];
      return unused[name]?.includes(path) ? { path, namespace: 'unused' } : undefined;
    });
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({
      contents:
        "module.exports = class { constructor() { throw new Error('left out of the bundle'); } };",
    }));
  },
};

/**
 * rhea writes to stderr what the variable DEBUG asks for, which is the app's and not ours to obey, and among
 * it is every frame with the password in it.
 */
const withoutDebug: Plugin = {
  name: 'without-debug',
  setup(build) {
    build.onResolve({ filter: /^debug$/ }, ({ path }) => ({ path, namespace: 'debug' }));
    build.onLoad({ filter: /./, namespace: 'debug' }, () => ({
      contents: 'module.exports = () => Object.assign(() => {}, { enabled: false });',
    }));
  },
};

/** What a package does when it is loaded, at every start, for features that hurricane never uses. */
const needless = [
  // Compares with them what it is given, which is never one of them, and so opens all three.
  {
    filter: /\/execa\/lib\/.*\.js$/,
    what: /\bprocess\.(?:stdin|stdout|stderr)\b/g,
    instead: 'null',
  },
  // A table of signals and what they mean, for sentences that nobody reads.
  {
    filter: /\/execa\/lib\/terminate\/signal\.js$/,
    what: /\bsignalsByName\[signal\]\.description\b/g,
    instead: 'signal',
  },
  // How a command is shown in a sentence that nobody reads: characters by their class in Unicode.
  {
    filter: /\/execa\/lib\/arguments\/escape\.js$/,
    what: /\bgetSpecialCharRegExp\(\);/g,
    instead: '/[^!-~]/g;',
  },
  // The files that called it, for the threads that are left out.
  { filter: /\/pino\/pino\.js$/, what: /\bcaller\(\)/g, instead: '[]' },
];

const withoutNeedless: Plugin = {
  name: 'without-needless',
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/(?:execa|pino)\// }, async ({ path }) => ({
      contents: needless
        .filter(({ filter }) => filter.test(path))
        .reduce(
          (text, { what, instead }) => text.replaceAll(what, instead),
          await readFile(path, 'utf8'),
        ),
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

/** Loaded by the first call of one of their functions or the first `new` of one of their classes: they take long, and come after the app's start. */
const late = ['crypto', 'fs/promises', 'https', 'net.BlockList', 'timers/promises', 'v8'];

function moduleText(name: string): string {
  const builtin = createRequire(import.meta.url)(`node:${name}`) as Record<string, unknown>;
  const names = Object.keys(builtin).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key));
  const load = `process.getBuiltinModule('node:${name}')`;
  const isLate = (key: string): boolean =>
    (late.includes(name) || late.includes(`${name}.${key}`)) && typeof builtin[key] === 'function';
  const lateFunction = (key: string): string => `(...args) => ${load}.${key}(...args)`;
  const lateClass = (key: string): string =>
    `/* @__PURE__ */ new Proxy(class {}, { construct: (_, args) => new (${load}.${key})(...args) })`;
  return [
    `const builtin = /* @__PURE__ */ (() => ${load})();`,
    'export default builtin;',
    ...names
      .filter((key) => key !== 'default')
      .map((key) =>
        isLate(key)
          ? `export const ${key} = ${/^[a-z]/.test(key) ? lateFunction(key) : lateClass(key)};`
          : `export const ${key} = /* @__PURE__ */ (() => builtin.${key})();`,
      ),
  ].join('\n');
}
