// Checkouts: the same bytes from every copy of a repository, and a .git that answers what builds ask.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatDiagnostic, type Diagnostic, type Result } from '../../../src/base/diagnostic.ts';
import { checkoutGit } from '../../../src/package/fetch/checkout.ts';
import { Repository, snapshot } from '../../rig/repository.ts';

let work: string;
let warnings: Diagnostic[];
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-checkout-'));
  warnings = [];
});
afterEach(() => rmSync(work, { recursive: true }));

async function checkout(repository: string, commit: string, name = 'out'): Promise<string> {
  const destination = join(work, name);
  must(
    await checkoutGit({
      repository,
      commit,
      destination,
      onWarning: (diagnostic) => warnings.push(diagnostic),
    }),
  );
  return destination;
}

function must(result: Result<unknown>): void {
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
}

function git(cwd: string, ...argv: string[]): string {
  return execFileSync('git', argv, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd();
}

/** Two releases, a side branch, a merge, tags of all kinds, and something after the commit. */
function sample(path: string): { repository: Repository; commit: string } {
  const repository = new Repository(path);
  repository.commit({ README: 'one', 'src/main.c': 'int main;' }, 'first');
  repository.git('tag', 'v1');
  repository.git('checkout', '-q', '-b', 'side');
  repository.commit({ side: 'x' }, 'side');
  repository.git('checkout', '-q', 'master');
  repository.commit({ 'src/main.c': 'int main(){}' }, 'second');
  repository.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
  repository.git('tag', '-a', 'v2', '-m', 'release');
  repository.git('tag', '-a', 'v2-signed', '-m', 'nested', 'v2');
  writeFileSync(join(path, 'run.sh'), '#!/bin/sh\n');
  chmodSync(join(path, 'run.sh'), 0o755);
  symlinkSync('src/main.c', join(path, 'link'));
  const commit = repository.commit({ 'dir with space/ä': 'é' }, 'third');
  repository.commit({ future: 'x' }, 'after');
  repository.git('tag', 'v3');
  return { repository, commit };
}

test('files, modes and links are those of the commit', async () => {
  const { repository, commit } = sample(join(work, 'repository'));
  const out = await checkout(repository.path, commit);
  const { ...files } = snapshot(out);
  const names = Object.keys(files).filter((name) => !name.startsWith('.git'));
  expect(Object.fromEntries(names.map((name) => [name, files[name]]))).toEqual({
    README: '644 one',
    'dir with space': '755 ',
    'dir with space/ä': `644 ${Buffer.from('é').toString('latin1')}`,
    link: '777 src/main.c',
    'run.sh': '755 #!/bin/sh\n',
    side: '644 x',
    src: '755 ',
    'src/main.c': '644 int main(){}',
  });
  expect(warnings).toEqual([]);
});

test('its .git answers what builds ask', async () => {
  const { repository, commit } = sample(join(work, 'repository'));
  const out = await checkout(repository.path, commit);
  expect(git(out, 'rev-parse', 'HEAD')).toBe(commit);
  expect(git(out, 'describe', '--tags')).toBe(`v2-1-g${commit.slice(0, 7)}`);
  expect(git(out, 'describe', '--dirty')).toBe(`v2-1-g${commit.slice(0, 7)}`);
  expect(git(out, 'status', '--porcelain', '--ignored')).toBe('');
  expect(git(out, 'tag')).toBe('v1\nv2\nv2-signed');
  expect(git(out, 'rev-list', '--count', 'HEAD')).toBe('5');
  expect(git(out, 'log', '-1', '--format=%s %ct')).toMatch(/^third \d+$/);
  expect(git(out, 'ls-files')).toContain('src/main.c');
  expect(git(out, 'archive', 'HEAD').length).toBeGreaterThan(0);
  git(out, 'fsck', '--full', '--strict');
  writeFileSync(join(out, 'README'), 'changed');
  expect(git(out, 'status', '--porcelain')).toBe(' M README');
  expect(git(out, 'describe', '--dirty')).toContain('-dirty');
});

test('nothing in it tells where, when or from which copy it was made', async () => {
  const { repository, commit } = sample(join(work, 'repository'));
  const first = snapshot(await checkout(repository.path, commit, 'first'));
  // Packed otherwise, with loose objects, other references, another place, configuration and umask.
  git(work, 'clone', '-q', '--mirror', repository.path, 'mirror.git');
  const mirror = join(work, 'mirror.git');
  git(mirror, 'repack', '-q', '-a', '-d', '-f', '--depth=250', '--window=250');
  git(mirror, 'commit-graph', 'write', '--reachable');
  git(mirror, 'config', 'core.compression', '0');
  git(mirror, 'config', 'core.autocrlf', 'true');
  git(mirror, 'config', 'index.version', '4');
  git(mirror, 'branch', '-D', '-q', 'side');
  git(mirror, 'replace', '--graft', commit);
  const umask = process.umask(0o077);
  try {
    expect(snapshot(await checkout(mirror, commit, 'second'))).toEqual(first);
  } finally {
    process.umask(umask);
  }
  // Made from a checkout of ours, by way of a linked work tree, and with hostile variables around.
  expect(snapshot(await checkout(join(work, 'first'), commit, 'third'))).toEqual(first);
  repository.git('worktree', 'add', '-q', '--detach', join(work, 'linked'), commit);
  const variables = {
    GIT_DIR: '/nowhere',
    GIT_INDEX_FILE: '/nowhere',
    GIT_CONFIG_PARAMETERS: "'core.bare=true'",
  };
  Object.assign(process.env, variables);
  try {
    expect(snapshot(await checkout(join(work, 'linked'), commit, 'fourth'))).toEqual(first);
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
  expect(Object.keys(first).filter((name) => name.startsWith('.git'))).toEqual([
    '.git',
    '.git/HEAD',
    '.git/config',
    '.git/index',
    '.git/objects',
    '.git/objects/pack',
    expect.stringMatching(/^\.git\/objects\/pack\/pack-[0-9a-f]{40}\.idx$/) as string,
    expect.stringMatching(/\.pack$/) as string,
    expect.stringMatching(/\.promisor$/) as string,
    '.git/packed-refs',
    '.git/refs',
    '.git/refs/heads',
    '.git/refs/tags',
  ]);
  expect(JSON.stringify(first)).not.toContain(work);
});

test('line ends and identities are those of the commit, whoever checks it out', async () => {
  const repository = new Repository(join(work, 'repository'));
  const commit = repository.commit({
    '.gitattributes': '*.bat text eol=crlf\n*.id ident\n*.x filter=evil\n',
    'a.bat': 'one\r\ntwo\r\n',
    'b.txt': 'one\ntwo\n',
    'c.x': 'text',
  });
  repository.git('config', 'filter.evil.smudge', `touch ${work}/evil; cat`);
  repository.git('config', 'core.autocrlf', 'true');
  const out = await checkout(repository.path, commit);
  expect(readFileSync(join(out, 'a.bat'), 'utf8')).toBe('one\r\ntwo\r\n');
  expect(readFileSync(join(out, 'b.txt'), 'utf8')).toBe('one\ntwo\n');
  expect(existsSync(join(work, 'evil'))).toBe(false);
  expect(git(out, 'status', '--porcelain')).toBe('');
});

test('names that are not UTF-8 and odd ones come through', async () => {
  const repository = new Repository(join(work, 'repository'));
  const name = Buffer.concat([Buffer.from(`${repository.path}/`), Buffer.from([0xff, 0xfe, 0x0a])]);
  writeFileSync(name, 'bytes');
  const commit = repository.commit({ '-rf': 'dash', '"quoted"': 'q', 'new\nline': 'n' });
  const out = await checkout(repository.path, commit);
  expect(readdirSync(out, { encoding: 'latin1' }).sort()).toEqual(
    ['"quoted"', '-rf', '.git', 'new\nline', '\xff\xfe\n'].sort(),
  );
  expect(git(out, 'status', '--porcelain')).toBe('');
});

test('submodules and LFS pointers are told of, not followed', async () => {
  const inner = new Repository(join(work, 'inner'));
  inner.commit({ file: 'x' });
  const repository = new Repository(join(work, 'repository'));
  repository.git('submodule', '--quiet', 'add', inner.path, 'sub/inner');
  const commit = repository.commit({
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
    'big.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n',
    'small.bin': 'real content',
  });
  const out = await checkout(repository.path, commit);
  expect(readdirSync(join(out, 'sub/inner'))).toEqual([]);
  expect(warnings.map(({ code }) => code)).toEqual(['source/submodules', 'source/lfs']);
  expect(formatDiagnostic(warnings[0]!)).toContain('sub/inner');
  expect(warnings[1]!.message).toContain('big.bin');
  expect(warnings[1]!.message).not.toContain('small.bin');
});

test('a shallow clone is a source as well', async () => {
  const { repository } = sample(join(work, 'repository'));
  git(work, 'clone', '-q', '--depth=2', `file://${repository.path}`, 'shallow');
  const head = git(join(work, 'shallow'), 'rev-parse', 'HEAD');
  const out = await checkout(join(work, 'shallow'), head);
  expect(git(out, 'rev-parse', 'HEAD')).toBe(head);
  expect(git(out, 'status', '--porcelain')).toBe('');
  git(out, 'fsck');
  // An older commit's boundary does not show in one whose history does not reach it.
  const whole = await checkout(repository.path, head, 'whole');
  expect(existsSync(join(whole, '.git/shallow'))).toBe(false);
  expect(existsSync(join(out, '.git/shallow'))).toBe(true);
});

test('objects that are missing or not what their names say are refused', async () => {
  const repository = new Repository(join(work, 'repository'));
  const commit = repository.commit({ a: 'one', b: 'two' });
  const blob = repository.git('rev-parse', 'HEAD:a');
  const loose = join(repository.path, '.git/objects', blob.slice(0, 2), blob.slice(2));
  const other = repository.git('rev-parse', 'HEAD:b');
  const otherLoose = join(repository.path, '.git/objects', other.slice(0, 2), other.slice(2));
  const original = readFileSync(loose);

  // A sound object under another's name, then none at all.
  chmodSync(loose, 0o644);
  for (const damage of [readFileSync(otherLoose), original.subarray(0, 5), undefined]) {
    if (damage === undefined) rmSync(loose);
    else writeFileSync(loose, damage);
    const result = await checkoutGit({
      repository: repository.path,
      commit,
      destination: join(work, 'out'),
    });
    expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual([
      'source/git-damaged',
    ]);
    expect(existsSync(join(work, 'out'))).toBe(false);
  }
  expect(readdirSync(work)).toEqual(['repository']);
});

test('a tree that would write outside, or into .git, is refused', async () => {
  const repository = new Repository(join(work, 'repository'));
  repository.commit({ a: 'one' });
  const blob = repository.git('rev-parse', 'HEAD:a');
  for (const name of ['.git', '..', '.GIT']) {
    const tree = execFileSync(
      'git',
      ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'],
      {
        cwd: repository.path,
        input: Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]),
        encoding: 'utf8',
      },
    ).trim();
    const commit = repository.git('commit-tree', tree, '-m', 'evil');
    const destination = join(work, 'out');
    const result = await checkoutGit({ repository: repository.path, commit, destination });
    // On this file system ".GIT" is an ordinary name, which git refuses for the sake of others.
    expect(result.ok).toBe(false);
    expect(existsSync(destination)).toBe(false);
  }
});

test('an empty directory may be the destination, a full one stays as it is', async () => {
  const { repository, commit } = sample(join(work, 'repository'));
  mkdirSync(join(work, 'out'));
  await checkout(repository.path, commit);
  const result = await checkoutGit({
    repository: repository.path,
    commit,
    destination: join(work, 'out'),
  });
  expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual(['fs/enotempty']);
});
