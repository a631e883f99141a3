// removeTree, on everything that a build can leave.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { removeTree } from '../../src/base/fs.ts';

const isRoot = process.getuid?.() === 0;

function scratch(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'ashlar-remove-'));
  return {
    path,
    [Symbol.dispose]: () => {
      spawnSync('chmod', ['-R', 'u+rwX', path]);
      spawnSync('rm', ['-rf', path]);
    },
  };
}

function shell(cwd: string, script: string): void {
  const { status, stderr } = spawnSync('bash', ['-ec', script], { cwd, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
}

test('what is not there', () => {
  using work = scratch();
  removeTree(join(work.path, 'nothing'));
  removeTree(join(work.path, 'nothing/at/all'));
  writeFileSync(join(work.path, 'file'), '');
  removeTree(join(work.path, 'file/below'));
  expect(readdirSync(work.path)).toEqual(['file']);
});

test('files of every kind, and names of any bytes', () => {
  using work = scratch();
  const tree = join(work.path, 'tree');
  mkdirSync(tree);
  shell(
    tree,
    String.raw`
      mkfifo fifo; truncate -s 1T sparse; touch a; ln a b; chmod 6777 a; chmod 0 b
      touch $'\xff\xfe' $'new\nline' -- '-rf' ' ' '...' $'\e[31m'
      mkdir $'\xff dir'; touch $'\xff dir/\xfe'
      perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "socket", Listen => 1) or die'
    `,
  );
  if (isRoot)
    shell(tree, 'mknod null c 1 3; mknod block b 7 0; chown 1000:1000 fifo; chown -h 7:7 a');
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});

test('directories without permissions, empty or not', () => {
  using work = scratch();
  const tree = join(work.path, 'tree');
  mkdirSync(tree);
  shell(
    tree,
    `mkdir -p closed/in/side readonly/empty search/empty hidden
     touch closed/in/side/file readonly/file search/file
     chmod 0 closed/in/side/file closed/in/side closed/in closed hidden search/empty
     chmod 555 readonly readonly/empty; chmod 100 search; chmod 0 .`,
  );
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});

test('links are removed, not followed', () => {
  using work = scratch();
  mkdirSync(join(work.path, 'kept'));
  writeFileSync(join(work.path, 'kept/file'), '');
  mkdirSync(join(work.path, 'tree'));
  symlinkSync('../kept', join(work.path, 'tree/link'));
  symlinkSync('loop', join(work.path, 'tree/loop'));
  symlinkSync('/', join(work.path, 'tree/root'));
  linkSync(join(work.path, 'kept/file'), join(work.path, 'tree/hard'));
  removeTree(join(work.path, 'tree'));
  symlinkSync('kept', join(work.path, 'link'));
  removeTree(join(work.path, 'link'));
  expect(readdirSync(work.path)).toEqual(['kept']);
  expect(readdirSync(join(work.path, 'kept'))).toEqual(['file']);
});

/** Far deeper than a path may be long, with something at every level. */
const DEEP = `
  my $name = "d" x $ARGV[1];
  for (1 .. $ARGV[0]) {
    open F, ">file" or die; close F; mkdir "side"; mkdir $name and chdir $name or die;
  }
  chmod 0, "../$name" if $ARGV[2];
`;

test.each([
  ['long names', 60, 250],
  ['short names', 2_500, 1],
])('depth beyond any path: %s', (_, depth, length) => {
  using work = scratch();
  const tree = join(work.path, 'tree');
  mkdirSync(tree);
  const { status } = spawnSync('perl', ['-e', DEEP, String(depth), String(length), '1'], {
    cwd: tree,
  });
  expect(status).toBe(0);
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});

test('depth, with directories on the way that may not be written to', () => {
  using work = scratch();
  const tree = join(work.path, 'tree');
  mkdirSync(tree);
  const script = `
    for (1 .. 40) { mkdir "x" x 200; chdir "x" x 200 or die; push @made, 1 }
    for (@made) { chdir ".." or die; chmod 0555, "x" x 200 or die }`;
  expect(spawnSync('perl', ['-e', script], { cwd: tree }).status).toBe(0);
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});

test('trees of any shape', () => {
  using work = scratch();
  const name = fc.stringMatching(/^[a-z]{1,3}$/);
  const mode = fc.constantFrom(0o755, 0o555, 0o300, 0o100, 0);
  const entry = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 6 }), mode });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
      const tree = join(work.path, 'tree');
      mkdirSync(tree);
      for (const { path } of entries) mkdirSync(join(tree, ...path), { recursive: true });
      const deepestFirst = [...entries].sort((a, b) => b.path.length - a.path.length);
      for (const { path, mode } of deepestFirst) chmodSync(join(tree, ...path), mode);
      removeTree(tree);
      expect(existsSync(tree)).toBe(false);
    }),
    { numRuns: 40 },
  );
});

test('what cannot be removed is named', () => {
  using work = scratch();
  const tree = join(work.path, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'fixed'), '');
  const { status } = spawnSync('chattr', ['+i', join(tree, 'fixed')]);
  // Not every file system and user can make a file immutable.
  if (status !== 0) return;
  try {
    expect(() => removeTree(tree)).toThrow(/EPERM.*fixed/);
  } finally {
    spawnSync('chattr', ['-i', join(tree, 'fixed')]);
  }
  removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});
