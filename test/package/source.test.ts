import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { hashText } from '../../src/package/identity.ts';
import { readSource } from '../../src/package/source.ts';
import { collect, parse, summary } from './located.ts';

const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const COMMIT = 'a'.repeat(40);

function read(source: unknown, mirrors?: readonly string[]) {
  const node = parse(typeof source === 'string' ? source : JSON.stringify(source));
  const context = { name: 's', directory: '/packages/p', mirrors };
  return collect((out) => readSource(node, context, out));
}

describe('each kind', () => {
  test('git', () => {
    const { value, out } = read({ kind: 'git', git: 'g', ref: COMMIT, ref_origin: 'main' });
    expect(out.diagnostics).toEqual([]);
    expect(value).toMatchObject({
      kind: 'git',
      name: 's',
      git: 'g',
      ref: COMMIT,
      ref_origin: 'main',
    });
    expect(value).toMatchObject({ pin: { key: 'commit', hash: hashText(COMMIT) } });
  });

  test('git_local', () => {
    const { value } = read({ kind: 'git_local', rel_path: '../repo' });
    expect(value).toMatchObject({ rel_path: '../repo', directory: '/packages/repo' });
  });

  test.each([
    ['sha1', SHA1],
    ['sha256', 'b'.repeat(64)],
    ['sha512', 'c'.repeat(128)],
  ])('url with %s', (algorithm, digits) => {
    const { value, out } = read({ kind: 'url', url: 'https://h/x', [algorithm]: digits });
    expect(out.diagnostics).toEqual([]);
    expect(value).toMatchObject({
      url: 'https://h/x',
      [algorithm]: digits,
      pin: { key: `downloaded_${algorithm}`, hash: hashText(digits) },
    });
  });
});

test('a mirror must be one of those there are, where these are known', () => {
  const source = { kind: 'url_extract', url: 'mirror://debain/pool/x.tar.gz', sha1: SHA1 };
  expect(read(source).out.diagnostics).toEqual([]);
  const { out } = read(source, ['debian', 'npm']);
  expect(summary(out.diagnostics)).toEqual([expect.stringContaining('source/mirror')]);
  expect(out.diagnostics[0]!.hint).toBe('did you mean "debian"?');
  for (const url of ['mirror://', 'mirror://npm', 'mirror:///x', 'mirror://npm/']) {
    expect(read({ ...source, url }, ['npm']).out.failed).toBe(true);
  }
});

describe('what is wrong', () => {
  test.each<[unknown, string]>([
    [[], 'definition/type'],
    [{}, 'definition/missing-key'],
    [{ kind: 5 }, 'definition/type'],
    [{ kind: 'svn' }, 'source/kind'],
    [{ kind: 'git', git: 1, ref: COMMIT, ref_origin: 'm' }, 'definition/type'],
    [{ kind: 'git', git: 'g', ref: COMMIT, ref_origin: null }, 'definition/type'],
    [{ kind: 'git', git: 'g', ref: 'main', ref_origin: 'm' }, 'source/ref'],
    [{ kind: 'git_local', rel_path: '/x' }, 'source/path'],
    [{ kind: 'git_local', rel_path: 'x\0' }, 'source/path'],
    [{ kind: 'url', url: 'https://h/x' }, 'source/checksum'],
    [{ kind: 'url', url: 'https://h/x', sha1: SHA1, sha256: 'b'.repeat(64) }, 'source/checksum'],
    [{ kind: 'url', url: 'https://h/x', sha256: 'B'.repeat(64) }, 'source/checksum'],
    [{ kind: 'url', url: 'https://h/x', sha256: 1 }, 'source/checksum'],
    [{ kind: 'url', url: 'x', sha1: SHA1 }, 'source/url'],
    [{ kind: 'url', url: 'https://h/x', sha1: SHA1, sha: 'x' }, 'definition/unknown-key'],
  ])('%j: %s', (source, code) => {
    const { out } = read(source);
    expect(out.diagnostics.map((one) => one.code)).toEqual([code]);
    expect(out.failed).toBe(true);
    expect(formatDiagnostic(out.diagnostics[0]!)).toMatch(/^test\.json:1:\d+: error: /);
  });
});

test('a ref that no fetch can check out still has an id', () => {
  const ref = `-${'a'.repeat(39)}`;
  const { value, out } = read({ kind: 'git', git: 'g', ref, ref_origin: 'm' });
  expect(summary(out.diagnostics)).toEqual([]);
  expect(summary(out.diagnostics, 'warning')).toHaveLength(1);
  expect(value).toMatchObject({ pin: { hash: hashText(ref) } });
});
