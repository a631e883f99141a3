import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { diskFiles } from '../../../src/blueprint/glob/filesystem.ts';
import { glob } from '../../../src/blueprint/glob/glob.ts';
import { memoryFiles } from '../../../src/blueprint/glob/memory.ts';
import { golden } from '../golden.ts';

interface GlobCase {
  readonly id: string;
  readonly pattern: string;
  readonly excludes: readonly string[] | null;
  readonly files: readonly string[];
  readonly follow_symlinks: boolean;
  readonly matches?: readonly string[];
  readonly deps?: readonly string[];
  readonly error?: string;
  readonly panic?: string;
}

function tree(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, '']));
}

function messageOf(result: ReturnType<typeof glob>): string | undefined {
  return result.ok ? undefined : result.diagnostics[0]!.message;
}

describe('golden', () => {
  const { cases } = golden('pathtools/glob.json') as { cases: GlobCase[] };

  test.each(cases.filter(({ panic }) => panic === undefined))('$id $pattern', (wanted) => {
    const result = glob(memoryFiles(tree(wanted.files)), wanted.pattern, {
      excludes: wanted.excludes ?? [],
      followLinks: wanted.follow_symlinks,
    });
    if (wanted.error !== undefined) expect(messageOf(result)).toBe(wanted.error);
    else
      expect(result).toEqual({
        ok: true,
        value: { matches: wanted.matches, searched: wanted.deps },
      });
  });

  test.each(cases.filter(({ panic }) => panic !== undefined))(
    '$id $pattern crashed the original; directories only is what it asks for',
    ({ pattern, files }) => {
      const result = glob(memoryFiles(tree(files)), pattern);
      expect(result).toEqual({ ok: true, value: { matches: ['a/', 'b/', 'c/'], searched: ['.'] } });
    },
  );
});

describe('links', () => {
  const files = memoryFiles({
    'a/f.c': '',
    'a/up -> ..': '',
    'l -> a': '',
    'b/dangling -> nowhere': '',
    'd/x/y.c': '',
    'd/z -> x': '',
  });

  test('a directory behind a link is searched, unless links are not followed', () => {
    expect(glob(files, 'l/*.c')).toMatchObject({ value: { matches: ['l/f.c'] } });
    expect(glob(files, 'd/**/*.c')).toMatchObject({ value: { matches: ['d/x/y.c', 'd/z/y.c'] } });
    expect(glob(files, 'd/**/*.c', { followLinks: false })).toMatchObject({
      value: { matches: ['d/x/y.c'] },
    });
    expect(glob(files, 'd/*', { followLinks: false })).toMatchObject({
      value: { matches: ['d/x/', 'd/z'] },
    });
  });

  test('a link that leads nowhere is a match, but not a place to search in', () => {
    expect(glob(files, 'b/*')).toMatchObject({ value: { matches: ['b/dangling'] } });
    expect(messageOf(glob(files, 'b/*/x*'))).toBe('dangling symlink: b/dangling');
  });

  test('a link to its own parent ends with an error instead of never', () => {
    expect(messageOf(glob(files, 'a/**/*.c'))).toBe('too many symlinks: a/up/a');
  });
});

test('wildcards do not look into what a build made', () => {
  const files = memoryFiles({
    'a.c': '',
    'src/b.c': '',
    'out/CACHEDIR.TAG': '',
    'out/gen.c': '',
    'out/deep/gen.c': '',
  });
  expect(glob(files, '**/*.c')).toEqual({
    ok: true,
    value: { matches: ['a.c', 'src/b.c'], searched: ['.', 'out', 'src'] },
  });
  expect(glob(files, '*/*.c')).toMatchObject({ value: { matches: ['src/b.c'] } });
  expect(glob(files, 'out/*.c')).toMatchObject({ value: { matches: ['out/gen.c'] } });
  expect(glob(files, 'out/**/*.c')).toMatchObject({
    value: { matches: ['out/gen.c', 'out/deep/gen.c'] },
  });
});

test('wildcards match no directory that a build made, and watch it', () => {
  const files = memoryFiles({
    'a.c': '',
    'src/b.c': '',
    'src/made/CACHEDIR.TAG': '',
    'out/CACHEDIR.TAG': '',
    'out/packages/x': '',
  });
  const value = (pattern: string): unknown => {
    const found = glob(files, pattern);
    return found.ok ? found.value : found.diagnostics;
  };
  expect(value('*')).toEqual({ matches: ['a.c', 'src/'], searched: ['.', 'out'] });
  expect(value('*/')).toEqual({ matches: ['src/'], searched: ['.', 'out'] });
  expect(value('s*/m*')).toEqual({ matches: [], searched: ['.', 'src', 'src/made'] });
  expect(value('**/*')).toEqual({
    matches: ['a.c', 'src/', 'src/b.c'],
    searched: ['.', 'out', 'src', 'src/made'],
  });
  // What is named is meant.
  expect(value('out')).toEqual({ matches: ['out/'], searched: ['out'] });
  expect(value('*/made')).toEqual({ matches: ['src/made/'], searched: ['.', 'out', 'src'] });
  expect(value('out/*')).toEqual({
    matches: ['out/CACHEDIR.TAG', 'out/packages/'],
    searched: ['out'],
  });
});

test('hostile patterns neither crash nor take long', () => {
  const files = memoryFiles(tree(['a'.repeat(255)]));
  expect(messageOf(glob(files, `${'*a'.repeat(120)}b`))).toBeUndefined();
  expect(glob(files, '*/'.repeat(50_000)).ok).toBe(true);
  expect(glob(files, '/'.repeat(100_000)).ok).toBe(true);
  expect(messageOf(glob(files, '*\\'))).toBe('syntax error in pattern');
  expect(messageOf(glob(files, 'a\\'))).toBe('syntax error in pattern');
});

describe('on disk', () => {
  const root = mkdtempSync(join(tmpdir(), 'ashlar-glob-'));
  mkdirSync(join(root, 'src/x'), { recursive: true });
  for (const path of ['src/b.c', 'src/a.c', 'src/.h.c', 'src/x/c.c', 'src/é.c', 'top']) {
    writeFileSync(join(root, path), '');
  }
  symlinkSync('nowhere', join(root, 'dangling'));
  symlinkSync('self', join(root, 'self'));
  afterAll(() => rmSync(root, { recursive: true }));
  const files = diskFiles(root);

  test('results are the same as in memory', () => {
    expect(glob(files, 'src/**/*.c')).toEqual({
      ok: true,
      value: {
        matches: ['src/a.c', 'src/b.c', 'src/é.c', 'src/x/c.c'],
        searched: ['src', 'src/x'],
      },
    });
    expect(glob(files, '*')).toMatchObject({
      value: { matches: ['dangling', 'self', 'src/', 'top'] },
    });
    expect(glob(files, 'top/*')).toEqual({ ok: true, value: { matches: [], searched: [] } });
    expect(glob(files, 'none/x')).toEqual({ ok: true, value: { matches: [], searched: ['.'] } });
  });

  test('absolute patterns are looked up as they are', () => {
    expect(glob(files, `${root}/t*`)).toMatchObject({ value: { matches: [`${root}/top`] } });
  });
});
