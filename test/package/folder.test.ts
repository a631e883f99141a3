import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { openStatTable } from '../../src/base/stat/table.ts';
import { hashFolder } from '../../src/package/folder.ts';
import { hashStrings } from '../../src/package/identity.ts';
import { readGolden } from './golden.ts';
import { collect, summary } from './located.ts';

interface GoldenFolder {
  readonly name: string;
  readonly recipe: readonly (readonly [string, string, string?, string?])[];
  readonly folder: string;
  readonly hash_folder?: string;
  readonly error?: string;
}

const golden = (readGolden('hash_folder.json') as { cases: GoldenFolder[] }).cases;

function hash(directory: string) {
  const root = dirname(directory);
  const shown = (path: string): string => path.slice(root.length + 1);
  return collect((out) => hashFolder(directory, openStatTable(undefined), shown, out));
}

function make(root: string, [kind, a, b, mode]: GoldenFolder['recipe'][number]): void {
  const path = (name: string): string => join(root, name);
  if (kind === 'dir') mkdirSync(path(a), { recursive: true });
  else if (kind === 'symlink') symlinkSync(a, path(b!));
  else if (kind === 'hardlink') linkSync(path(a), path(b!));
  else if (kind === 'bytesfile') {
    // Lone surrogates stand for bytes that are no UTF-8, as Python has them.
    const bytes = [...a].flatMap((char) => {
      const code = char.charCodeAt(0);
      return code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : [...Buffer.from(char)];
    });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from(bytes)]), b!);
  } else {
    const repeated = /^'(.*)' repeated (\d+) times$/.exec(b!);
    writeFileSync(path(a), repeated ? repeated[1]!.repeat(Number(repeated[2])) : b!);
    if (mode !== undefined) chmodSync(path(a), Number.parseInt(mode, 8));
  }
}

const ERRORS: Record<string, string> = {
  dangling_symlink: 't/link folder/dangling-link',
  symlink_loop: 't/a folder/link-loop,t/b folder/link-loop',
  non_utf8_name: 't folder/name-encoding',
};

test.each(golden)('golden: $name', (one) => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-folder');
  for (const step of one.recipe) make(root.path, step);
  const { value, out } = hash(join(root.path, one.folder));
  expect(summary(out.diagnostics).sort().join(',')).toBe(ERRORS[one.name] ?? '');
  if (one.error === undefined) expect(value).toBe(one.hash_folder);
});

test('there are as many golden cases as there were', () => {
  expect(golden).toHaveLength(32);
  expect(golden.filter(({ error }) => error !== undefined).map(({ name }) => name)).toEqual(
    Object.keys(ERRORS),
  );
});

test('a folder that is not there has the hash of an empty one, wherever it would be', () => {
  // The original refused absolute paths, because it hashed names as given; here they start at the folder.
  using root = temporaryDirectory(tmpdir(), 'ashlar-folder');
  writeFileSync(join(root.path, 'file'), 'x');
  const empty = hashStrings([]);
  expect(hash(join(root.path, 'missing')).value).toBe(empty);
  expect(hash(join(root.path, 'file')).value).toBe(empty);
});

test('what is neither file nor folder is refused, and not opened', () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-folder');
  const folder = join(root.path, 't');
  mkdirSync(folder);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  symlinkSync('pipe', join(folder, 'to-pipe'));
  const { out } = hash(folder);
  expect(summary(out.diagnostics)).toEqual([
    't/pipe folder/special-file',
    't/to-pipe folder/special-file',
  ]);
});

test('folders nested beyond what the system can name end in an error, not in a crash', () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-folder');
  // Built from the inside out, as no path reaches the bottom.
  const name = 'd'.repeat(200);
  for (let i = 0; i < 30; i++) {
    const inner = join(root.path, 't');
    const outer = join(root.path, 'u');
    mkdirSync(outer);
    if (i > 0) renameSync(inner, join(outer, name));
    renameSync(outer, inner);
  }
  expect(readdirSync(join(root.path, 't'))).toEqual([name]);
  const { out } = hash(join(root.path, 't'));
  expect(summary(out.diagnostics)).toEqual([' fs/enametoolong']);
  execFileSync('rm', ['-rf', join(root.path, 't')]);
});

test('deep folders that can be named are hashed', () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-folder');
  mkdirSync(join(root.path, 't', ...Array.from({ length: 1500 }, () => 'd')), { recursive: true });
  const { value, out } = hash(join(root.path, 't'));
  expect(out.diagnostics).toEqual([]);
  expect(value).not.toBe(hashStrings([]));
});
