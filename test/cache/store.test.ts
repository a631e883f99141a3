import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { digestOf, EMPTY_DIGEST, type Digest } from '../../src/base/digest.ts';
import { errnoOf } from '../../src/base/fs.ts';
import {
  BLOB_TIME,
  blobPath,
  hasBlob,
  moveIntoStore,
  objectPath,
  openStore,
  placeBlob,
  putBytes,
  readBlob,
  sealedBlob,
  storeRoot,
  type Store,
} from '../../src/cache/store.ts';
import { bundleProgram, type Program } from '../rig/child.ts';
import { failAt, systemFailure, watchFileSystem } from '../rig/faults.ts';
import {
  blobsIn,
  faultsIn,
  openedStore,
  temporaryStore,
  wipe,
  type TemporaryStore,
} from '../rig/store.ts';

let temporary: TemporaryStore;
let store: Store;
let program: Program;
beforeAll(async () => {
  program = await bundleProgram(resolve(import.meta.dirname, 'store.child.ts'));
  temporary = temporaryStore();
  store = temporary.store;
});
afterEach(() => wipe(temporary));
afterAll(() => {
  temporary[Symbol.dispose]();
  program[Symbol.dispose]();
});

const here = (name: string): string => join(temporary.directory, name);
const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

/** A file beside the store. */
function file(name: string, content: string | Uint8Array, mode = 0o644): string {
  writeFileSync(here(name), content);
  chmodSync(here(name), mode);
  return here(name);
}

describe('where the store is', () => {
  test.each([
    [{ ASHLAR_STORE: '/s', XDG_CACHE_HOME: '/c', HOME: '/h' }, '/s'],
    [{ ASHLAR_STORE: 'relative' }, resolve('relative')],
    [{ ASHLAR_STORE: '', XDG_CACHE_HOME: '/c', HOME: '/h' }, '/c/ashlar'],
    [{ XDG_CACHE_HOME: 'relative', HOME: '/h' }, '/h/.cache/ashlar'],
    [{ HOME: '/h' }, '/h/.cache/ashlar'],
  ])('%j: %s', (env, root) => {
    expect(storeRoot(env)).toEqual({ ok: true, value: root });
  });

  test('nowhere, when nothing says it', () => {
    const result = storeRoot({ HOME: '' });
    expect(result.ok ? '' : formatDiagnostic(result.diagnostics[0]!)).toBe(
      'error: no place for the store: ASHLAR_STORE, XDG_CACHE_HOME and HOME are all unset\n' +
        '  hint: set ASHLAR_STORE to a directory that may be written',
    );
  });
});

describe('opening', () => {
  const refusal = (root: string): string => {
    const opened = openStore(root);
    return opened.ok ? '' : formatDiagnostic(opened.diagnostics[0]!);
  };

  test('makes a store where there is none, and opens it again', () => {
    expect(readdirSync(store.root).sort()).toEqual(['ac', 'cas', 'log', 'tmp', 'version', 'work']);
    expect(readFileSync(join(store.root, 'version'), 'utf8')).toBe('1\n');
    expect(readdirSync(join(store.root, 'cas'))).toEqual([]);
    putBytes(store, 'x');
    expect(readBlob(openedStore(store.root), digestOf('x'))?.toString()).toBe('x');
  });

  test('one store has one name, by whatever path it was reached', () => {
    symlinkSync('store', here('link'));
    expect(openedStore(here('link')).root).toBe(store.root);
    expect(openedStore(relative(process.cwd(), here('link/../store/.'))).root).toBe(store.root);
  });

  test.each(['2\n', '', 'x'])('a store of version %j is left alone', (version) => {
    writeFileSync(join(store.root, 'version'), version);
    rmSync(join(store.root, 'log'), { recursive: true, force: true });
    expect(refusal(store.root)).toBe(
      `error: the store ${store.root} has format ${version.trim() || '(empty)'}, this Ashlar knows format 1\n` +
        '  hint: use an Ashlar that knows it, or another store (ASHLAR_STORE)',
    );
    expect(existsSync(join(store.root, 'log'))).toBe(false);
  });

  test('one that cannot be written is refused, and says why', async () => {
    openedStore(here('other'));
    chmodSync(temporary.directory, 0o755);
    chmodSync(here('other/cas'), 0o555);
    const said = async (root: string): Promise<string | undefined> => {
      const child = program.startAsOrdinaryUser('open', root);
      const line = await child.line();
      expect(await child.ended(), child.stderr()).toBe(0);
      return line;
    };
    const denied = 'permission denied (EACCES)';
    expect(await said(here('other'))).toBe(
      `error: cannot open the store ${here('other')}: ${denied}`,
    );
    if (process.getuid!() === 0) {
      expect(await said(here('new'))).toBe(
        `error: cannot open the store ${here('new')}: ${denied}`,
      );
    }
    file('plain', '');
    expect(refusal(here('plain'))).toMatch(
      /^error: cannot open the store .*\/plain: .*E(NOTDIR|EXIST)/,
    );
    using _ = watchFileSystem(({ name, args }) => {
      if (name === 'accessSync') throw systemFailure('EROFS', name, args[0]);
    });
    expect(refusal(store.root)).toBe(
      `error: cannot open the store ${store.root}: the file system is read-only (EROFS)\n` +
        '  hint: it is mounted read-only; point Ashlar at a writable place',
    );
  });

  test('no call of making one may fail without a word, and a second try makes it', () => {
    let calls: number;
    {
      using watched = watchFileSystem(() => undefined);
      expect(refusal(here('whole'))).toBe('');
      calls = watched.calls.length;
    }
    for (let call = 0; call < calls; call++) {
      const root = here(`store-${call}`);
      let refused: string;
      {
        using watched = watchFileSystem(failAt(call, 'ENOSPC'));
        refused = refusal(root);
        expect(watched.calls.length).toBeGreaterThan(call);
      }
      expect(refused).toContain('no space is left on the device (ENOSPC)');
      expect(refusal(root)).toBe('');
      expect(faultsIn(openedStore(root))).toEqual([]);
    }
  });

  test('nobody else can write to it, however lax the umask', () => {
    const umask = process.umask(0);
    try {
      putBytes(openedStore(here('lax/store')), 'some');
    } finally {
      process.umask(umask);
    }
    const fan = readdirSync(here('lax/store/cas')).map((name) => `lax/store/cas/${name}`);
    expect(fan).toHaveLength(1);
    for (const path of ['lax', 'lax/store', 'lax/store/ac', 'lax/store/tmp', ...fan]) {
      expect(modeOf(here(path)) & 0o022).toBe(0);
    }
  });

  test('removes what writes of killed processes left, once it is old', () => {
    writeFileSync(join(store.root, 'tmp/left'), '');
    utimesSync(join(store.root, 'tmp/left'), BLOB_TIME, BLOB_TIME);
    openedStore(store.root);
    expect(readdirSync(join(store.root, 'tmp'))).toEqual(['left']);
    vi.useFakeTimers({ now: Date.now() + 25 * 3_600_000, toFake: ['Date'] });
    try {
      openedStore(store.root);
    } finally {
      vi.useRealTimers();
    }
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([]);
  });
});

describe('blobs', () => {
  test('need no directory but that of the kind, which is not made again where the store is gone', () => {
    const empty = openedStore(here('empty'));
    expect(readdirSync(here('empty/cas'))).toEqual([]);
    const digest = putBytes(empty, 'some');
    expect(readdirSync(here('empty/cas'))).toEqual([digest.hash.slice(0, 2)]);
    rmSync(here('empty/cas'), { recursive: true });
    expect(() => putBytes(empty, 'some')).toThrow(/ENOENT/);
    expect(existsSync(here('empty/cas'))).toBe(false);
    expect(readdirSync(here('empty/tmp'))).toEqual([]);
  });

  test('go in as bytes or text, and come out as they were', () => {
    const contents = ['', 'text ä', Buffer.alloc(1_000_000, 7), Uint8Array.of(0, 255)];
    for (const content of contents) {
      const digest = putBytes(store, content);
      expect(digest).toEqual(digestOf(content));
      expect(hasBlob(store, digest)).toBe(true);
      expect(readBlob(store, digest)?.equals(Buffer.from(content as string))).toBe(true);
      expect(putBytes(store, content)).toEqual(digest);
    }
    expect(readBlob(store, EMPTY_DIGEST)).toHaveLength(0);
    expect(faultsIn(store)).toEqual([]);
  });

  test('that are not there', () => {
    const digest = digestOf('absent');
    expect(hasBlob(store, digest)).toBe(false);
    expect(blobPath(store, digest)).toBeUndefined();
    expect(readBlob(store, digest)).toBeUndefined();
    expect(placeBlob(store, digest, here('out'))).toBe(false);
    expect(existsSync(here('out'))).toBe(false);
  });

  test('are told with their files only while these are as they were left', () => {
    const digest = putBytes(store, 'content');
    const path = objectPath(store, 'cas', digest.hash);
    expect(sealedBlob(store, digest, false)).toMatchObject({
      path,
      stat: { ino: lstatSync(path).ino, size: digest.size },
    });
    // The one with other permissions was never made.
    expect(sealedBlob(store, digest, true)).toBeUndefined();
    expect(sealedBlob(store, { ...digest, size: 1 }, false)).toBeUndefined();
    chmodSync(path, 0o644);
    expect(sealedBlob(store, digest, false)).toBeUndefined();
    chmodSync(path, 0o444);
    expect(sealedBlob(store, digest, false)).toBeDefined();
    utimesSync(path, 1, 1);
    expect(sealedBlob(store, digest, false)).toBeUndefined();
  });

  test('are placed as links, with the permissions asked for', () => {
    const digest = putBytes(store, 'content');
    expect(placeBlob(store, digest, here('plain'))).toBe(true);
    expect(placeBlob(store, digest, here('program'), { executable: true })).toBe(true);
    expect(placeBlob(store, digest, here('again'), { executable: true })).toBe(true);
    expect([modeOf(here('plain')), modeOf(here('program'))]).toEqual([0o444, 0o555]);
    expect(statSync(here('program')).ino).toBe(statSync(here('again')).ino);
    expect(statSync(here('plain')).ino).toBe(statSync(objectPath(store, 'cas', digest.hash)).ino);
    expect(statSync(here('plain')).mtimeMs).toBe(BLOB_TIME * 1000);
    expect(blobsIn(store).sort()).toEqual([digest.hash, `${digest.hash}.x`]);
  });

  test('are placed as copies where they may be written to or have modes of their own', () => {
    const umask = process.umask(0o077);
    try {
      const digest = putBytes(store, 'content');
      placeBlob(store, digest, here('a'), { copy: true });
      placeBlob(store, digest, here('b'), { copy: true, executable: true });
      placeBlob(store, digest, here('c'), { mode: 0o4711, executable: true });
      placeBlob(store, digest, here('d'), { mode: 0 });
      expect(['a', 'b', 'c', 'd'].map((name) => modeOf(here(name)))).toEqual([
        0o644, 0o755, 0o4711, 0,
      ]);
      for (const name of ['a', 'b', 'c', 'd']) {
        expect(statSync(here(name)).nlink).toBe(1);
        expect(statSync(here(name)).mtimeMs).toBe(BLOB_TIME * 1000);
      }
      writeFileSync(here('a'), 'changed');
      expect(readBlob(store, digest)?.toString()).toBe('content');
    } finally {
      process.umask(umask);
    }
  });

  test.each(['EXDEV', 'EMLINK', 'EPERM'])('are placed as copies where link says %s', (errno) => {
    const digest = putBytes(store, 'content');
    using _ = watchFileSystem(({ name }) => {
      if (name === 'linkSync') throw systemFailure(errno, 'link');
    });
    expect(placeBlob(store, digest, here('plain'))).toBe(true);
    expect(placeBlob(store, digest, here('program'), { executable: true })).toBe(true);
    expect([modeOf(here('plain')), modeOf(here('program'))]).toEqual([0o444, 0o555]);
    expect(readFileSync(here('plain'), 'utf8')).toBe('content');
  });

  test('are never placed over what is there, nor through a link', () => {
    const digest = putBytes(store, 'content');
    file('precious', 'precious');
    symlinkSync('precious', here('planted'));
    symlinkSync('absent', here('dangling'));
    for (const options of [{}, { copy: true }, { mode: 0o600 }]) {
      for (const name of ['precious', 'planted', 'dangling']) {
        expect(() => placeBlob(store, digest, here(name), options)).toThrow(/EEXIST/);
      }
    }
    expect(readFileSync(here('precious'), 'utf8')).toBe('precious');
    expect(existsSync(here('absent'))).toBe(false);
  });
});

describe('files', () => {
  test('move in, whatever their modes and times; equal ones are one blob', () => {
    const digest = digestOf('content');
    expect(moveIntoStore(store, file('a', 'content', 0o600), false)).toEqual(digest);
    expect(moveIntoStore(store, Buffer.from(file('b', 'content', 0o777)), true)).toEqual(digest);
    expect(moveIntoStore(store, file('c', 'content'), false)).toEqual(digest);
    expect(existsSync(here('a'))).toBe(false);
    expect(blobsIn(store).sort()).toEqual([digest.hash, `${digest.hash}.x`]);
    expect(faultsIn(store)).toEqual([]);
  });

  test('are copied from another file system', () => {
    const other = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/ashlar-') : undefined;
    try {
      const path = other === undefined ? file('a', 'content') : join(other, 'a');
      writeFileSync(path, 'content');
      using _ = watchFileSystem(({ name, args }) => {
        // Also where the machine has no other file system at hand.
        if (name === 'renameSync' && args[0] === path) throw systemFailure('EXDEV', 'rename');
      });
      expect(moveIntoStore(store, path, false)).toEqual(digestOf('content'));
      expect(existsSync(path)).toBe(true);
      expect(faultsIn(store)).toEqual([]);
    } finally {
      if (other !== undefined) rmSync(other, { recursive: true });
    }
  });

  test('that have other names are copied, and those names left as they are', () => {
    file('a', 'content', 0o640);
    utimesSync(here('a'), 1_000, 1_000);
    linkSync(here('a'), here('other'));
    moveIntoStore(store, here('a'), false);
    expect(modeOf(here('other'))).toBe(0o640);
    expect(statSync(here('other')).mtimeMs).toBe(1_000_000);
    appendFileSync(here('other'), ' and more');
    expect(readBlob(store, digestOf('content'))?.toString()).toBe('content');
    expect(faultsIn(store)).toEqual([]);
  });

  test('that are blobs of this store already stay what they are', () => {
    const digest = putBytes(store, 'content');
    placeBlob(store, digest, here('a'));
    expect(moveIntoStore(store, here('a'), false)).toEqual(digest);
    rmSync(objectPath(store, 'cas', digest.hash));
    expect(moveIntoStore(store, here('a'), false)).toEqual(digest);
    expect(faultsIn(store)).toEqual([]);
  });

  test.each([1, 2])('that change meanwhile are refused (%i names)', (names) => {
    const path = file('a', 'content');
    if (names === 2) linkSync(path, here('b'));
    utimesSync(path, 1_000, 1_000);
    let taken: unknown;
    {
      using _ = watchFileSystem(({ name, args }) => {
        const target = names === 1 ? 'renameSync' : 'copyFileSync';
        if (name === target && args[0] === path) writeFileSync(path, 'CONTENT');
      });
      try {
        moveIntoStore(store, path, false);
      } catch (error) {
        taken = error;
      }
    }
    expect(errnoOf(taken)).toBe('EBUSY');
    expect(blobsIn(store)).toEqual([]);
    expect(faultsIn(store)).toEqual([]);
  });

  test('that are not there are node’s own error', () => {
    expect(() => moveIntoStore(store, here('absent'), false)).toThrow(/ENOENT/);
  });
});

describe('a blob that was changed is not served', () => {
  const content = Buffer.from(Array.from({ length: 640 }, (_, i) => (i * 7) & 0xff));
  const digest = digestOf(content);

  /** Writes to the blob through a link that somebody was given, as root or its owner may. */
  function tamper(executable: boolean, change: (path: string) => void): void {
    rmSync(here('out'), { force: true });
    rmSync(here('next'), { force: true });
    moveIntoStore(store, file('in', content), executable);
    placeBlob(store, digest, here('out'), { executable });
    chmodSync(here('out'), 0o755);
    change(here('out'));
    chmodSync(here('out'), executable ? 0o555 : 0o444);
  }

  function expectMissing(): void {
    expect(placeBlob(store, digest, here('next'))).toBe(false);
    expect(placeBlob(store, digest, here('next'), { executable: true })).toBe(false);
    expect(readBlob(store, digest)).toBeUndefined();
    expect(hasBlob(store, digest)).toBe(false);
    expect(blobsIn(store)).toEqual([]);
    expect(faultsIn(store)).toEqual([]);
  }

  test.each([false, true])('cut anywhere (executable: %s)', (executable) => {
    for (let length = 0; length < content.length; length += content.length / 64) {
      tamper(executable, (path) => truncateSync(path, length));
      expectMissing();
    }
  });

  test('with a bit flipped anywhere', () => {
    for (let bit = 0; bit < content.length * 8; bit += 61) {
      tamper(false, (path) => {
        const changed = Buffer.from(content);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        writeFileSync(path, changed);
      });
      expectMissing();
    }
  });

  test('twice itself, with something after it, or other bytes of its size', () => {
    for (const other of [
      Buffer.concat([content, content]),
      Buffer.concat([content, Buffer.from('x')]),
      Buffer.alloc(640),
    ]) {
      tamper(false, (path) => writeFileSync(path, other));
      expectMissing();
    }
  });

  test('nor when its time was set back: not where its bytes are read, or its size tells', () => {
    for (const other of [Buffer.alloc(640), Buffer.alloc(0), Buffer.alloc(641)]) {
      tamper(false, (path) => {
        writeFileSync(path, other);
        utimesSync(path, BLOB_TIME, BLOB_TIME);
      });
      expect(readBlob(store, digest)).toBeUndefined();
      expectMissing();
    }
  });

  test('nor is a directory, a link or a pipe in its place', () => {
    const path = objectPath(store, 'cas', digest.hash);
    mkdirSync(join(path, 'below'), { recursive: true });
    expectMissing();
    file('elsewhere', content);
    symlinkSync(here('elsewhere'), path);
    expectMissing();
    expect(existsSync(here('elsewhere'))).toBe(true);
  });

  test('it is replaced by the next who has it', () => {
    tamper(false, (path) => writeFileSync(path, 'other'));
    expect(putBytes(store, content)).toEqual(digest);
    expect(readFileSync(here('out'), 'utf8')).toBe('other');
    expect(faultsIn(store)).toEqual([]);
  });

  test('the other variant still is', () => {
    putBytes(store, content);
    placeBlob(store, digest, here('program'), { executable: true });
    chmodSync(here('program'), 0o755);
    writeFileSync(here('program'), 'other');
    expect(placeBlob(store, digest, here('next'), { executable: true })).toBe(true);
    expect(readFileSync(here('next')).equals(content)).toBe(true);
    expect(faultsIn(store)).toEqual([]);
  });
});

describe('a blob that was only touched is served, from a file of its own', () => {
  const digest = digestOf('content');
  beforeEach(() => {
    putBytes(store, 'content');
    placeBlob(store, digest, here('out'));
  });

  test.each([
    ['its permissions changed', () => chmodSync(here('out'), 0o755)],
    ['its time changed', () => utimesSync(here('out'), 5, 5)],
    [
      'it was written with what it had',
      () => {
        chmodSync(here('out'), 0o644);
        writeFileSync(here('out'), 'content');
      },
    ],
  ])('when %s', (_, change) => {
    change();
    expect(placeBlob(store, digest, here('next'))).toBe(true);
    expect(modeOf(here('next'))).toBe(0o444);
    expect(statSync(here('next')).ino).not.toBe(statSync(here('out')).ino);
    // Whoever had the old file open may go on writing to it.
    chmodSync(here('out'), 0o644);
    writeFileSync(here('out'), 'CONTENT');
    expect(readBlob(store, digest)?.toString()).toBe('content');
    expect(faultsIn(store)).toEqual([]);
  });

  test('when the whole store was copied without its times', () => {
    const path = objectPath(store, 'cas', digest.hash);
    rmSync(here('out'));
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path, bytes, { mode: 0o600 });
    expect(hasBlob(store, digest)).toBe(true);
    expect(faultsIn(store)).toEqual([]);
  });

  test('but not under another size, and asking for that does no harm', () => {
    for (const size of [0, 6, 8, 1e15]) {
      const wrong: Digest = { hash: digest.hash, size };
      expect(hasBlob(store, wrong)).toBe(false);
      expect(readBlob(store, wrong)).toBeUndefined();
      expect(placeBlob(store, wrong, here('next'))).toBe(false);
    }
    chmodSync(here('out'), 0o755);
    expect(hasBlob(store, { hash: digest.hash, size: 1 })).toBe(false);
    expect(readBlob(store, digest)?.toString()).toBe('content');
    expect(faultsIn(store)).toEqual([]);
  });
});

describe('when the disk fails', () => {
  const digest = digestOf('content');
  const operations: readonly (readonly [string, () => void, () => void])[] = [
    ['putting bytes', () => undefined, () => putBytes(store, 'content')],
    ['moving a file in', () => file('in', 'content'), () => moveIntoStore(store, here('in'), true)],
    [
      'copying a file in',
      () => {
        file('in', 'content');
        linkSync(here('in'), here('in2'));
      },
      () => moveIntoStore(store, here('in'), false),
    ],
    [
      'making the executable variant',
      () => putBytes(store, 'content'),
      () => blobPath(store, digest, true),
    ],
    [
      'renewing a blob',
      () => {
        putBytes(store, 'content');
        chmodSync(objectPath(store, 'cas', digest.hash), 0o755);
      },
      () => hasBlob(store, digest),
    ],
    [
      'placing a link',
      () => putBytes(store, 'content'),
      () => placeBlob(store, digest, here('out')),
    ],
    [
      'placing a copy',
      () => putBytes(store, 'content'),
      () => placeBlob(store, digest, here('out'), { copy: true }),
    ],
  ];

  test.each(operations)('%s: an error or the whole, and nothing left behind', (_, prepare, act) => {
    for (const errno of [
      'ENOSPC',
      'EDQUOT',
      'EIO',
      'EMFILE',
      'ENFILE',
      'ENOMEM',
      'EROFS',
      'EINTR',
    ]) {
      for (let call = 0; ; call++) {
        prepare();
        let failure: unknown;
        let calls: readonly string[];
        {
          using watched = watchFileSystem(failAt(call, errno));
          try {
            act();
          } catch (error) {
            failure = error;
          }
          calls = [...watched.calls];
        }
        if (failure !== undefined) expect(errnoOf(failure)).toBe(errno);
        // What a failing removal leaves is of no harm, nor a blob whose permissions are still to be
        // looked at; all else is cleared away.
        const faults = faultsIn(store).filter((fault) => !fault.startsWith('mode of'));
        if (calls[call] !== 'rmSync') expect(faults).toEqual([]);
        if (existsSync(here('out'))) expect(readFileSync(here('out'), 'utf8')).toBe('content');
        for (const name of ['in', 'in2', 'out']) rmSync(here(name), { force: true });
        for (const name of blobsIn(store)) rmSync(join(store.root, 'cas', name.slice(0, 2), name));
        if (calls.length <= call) break;
      }
    }
  });

  test('kill -9 at any call of making the first result: what is there is whole', async () => {
    openedStore(here('made'));
    let step = 1;
    for (let call = 0; ; call += step) {
      const child = program.start('die', here('made'), `seed ${call}`, String(call));
      const calls = await child.line();
      expect(await child.ended(), child.stderr()).toBe(calls === undefined ? 'SIGKILL' : 0);
      const made = openedStore(here('made'));
      const left = readdirSync(join(made.root, 'tmp'));
      expect(left.length).toBeLessThanOrEqual(1);
      for (const name of left) rmSync(join(made.root, 'tmp', name));
      expect(faultsIn(made)).toEqual([]);
      if (calls !== undefined) break;
      // Every call of a run would take minutes; where they fall differs from run to run of the loop.
      step = 11 + (call % 3);
    }
  });
});

test('six processes store the same blobs at once, and agree', async () => {
  const children = Array.from({ length: 6 }, () => program.start('put', here('shared'), '30'));
  const said = await Promise.all(
    children.map(async (child) => {
      const lines: string[] = [];
      for (let line = await child.line(); line !== undefined; line = await child.line())
        lines.push(line);
      expect(await child.ended(), child.stderr()).toBe(0);
      return lines.join('\n');
    }),
  );
  expect(new Set(said).size).toBe(1);
  const shared = openedStore(here('shared'));
  for (const hash of said[0]!.split('\n')) expect(blobsIn(shared)).toContain(hash);
  expect(faultsIn(shared)).toEqual([]);
  expect(readdirSync(join(shared.root, 'work'))).toEqual([]);
});
