// `ashlar query types`: the reference of module types, and the page in docs/ that is made of it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const project = resolve(import.meta.dirname, '../..');
const golden = join(project, 'test/golden/query');

function types(...argv: readonly string[]) {
  return spawnSync(join(project, 'bin/ashlar'), ['query', 'types', ...argv], { encoding: 'utf8' });
}

test.each([
  ['types-some', ['genrule', 'cc_library']],
  ['types-json', ['--json', 'filegroup', 'cc_test']],
])('%s', async (name, argv) => {
  const { status, stdout, stderr } = types(...argv);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  await expect(stdout).toMatchFileSnapshot(join(golden, `${name}.txt`));
});

test('the page of the stock module types is up to date', () => {
  const page = readFileSync(join(project, 'docs/module-types.md'), 'utf8');
  const names = [...page.matchAll(/^## `(.*)`$/gm)].map(([, name]) => name!);
  expect(names).toContain('cc_library');
  expect(page.slice(page.indexOf('\n## ') + 1)).toBe(types('--markdown', ...names).stdout);
});

test('without names, each type has a line', () => {
  const lines = types().stdout.split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^cc_library +A static library in C\.$/));
  expect(lines).toContainEqual(expect.stringMatching(/^genrule +Files that a command makes\.$/));
});

test.each([
  [['cc_libary'], 'there is no module type "cc_libary"', 'did you mean "cc_library"?'],
  [['--json', '--markdown'], '--json and --markdown exclude each other', ''],
  [['--logic', 'nope.js'], 'nope.js', ''],
])('%j says what is wrong', (argv, message, hint) => {
  const { status, stdout, stderr } = types(...argv);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
  expect(stdout).toBe('');
  expect(status).toBe(argv.includes('nope.js') ? 3 : 2);
});
