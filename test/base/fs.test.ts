import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import {
  errnoOf,
  linkOrCopy,
  readIfExists,
  removeTree,
  systemError,
  temporaryBeside,
  temporaryDirectory,
  writeAtomic,
  writeIfChanged,
} from '../../src/base/fs.ts';
import { bundleProgram } from '../rig/child.ts';
import { failAt, systemFailure, watchFileSystem } from '../rig/faults.ts';

const root = mkdtempSync(join(tmpdir(), 'ashlar-fs-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directory = '';
let count = 0;
beforeEach(() => {
  directory = join(root, String(count++));
  mkdirSync(directory);
});

const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

describe('system errors', () => {
  test('say what was tried, on what, and what to do', () => {
    const shown = (errno: string): string =>
      formatDiagnostic(systemError('write', systemFailure(errno, 'open', '/nowhere/x')));
    expect(shown('EACCES')).toBe(
      'error: cannot write /nowhere/x: permission denied (EACCES)\n  hint: check who owns it and its permissions',
    );
    expect(shown('EROFS')).toBe(
      'error: cannot write /nowhere/x: the file system is read-only (EROFS)\n  hint: it is mounted read-only; point Ashlar at a writable place',
    );
    expect(shown('EWEIRD')).toBe('error: cannot write /nowhere/x: EWEIRD');
    expect(shown('ENOSPC')).toMatch(
      /^error: cannot write \/nowhere\/x: no space is left on the device \(ENOSPC\)\n {2}note: \d+ MB and \d+ files are free on the file system of \/\n {2}hint: free some space/,
    );
    expect(systemError('read', systemFailure('EIO', 'read'), 'given')).toMatchObject({
      code: 'fs/eio',
      fault: 'environment',
      message: 'cannot read given: input/output error (EIO)',
    });
    // The message is for people; the path is what the system was asked for.
    expect(systemError('read', systemFailure('EIO', 'read'), 'given').path).toBe('given');
    expect(systemError('read', systemFailure('EIO', 'open', '/nowhere/x'), 'given')).toMatchObject({
      message: 'cannot read given: input/output error (EIO)',
      path: '/nowhere/x',
    });
    expect(systemError('read', systemFailure('ERR_FS_FILE_TOO_LARGE', 'read', 'x')).code).toBe(
      'fs/efbig',
    );
  });

  test('that node has no name for are named as the system names them, or by their number', () => {
    const unnamed = (errno: number): Error =>
      Object.assign(new Error('x'), { errno, code: `Unknown system error ${errno}`, path: '/p' });
    expect(errnoOf(unnamed(-122))).toBe('EDQUOT');
    expect(systemError('write', unnamed(-122)).message).toBe(
      'cannot write /p: the disk quota is exceeded (EDQUOT)',
    );
    expect(systemError('write', unnamed(-117))).toMatchObject({
      code: 'fs/e117',
      message: 'cannot write /p: the file system is damaged (E117)',
    });
    expect(systemError('write', unnamed(-9999)).message).toBe('cannot write /p: E9999');
  });

  test('of other kinds are bugs', () => {
    for (const bug of [
      new TypeError('bug'),
      Object.assign(new Error('x'), { code: 'ERR_ASSERTION' }),
      'text',
    ]) {
      expect(() => systemError('do', bug)).toThrow();
    }
    expect(errnoOf('text')).toBeUndefined();
    expect(errnoOf(Object.assign(new Error('x'), { code: 3 }))).toBeUndefined();
  });
});

test('reading what may not be there', () => {
  const path = join(directory, 'file');
  expect(readIfExists(path)).toBeUndefined();
  writeFileSync(path, 'content');
  expect(readIfExists(path)?.toString()).toBe('content');
  expect(readIfExists(join(path, 'below'))).toBeUndefined();
  expect(() => readIfExists(directory)).toThrow(/EISDIR/);
});

describe('writing at once', () => {
  const path = (): string => join(directory, 'file');

  test('text and bytes, over an old file or none, with the mode asked for whatever the umask', () => {
    const umask = process.umask(0o077);
    try {
      writeAtomic(path(), 'ä');
      expect(readFileSync(path(), 'utf8')).toBe('ä');
      expect(modeOf(path())).toBe(0o644);
      writeAtomic(path(), Uint8Array.of(1, 2), { mode: 0o755, durable: true });
      expect([...readFileSync(path())]).toEqual([1, 2]);
      expect(modeOf(path())).toBe(0o755);
    } finally {
      process.umask(umask);
    }
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('a link at the path is replaced, what it points to is left alone', () => {
    writeFileSync(join(directory, 'target'), 'old');
    symlinkSync('target', path());
    writeAtomic(path(), 'new');
    expect(readFileSync(join(directory, 'target'), 'utf8')).toBe('old');
    expect(lstatSync(path()).isFile()).toBe(true);
  });

  test('a name as long as names can be', () => {
    const long = join(directory, 'ä'.repeat(127));
    writeAtomic(long, 'x');
    expect(readdirSync(directory)).toEqual(['ä'.repeat(127)]);
    expect(() => writeAtomic(`${long}xx`, 'x')).toThrow(/ENAMETOOLONG/);
    expect(readdirSync(directory)).toEqual(['ä'.repeat(127)]);
  });

  test('what the system writes in pieces is written whole', () => {
    const content = Buffer.alloc(1_000_000, 'piece');
    using watched = watchFileSystem(({ name, args }) => {
      // As a signal in the middle would have it: less than asked for. The fourth is the length.
      if (name === 'writeSync') args[3] = Math.min(70_001, content.length - (args[2] as number));
    });
    writeAtomic(path(), content);
    expect(watched.calls.filter((name) => name === 'writeSync')).toHaveLength(15);
    expect(readFileSync(path()).equals(content)).toBe(true);
  });

  test.each(['ENOSPC', 'EIO', 'EROFS'])(
    '%s at any call: the old file or the new one, and nothing else',
    (errno) => {
      for (let call = 0; ; call++) {
        writeFileSync(path(), 'old');
        let thrown: unknown;
        let calls: readonly string[];
        {
          using watched = watchFileSystem(failAt(call, errno));
          try {
            writeAtomic(path(), 'new', { durable: true });
          } catch (error) {
            thrown = error;
          }
          calls = [...watched.calls];
        }
        expect(readdirSync(directory)).toEqual(['file']);
        if (thrown === undefined) {
          expect(call).toBe(calls.length);
          expect(calls.filter((name) => name === 'fsyncSync')).toHaveLength(2);
          break;
        }
        expect(errnoOf(thrown)).toBe(errno);
        const renamed = calls.indexOf('renameSync') !== -1 && calls.indexOf('renameSync') < call;
        expect(readFileSync(path(), 'utf8')).toBe(renamed ? 'new' : 'old');
      }
    },
  );

  test('kill -9 at any call: the old content or the new, never a part', async () => {
    using program = await bundleProgram(resolve(import.meta.dirname, 'fs.child.ts'));
    for (let call = 0; ; call++) {
      writeFileSync(path(), 'old');
      const child = program.start(path(), 'new', String(call));
      const calls = await child.line();
      const content = readFileSync(path(), 'utf8');
      expect(['old', 'new'.repeat(100_000)]).toContain(content);
      expect(await child.ended()).toBe(calls === undefined ? 'SIGKILL' : 0);
      if (calls === undefined) continue;
      expect(Number(calls)).toBe(call);
      expect(content).toBe('new'.repeat(100_000));
      break;
    }
  });

  test('only if it changes something: the time of an equal file stays', () => {
    const deep = join(directory, 'a/b/file');
    expect(writeIfChanged(deep, 'one')).toBe(true);
    utimesSync(deep, 1_000, 1_000);
    expect(writeIfChanged(deep, 'one')).toBe(false);
    expect(statSync(deep).mtimeMs).toBe(1_000_000);
    expect(writeIfChanged(deep, 'two', { mode: 0o600 })).toBe(true);
    expect(statSync(deep).mtimeMs).not.toBe(1_000_000);
    expect(readFileSync(deep, 'utf8')).toBe('two');
    expect(modeOf(deep)).toBe(0o600);
  });

  test('names for temporary files are beside the path and never the same', () => {
    const names = new Set(Array.from({ length: 1_000 }, () => temporaryBeside('/a/b')));
    expect(names.size).toBe(1_000);
    for (const name of names) expect(name).toMatch(/^\/a\/b\.tmp-\d+-[0-9a-f]{12}$/);
  });
});

describe('removing a tree', () => {
  test('whatever its modes and names are; links are removed, not what they point to', () => {
    const outside = join(directory, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), '');
    const tree = join(directory, 'tree');
    mkdirSync(join(tree, 'a/b'), { recursive: true });
    writeFileSync(join(tree, 'a/b/file'), '');
    writeFileSync(join(tree, 'a/read-only'), '', { mode: 0 });
    symlinkSync(outside, join(tree, 'a/link'));
    symlinkSync('/', join(tree, 'root'));
    symlinkSync('nowhere', join(tree, 'dangling'));
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x0a])]), '');
    mkdirSync(Buffer.concat([Buffer.from(`${tree}/a/`), Buffer.from([0x80])]));
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/a/`), Buffer.from([0x80, 0x2f, 0x81])]), '');
    chmodSync(join(tree, 'a/b'), 0);
    chmodSync(join(tree, 'a'), 0o500);
    chmodSync(tree, 0);
    removeTree(tree);
    expect(readdirSync(directory)).toEqual(['outside']);
    expect(readdirSync(outside)).toEqual(['kept']);
  });

  test('a file, a link, nothing', () => {
    writeFileSync(join(directory, 'file'), '');
    mkdirSync(join(directory, 'target'));
    symlinkSync('target', join(directory, 'link'));
    removeTree(join(directory, 'file'));
    removeTree(join(directory, 'link'));
    removeTree(join(directory, 'absent'));
    removeTree(join(directory, 'absent/below'));
    expect(readdirSync(directory)).toEqual(['target']);
  });
});

describe('temporary directories', () => {
  test('are private, and gone with their scope, also when it fails', () => {
    let path = '';
    expect(() => {
      using work = temporaryDirectory(join(directory, 'new'), 'unpack');
      path = work.path;
      expect(modeOf(path)).toBe(0o700);
      writeFileSync(join(path, 'file'), '');
      throw new Error('failure');
    }).toThrow('failure');
    expect(path.startsWith(join(directory, 'new', 'unpack-'))).toBe(true);
    expect(readdirSync(join(directory, 'new'))).toEqual([]);
  });
});

describe('a link or a copy', () => {
  test('is a link where links are possible', () => {
    writeFileSync(join(directory, 'from'), 'x');
    linkOrCopy(join(directory, 'from'), join(directory, 'to'));
    expect(statSync(join(directory, 'to')).ino).toBe(statSync(join(directory, 'from')).ino);
    expect(() => linkOrCopy(join(directory, 'from'), join(directory, 'to'))).toThrow(/EEXIST/);
    expect(() => linkOrCopy(join(directory, 'absent'), join(directory, 'to2'))).toThrow(/ENOENT/);
  });

  test.each(['EXDEV', 'EMLINK', 'EPERM', 'EOPNOTSUPP'])(
    'is a copy where link says %s; nothing is overwritten',
    (errno) => {
      writeFileSync(join(directory, 'from'), 'x', { mode: 0o751 });
      chmodSync(join(directory, 'from'), 0o751);
      writeFileSync(join(directory, 'precious'), 'precious');
      symlinkSync('precious', join(directory, 'planted'));
      using _ = watchFileSystem(({ name }) => {
        if (name === 'linkSync') throw systemFailure(errno, 'link');
      });
      linkOrCopy(join(directory, 'from'), join(directory, 'to'));
      expect(statSync(join(directory, 'to')).ino).not.toBe(statSync(join(directory, 'from')).ino);
      expect(modeOf(join(directory, 'to'))).toBe(0o751);
      expect(() => linkOrCopy(join(directory, 'from'), join(directory, 'planted'))).toThrow(
        /EEXIST/,
      );
      expect(readFileSync(join(directory, 'precious'), 'utf8')).toBe('precious');
    },
  );
});
