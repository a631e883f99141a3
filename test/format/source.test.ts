import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { extractSource, identifyArchive } from '../../src/format/source.ts';
import { archive, type RawEntry } from '../rig/raw-tar.ts';
import { zip } from '../rig/raw-zip.ts';
import { picture, scratch } from '../rig/scratch.ts';

const golden = resolve(import.meta.dirname, '../../../shared/golden/pkgpanda/validation.json');

describe('the kind by name is what pkgpanda finds', () => {
  const cases = (
    JSON.parse(readFileSync(golden, 'utf8')) as {
      identify_archive_type: { input: string; ok: boolean; value: string }[];
    }
  ).identify_archive_type;

  test.each(cases)('$input', ({ input, value }) => {
    expect(identifyArchive(input)).toBe(value);
  });

  test('the cases are there', () => {
    expect(cases.length).toBeGreaterThan(15);
  });

  test.each([
    ['.tar.gz', 'tar'],
    ['.tgz', 'tar'],
    ['a.tar.', 'tar'],
    ['tar.zip', 'zip'],
    ['a..tar.gz', 'tar'],
    ['', 'unknown'],
    ['a.tar.gz.b.c', 'unknown'],
  ])('%j is %s', (name, kind) => {
    expect(identifyArchive(name)).toBe(kind);
  });
});

async function extract(
  bytes: Buffer,
  name: string,
): Promise<{ code: string; text: string; made: string[] }> {
  using work = scratch();
  writeFileSync(work.at('download'), bytes);
  const result = await extractSource(work.at('download'), name, work.at('src'));
  if (result.ok) {
    const made = picture(work.at('src')).map((line) => line.replace(/ [0-9a-f]{16}$/, ''));
    return { code: 'extracted', text: '', made };
  }
  const [diagnostic] = result.diagnostics;
  return { code: diagnostic!.code, text: formatDiagnostic(diagnostic!), made: [] };
}

const entries: RawEntry[] = [
  { name: 'pkg-1.0/', type: '5', mode: '0002775\0' },
  { name: 'pkg-1.0/configure', mode: '0000775\0', content: '#!/bin/sh\n' },
  { name: 'pkg-1.0/src/main.c', mode: '0000600\0', content: 'int main;\n' },
  { name: 'pkg-1.0/link', type: '2', link: 'src/main.c' },
];
const expected = ['configure 0755 10', 'link -> src/main.c', 'src/ 0755', 'src/main.c 0644 10'];

test('tar archives lose their top directory', async () => {
  for (const name of ['pkg.tgz', 'pkg.tar.gz', 'pkg.tar.whatever', 'a/b/pkg.tar.gz?x=1']) {
    expect(await extract(gzipSync(archive(...entries)), name)).toMatchObject({ made: expected });
  }
});

test('zip archives do too', async () => {
  const bytes = zip([
    { name: 'pkg-1.0/configure', content: '#!/bin/sh\n', mode: 0o100755 },
    { name: 'pkg-1.0/src/main.c', content: 'int main;\n' },
    { name: 'pkg-1.0/link', content: 'src/main.c', mode: 0o120777 },
  ]);
  for (const name of ['pkg.zip', 'pkg.tar.zip', 'pkg.jar']) {
    expect(await extract(bytes, name)).toMatchObject({ made: expected });
  }
});

test('names that say nothing are recognised by content', async () => {
  const plain = archive(...entries);
  for (const [name, bytes] of [
    ['pkg.tar', plain],
    ['pkg.txz', execFileSync('xz', ['-c'], { input: plain })],
    ['download', gzipSync(plain)],
  ] as const) {
    expect(await extract(bytes, name)).toMatchObject({ made: expected });
  }
});

test('a tar archive without a top directory is told, where nothing would be left of it', async () => {
  const { code, text } = await extract(archive({ name: 'a', content: 'a' }), 'flat.tar');
  expect(code).toBe('archive/nothing-left');
  expect(text).toMatch(/^flat\.tar: error: all in it lies at its top/);
  // Some of it is dropped, as ever.
  const some = archive({ name: 'README', content: 'a' }, { name: 'pkg/b', content: 'b' });
  expect(await extract(some, 'some.tar')).toMatchObject({ made: ['b 0644 1'] });
});

test('what is no archive is told with its name', async () => {
  const { code, text } = await extract(Buffer.from('int main;\n'), 'dir/main.c');
  expect(code).toBe('archive/unknown-kind');
  expect(text).toContain('"main.c" is no archive that can be extracted');
  expect((await extract(Buffer.alloc(0), 'empty')).code).toBe('archive/unknown-kind');
  expect((await extract(Buffer.from('<!doctype html>'.padEnd(999)), 'pkg.tar.gz')).text).toContain(
    'the server answered with a page',
  );
  expect((await extract(zip([]), 'pkg.tar.gz')).code).toBe('archive/compression');
  expect((await extract(archive(), 'pkg.zip')).code).toBe('archive/zip');
});

test('links out of the sources are refused, set-id bits dropped', async () => {
  const escape = archive(...entries, { name: 'pkg-1.0/up', type: '2', link: '../pkg-1.0/link' });
  expect((await extract(escape, 'x.tar.gz')).code).toBe('archive/outside');
  const setid = archive({ name: 'p/su', mode: '0006755\0', content: '' });
  expect((await extract(setid, 'x.tar.gz')).made).toEqual(['su 0755 0']);
});

test('GNU tar and we agree on a tree of sources', async () => {
  using work = scratch();
  mkdirSync(work.at('tree/pkg-2/doc'), { recursive: true });
  mkdirSync(work.at('tree/other'));
  writeFileSync(work.at('tree/README'), 'dropped');
  writeFileSync(work.at('tree/pkg-2/a'), 'a');
  writeFileSync(work.at('tree/pkg-2/doc/b'), 'b');
  writeFileSync(work.at('tree/other/c'), 'c');
  execFileSync('tar', [
    '-cJf',
    work.at('it.tar.xz'),
    '-C',
    work.at('tree'),
    'README',
    'pkg-2',
    'other',
  ]);
  mkdirSync(work.at('theirs'));
  execFileSync('tar', [
    '-xf',
    work.at('it.tar.xz'),
    '--strip-components=1',
    '-C',
    work.at('theirs'),
  ]);
  expect((await extractSource(work.at('it.tar.xz'), 'it.tar.xz', work.at('ours'))).ok).toBe(true);
  const ours = picture(work.at('ours'), { times: true });
  const files = (lines: string[]): string[] => lines.filter((line) => !line.includes('/ '));
  expect(files(ours)).toEqual(
    files(picture(work.at('theirs'), { times: true })).map((line) => line),
  );
});
