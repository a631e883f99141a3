// The source of upstream.json, put in its place.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { definitionError, failed, ok, type Result } from '../../../src/base/diagnostic.ts';
import { mirrorsOf } from '../../../src/package/fetch/mirror.ts';
import type { Source } from '../../../src/package/fetch/source.ts';
import { checkoutUpstream, type Unpack } from '../../../src/package/fetch/upstream.ts';
import { Repository } from '../../rig/repository.ts';

let work: string;
let tree: string;
let destination: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-upstream-'));
  tree = join(work, 'packages');
  destination = join(tree, 'cache/upstream/checkout');
  mkdirSync(tree);
});
afterEach(() => rmSync(work, { recursive: true }));

const unpack: Unpack = (archive, name, directory) => {
  copyFileSync(archive, join(directory, `from ${name}`));
  return Promise.resolve(ok(undefined));
};

function checkout(source: Source, unpacker: Unpack = unpack): Promise<Result<void>> {
  const context = { cache: join(work, 'cache'), packageDirectory: tree, mirrors: mirrorsOf({}) };
  return checkoutUpstream(source, destination, context, unpacker);
}

test('a repository is checked out, and again only when it has changed', async () => {
  const repository = new Repository(join(work, 'up'));
  repository.commit({ 'packages/a/buildinfo.json': '{}' });
  const source = { kind: 'git_local', rel_path: '../up' } as const;
  const inode = async (): Promise<number> => {
    expect(await checkout(source)).toEqual(ok(undefined));
    return statSync(destination).ino;
  };
  const first = await inode();
  expect(await inode()).toBe(first);
  repository.commit({ 'packages/a/buildinfo.json': '{"requires": []}' });
  const second = await inode();
  expect(second).not.toBe(first);
  const file = join(destination, 'packages/a/buildinfo.json');
  expect(readFileSync(file, 'utf8')).toBe('{"requires": []}');
  writeFileSync(file, 'changed by hand');
  await inode();
  expect(readFileSync(file, 'utf8')).toBe('{"requires": []}');
  expect(readdirSync(join(tree, 'cache/upstream'))).toEqual(['checkout']);
});

test('a package may take the checkout as its own source', async () => {
  const repository = new Repository(join(work, 'up'));
  const commit = repository.commit({ file: 'x' });
  const source: Source = { kind: 'git', git: '../up', ref: commit, ref_origin: 'master' };
  expect(await checkout(source)).toEqual(ok(undefined));
  const before = destination;
  destination = join(work, 'again');
  const again = await checkout({ kind: 'git_local', rel_path: 'cache/upstream/checkout' });
  expect(again).toEqual(ok(undefined));
  expect(readFileSync(join(destination, '.git/HEAD'), 'utf8')).toBe(`${commit}\n`);
  expect(existsSync(before)).toBe(true);
});

test('archives are unpacked, files are copied', async () => {
  const bytes = Buffer.from('archive');
  writeFileSync(join(tree, 'up.tgz'), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(await checkout({ kind: 'url_extract', url: 'file://up.tgz', sha256 })).toEqual(
    ok(undefined),
  );
  expect(readdirSync(destination)).toEqual(['from up.tgz']);
  expect(await checkout({ kind: 'url', url: 'file://up.tgz', sha256 })).toEqual(ok(undefined));
  expect(readdirSync(destination)).toEqual(['up.tgz']);
});

test('a failure leaves what was there', async () => {
  mkdirSync(destination, { recursive: true });
  writeFileSync(join(destination, 'old'), '');
  writeFileSync(join(tree, 'up.tgz'), 'x');
  const sha256 = createHash('sha256').update('x').digest('hex');
  const broken: Unpack = () =>
    Promise.resolve(failed(definitionError({ code: 'x/y', message: 'z' })));
  const result = await checkout({ kind: 'url_extract', url: 'file://up.tgz', sha256 }, broken);
  expect(result.ok).toBe(false);
  expect((await checkout({ kind: 'git_local', rel_path: 'nowhere' })).ok).toBe(false);
  expect(readdirSync(destination)).toEqual(['old']);
  expect(readdirSync(join(tree, 'cache/upstream'))).toEqual(['checkout']);
});
