// The Dockerfile and .dockerignore of a new project by its language. Pure.

import { IMAGE_HOME } from '../../core/image-home.ts';
import { IMAGE } from './chart-values.ts';
import type { LanguageName, Look, Project } from './languages.ts';

interface Recipe {
  /** The image that the app runs in. */
  readonly base: string;
  /** Stages before the last one. */
  readonly stages?: readonly string[];
  readonly env?: string;
  /** What is done before the app's files are copied, so that a build without new packages need not do it again. */
  readonly packages?: readonly string[];
  /** What is copied last; everything unless said otherwise. */
  readonly files?: readonly string[];
}

export function dockerfile({ language, title, command }: Project, look: Look): string {
  const recipe = recipes[language](look);
  const { base, stages = [], env = '', packages = [], files = ['COPY . .'] } = recipe;
  const words = command.split(' ').map((word) => JSON.stringify(word));
  const before = stages.length === 0 ? '' : `${stages.join('\n')}\n\n`;
  const lines = [
    `FROM ${base}`,
    '# The carrier image of hurricane; where it comes from a registry, its whole name and a version stand here.',
    `COPY --from=hurricane ${IMAGE_HOME} ${IMAGE_HOME}`,
    `ENV PATH=${IMAGE_HOME}:$PATH${env}`,
    'WORKDIR /srv',
    ...packages,
    ...files,
    '# A number, by which Kubernetes knows that it is not root.',
    'USER 10001',
    'EXPOSE 8000 8001',
    'ENTRYPOINT ["hurricane", "serve", "--"]',
    `CMD [${words.join(', ')}]`,
  ];
  return `# ${title} behind hurricane: docker build --tag ${IMAGE} .\n${before}${lines.join('\n')}\n`;
}

export function dockerignore({ language }: Project): string {
  const lines = [...everywhere, ...madeHere[language]];
  return `# What an image does not need, or must not hold.\n${lines.join('\n')}\n`;
}

const everywhere = ['.git', '.env*', 'Dockerfile', '.dockerignore', 'chart-values.yaml'] as const;

/** What a build makes in the working directory, and makes anew in the image. */
const madeHere: Readonly<Record<LanguageName, readonly string[]>> = {
  node: ['node_modules'],
  python: ['.venv', 'venv', '**/__pycache__'],
  ruby: ['.bundle', 'vendor/bundle', 'log', 'tmp'],
  php: ['vendor'],
  java: ['build', 'target', '.gradle'],
  go: [],
  shell: [],
};

/** hurricane.yaml and the checks, where the app itself is built in another stage. */
const ownFiles = 'COPY hurricane.yaml ./\nCOPY checks checks';

const recipes: Readonly<Record<LanguageName, (look: Look) => Recipe>> = {
  node: (look) => ({
    base: 'node:26-bookworm-slim',
    packages: first(look, {
      'package-lock.json': ['COPY package.json package-lock.json ./', 'RUN npm ci --omit=dev'],
      'package.json': ['COPY package.json ./', 'RUN npm install --omit=dev'],
    }),
  }),
  python: (look) => ({
    base: 'python:3.13-slim',
    env: ' PYTHONUNBUFFERED=1',
    packages: first(look, {
      'requirements.txt': [
        'COPY requirements.txt ./',
        'RUN pip install --no-cache-dir --requirement requirements.txt',
      ],
    }),
    files: [
      'COPY . .',
      ...first(look, {
        'requirements.txt': [],
        'pyproject.toml': ['RUN pip install --no-cache-dir .'],
      }),
    ],
  }),
  ruby: (look) => ({
    base: look('Gemfile') === undefined ? 'ruby:3.4-slim' : 'ruby:3.4',
    packages: first(look, {
      'Gemfile.lock': ['COPY Gemfile Gemfile.lock ./', 'RUN bundle install'],
      Gemfile: ['COPY Gemfile ./', 'RUN bundle install'],
    }),
  }),
  php: (look) => ({
    base: 'php:8.4-cli',
    stages: first(look, {
      'composer.json': [
        'FROM composer:2 AS packages',
        'COPY . .',
        'RUN composer install --no-dev --no-interaction --no-scripts',
      ],
    }),
    env: ' PHP_CLI_SERVER_WORKERS=8',
    packages: first(look, { 'composer.json': ['COPY --from=packages /app/vendor vendor'] }),
  }),
  java: (look) => {
    // The plugin of Spring Boot makes a second jar, which cannot be run.
    const gradle = [
      'FROM gradle:8-jdk21 AS build',
      'COPY . .',
      'RUN gradle assemble && rm -f build/libs/*-plain.jar',
    ];
    const jar = (folder: string): string[] => [
      `COPY --from=build ${folder}/*.jar app.jar`,
      ownFiles,
    ];
    const built = 'build/libs';
    const files = first(look, {
      'pom.xml': jar('/srv/target'),
      'build.gradle': jar(`/home/gradle/${built}`),
      'build.gradle.kts': jar(`/home/gradle/${built}`),
    });
    return {
      base: 'eclipse-temurin:21-jre',
      stages: first(look, {
        'pom.xml': [
          'FROM maven:3-eclipse-temurin-21 AS build',
          'WORKDIR /srv',
          'COPY . .',
          'RUN mvn --batch-mode package -DskipTests',
        ],
        'build.gradle': gradle,
        'build.gradle.kts': gradle,
      }),
      ...(files.length === 0 ? {} : { files }),
    };
  },
  go: () => ({
    // The example check is a script of the shell; without it the base may be scratch.
    base: 'debian:bookworm-slim',
    stages: [
      'FROM golang:1.24 AS build',
      'WORKDIR /srv',
      'COPY . .',
      'RUN CGO_ENABLED=0 go build -o /app .',
    ],
    files: ['COPY --from=build /app ./', ownFiles],
  }),
  shell: () => ({ base: 'debian:bookworm-slim' }),
};

/** The lines of the first of these files that is there. */
function first(look: Look, lines: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(lines).find(([name]) => look(name) !== undefined)?.[1] ?? [];
}
