// What documents say is shown by a test, or by a benchmark, is there to show it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PROJECT = join(import.meta.dirname, '..');

/** Tests, directories of tests (`package/fetch/*`) and benchmarks in the last column of tables. */
function named(document: string): string[] {
  const rows = document.split('\n').filter((line) => /^\| \S/.test(line));
  return rows.flatMap((row) => {
    const last = row.split('|').at(-2) ?? '';
    return [...last.matchAll(/`([a-z][a-z0-9/*-]+)`/g)].map(([, name]) => name!);
  });
}

function isThere(name: string): boolean {
  if (name.startsWith('bench/')) {
    const suite = name.slice('bench/'.length);
    return suite === '' || existsSync(join(PROJECT, 'bench', `${suite}.suite.js`));
  }
  const path = join(PROJECT, 'test', name);
  if (!name.endsWith('/*')) return existsSync(`${path}.test.ts`) || tests(path).length > 0;
  return tests(path.slice(0, -2)).length > 0;
}

function tests(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((file) => file.endsWith('.test.ts'));
}

test('docs/shared-state.md names tests that there are, in every row', () => {
  const document = readFileSync(join(PROJECT, 'docs/shared-state.md'), 'utf8');
  const names = named(document);
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name) => !isThere(name))).toEqual([]);
  for (let n = 1; n <= 32; n++) expect(document).toMatch(new RegExp(`^\\| R${n} \\|`, 'm'));
  for (let n = 1; n <= 18; n++) expect(document).toMatch(new RegExp(`^\\| U${n} \\|`, 'm'));
});
