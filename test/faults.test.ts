// The page of faults names tests: each of them is there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../docs/faults.md'), 'utf8');
const rows = page.split('\n').filter((line) => /^\| (?!fault|---)/.test(line));

/** `folder/file`: title, in the last column of a row. */
const named = rows.flatMap((row) =>
  [
    ...row
      .split(' | ')
      .at(-1)!
      .matchAll(/`([\w./-]+)`: (.+?)(?=, `[\w./-]+`: | \|$)/g),
  ].map(([, file, title]) => [file!, title!.replace(/^'(.*)'$/, '$1')] as const),
);

test('every row names a test', () => {
  expect(rows.length).toBeGreaterThan(50);
  for (const row of rows) expect(row).toMatch(/ \| `[\w./-]+`: .+ \|$/);
});

test.each(named)('%s: %s', (file, title) => {
  const path = join(import.meta.dirname, `${file}.test.ts`);
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toContain(title);
});
