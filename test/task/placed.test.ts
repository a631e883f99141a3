// The memory of places: only ever saves time, whatever happened to its file, and never vouches for what is not so.
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { BLOB_TIME, objectPath } from '../../src/cache/store.ts';
import { PlacedTable, type Entry } from '../../src/task/placed.ts';
import type { Task } from '../../src/task/task.ts';
import { createRig, scriptTask, type Rig } from '../rig/engine.ts';
import { watchFileSystem } from '../rig/faults.ts';
import { scratch } from '../rig/scratch.ts';

afterEach(() => void vi.useRealTimers());

function entryAt(path: string): Entry {
  const { hash, size } = digestOf(path);
  return {
    key: hash,
    identity: '1-2.5',
    result: {
      outputs: { out: { kind: 'file', digest: { hash, size }, executable: false } },
      startedMs: 1,
      completedMs: 2,
    },
    places: [{ path, inode: 7, directories: [], files: [['', size, 0o444, hash]], links: [] }],
  };
}

describe('the file', () => {
  const paths = ['/a', '/ä b', '/tab\there', '/line\nend', '/"q"\\', '/\u2028', '/ 🧱'];

  function filled(file: string): void {
    const table = new PlacedTable(file);
    for (const path of paths) table.set(entryAt(path));
    table.save();
  }

  test('gives back what was put into it, whatever the names', () => {
    using here = scratch();
    const file = join(here.path, 'deep/placed');
    filled(file);
    const table = new PlacedTable(file);
    for (const path of paths) expect(table.find(path)).toEqual(entryAt(path));
    expect(table.find('/b')).toBeUndefined();
    table.delete('/a');
    table.save();
    expect(new PlacedTable(file).find('/a')).toBeUndefined();
    expect(new PlacedTable(file).find('/ä b')).toEqual(entryAt('/ä b'));
  });

  test('is as good as empty where it is damaged anywhere, cut off, or of another version', () => {
    using here = scratch();
    const file = join(here.path, 'placed');
    filled(file);
    const whole = readFileSync(file);
    const damaged = fc.oneof(
      fc.nat(whole.length - 1).map((at) => whole.subarray(0, at)),
      fc.tuple(fc.nat(whole.length - 1), fc.nat(7)).map(([at, bit]) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 1 << bit;
        return bytes;
      }),
      fc.uint8Array().map((bytes) => Buffer.concat([whole, bytes, Buffer.from('x')])),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.constant(Buffer.from('{"version":1,"entries":[]}')),
    );
    const expectEmpty = (bytes: Uint8Array): void => {
      writeFileSync(file, bytes);
      const table = new PlacedTable(file);
      expect(paths.map((path) => table.find(path))).toEqual(paths.map(() => undefined));
    };
    fc.assert(fc.property(damaged, expectEmpty), { numRuns: 300 });
    // Each bit of the first lines, for no digest vouches for them.
    const beginning = whole.indexOf('\n', whole.indexOf('\n') + 1) + 2;
    for (let bit = 0; bit < beginning * 8; bit++) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expectEmpty(bytes);
    }
  });

  test('is written only where there is news, and forgets what nobody asks for in 60 days', () => {
    using here = scratch();
    const file = join(here.path, 'placed');
    filled(file);
    const { ino } = lstatSync(file);
    const same = new PlacedTable(file);
    same.find('/a');
    expect(same.use('/a')).toBe(false);
    same.save();
    expect(lstatSync(file).ino).toBe(ino);
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + 61 * 24 * 3_600_000);
    const later = new PlacedTable(file);
    expect(later.use('/a')).toBe(true);
    expect(later.use('/a')).toBe(false);
    later.save();
    expect(readFileSync(file, 'utf8').split('\n').length).toBe(4);
    expect(new PlacedTable(file).find('/a')).toEqual(entryAt('/a'));
  });
});

describe('outputs that are known', () => {
  interface Known {
    readonly rig: Rig;
    readonly task: Task;
    readonly path: string;
    /** Builds, and tells what became of the task. */
    go(): Promise<string>;
    [Symbol.dispose](): void;
  }

  async function known(outputKind: 'tree' | 'file', text = 'text'): Promise<Known> {
    const rig = await createRig();
    const path = join(rig.directory, 'out/one');
    const task = scriptTask({
      name: 'a',
      outputKind,
      ...(outputKind === 'file' && {
        does: ({ locate }) => {
          writeFileSync(locate('/out/file'), text);
          return 0;
        },
      }),
    });
    const targets = [{ task, deliveries: [{ output: 'out', path }] }];
    const placed = join(rig.directory, 'placed');
    const go = async (): Promise<string> => {
      const { counts } = await rig.build([], { targets, placed });
      return Object.entries(counts)
        .filter(([, many]) => many > 0)
        .map(([outcome]) => outcome)
        .join(' ');
    };
    return { rig, task, path, go, [Symbol.dispose]: () => rig[Symbol.dispose]() };
  }

  const content = ({ path }: Known): string =>
    readFileSync(lstatSync(path).isDirectory() ? join(path, 'text') : path, 'utf8');

  describe.each(['tree', 'file'] as const)('a %s', (kind) => {
    test('is put back with neither its result nor its tree being read', async () => {
      using one = await known(kind);
      expect(await one.go()).toBe('ran');
      expect(await one.go()).toBe('current');
      for (const gone of [one.path, join(one.path, '..')]) {
        rmSync(gone, { recursive: true });
        const read: string[] = [];
        {
          using _ = watchFileSystem(({ name, args }) => {
            if (name === 'readFileSync' || name === 'openSync') read.push(String(args[0]));
          });
          expect(await one.go()).toBe('restored');
        }
        const inStore = read.filter((path) => /\/(ac|cas)\//.test(path));
        expect(inStore).toEqual([]);
        expect(content(one)).toBe(kind === 'tree' ? 'a' : 'text');
        expect(await one.go()).toBe('current');
      }
      expect(one.rig.ran).toEqual(['a']);
    });

    test('runs again where its result was evicted, or a part of it is missing', async () => {
      using one = await known(kind);
      await one.go();
      const results = readdirSync(join(one.rig.store.root, 'ac'), { recursive: true });
      for (const name of results.map(String).filter((path) => path.length > 60)) {
        rmSync(join(one.rig.store.root, 'ac', name));
      }
      rmSync(one.path, { recursive: true });
      expect(await one.go()).toBe('ran');
      const { hash } = digestOf(kind === 'tree' ? 'a' : 'text');
      rmSync(objectPath(one.rig.store, 'cas', hash), { force: true });
      rmSync(`${objectPath(one.rig.store, 'cas', hash)}.x`, { force: true });
      rmSync(one.path, { recursive: true });
      expect(await one.go()).toBe('ran');
      expect(one.rig.ran).toEqual(['a', 'a', 'a']);
      expect(await one.go()).toBe('current');
    });

    test('is mended where somebody wrote to it, and not taken for the bytes that it had', async () => {
      using one = await known(kind);
      await one.go();
      const file = kind === 'tree' ? join(one.path, 'text') : one.path;
      const right = content(one);
      const changes: (() => void)[] = [
        () => {
          // Through the link, into the store.
          chmodSync(file, 0o644);
          appendFileSync(file, '!');
        },
        () => {
          // Of the same size, with the time of a blob: in a tree, its directory's time tells once it has one.
          if (kind === 'tree') return;
          rmSync(file);
          writeFileSync(file, right.toUpperCase(), { mode: 0o444 });
          utimesSync(file, BLOB_TIME, BLOB_TIME);
          chmodSync(file, 0o444);
        },
        () => {
          writeFileSync(`${file}-other`, '');
          renameSync(`${file}-other`, file);
        },
        () => chmodSync(file, 0o600),
      ];
      for (const change of changes) {
        change();
        await one.go();
        expect(content(one)).toBe(right);
        expect(await one.go()).toBe('current');
      }
    });
  });

  test('another result of the same size takes the place of a file, also after a build that was killed', async () => {
    using one = await known('file', 'v1.0');
    await one.go();
    await one.go();
    // As a build leaves it that put the next version there, and had no time to write that down.
    const next = join(one.rig.directory, 'next');
    writeFileSync(next, 'v1.1', { mode: 0o444 });
    utimesSync(next, BLOB_TIME, BLOB_TIME);
    renameSync(next, one.path);
    await one.go();
    expect(content(one)).toBe('v1.0');
  });

  test('a tree half put back by a build that was killed is put back whole', async () => {
    using one = await known('tree');
    await one.go();
    await one.go();
    rmSync(join(one.path, 'text'));
    expect(await one.go()).toBe('restored');
    rmSync(one.path, { recursive: true });
    mkdirSync(one.path);
    expect(await one.go()).toBe('restored');
    expect(content(one)).toBe('a');
    linkSync(join(one.path, 'text'), join(one.path, 'stray'));
    await one.go();
    expect(existsSync(join(one.path, 'stray'))).toBe(false);
  });
});
