// Sources of every kind, from what a definition says to the verified thing on disk.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatDiagnostic, type Diagnostic, type Result } from '../../../src/base/diagnostic.ts';
import { mirrorsOf } from '../../../src/package/fetch/mirror.ts';
import {
  fetchSource,
  type FetchContext,
  type Fetched,
  type GitSource,
} from '../../../src/package/fetch/source.ts';
import { fileHandler, HttpServer } from '../../rig/http.ts';
import { FakeClock } from '../../rig/httpclock.ts';
import { Repository, snapshot } from '../../rig/repository.ts';

const content = Buffer.from('a source');
const sha256 = createHash('sha256').update(content).digest('hex');
const sha1 = createHash('sha1').update(content).digest('hex');

let work: string;
let packageDirectory: string;
let warnings: Diagnostic[];
let runs: number;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-source-'));
  packageDirectory = join(work, 'packages/p');
  mkdirSync(packageDirectory, { recursive: true });
  warnings = [];
  runs = 0;
});
afterEach(() => rmSync(work, { recursive: true }));

function context(fields: Partial<FetchContext> = {}): FetchContext {
  return {
    cache: join(work, 'cache'),
    packageDirectory,
    destination: join(work, `out${runs++}`),
    mirrors: mirrorsOf({}),
    environment: {},
    clock: new FakeClock(),
    onWarning: (diagnostic) => warnings.push(diagnostic),
    ...fields,
  };
}

const codes = (result: Result<unknown>): string[] =>
  result.ok ? [] : result.diagnostics.map(({ code }) => code);
const text = (result: Result<unknown>): string =>
  result.ok ? '' : result.diagnostics.map(formatDiagnostic).join('\n');

function fetched(result: Result<Fetched>): Fetched {
  if (!result.ok) throw new Error(text(result));
  return result.value;
}

test('a url source is verified and kept by its checksum', async () => {
  await using server = await HttpServer.start(fileHandler(content));
  const source = { kind: 'url', url: server.url('/x/a.txt?v=1'), sha1 } as const;
  const got = fetched(await fetchSource(source, context()));
  expect(got).toEqual({
    kind: 'file',
    path: join(work, 'cache/download', `sha1-${sha1}`),
    digest: { hash: sha256, size: content.length },
    name: 'a.txt',
  });
  fetched(await fetchSource({ ...source, url: server.url('/other/b.txt') }, context()));
  expect(server.requests).toHaveLength(1);
});

test('what is there needs neither its mirror nor a network', async () => {
  writeFileSync(join(packageDirectory, 'a.tgz'), content);
  fetched(await fetchSource({ kind: 'url_extract', url: 'file://a.tgz', sha256 }, context()));
  const unknown = { kind: 'url', url: 'mirror://nowhere/b.tgz', sha256 } as const;
  expect(fetched(await fetchSource(unknown, context({ offline: true })))).toMatchObject({
    name: 'b.tgz',
  });
});

test('a mirror of the settings is used, and offline it is named', async () => {
  await using server = await HttpServer.start(fileHandler(content));
  const mirrors = mirrorsOf({ own: ['http://127.0.0.1:1/x', server.url('/y')] });
  const source = { kind: 'url', url: 'mirror://own/z/a.txt', sha256 } as const;
  const offline = await fetchSource(source, context({ mirrors, offline: true }));
  expect(codes(offline)).toEqual(['download/offline']);
  expect(text(offline)).toContain('http://127.0.0.1:1/x/z/a.txt');
  fetched(await fetchSource(source, context({ mirrors })));
  expect(server.requests.map(({ target }) => target)).toEqual(['/y/z/a.txt']);
});

test('what no mirror has is named as the definition does, with what each of them said', async () => {
  await using server = await HttpServer.start((_, reply) => reply.send(404, ''));
  const mirrors = mirrorsOf({ own: [server.url('/x'), server.url('/y')] });
  const source = { kind: 'url', url: 'mirror://own/a.txt', sha256 } as const;
  const message = text(await fetchSource(source, context({ mirrors })));
  expect(message).toContain('cannot download mirror://own/a.txt: none of 2 places has it');
  expect(message).toContain(server.url('/y/a.txt'));
});

test('a file in the cache that has rotted is replaced', async () => {
  await using server = await HttpServer.start(fileHandler(content));
  const source = { kind: 'url', url: server.url('/a'), sha256 } as const;
  const got = fetched(await fetchSource(source, context()));
  writeFileSync(got.path, 'rotten');
  fetched(await fetchSource(source, context()));
  expect(readFileSync(got.path).equals(content)).toBe(true);
  expect(warnings.map(({ code }) => code)).toEqual(['download/replaced']);
});

test('bad url sources are told at the place they come from', async () => {
  const at = { file: 'packages/p/buildinfo.json' };
  for (const [source, code] of [
    [{ kind: 'url', url: 'nourl', sha256 }, 'source/bad-url'],
    [{ kind: 'url', url: 'http://h/', sha256 }, 'source/bad-url'],
    [{ kind: 'url', url: 'http://h/a' }, 'source/unpinned'],
    [{ kind: 'url', url: 'http://h/a', sha1: '0x12' }, 'source/bad-checksum'],
    [{ kind: 'url', url: 'mirror://nowhere/a', sha256 }, 'source/mirror-unknown'],
    [{ kind: 'url', url: 'ftp://h/a', sha256 }, 'download/failed'],
  ] as const) {
    const result = await fetchSource(source, context({ at }));
    expect(codes(result)).toEqual([code]);
    expect(text(result)).toMatch(/^packages\/p\/buildinfo\.json: error: /);
  }
});

function upstream(): { repository: Repository; commit: string; source: GitSource } {
  const repository = new Repository(join(work, 'upstream'));
  const commit = repository.commit({ file: 'one' });
  repository.git('tag', 'v1');
  return {
    repository,
    commit,
    source: { kind: 'git', git: repository.path, ref: commit, ref_origin: 'master' },
  };
}

test('a git source is fetched once, and then needs its repository no more', async () => {
  const { repository, commit, source } = upstream();
  const progress: string[] = [];
  const first = fetched(
    await fetchSource(source, context({ onProgress: ({ unit }) => progress.push(unit) })),
  );
  expect(first).toEqual({ kind: 'tree', path: join(work, 'out0'), commit });
  expect(readFileSync(join(first.path, 'file'), 'utf8')).toBe('one');
  expect(new Set(progress)).toEqual(new Set(['objects']));
  repository.commit({ file: 'two' });
  rmSync(repository.path, { recursive: true });
  const offline = context({ offline: true });
  const second = fetched(await fetchSource({ ...source, ref: commit.toUpperCase() }, offline));
  expect(snapshot(second.path)).toEqual(snapshot(first.path));
  expect(warnings).toEqual([]);
  expect(readdirSync(join(work, 'cache/git'))).toHaveLength(1);
});

test('a commit that is new upstream is fetched into the same mirror', async () => {
  const { repository, source } = upstream();
  fetched(await fetchSource(source, context()));
  const later = repository.commit({ file: 'two' });
  repository.git('tag', 'v2');
  const got = fetched(await fetchSource({ ...source, ref: later }, context()));
  expect(execFileSync('git', ['describe', '--tags'], { cwd: got.path, encoding: 'utf8' })).toBe(
    'v2\n',
  );
  expect(readdirSync(join(work, 'cache/git'))).toHaveLength(1);
});

test('a ref_origin that moved or went away is a warning; the pinned commit is used', async () => {
  const { repository, commit, source } = upstream();
  const moved = repository.commit({ file: 'two' });
  fetched(await fetchSource(source, context()));
  expect(warnings.map(({ code }) => code)).toEqual(['source/ref-moved']);
  expect(warnings[0]!.message).toContain(moved);
  expect(warnings[0]!.message).toContain(commit);
  rmSync(join(work, 'cache'), { recursive: true });
  warnings = [];
  fetched(await fetchSource({ ...source, ref_origin: 'gone' }, context()));
  expect(warnings.map(({ code }) => code)).toEqual(['source/ref-gone']);
  warnings = [];
  rmSync(join(work, 'cache'), { recursive: true });
  fetched(await fetchSource({ ...source, ref_origin: 'v1' }, context()));
  fetched(await fetchSource({ ...source, ref_origin: '--upload-pack=x' }, context()));
  expect(warnings).toEqual([]);
});

test('a commit that was force-pushed away is still had by its name', async () => {
  const { repository, commit, source } = upstream();
  repository.git('tag', '-d', 'v1');
  repository.git('checkout', '-q', '--orphan', 'other');
  repository.commit({ file: 'other history' });
  repository.git('branch', '-D', '-q', 'master');
  const got = fetched(await fetchSource({ ...source, ref_origin: 'other' }, context()));
  expect(got).toMatchObject({ commit });
  expect(warnings.map(({ code }) => code)).toEqual(['source/ref-moved']);
});

test('a commit on an unusual reference is found', async () => {
  const { repository, source } = upstream();
  repository.git('checkout', '-q', '--detach');
  const commit = repository.commit({ file: 'proposed' });
  repository.git('update-ref', 'refs/pull/7/head', commit);
  const proposed = { ...source, ref: commit, ref_origin: 'refs/pull/7/head' };
  fetched(await fetchSource(proposed, context()));
  expect(warnings).toEqual([]);
});

test('references that changed from a file to a directory and back do not disturb', async () => {
  const { repository, source } = upstream();
  repository.git('branch', 'topic');
  fetched(await fetchSource(source, context()));
  repository.git('branch', '-D', '-q', 'topic');
  repository.git('branch', 'topic/below');
  const commit = repository.commit({ file: 'two' });
  fetched(await fetchSource({ ...source, ref: commit }, context()));
});

test('new credentials find the old mirror; another repository has its own', async () => {
  const { source } = upstream();
  fetched(await fetchSource(source, context()));
  const one = readdirSync(join(work, 'cache/git'));
  const asked = async (git: string): Promise<string[]> => {
    const { mirrorRepository } = await import('../../../src/package/fetch/repository.ts');
    const directory = join(work, 'other');
    const commit = source.ref;
    const clock = new FakeClock();
    const address = { url: git, local: false };
    await mirrorRepository({ address, commit, refOrigin: 'x', directory, clock });
    return readdirSync(directory);
  };
  expect(one).toHaveLength(1);
  await using server = await HttpServer.start((_, reply) => reply.send(404, ''));
  expect(await asked(server.url('/r.git', 'a:b@'))).toHaveLength(1);
  expect(await asked(server.url('/r.git', 'c:d@'))).toHaveLength(1);
  expect(await asked(server.url('/r.git?x=1'))).toHaveLength(2);
});

test('a shallow clone cannot be a git source, and that is told', async () => {
  const { repository } = upstream();
  const ref = repository.commit({ file: 'two' });
  execFileSync('git', ['clone', '-q', '--depth=1', `file://${repository.path}`, join(work, 's')]);
  const shallow: GitSource = { kind: 'git', git: join(work, 's'), ref, ref_origin: 'master' };
  const result = await fetchSource(shallow, context());
  expect(codes(result)).toEqual(['source/git-fetch']);
  expect(text(result)).toContain('it is a shallow clone');
  expect(text(result)).toContain('--unshallow');
});

test('what cannot be had is told, once and without a wait', async () => {
  const { source } = upstream();
  const clock = new FakeClock();
  for (const [bad, code] of [
    [{ ref: 'f'.repeat(40) }, 'source/commit-missing'],
    [{ git: join(work, 'nowhere') }, 'source/git-fetch'],
    [{ ref: 'master' }, 'source/bad-ref'],
    [{ ref: '--all' }, 'source/bad-ref'],
    [{ git: 'ext::sh -c true' }, 'source/bad-git-url'],
  ] as const) {
    const result = await fetchSource({ ...source, ...bad }, context({ clock }));
    expect(codes(result)).toEqual([code]);
  }
  expect(clock.waits).toEqual([]);
  const both = await fetchSource({ ...source, git: '-x', ref: 'x' }, context());
  expect(codes(both)).toEqual(['source/bad-ref', 'source/bad-git-url']);
  expect(readdirSync(work).filter((name) => name.startsWith('out'))).toEqual([]);
});

test('offline, a commit that is not there is named with its repository', async () => {
  const ref = 'a'.repeat(40);
  const source: GitSource = {
    kind: 'git',
    git: 'https://u:secret@h.example/r.git',
    ref,
    ref_origin: 'master',
  };
  const result = await fetchSource(source, context({ offline: true }));
  expect(codes(result)).toEqual(['source/offline']);
  expect(text(result)).toContain(`${ref} would have to be fetched from https://h.example/r.git`);
});

test('a dead git server is tried again, with its credentials kept secret', async () => {
  await using server = await HttpServer.start((_, reply) => reply.send(503, 'busy'));
  const clock = new FakeClock();
  const source: GitSource = {
    kind: 'git',
    git: server.url('/r.git', 'user:s3cret@'),
    ref: 'a'.repeat(40),
    ref_origin: 'master',
  };
  const result = await fetchSource(source, context({ clock }));
  expect(codes(result)).toEqual(['source/git-fetch']);
  expect(text(result)).toContain('503');
  expect(text(result)).not.toContain('s3cret');
  expect(clock.waits).toEqual([750, 1_500, 3_000]);
  expect(JSON.stringify(snapshot(work))).not.toContain('s3cret');
});

test('a damaged mirror is fetched anew', async () => {
  const { repository, source } = upstream();
  const first = fetched(await fetchSource(source, context()));
  const [mirror] = readdirSync(join(work, 'cache/git'));
  const packs = join(work, 'cache/git', mirror!, 'objects/pack');
  const pack = join(
    packs,
    readdirSync(packs).find((name) => name.endsWith('.pack'))!,
  );
  const bytes = readFileSync(pack);
  chmodSync(pack, 0o644);
  for (let i = 20; i < bytes.length - 20; i += 3) bytes[i]! ^= 0x55;
  writeFileSync(pack, bytes);
  const second = fetched(await fetchSource(source, context()));
  expect(snapshot(second.path)).toEqual(snapshot(first.path));
  chmodSync(pack, 0o644);
  truncateSync(pack, 40);
  fetched(await fetchSource(source, context()));
  expect(repository.git('status', '--porcelain')).toBe('');
});

test('processes that want one repository at once share it', async () => {
  const { source } = upstream();
  const results = await Promise.all(
    Array.from({ length: 5 }, () => fetchSource(source, context())),
  );
  const [first, ...others] = results.map((result) => snapshot(fetched(result).path));
  for (const other of others) expect(other).toEqual(first);
  expect(readdirSync(join(work, 'cache/git'))).toHaveLength(1);
});

test('what a killed fetch left is swept, and does not count', async () => {
  const { source } = upstream();
  fetched(await fetchSource(source, context()));
  const [mirror] = readdirSync(join(work, 'cache/git'));
  rmSync(join(work, 'cache/git', mirror!), { recursive: true });
  // A mirror as it is right after it was made, and a staging place of a process that is no more.
  mkdirSync(join(work, 'cache/git', mirror!, 'objects/pack'), { recursive: true });
  const dead = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
  const { scratchName } = await import('../../../src/package/fetch/scratch.ts');
  const staging = scratchName(join(work, 'cache/git'), `${mirror}.new`);
  mkdirSync(staging.replace(`-${process.pid}-`, `-${dead}-`));
  fetched(await fetchSource(source, context()));
  expect(readdirSync(join(work, 'cache/git'))).toEqual([mirror]);
});

test('a git_local source is its clean commit, with the same bytes as the git source', async () => {
  const { commit, source } = upstream();
  const remote = fetched(await fetchSource(source, context()));
  const local = { kind: 'git_local', rel_path: '../../upstream' } as const;
  const got = fetched(await fetchSource(local, context()));
  expect(got).toMatchObject({ kind: 'tree', commit });
  expect(snapshot(got.path)).toEqual(snapshot(remote.path));
  writeFileSync(join(work, 'upstream/file'), 'changed');
  expect(codes(await fetchSource(local, context()))).toEqual(['source/local-changes']);
  const absolute = { kind: 'git_local', rel_path: join(work, 'upstream') } as const;
  expect(codes(await fetchSource(absolute, context()))).toEqual(['source/absolute-path']);
  const missing = { kind: 'git_local', rel_path: '../nowhere' } as const;
  expect(codes(await fetchSource(missing, context()))).toEqual(['source/not-a-repository']);
});

test('without git, a git source says so', async () => {
  const { source } = upstream();
  const path = process.env['PATH'];
  process.env['PATH'] = join(work, 'empty');
  try {
    expect(codes(await fetchSource(source, context()))).toEqual(['source/git-missing']);
  } finally {
    process.env['PATH'] = path;
  }
  expect(existsSync(join(work, 'cache/git'))).toBe(true);
});
