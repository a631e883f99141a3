import { expect, test } from 'vitest';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { DEFAULT_SETTINGS, loadSettings } from '../../src/package/settings.ts';
import { collect, summary } from './located.ts';
import { writeFiles } from './rig.ts';

function load(settings: string, below = '') {
  using root = temporaryDirectory(tmpdir(), 'ashlar-settings');
  writeFiles(root.path, { 'ashlar.json': settings });
  const directory = join(root.path, below);
  mkdirSync(directory, { recursive: true });
  return collect((out) => loadSettings(directory, root.path, out));
}

test('without a file every setting has its default', () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-settings');
  const { value, out } = collect((out) => loadSettings(root.path, root.path, out));
  expect(value).toEqual(DEFAULT_SETTINGS);
  expect(out.diagnostics).toEqual([]);
});

test('the file is found above, and read', () => {
  const { value, out } = load(
    JSON.stringify({
      root: '/opt/here/',
      images: { 'debian:12': 'host' },
      src_writable: true,
      mirrors: { mine: ['https://h/a/', 'file:///b'] },
      repository_url: 'https://h/repo//',
    }),
    'x/packages',
  );
  expect(out.diagnostics).toEqual([]);
  expect(value.file).toMatch(/ashlar\.json$/);
  expect(value).toMatchObject({
    root: '/opt/here',
    srcWritable: true,
    repositoryUrl: 'https://h/repo',
  });
  expect(Object.fromEntries(value.images)).toEqual({ 'debian:12': 'host' });
  expect(Object.fromEntries(value.mirrors)).toEqual({ mine: ['https://h/a', 'file:///b'] });
});

test('all that is wrong is reported at its place, and the rest still holds', () => {
  const { value, out } = load(`{
  "root": "relative",
  "images": {"a": 1, "b": ""},
  "src_writeable": true,
  "mirrors": {"x/y": ["https://h"], "z": [], "w": "https://h", "v": ["ftp://h", 1]},
  "repository_url": "h"
}`);
  expect(summary(out.diagnostics).sort()).toEqual([
    'ashlar.json:2:11 settings/root',
    'ashlar.json:3:19 definition/type',
    'ashlar.json:3:27 settings/image',
    'ashlar.json:4:3 definition/unknown-key',
    'ashlar.json:5:15 settings/mirror',
    'ashlar.json:5:42 settings/mirror',
    'ashlar.json:5:51 settings/mirror',
    'ashlar.json:5:70 settings/url',
    'ashlar.json:5:81 definition/type',
    'ashlar.json:6:21 settings/url',
  ]);
  expect(out.diagnostics.find(({ code }) => code.endsWith('unknown-key'))!.hint).toBe(
    'did you mean "src_writable"?',
  );
  expect(value.root).toBe(DEFAULT_SETTINGS.root);
});

test('mirrors that are no names are told what they are to be', () => {
  const [problem] = load('{"mirrors": [5]}').out.diagnostics;
  expect(problem).toMatchObject({
    message: '"mirrors" must be an object, found an array',
    hint: expect.stringContaining('{"NAME": ["https://…"]}') as string,
  });
  const [item] = load('{"mirrors": {"m": ["https://h", 5]}}').out.diagnostics;
  expect(item!.message).toBe('"m[1]" must be a string, found the number 5');
});

test.each(['/', '//', '', '/a/../b', '/a/./b', '/a b', '/a\n', 'C:\\x'])(
  '%j is no root',
  (root) => {
    expect(load(JSON.stringify({ root })).out.failed).toBe(true);
  },
);

test.each(['[]', '{', '{"__proto__": {"root": "/x"}}', '{"constructor": 1}'])(
  '%s is wrong',
  (text) => {
    const { value, out } = load(text);
    expect(out.failed).toBe(true);
    expect(value.root).toBe(DEFAULT_SETTINGS.root);
  },
);
