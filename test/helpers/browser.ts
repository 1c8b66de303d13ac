// Debian's Chromium, and what it says about the requests of a page.

import type { TestContext } from 'node:test';

import { chromium, type Page } from 'playwright-core';

import { isInstalled } from './apps.ts';

const PROGRAM = '/usr/bin/chromium';

export interface WatchedPage {
  readonly page: Page;
  /** Requests without an answer, answers from 400 on, and errors of scripts. */
  readonly faults: readonly string[];
  /** Status and Content-Range of every answer whose URL ends so. */
  readonly answers: (end: string) => readonly (readonly [status: number, range: string])[];
}

/** An empty page. Undefined, and the test skipped with the reason, where there is no browser. */
export async function usePage(t: TestContext): Promise<WatchedPage | undefined> {
  if (!(await isInstalled(PROGRAM))) {
    t.skip(`${PROGRAM} is not installed: run sh scripts/node.sh scripts/setup-tests.ts`);
    return undefined;
  }
  // In a container it is root, who has no sandbox.
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    chromiumSandbox: false,
    args: ['--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const faults: string[] = [];
  const answered: (readonly [url: string, status: number, range: string])[] = [];
  page.on('requestfailed', (request) => {
    faults.push(`${request.url()} ${request.failure()?.errorText ?? ''}`);
  });
  page.on('response', (response) => {
    answered.push([response.url(), response.status(), response.headers()['content-range'] ?? '']);
    if (response.status() >= 400) faults.push(`${response.url()} ${response.status()}`);
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  return {
    page,
    faults,
    answers: (end) =>
      answered.filter(([url]) => url.endsWith(end)).map(([, status, range]) => [status, range]),
  };
}
