import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { byCodePoint, digestOf, type Digest } from '../../src/base/digest.ts';
import { errnoOf, removeTree } from '../../src/base/fs.ts';
import { objectPath, putBytes, type Store } from '../../src/cache/store.ts';
import {
  blobsOf,
  filesOf,
  loadTree,
  placeTree,
  rootOf,
  specialMode,
  storeTree,
} from '../../src/cache/tree.ts';
import { encodeDirectory, encodeTree } from '../../src/remote/encode.ts';
import type { Directory } from '../../src/remote/message.ts';
import { watchFileSystem } from '../rig/faults.ts';
import { field, message } from '../rig/protobuf.ts';
import {
  asOrdinaryUser,
  faultsIn,
  openedStore,
  temporaryStore,
  wipe,
  type TemporaryStore,
} from '../rig/store.ts';

let temporary: TemporaryStore;
let store: Store;
beforeAll(() => {
  temporary = temporaryStore();
  store = temporary.store;
});
afterEach(() => wipe(temporary));
afterAll(() => temporary[Symbol.dispose]());

const here = (name: string): string => join(temporary.directory, name);

/** A directory as data: text is a file, `->` a link, an object a directory; modes stand beside them. */
interface Spec {
  readonly [name: string]:
    | { readonly file: string; readonly mode: number }
    | { readonly link: string }
    | { readonly directory: Spec; readonly mode: number };
}

function make(path: string, spec: Spec): void {
  mkdirSync(path, { recursive: true });
  for (const [name, entry] of Object.entries(spec)) {
    const child = `${path}/${name}`;
    if ('file' in entry) {
      writeFileSync(child, entry.file);
      chmodSync(child, entry.mode);
    } else if ('link' in entry) {
      symlinkSync(entry.link, child);
    } else {
      make(child, entry.directory);
      chmodSync(child, entry.mode);
    }
  }
}

/** What lies in a directory, also what its permissions hide from us. They are left as they are. */
function look(path: string): Spec {
  const names = readdirSync(path).sort(byCodePoint);
  return Object.fromEntries(
    names.map((name) => {
      const child = `${path}/${name}`;
      const stat = lstatSync(child);
      const mode = stat.mode & 0o7777;
      if (stat.isSymbolicLink()) return [name, { link: readlinkSync(child) }];
      const hidden = (mode & 0o500) !== 0o500 && process.getuid!() !== 0;
      if (hidden) chmodSync(child, mode | 0o500);
      const entry = stat.isDirectory()
        ? { directory: look(child), mode }
        : { file: readFileSync(child, 'utf8'), mode };
      if (hidden) chmodSync(child, mode);
      return [name, entry];
    }),
  );
}

/** The same with the permissions that are given back. */
function canonical(spec: Spec, writable = false): Spec {
  const entries = Object.entries(spec).map(([name, entry]): [string, Spec[string]] => {
    if ('link' in entry) return [name, entry];
    if ('directory' in entry) {
      const mode = specialMode(entry.mode, 0o755) ?? 0o755;
      return [name, { directory: canonical(entry.directory, writable), mode }];
    }
    const executable = (entry.mode & 0o111) !== 0;
    const special = specialMode(entry.mode, executable ? 0o755 : 0o644);
    const ordinary = (executable ? 0o555 : 0o444) | (writable ? 0o200 : 0);
    return [name, { file: entry.file, mode: special ?? ordinary }];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => byCodePoint(a, b)));
}

function stored(path: string): { tree: Digest; root: Digest } {
  const result = storeTree(store, path);
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  return result.value;
}

function placed(tree: Digest, path: string, options = {}): Spec {
  expect(placeTree(store, loadTree(store, tree)!, path, options)).toBe(true);
  return look(path);
}

const mode = fc.oneof(
  fc.constantFrom(
    0o644,
    0o755,
    0o664,
    0o600,
    0o700,
    0,
    0o444,
    0o555,
    0o4755,
    0o2755,
    0o1777,
    0o777,
  ),
  fc.nat(0o7777),
);
const name = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'A',
    '.x',
    '...',
    '-',
    '\n',
    '\\',
    'ä',
    '\ufeffa',
    '\ue000',
    '\u{1f600}',
    'x'.repeat(200),
  ),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .filter(
      (text) =>
        Buffer.from(text).toString() === text &&
        !/[/\0]/.test(text) &&
        text !== '.' &&
        text !== '..' &&
        text !== '__proto__',
    ),
);
const { spec } = fc.letrec<{ spec: Spec }>((tie) => ({
  spec: fc.dictionary(
    name,
    fc.oneof(
      { depthSize: 'small' },
      fc.record({ file: fc.constantFrom('', 'one', 'two', 'x'.repeat(10_000)), mode }),
      fc.record({ link: fc.constantFrom('a', '../..', '/etc/passwd', 'nowhere', 'ä\n') }),
      fc.record({ directory: tie('spec'), mode }),
    ),
    { maxKeys: 5, noNullPrototype: true },
  ) as fc.Arbitrary<Spec>,
}));

describe('what is stored is placed as it was', () => {
  test('contents, names and links to the byte; modes reduced to what they mean', () => {
    let count = 0;
    fc.assert(
      fc.property(spec, fc.boolean(), fc.constantFrom(0o022, 0o077, 0), (spec, copy, mask) => {
        const id = count++;
        make(here(`in-${id}`), spec);
        const umask = process.umask(mask);
        try {
          const { tree, root } = stored(here(`in-${id}`));
          expect(placed(tree, here(`out-${id}`), { copy })).toEqual(canonical(spec, copy));
          expect(lstatSync(here(`out-${id}`)).mode & 0o777).toBe(0o755);
          expect(rootOf(loadTree(store, tree)!)).toEqual(root);

          // What was placed is the same tree when it is stored again.
          expect(stored(here(`out-${id}`))).toEqual({ tree, root });
        } finally {
          process.umask(umask);
        }
        removeTree(here(`in-${id}`));
        removeTree(here(`out-${id}`));
      }),
      { numRuns: 60 },
    );
    expect(faultsIn(store)).toEqual([]);
  });

  test('a tree has one digest, in whatever order and with whatever times it was made', () => {
    const parts: Spec = {
      b: { file: 'x', mode: 0o644 },
      a: { directory: { c: { file: 'y', mode: 0o775 } }, mode: 0o775 },
      z: { link: 'b' },
    };
    make(here('one'), parts);
    make(here('two'), Object.fromEntries(Object.entries(parts).reverse()));
    chmodSync(here('two/b'), 0o664);
    chmodSync(here('two'), 0o700);
    expect(stored(here('one'))).toEqual(stored(here('two')));
    expect(stored(here('one')).tree.hash).not.toBe('');
  });

  test('known answers', () => {
    make(here('empty'), {});
    expect(stored(here('empty'))).toEqual({
      tree: digestOf(Buffer.from('0a00', 'hex')),
      root: digestOf(''),
    });
    make(here('one'), { 'a.txt': { file: 'abc', mode: 0o600 | 0o044 } });
    expect(stored(here('one')).root.hash).toBe(
      '2f5397525078847ebf8414fe50f7890e3fcc0ab80881b764eb93c6fa111bffbd',
    );
  });

  test('by somebody whom permissions apply to, from directories without any', () => {
    const inner: Spec = {
      file: { file: 'x', mode: 0 },
      'read-only': { directory: { f: { file: 'y', mode: 0o444 } }, mode: 0o555 },
    };
    const spec: Spec = {
      closed: { directory: inner, mode: 0 },
      program: { file: 'z', mode: 0o4711 },
    };
    chmodSync(temporary.directory, 0o777);
    asOrdinaryUser(() => {
      make(here('mine/in'), spec);
      chmodSync(here('mine/in'), 0o100);
      const own = openedStore(here('mine/store'));
      const result = storeTree(own, here('mine/in'));
      const { tree } = result.ok ? result.value : { tree: undefined };
      expect(placeTree(own, loadTree(own, tree!)!, here('mine/out'))).toBe(true);
    });
    expect(look(here('mine/out'))).toStrictEqual(canonical(spec));
  });
});

describe('hard links', () => {
  test('among outputs are one blob, and files of their own afterwards', () => {
    make(here('in'), { a: { file: 'x', mode: 0o755 } });
    linkSync(here('in/a'), here('in/b'));
    linkSync(here('in/a'), here('outside'));
    const { tree } = stored(here('in'));
    expect(blobsOf(loadTree(store, tree)!)).toEqual([digestOf('x')]);
    placed(tree, here('out'));
    expect(readFileSync(here('out/b'), 'utf8')).toBe('x');
    expect(lstatSync(here('outside')).mode & 0o777).toBe(0o755);
    expect(faultsIn(store)).toEqual([]);
  });

  test('of the store itself, as a build makes them that links its inputs', () => {
    make(here('in'), { a: { file: 'x', mode: 0o644 } });
    const first = stored(here('in'));
    placed(first.tree, here('out'));
    linkSync(here('out/a'), here('out/b'));
    rmSync(here('out/a'));
    expect(placed(stored(here('out')).tree, here('again'))).toEqual({
      b: { file: 'x', mode: 0o444 },
    });
    expect(faultsIn(store)).toEqual([]);
  });
});

describe('what was placed and then written to', () => {
  test('is not what others get', () => {
    make(here('in'), { a: { file: 'x', mode: 0o644 }, b: { file: 'y', mode: 0o755 } });
    const { tree } = stored(here('in'));
    placed(tree, here('out'));
    chmodSync(here('out/a'), 0o644);
    writeFileSync(here('out/a'), 'z');
    expect(placeTree(store, loadTree(store, tree)!, here('next'))).toBe(false);
    putBytes(store, 'x');
    expect(placed(tree, here('after'))).toEqual({
      a: { file: 'x', mode: 0o444 },
      b: { file: 'y', mode: 0o555 },
    });
  });
});

describe('trees that are not loaded', () => {
  const file = (name: string, size = 1) => ({
    name,
    digest: { ...digestOf(name), size },
    executable: false,
  });
  const leaf: Directory = { files: [file('f')], directories: [], symlinks: [] };
  const above = (child: Directory, names: readonly string[] = ['d']): Directory => ({
    files: [],
    directories: names.map((name) => ({ name, digest: digestOf(encodeDirectory(child)) })),
    symlinks: [],
  });
  const put = (root: Directory, children: readonly Directory[]): Digest =>
    putBytes(store, encodeTree({ root, children }));

  test('not there, damaged, no tree at all', () => {
    expect(loadTree(store, digestOf('absent'))).toBeUndefined();
    expect(loadTree(store, putBytes(store, 'text'))).toBeUndefined();
    expect(loadTree(store, putBytes(store, ''))).toBeUndefined();
    const digest = put(above(leaf), [leaf]);
    expect(loadTree(store, digest)).toBeDefined();
    const path = objectPath(store, 'cas', digest.hash);
    chmodSync(path, 0o644);
    writeFileSync(path, '');
    expect(loadTree(store, digest)).toBeUndefined();
    expect(loadTree(store, { ...digest, size: 2 ** 40 })).toBeUndefined();
  });

  test('a child is missing, is broken, or has another size', () => {
    expect(loadTree(store, put(above(leaf), []))).toBeUndefined();
    expect(loadTree(store, put(above(above(leaf)), [above(leaf)]))).toBeUndefined();
    const broken = message(
      field(1, encodeDirectory(above(leaf))),
      field(2, encodeDirectory(leaf)),
      field(2, 'x'),
    );
    expect(loadTree(store, putBytes(store, broken))).toBeUndefined();
    const [node] = above(leaf).directories;
    const lying: Directory = {
      ...above(leaf),
      directories: [{ ...node!, digest: { ...node!.digest, size: 3 } }],
    };
    expect(loadTree(store, put(lying, [leaf]))).toBeUndefined();
  });

  test('a name leads out of the tree', () => {
    for (const name of ['..', '.', 'a/../../b', '/etc']) {
      const evil = message(field(1, field(3, field(1, name), field(2, 'target'))));
      expect(loadTree(store, putBytes(store, evil))).toBeUndefined();
    }
  });

  test('a bomb: one directory named so often that nothing could hold it', () => {
    const names = Array.from({ length: 10 }, (_, i) => String(i));
    const chain = [leaf];
    for (let depth = 0; depth < 60; depth++) chain.push(above(chain.at(-1)!, names));
    const root = chain.pop()!;
    expect(loadTree(store, put(root, chain))).toBeUndefined();
    // Six levels are a million files: many, but not too many.
    expect(loadTree(store, put(chain[6]!, chain.slice(0, 6)))).toBeDefined();
    expect(loadTree(store, put(chain[7]!, chain.slice(0, 7)))).toBeUndefined();
  });

  test('more bytes than a disk has, by one file of which there is only the name', () => {
    const huge = (count: number): Directory => ({
      ...leaf,
      files: Array.from({ length: count }, (_, i) => file(String(i).padStart(3, '0'), 2 ** 30)),
    });
    expect(loadTree(store, put(huge(256), []))).toBeDefined();
    expect(loadTree(store, put(huge(257), []))).toBeUndefined();
    expect(loadTree(store, put(above(huge(129), ['a', 'b']), [huge(129)]))).toBeUndefined();
  });

  test('but a chain as long as you like is: reading needs no stack', () => {
    const chain = [leaf];
    for (let depth = 0; depth < 20_000; depth++) chain.push(above(chain.at(-1)!));
    const root = chain.pop()!;
    expect(loadTree(store, put(root, chain))?.children.size).toBe(20_000);
  });

  test('what another program encoded more into has the digest it came with', () => {
    const bytes = message(field(3, field(1, 'l'), field(2, 't'), field(4, field(1, 'property'))));
    const loaded = loadTree(store, putBytes(store, field(1, bytes)));
    expect(loaded?.root.symlinks).toEqual([{ name: 'l', target: 't' }]);
    expect(rootOf(loaded!)).toEqual(digestOf(bytes));
  });
});

describe('deep directories', () => {
  /** Made step by step, because the whole path is longer than the system takes. */
  function dig(directory: string, levels: number): void {
    const back = process.cwd();
    mkdirSync(directory);
    process.chdir(directory);
    for (let level = 0; level < levels; level++) {
      mkdirSync('d');
      process.chdir('d');
    }
    writeFileSync('f', 'bottom');
    process.chdir(back);
  }

  test('of 1,900 levels are stored and placed', () => {
    dig(here('in'), 1_900);
    const { tree } = stored(here('in'));
    expect(loadTree(store, tree)?.children.size).toBe(1_900);
    expect(placeTree(store, loadTree(store, tree)!, here('out'))).toBe(true);
    expect(readFileSync(`${here('out')}${'/d'.repeat(1_900)}/f`, 'utf8')).toBe('bottom');
    execFileSync('rm', ['-rf', here('in'), here('out')]);
  });

  test('of 3,000 levels are beyond what a path can name: an error that says so', () => {
    dig(here('in'), 3_000);
    const result = storeTree(store, here('in'));
    execFileSync('rm', ['-rf', here('in')]);
    expect(result.ok ? [] : result.diagnostics).toEqual([
      {
        severity: 'error',
        fault: 'build',
        code: 'output/depth',
        message: expect.stringMatching(
          /^d\/d\/.{50,200}…(\/d|d\/)+d? lies deeper than a path can reach$/,
        ) as string,
        hint: 'have the build script flatten or remove it',
      },
    ]);
    expect(faultsIn(store)).toEqual([]);
  });

  test('of 3,000 levels in a message are read, and the system’s error when they are placed', () => {
    let child: Directory = { files: [], directories: [], symlinks: [] };
    const children: Directory[] = [];
    for (let level = 0; level < 3_000; level++) {
      children.push(child);
      child = {
        files: [],
        directories: [{ name: 'd', digest: digestOf(encodeDirectory(child)) }],
        symlinks: [],
      };
    }
    const loaded = loadTree(store, putBytes(store, encodeTree({ root: child, children })));
    expect(loaded?.children.size).toBe(3_000);
    let thrown: unknown;
    try {
      placeTree(store, loaded!, here('out'));
    } catch (error) {
      thrown = error;
    }
    execFileSync('rm', ['-rf', here('out')]);
    expect(errnoOf(thrown)).toBe('ENAMETOOLONG');
  });
});

describe('placing', () => {
  test('stops at the first blob that is not there', () => {
    make(here('in'), {
      a: { file: 'x', mode: 0o644 },
      d: { directory: { b: { file: 'y', mode: 0o644 } }, mode: 0o755 },
    });
    const { tree } = stored(here('in'));
    rmSync(objectPath(store, 'cas', digestOf('y').hash));
    expect(placeTree(store, loadTree(store, tree)!, here('out'))).toBe(false);
  });

  test('never goes through a link that stands in its way', () => {
    make(here('in'), { d: { directory: { b: { file: 'y', mode: 0o644 } }, mode: 0o755 } });
    const { tree } = stored(here('in'));
    mkdirSync(here('outside'));
    mkdirSync(here('out'));
    symlinkSync(here('outside'), here('out/d'));
    expect(() => placeTree(store, loadTree(store, tree)!, here('out'))).toThrow(/EEXIST/);
    expect(readdirSync(here('outside'))).toEqual([]);
  });

  test('into a directory that is there leaves its permissions', () => {
    make(here('in'), { a: { file: 'x', mode: 0o644 } });
    mkdirSync(here('out'), { mode: 0o700 });
    placed(stored(here('in')).tree, here('out'));
    expect(statSync(here('out')).mode & 0o777).toBe(0o700);
  });

  test('costs two system calls for each file', () => {
    make(
      here('in'),
      Object.fromEntries(
        Array.from({ length: 50 }, (_, i) => [`f${i}`, { file: String(i), mode: 0o644 }]),
      ),
    );
    const loaded = loadTree(store, stored(here('in')).tree)!;
    using watched = watchFileSystem(() => undefined);
    placeTree(store, loaded, here('out'));
    expect(watched.calls.length).toBe(50 * 2 + 2);
  });
});

test.each([
  [0o644, 0o644, undefined],
  [0o664, 0o644, undefined],
  [0o444, 0o644, undefined],
  [0o755, 0o755, undefined],
  [0o775, 0o755, undefined],
  [0o555, 0o755, undefined],
  [0o600, 0o644, 0o600],
  [0o640, 0o644, 0o640],
  [0o711, 0o755, 0o711],
  [0o754, 0o755, 0o754],
  [0, 0o644, 0],
  [0o4755, 0o755, 0o4755],
  [0o102644, 0o644, 0o2644],
])('of mode %o, ordinarily %o, this is kept: %o', (mode, ordinary, special) => {
  expect(specialMode(mode, ordinary)).toBe(special);
});

test('all files of a tree are told with their paths', () => {
  make(here('many'), {
    a: { file: 'a', mode: 0o644 },
    link: { link: 'a' },
    empty: { directory: {}, mode: 0o755 },
    below: {
      directory: {
        run: { file: 'run', mode: 0o755 },
        deeper: { directory: { odd: { file: 'odd', mode: 0o600 } }, mode: 0o755 },
      },
      mode: 0o755,
    },
  });
  const files = [...filesOf(loadTree(store, stored(here('many')).tree)!)];
  const of = (text: string): Digest => digestOf(text);
  expect(files.sort((a, b) => byCodePoint(a.path, b.path))).toMatchObject([
    { path: 'a', digest: of('a'), executable: false },
    { path: 'below/deeper/odd', digest: of('odd'), executable: false, mode: 0o600 },
    { path: 'below/run', digest: of('run'), executable: true },
  ]);
  expect(files.filter(({ mode }) => mode !== undefined)).toHaveLength(1);
});
