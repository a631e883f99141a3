import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { gitHead } from '../../src/package/git.ts';

const IDENTITY = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];

function git(directory: string, ...argv: string[]): string {
  return execFileSync('git', ['-C', directory, ...IDENTITY, ...argv], { encoding: 'utf8' }).trim();
}

function repository(root: string): string {
  git(root, 'init', '-q');
  writeFileSync(join(root, 'f'), 'x');
  git(root, 'add', 'f');
  git(root, 'commit', '-q', '-m', 'one');
  return git(root, 'rev-parse', 'HEAD');
}

async function code(directory: string): Promise<string> {
  const head = await gitHead(directory);
  return head.ok ? head.value : head.diagnostics[0]!.code;
}

test('a clean repository is pinned by its head; files that git does not know do not count', async () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-git');
  const head = repository(root.path);
  expect(await code(root.path)).toBe(head);
  writeFileSync(join(root.path, 'untracked'), 'x');
  expect(await code(root.path)).toBe(head);
});

test('changes that are not committed are an error that names the files', async () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-git');
  repository(root.path);
  writeFileSync(join(root.path, 'f'), 'y');
  const head = await gitHead(root.path);
  expect(head.ok ? [] : head.diagnostics[0]).toMatchObject({
    code: 'git/changes',
    notes: [{ message: ' M f' }],
  });
});

test('what is no repository, or has no commit, is an error', async () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-git');
  expect(await code(join(root.path, 'missing'))).toBe('git/not-a-repository');
  git(root.path, 'init', '-q');
  expect(await code(root.path)).toBe('git/not-a-repository');
});

test('a program that the repository configures is not run', async () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-git');
  repository(root.path);
  mkdirSync(join(root.path, '.git/bin'));
  const script = join(root.path, '.git/bin/monitor');
  const trace = join(root.path, '.git/ran');
  writeFileSync(script, `#!/bin/sh\ntouch '${trace}'\n`, { mode: 0o755 });
  git(root.path, 'config', 'core.fsmonitor', script);
  await gitHead(root.path);
  expect(existsSync(trace)).toBe(false);
});
