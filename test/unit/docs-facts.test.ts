// The pages of the documentation name nothing that does not exist, and the tables that are to be whole are.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { suite, test } from 'node:test';

import { allows, variablesOf } from '../../src/config/option.ts';
import { rows } from '../../src/config/options.ts';
import { catalogue } from '../../src/core/errors.ts';
import { faults } from '../../src/proxy/faults.ts';

const root = join(import.meta.dirname, '../..');
const pages = ['README.md', 'examples/README.md', ...globSync('docs/*.md', { cwd: root })];
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Outside of the fenced examples, which have their own test; what a page says of other programs is not looked at. */
const prose = new Map(
  pages.map((page) => [page, textOf(page).replaceAll(/^\s*```[^]*?^\s*```/gm, '')]),
);

function inlineCode(page: string): readonly string[] {
  return [...(prose.get(page) ?? '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

const flags = new Set([
  ...['help', 'help-all', 'version', 'lang'],
  ...rows
    .filter((row) => allows(row, 'flag'))
    .flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias])),
]);

/** What the pages say of other programs: Celery, gunicorn and Helm. */
const ofOthers = ['--schedule', '--max-interval', '--no-control-socket', '--kube-version'];

/** Those that are only given, and not read: by programs that hurricane starts, and by those who build it. */
const otherVariables = [
  ...['HURRICANE_CHECK_TAG', 'HURRICANE_CHECK_NAME', 'HURRICANE_CHECK_STATE', 'HURRICANE_MESSAGE'],
];
const variables = new Set([
  ...otherVariables,
  ...rows.flatMap((row) => [...variablesOf(row.name, row)]),
]);

const reference = textOf('docs/reference.md');

/** The first cells of a generated table of the reference. */
function named(section: string): ReadonlySet<string> {
  const [, table = ''] =
    new RegExp(`<!-- generated: ${section} -->([^]*?)<!-- end -->`).exec(reference) ?? [];
  return new Set([...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name));
}

suite('the pages of the documentation', () => {
  for (const page of pages) {
    test(`${page} names only flags that exist`, () => {
      const ours = inlineCode(page).filter((code) => /^(--[a-z]|hurricane )/.test(code));
      const stopsAtApp = ours.map((code) =>
        code.replaceAll(/"[^"]*"|'[^']*'/g, '').replace(/ -- .*$/, ''),
      );
      const used = stopsAtApp.flatMap((code) => code.match(/(?<=^|\s)--[a-z][a-z-]*/g) ?? []);
      const strange = used.filter(
        (flag) =>
          !flags.has(flag.slice(2)) && !ofOthers.includes(flag) && !isOfOriginal(page, flag),
      );
      assert.deepEqual(strange, []);
    });

    test(`${page} names only variables and metrics that exist`, () => {
      const codes = inlineCode(page).flatMap(
        (code) => code.match(/\bhurricane_[a-z_]+|\bHURRICANE_[A-Z_]+/g) ?? [],
      );
      const strange = codes.filter((name) => !variables.has(name) && !named('metrics').has(name));
      assert.deepEqual(strange, []);
    });

    test(`${page} names only events that exist`, () => {
      const events = named('events');
      const parts = new Set([...events].map((event) => event.split('.')[0]));
      const codes = inlineCode(page).filter((code) => /^[a-z]+\.[a-z-]+$/.test(code));
      const strange = codes.filter((code) => {
        const [part = '', word = ''] = code.split('.');
        const isFile =
          /^(yaml|json|md|ts|mjs|js|py|rb|sh|php|sock|retry|dead|drop|requeue|signal|publish)$/.test(
            word,
          );
        return parts.has(part) && !isFile && !events.has(code);
      });
      assert.deepEqual(strange, []);
    });

    test(`the links of ${page} lead somewhere`, () => {
      const links = [...(prose.get(page) ?? '').matchAll(/\]\(([^)\s]+)\)/g)].map(
        ([, to = '']) => to,
      );
      const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link));
      assert.deepEqual(broken, []);
    });
  }
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.some((heading) => slugOf(heading) === anchor);
}

/** As GitHub makes it. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
}

suite('docs/runbook.md', () => {
  const lines = textOf('docs/runbook.md').split('\n');

  test('has every error under its exit code, and none that does not exist', () => {
    const found = lines.flatMap((line) => {
      const [, code, error] = /^\| (\d+) +\| `([a-z-]+)`/.exec(line) ?? [];
      return error === undefined ? [] : [`${code} ${error}`];
    });
    const own = Object.entries(catalogue).map(([error, { exitCode }]) => `${exitCode} ${error}`);
    assert.deepEqual(found.sort(), own.sort());
  });

  test('has every answer of hurricane instead of the app, with its status', () => {
    for (const [fault, { status }] of Object.entries(faults)) {
      const line = lines.find(
        (each) => each.includes(`\`${fault}\``) && each.includes(String(status)),
      );
      assert.ok(line !== undefined, `${fault} ${status}`);
    }
  });
});

test('there is a page for each topic, and a recipe for each framework', () => {
  const topics = [
    'probes',
    'start',
    'stop',
    'restart',
    'metrics',
    'webhooks',
    'consume',
    'workers',
  ];
  for (const topic of [...topics, 'debugging', 'containers', 'runbook', 'migration', 'static']) {
    assert.ok(prose.has(`docs/${topic}.md`), topic);
  }
  const cookbook = textOf('docs/cookbook.md').split(/^## /m).slice(1);
  for (const name of ['Django', 'Rails', 'Laravel', 'Spring', 'Express', 'FastAPI', 'Celery']) {
    const recipe = cookbook.find((each) => each.startsWith(name)) ?? '';
    assert.match(recipe, /^```dockerfile check\n[^`]*"hurricane", "(serve|worker)"/m, name);
  }
});

/** All that the original had, of both commands. */
const original = [
  ...['static', 'media', 'autoreload', 'debug', 'port', 'interface', 'probe-port', 'startup-probe'],
  ...['readiness-probe', 'liveness-probe', 'metrics', 'req-queue-len', 'no-probe', 'no-metrics'],
  ...['command', 'check-migrations', 'check-migrations-apply', 'webhook-url', 'max-lifetime'],
  ...['max-memory', 'workers', 'static-watch', 'debugger', 'debugger-port', 'pycharm-host'],
  ...['pycharm-port', 'max-body-size', 'max-buffer-size', 'queue', 'exchange', 'amqp-host'],
  ...['amqp-port', 'amqp-vhost', 'reconnect'],
];

function isOfOriginal(page: string, flag: string): boolean {
  return page === 'docs/migration.md' && original.includes(flag.slice(2));
}

suite('docs/migration.md', () => {
  const [there = '', notHere = ''] = textOf('docs/migration.md').split('\n## Not here\n');
  const flagsIn = (text: string): string[] =>
    [...text.matchAll(/^\| (`--[^|]*)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/--([a-z-]+)/g)].map(([, name = '']) => name),
    );

  test('says of every option of the original what became of it', () => {
    assert.deepEqual([...flagsIn(there), ...flagsIn(notHere)].sort(), original.sort());
  });

  test('has the options that exist among those that do, and no other', () => {
    assert.deepEqual(
      flagsIn(there).filter((name) => !flags.has(name)),
      [],
    );
    assert.deepEqual(
      flagsIn(notHere).filter((name) => flags.has(name)),
      [],
      'they exist now: move their rows up',
    );
  });

  test('maps every metric of the original to one that exists', () => {
    const metrics = named('metrics');
    const [, table = ''] = /\n## Metrics\n([^]*?)\n## /.exec(there) ?? [];
    const rows = [...table.matchAll(/^\| [^|]*`[^|]*\|([^|]*)\|/gm)].map(([, cell = '']) => cell);
    assert.equal(rows.length, 8);
    for (const cell of rows) {
      const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      assert.ok(
        names.every((name) => metrics.has(name)),
        cell,
      );
      assert.ok(names.length > 0 || cell.trim() === 'none', cell);
    }
  });
});
