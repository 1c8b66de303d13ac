import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import type { FilesConfig } from '../../../src/config/slices/files.ts';
import { loadServeConfig } from '../../../src/config/load.ts';
import { loadInput } from '../../helpers/load-input.ts';

type Given = Parameters<typeof loadInput>[0];

async function files(given: Given): Promise<FilesConfig> {
  const { config, problems } = await loadServeConfig(loadInput(given));
  return config?.files ?? assert.fail(problems.map(({ message }) => message).join('\n'));
}

async function problem(given: Given): Promise<string> {
  const { problems } = await loadServeConfig(loadInput(given));
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems[0]?.message ?? '';
}

const env = { STATIC_URL: '/assets/', STATIC_ROOT: 'build', MEDIA_URL: '/up', MEDIA_ROOT: '/data' };

suite('static and media', () => {
  test('name a URL and a folder', async () => {
    assert.deepEqual((await files({ flags: { static: '/s/=public', media: '/m=a=b' } })).mounts, [
      { kind: 'static', url: '/s', folder: 'public' },
      { kind: 'media', url: '/m', folder: 'a=b' },
    ]);
  });

  test('without a value are where the variables say', async () => {
    assert.deepEqual((await files({ flags: { static: '', media: '' }, env })).mounts, [
      { kind: 'static', url: '/assets', folder: 'build' },
      { kind: 'media', url: '/up', folder: '/data' },
    ]);
  });

  test('are switched on and off by variables and the file', async () => {
    const on = await files({ env: { ...env, HURRICANE_MEDIA: 'true' } });
    assert.deepEqual(
      on.mounts.map(({ kind }) => kind),
      ['media'],
    );
    const yaml = { 'hurricane.yaml': 'media: [false]\nstatic:\n  - true\n  - /x=y\n' };
    const both = await files({ env: { ...env, HURRICANE_MEDIA: 'true' }, files: yaml });
    assert.deepEqual(
      both.mounts.map(({ url }) => url),
      ['/assets', '/x'],
    );
  });

  test('variables that nobody asks for may be anything', async () => {
    assert.deepEqual((await files({ env: { STATIC_URL: 'https://cdn/' } })).mounts, []);
  });

  test('faults are told', async () => {
    assert.match(await problem({ flags: { static: '' } }), /needs STATIC_URL, .* and STATIC_ROOT/);
    const cdn = { ...env, MEDIA_URL: 'https://cdn/' };
    assert.match(await problem({ flags: { media: '' }, env: cdn }), /needs MEDIA_URL/);
    assert.match(await problem({ flags: { static: 'public' } }), /is not a place for files/);
    assert.match(await problem({ flags: { static: '/s=' } }), /is not a place for files/);
    assert.match(await problem({ flags: { static: '/=public' } }), /no request for the app/);
    const twice = { static: '/s=a', media: '/s/=b' };
    assert.match(await problem({ flags: twice }), /\/s is the URL of two folders/);
  });

  test('a watched source and its command need each other', async () => {
    assert.match(await problem({ flags: { 'static-watch': 'css' } }), /needs static-command/);
    assert.match(await problem({ flags: { 'static-command': 'make' } }), /needs static-watch/);
    const { collect } = await files({ flags: { 'static-watch': 'css', 'static-command': 'make' } });
    assert.deepEqual(collect?.paths, ['css']);
  });

  test('globs need autoreload', async () => {
    assert.match(await problem({ flags: { watch: 'src/**' } }), /watch needs autoreload/);
  });
});
