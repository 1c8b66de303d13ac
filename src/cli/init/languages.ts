// What a new project needs by the language it is written in. Pure: the files that are there are given as texts.

export const languageNames = ['node', 'python', 'ruby', 'php', 'java', 'go', 'shell'] as const;
export type LanguageName = (typeof languageNames)[number];

/** The text of a file in the working directory; undefined where there is none. */
export type Look = (name: string) => string | undefined;

export interface Project {
  readonly language: LanguageName;
  /** As people write it. */
  readonly title: string;
  /** The file by which the language was recognised. */
  readonly because: string | undefined;
  /** What stands behind `--`. */
  readonly command: string;
  /** Lines of hurricane.yaml for this project alone; `#key` is one to be switched on. */
  readonly lines: readonly string[];
  readonly check: { readonly path: string; readonly command: string; readonly text: string };
}

interface Language {
  readonly title: string;
  /** Any of these is a sign of it. */
  readonly signs: readonly string[];
  readonly check: { readonly file: string; readonly run: string; readonly text: string };
  readonly describe: (look: Look) => Pick<Project, 'command' | 'lines'>;
}

/** The language named, or the one whose files are there; undefined when there are none. */
export function projectOf(named: LanguageName | undefined, look: Look): Project | undefined {
  const guess = named === undefined ? guessed(look) : { language: named, because: undefined };
  if (guess === undefined) return undefined;
  const { title, check, describe } = languages[guess.language];
  const path = `checks/${check.file}`;
  const command = `${check.run}${path}`;
  return { ...guess, title, ...describe(look), check: { path, command, text: check.text } };
}

export function isLanguage(word: string): word is LanguageName {
  return languageNames.some((name) => name === word);
}

/** A package.json is often there for the pages of another language's app, and so is looked at last. */
const guessOrder = ['python', 'ruby', 'php', 'java', 'go', 'node'] as const;

function guessed(look: Look): Pick<Project, 'language' | 'because'> | undefined {
  for (const language of guessOrder) {
    const because = languages[language].signs.find((sign) => look(sign) !== undefined);
    if (because !== undefined) return { language, because };
  }
  return undefined;
}

const failure = {
  msg: 'the folder for temporary files cannot be written',
  hint: 'mount a volume there, or set TMPDIR',
} as const;

const shellCheck = {
  file: 'writable.sh',
  run: 'sh ',
  text: `# Run by hurricane every --check-interval. An exit code other than 0 fails the check, and so does a message of
# level error or critical on stdout; one of level warning is reported and passes.
folder=\${TMPDIR:-/tmp}
if ! { test -d "$folder" && test -w "$folder"; }; then
  echo '{"level": "error", "msg": "${failure.msg}", "hint": "${failure.hint}"}'
fi
`,
} as const;

const languages: Readonly<Record<LanguageName, Language>> = {
  node: {
    title: 'Node',
    signs: ['package.json'],
    check: {
      file: 'writable.mjs',
      run: '',
      text: `// Called by hurricane every --check-interval, in a thread of its own. Nothing returned passes the check; a message of
// level error or critical fails it, and so does what is thrown; one of level warning is reported and passes.
import { accessSync, constants } from 'node:fs';

export default function check() {
  try {
    accessSync(process.env.TMPDIR || '/tmp', constants.W_OK);
  } catch {
    return { level: 'error', msg: '${failure.msg}', hint: '${failure.hint}' };
  }
}
`,
    },
    describe: (look) => ({ command: `node ${mainOf(look('package.json'))}`, lines: [] }),
  },
  python: {
    title: 'Python',
    signs: ['manage.py', 'pyproject.toml', 'requirements.txt'],
    check: {
      file: 'writable.py',
      run: 'python3 ',
      text: `# Run by hurricane every --check-interval. An exit code other than 0 fails the check, and so does a message of
# level error or critical on stdout; one of level warning is reported and passes.
import json
import os

folder = os.environ.get("TMPDIR") or "/tmp"
if not os.access(folder, os.W_OK):
    print(json.dumps({"level": "error", "msg": "${failure.msg}", "hint": "${failure.hint}"}))
`,
    },
    describe: (look) => {
      const manage = look('manage.py');
      return manage === undefined
        ? { command: 'python3 app.py', lines: [] }
        : {
            command: `gunicorn --bind 127.0.0.1:{port} ${packageOf(manage)}.wsgi`,
            lines: [
              '# The start goes on when no migrations are pending.',
              'checkMigrations: django',
              '# Applies those that are: where several replicas start at the same time, leave it to one Job instead.',
              "#checkMigrationsApply: 'python3 manage.py migrate --no-input'",
            ],
          };
    },
  },
  ruby: {
    title: 'Ruby',
    signs: ['Gemfile'],
    check: {
      file: 'writable.rb',
      run: 'ruby ',
      text: `# Run by hurricane every --check-interval. An exit code other than 0 fails the check, and so does a message of
# level error or critical on stdout; one of level warning is reported and passes.
require "json"

folder = ENV.fetch("TMPDIR", "/tmp")
unless File.writable?(folder)
  puts JSON.generate(level: "error", msg: "${failure.msg}", hint: "${failure.hint}")
end
`,
    },
    describe: (look) => ({
      command:
        look('Gemfile') === undefined
          ? 'ruby app.rb'
          : 'bundle exec puma --bind tcp://127.0.0.1:{port}',
      lines: isRails(look('Gemfile'))
        ? [
            '# The start goes on when no migrations are pending.',
            "checkMigrations: 'bin/rails db:abort_if_pending_migrations'",
          ]
        : [],
    }),
  },
  php: {
    title: 'PHP',
    signs: ['composer.json'],
    check: {
      file: 'writable.php',
      run: 'php ',
      text: `<?php
// Run by hurricane every --check-interval. An exit code other than 0 fails the check, and so does a message of
// level error or critical on stdout; one of level warning is reported and passes.
if (!is_writable(getenv('TMPDIR') ?: '/tmp')) {
    echo json_encode(['level' => 'error', 'msg' => '${failure.msg}', 'hint' => '${failure.hint}']), "\\n";
}
`,
    },
    describe: (look) =>
      look('artisan') === undefined
        ? { command: 'php -S 127.0.0.1:{port} app.php', lines: [] }
        : {
            command: 'php artisan serve --host 127.0.0.1 --port {port}',
            lines: [
              '# The start goes on when no migrations are pending.',
              "checkMigrations: 'php artisan migrate:status --pending=9'",
              'gatePendingCode: 9',
            ],
          },
  },
  java: {
    title: 'Java',
    signs: ['pom.xml', 'build.gradle', 'build.gradle.kts'],
    check: shellCheck,
    describe: (look) => ({
      command: 'java -jar app.jar',
      lines: portVariable(languages.java.signs.map((sign) => look(sign) ?? '').join('\n')),
    }),
  },
  go: {
    title: 'Go',
    signs: ['go.mod'],
    check: shellCheck,
    describe: () => ({ command: './app', lines: [] }),
  },
  shell: {
    title: 'shell',
    signs: [],
    check: shellCheck,
    describe: () => ({ command: 'sh app.sh', lines: [] }),
  },
};

/** `main` of a package.json, which may be broken while somebody works on it. */
function mainOf(manifest = '{}'): string {
  try {
    const { main } = JSON.parse(manifest) as { readonly main?: unknown };
    return typeof main === 'string' && /^[\w./-]+$/.test(main) ? main : 'app.js';
  } catch {
    return 'app.js';
  }
}

/** The package with the settings of a Django project. */
function packageOf(manage: string): string {
  return /DJANGO_SETTINGS_MODULE['"]\s*,\s*['"](\w+)/.exec(manage)?.[1] ?? 'project';
}

function isRails(gemfile = ''): boolean {
  return /^\s*gem\s+['"]rails['"]/m.test(gemfile);
}

/** Frameworks of the JVM do not know PORT. */
function portVariable(build: string): readonly string[] {
  const [, name] =
    Object.entries({
      'spring-boot': 'SERVER_PORT',
      'org.springframework.boot': 'SERVER_PORT',
      quarkus: 'QUARKUS_HTTP_PORT',
    }).find(([word]) => build.includes(word)) ?? [];
  const about = '# The variable that tells the app its port: SERVER_PORT for Spring Boot.';
  return [about, name === undefined ? '#appPortEnv: SERVER_PORT' : `appPortEnv: ${name}`];
}
