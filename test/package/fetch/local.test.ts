// Work trees on this machine: clean or not, and at which commit.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatDiagnostic, type Result } from '../../../src/base/diagnostic.ts';
import { cleanHead, gitHead, localDirectory } from '../../../src/package/fetch/local.ts';
import { Repository } from '../../rig/repository.ts';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-local-'));
});
afterEach(() => rmSync(work, { recursive: true }));

const codes = (result: Result<unknown>): string[] =>
  result.ok ? [] : result.diagnostics.map(({ code }) => code);

test('rel_path is relative to the package', () => {
  expect(localDirectory('../../up', '/a/b/c')).toEqual({ ok: true, value: '/a/up' });
  expect(codes(localDirectory('/up', '/a/b/c'))).toEqual(['source/absolute-path']);
});

test('a clean repository gives its commit; untracked files do not count', async () => {
  const repository = new Repository(join(work, 'a'));
  const commit = repository.commit({ file: 'x' });
  repository.write({ untracked: 'x' });
  expect(await gitHead(repository.path)).toEqual({ ok: true, value: commit });
  expect(await cleanHead(repository.path)).toEqual({ ok: true, value: commit });
});

test('changes to tracked files are listed', async () => {
  const repository = new Repository(join(work, 'a'));
  repository.commit({ file: 'x', 'old name': 'a long enough text', gone: 'x' });
  repository.write({ file: 'y' });
  repository.git('mv', 'old name', 'new name');
  repository.git('rm', '-q', 'gone');
  const result = await cleanHead(repository.path);
  expect(codes(result)).toEqual(['source/local-changes']);
  const text = result.ok ? '' : formatDiagnostic(result.diagnostics[0]!);
  expect(text).toContain(repository.path);
  expect(text).toContain(': file, gone, new name\n');
});

test('what is no repository, or not its top, is told', async () => {
  expect(codes(await gitHead(join(work, 'missing')))).toEqual(['source/not-a-repository']);
  mkdirSync(join(work, 'plain'));
  expect(codes(await gitHead(join(work, 'plain')))).toEqual(['source/not-a-repository']);
  const repository = new Repository(join(work, 'a'));
  const empty = await gitHead(repository.path);
  expect(empty.ok ? '' : empty.diagnostics[0]!.message).toContain('no commit yet');
  repository.commit({ 'sub/file': 'x' });
  const sub = await gitHead(join(repository.path, 'sub'));
  expect(sub.ok ? '' : sub.diagnostics[0]!.message).toContain('not its top directory');
  const newer = new Repository(join(work, 'sha256'), '--object-format=sha256');
  newer.commit({ file: 'x' });
  const wide = await gitHead(newer.path);
  expect(wide.ok ? '' : wide.diagnostics[0]!.message).toContain('not SHA-1');
});
