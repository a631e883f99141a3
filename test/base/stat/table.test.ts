import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/base/digest.ts';
import { temporaryDirectory } from '../../../src/base/fs.ts';
import { openStatTable, type StatTable } from '../../../src/base/stat/table.ts';

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
const DAY_MS = 86_400_000;
/** Long after any file of these tests was written: their times can be trusted. */
const later = (days = 0): number => Date.now() + 60_000 + days * DAY_MS;

interface Rig extends Disposable {
  readonly path: string;
  readonly table: string;
  write(name: string, content: string): string;
  open(now?: () => number): StatTable;
}

function createRig(): Rig {
  const root = temporaryDirectory(tmpdir(), 'ashlar-stat');
  const table = join(root.path, 'cache/table');
  return {
    path: root.path,
    table,
    write: (name, content) => {
      const path = join(root.path, name);
      writeFileSync(path, content);
      return path;
    },
    open: (now = later) => openStatTable(table, now),
    [Symbol.dispose]: () => root[Symbol.dispose](),
  };
}

/** Exchanges content behind the table's back: same size, same inode, same mtime, and a ctime it must see. */
function forge(path: string, content: string): void {
  const { atimeMs, mtimeMs } = statSync(path);
  writeFileSync(path, content);
  utimesSync(path, atimeMs / 1000, mtimeMs / 1000);
}

/**
 * Whether the table answers from memory: it is asked about a file whose content differs from what a
 * tampered table says.
 */
function remembers(rig: Rig, path: string, content: string): boolean {
  const bytes = readFileSync(rig.table);
  const digest = Buffer.from(sha1(content), 'hex');
  const at = bytes.indexOf(digest);
  if (at === -1) return false;
  bytes[at]! ^= 0xff;
  resum(bytes);
  writeFileSync(rig.table, bytes);
  return rig.open().sha1(path) !== sha1(content);
}

/** Makes a changed table valid again. */
function resum(bytes: Buffer): void {
  const start = bytes.indexOf('\n') + 1;
  Buffer.from(digestOf(bytes.subarray(start + 32)).hash, 'hex').copy(bytes, start);
}

describe('digests', () => {
  test('are those of the content, with a table or without', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    for (const table of [openStatTable(undefined), rig.open(), rig.open()]) {
      expect(table.sha1(path)).toBe(sha1('content'));
      expect(table.digest(path)).toEqual(digestOf('content'));
      table.save();
    }
  });

  test('of a link are those of what it leads to', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    symlinkSync('f', join(rig.path, 'link'));
    const table = rig.open();
    expect(table.sha1(join(rig.path, 'link'))).toBe(table.sha1(path));
  });

  test('of what is no file do not exist, and nothing is opened', () => {
    using rig = createRig();
    mkdirSync(join(rig.path, 'd'));
    execFileSync('mkfifo', [join(rig.path, 'pipe')]);
    const table = rig.open();
    const code = (name: string): unknown => {
      try {
        return table.sha1(join(rig.path, name));
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    expect(['d', 'pipe', 'missing'].map(code)).toEqual(['EISDIR', 'EINVAL', 'ENOENT']);
  });
});

describe('memory', () => {
  test('lasts from one run to the next, for both digests', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    const table = rig.open();
    table.sha1(path);
    table.save();
    const second = rig.open();
    second.digest(path);
    second.save();
    expect(remembers(rig, path, 'content')).toBe(true);
    expect(rig.open().digest(path)).toEqual(digestOf('content'));
  });

  test('is not used for a file that was changed, however it was changed', () => {
    using rig = createRig();
    const changes: ((path: string) => void)[] = [
      (path) => writeFileSync(path, 'longer than before'),
      (path) => writeFileSync(path, 'CONTENT'),
      (path) => forge(path, 'CONTENT'),
      (path) => {
        writeFileSync(`${path}.new`, 'CONTENT');
        renameSync(`${path}.new`, path);
      },
    ];
    changes.forEach((change, i) => {
      const path = rig.write(`f${i}`, 'content');
      const table = rig.open();
      table.sha1(path);
      table.save();
      change(path);
      expect(rig.open().sha1(path)).toBe(sha1(readFileSync(path, 'utf8')));
    });
  });

  test('is only of files whose times could not hide a change', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    const { mtimeMs, ctimeMs } = statSync(path);
    const written = Math.max(mtimeMs, ctimeMs);
    for (const now of [written - 365 * DAY_MS, written - 1, written, written + 45]) {
      const table = rig.open(() => now);
      table.sha1(path);
      table.save();
      expect(existsSync(rig.table)).toBe(false);
    }
    const table = rig.open(() => written + 2_100);
    table.sha1(path);
    table.save();
    expect(remembers(rig, path, 'content')).toBe(true);
  });

  test('does not begin with an mtime set into the past: the ctime tells', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    utimesSync(path, 0, 0);
    const table = rig.open(Date.now);
    table.sha1(path);
    table.save();
    expect(existsSync(rig.table)).toBe(false);
  });

  test('holds for times before 1970 and far ahead', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    utimesSync(path, -1000, -1000);
    const table = rig.open();
    table.sha1(path);
    table.save();
    expect(remembers(rig, path, 'content')).toBe(true);
    utimesSync(path, 4e9, 4e9);
    expect(rig.open().sha1(path)).toBe(sha1('content'));
  });

  test('a table of a clock that ran ahead is no worse than none', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    const table = rig.open(() => later(50 * 365));
    table.sha1(path);
    table.save();
    forge(path, 'CONTENT');
    expect(rig.open().sha1(path)).toBe(sha1('CONTENT'));
  });

  test('forgets what nobody asked for in two months, once it is written anew', () => {
    using rig = createRig();
    const [old, kept, fresh] = ['old', 'kept', 'fresh'].map((name) => rig.write(name, name));
    const first = rig.open();
    first.sha1(old!);
    first.sha1(kept!);
    first.save();
    const second = rig.open(() => later(50));
    second.sha1(kept!);
    second.sha1(fresh!);
    second.save();
    const third = rig.open(() => later(70));
    third.sha1(rig.write('more', 'more'));
    third.save();
    const text = readFileSync(rig.table, 'latin1');
    expect(['old', 'kept', 'fresh'].map((name) => text.includes(`\0${name}\0`))).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('is not written when nothing was learnt', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    const table = rig.open();
    table.sha1(path);
    table.save();
    const { mtimeNs } = statSync(rig.table, { bigint: true });
    const again = rig.open();
    again.sha1(path);
    again.save();
    expect(statSync(rig.table, { bigint: true }).mtimeNs).toBe(mtimeNs);
  });
});

describe('directories', () => {
  const names = (table: StatTable, path: string): string[] =>
    table
      .list(path)
      .map(({ name, kind }) => `${name} ${kind}`)
      .sort();

  /** Whether a directory is listed from memory: its entries in a tampered table are others. */
  function isListedFromMemory(rig: Rig, path: string): boolean {
    const bytes = readFileSync(rig.table);
    const at = bytes.indexOf('\0entry\0');
    if (at === -1) return false;
    bytes.write('ENTRY', at + 1);
    resum(bytes);
    writeFileSync(rig.table, bytes);
    return names(rig.open(), path).some((name) => name.startsWith('ENTRY'));
  }

  test('are listed with what their entries are, from one run to the next', () => {
    using rig = createRig();
    const path = join(rig.path, 'd');
    mkdirSync(join(path, 'sub'), { recursive: true });
    rig.write('d/entry', 'x');
    symlinkSync('entry', join(path, 'link'));
    execFileSync('mkfifo', [join(path, 'pipe')]);
    const all = ['entry file', 'link link', 'pipe other', 'sub directory'];
    const table = rig.open();
    expect(names(table, path)).toEqual(all);
    table.save();
    expect(names(rig.open(), path)).toEqual(all);
    expect(isListedFromMemory(rig, path)).toBe(true);
  });

  test('are listed anew when something in them came, went or got another name', () => {
    const changes: ((path: string) => void)[] = [
      (path) => writeFileSync(join(path, 'more'), ''),
      (path) => rmSync(join(path, 'entry')),
      (path) => renameSync(join(path, 'entry'), join(path, 'other')),
      (path) => {
        rmSync(join(path, 'entry'));
        mkdirSync(join(path, 'entry'));
      },
    ];
    for (const change of changes) {
      using rig = createRig();
      const path = join(rig.path, 'd');
      mkdirSync(path);
      rig.write('d/entry', 'x');
      const table = rig.open();
      table.list(path);
      table.save();
      change(path);
      expect(names(rig.open(), path)).toEqual(names(openStatTable(undefined), path));
    }
  });

  test('are not remembered while their times could hide a change', () => {
    using rig = createRig();
    const path = join(rig.path, 'd');
    mkdirSync(path);
    rig.write('d/entry', 'x');
    const table = rig.open(Date.now);
    table.list(path);
    table.save();
    expect(existsSync(rig.table)).toBe(false);
  });

  test('with a name that is no Unicode are not remembered', () => {
    using rig = createRig();
    const path = join(rig.path, 'd');
    mkdirSync(path);
    rig.write('d/entry', 'x');
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff])]), '');
    const table = rig.open();
    table.list(path);
    table.save();
    expect(existsSync(rig.table)).toBe(false);
  });

  test('that are none fail as they always do', () => {
    using rig = createRig();
    rig.write('f', 'x');
    const table = rig.open();
    expect(() => table.list(join(rig.path, 'f'))).toThrow(/ENOTDIR/);
    expect(() => table.list(join(rig.path, 'missing'))).toThrow(/ENOENT/);
  });
});

describe('summaries', () => {
  const asked = (table: StatTable, path: string, value: string): boolean => {
    let computed = false;
    table.summary(path, () => {
      computed = true;
      for (const { name, kind } of table.list(path)) {
        if (kind === 'file' || kind === 'link') table.sha1(join(path, name));
      }
      return value;
    });
    return computed;
  };

  test('are made once, and again after a change below', () => {
    using rig = createRig();
    const path = join(rig.path, 'd');
    mkdirSync(path);
    const file = rig.write('d/f', 'content');
    const run = (): boolean => {
      const table = rig.open();
      const computed = asked(table, path, sha1('one'));
      table.save();
      return computed;
    };
    expect([run(), run(), run()]).toEqual([true, false, false]);
    forge(file, 'CONTENT');
    expect([run(), run()]).toEqual([true, false]);
    rig.write('d/g', 'more');
    expect([run(), run()]).toEqual([true, false]);
  });

  test('do not outlive what they were made of when somebody else reads that', () => {
    using rig = createRig();
    const path = join(rig.path, 'd');
    mkdirSync(path);
    const file = rig.write('d/f', 'content');
    const first = rig.open();
    asked(first, path, sha1('one'));
    first.save();
    forge(file, 'CONTENT');
    // The file is known anew, and nobody asked for the summary.
    const second = rig.open();
    second.sha1(file);
    second.save();
    expect(asked(rig.open(), path, sha1('two'))).toBe(true);
  });

  test('of what is neither file nor directory, or not fit to be remembered, are made each time', () => {
    using rig = createRig();
    const path = join(rig.path, 'd');
    mkdirSync(path);
    rig.write('d/f', 'content');
    symlinkSync('.', join(path, 'link'));
    for (let i = 0; i < 2; i++) {
      const table = rig.open();
      let computed = false;
      table.summary(path, () => {
        table.list(path);
        table.sha1(join(path, 'f'));
        computed = true;
        return sha1('one');
      });
      table.save();
      expect(computed).toBe(true);
    }
  });
});

test('bytes and mode are those of the file', () => {
  using rig = createRig();
  const [small, large] = [rig.write('small', 'x'), rig.write('large', 'y'.repeat(100_000))];
  chmodSync(small, 0o755);
  for (let i = 0; i < 3; i++) {
    const table = rig.open();
    expect(table.bytes(small).toString()).toBe('x');
    expect(table.bytes(large).length).toBe(100_000);
    expect(table.mode(small) & 0o777).toBe(0o755);
    table.save();
  }
  chmodSync(small, 0o644);
  forge(small, 'z');
  expect(rig.open().bytes(small).toString()).toBe('z');
  expect(rig.open().mode(small) & 0o777).toBe(0o644);
  expect(statSync(rig.table).size).toBeLessThan(10_000);
});

describe('a table that is broken', () => {
  function saved(rig: Rig): { path: string; bytes: Buffer } {
    const path = rig.write('f', 'content');
    const table = rig.open();
    table.sha1(path);
    table.save();
    return { path, bytes: readFileSync(rig.table) };
  }

  test('in any bit, or cut anywhere, is as good as none', () => {
    using rig = createRig();
    const { path, bytes } = saved(rig);
    const broken = fc.oneof(
      fc.nat(bytes.length * 8 - 1).map((bit) => {
        const copy = Buffer.from(bytes);
        copy[bit >> 3]! ^= 1 << (bit & 7);
        return copy;
      }),
      fc.nat(bytes.length - 1).map((length) => bytes.subarray(0, length)),
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 20 }).map((more) => Buffer.concat([bytes, more])),
    );
    fc.assert(
      fc.property(broken, (content) => {
        writeFileSync(rig.table, content);
        expect(rig.open().sha1(path)).toBe(sha1('content'));
      }),
      { numRuns: 300 },
    );
  });

  test('with a count that lies is survived', () => {
    using rig = createRig();
    const { path, bytes } = saved(rig);
    const count = bytes.indexOf('\n') + 1 + 32;
    for (const lie of [0, 2, 1000, 0xffffffff]) {
      const copy = Buffer.from(bytes);
      copy.writeUInt32LE(lie, count);
      resum(copy);
      writeFileSync(rig.table, copy);
      expect(rig.open().sha1(path)).toBe(sha1('content'));
    }
  });

  test('of contents that lie is survived', () => {
    using rig = createRig();
    const { path, bytes } = saved(rig);
    const start = bytes.indexOf('\n') + 1 + 32;
    const lies = fc.array(fc.tuple(fc.nat(bytes.length - start - 4), fc.nat(0xffffffff)), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(lies, (changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy.writeUInt32LE(value, start + at);
        resum(copy);
        writeFileSync(rig.table, copy);
        const table = rig.open();
        for (const ask of [table.sha1, table.digest, table.bytes, table.mode]) ask(path);
        table.list(rig.path);
        table.summary(rig.path, () => undefined);
        table.save();
      }),
      { numRuns: 300 },
    );
  });

  test('of another user is not read', () => {
    using rig = createRig();
    const { path, bytes } = saved(rig);
    const user = bytes.indexOf('\n') + 1 + 32 + 4 + 6 * 4;
    expect(bytes.readUInt32LE(user)).toBe(process.geteuid!());
    expect(remembers(rig, path, 'content')).toBe(true);
    writeFileSync(rig.table, bytes);
    const copy = readFileSync(rig.table);
    copy.writeUInt32LE(process.geteuid!() + 1, user);
    resum(copy);
    writeFileSync(rig.table, copy);
    expect(remembers(rig, path, 'content')).toBe(false);
  });

  test('of a newer version is not read', () => {
    using rig = createRig();
    const { path, bytes } = saved(rig);
    writeFileSync(
      rig.table,
      Buffer.from(bytes.toString('latin1').replace('table 2', 'table 3'), 'latin1'),
    );
    expect(rig.open().sha1(path)).toBe(sha1('content'));
  });

  test('or cannot be read or written at all is no error', () => {
    using rig = createRig();
    const path = rig.write('f', 'content');
    mkdirSync(rig.table, { recursive: true });
    const table = rig.open();
    expect(table.sha1(path)).toBe(sha1('content'));
    table.save();
    const nowhere = openStatTable(join(path, 'not/a/directory'), later);
    expect(nowhere.sha1(path)).toBe(sha1('content'));
    nowhere.save();
  });
});

test('a directory that may not be written costs nothing but time', () => {
  using rig = createRig();
  const path = rig.write('f', 'content');
  mkdirSync(join(rig.path, 'cache'));
  chmodSync(join(rig.path, 'cache'), 0o500);
  const table = rig.open();
  expect(table.sha1(path)).toBe(sha1('content'));
  table.save();
  chmodSync(join(rig.path, 'cache'), 0o700);
});

test('ten thousand entries come back', () => {
  using rig = createRig();
  const names = Array.from({ length: 10_000 }, (_, i) => rig.write(`f${i}`, String(i)));
  const table = rig.open();
  for (const name of names) table.sha1(name);
  table.save();
  for (const name of names) rmSync(name);
  const size = statSync(rig.table).size;
  expect(size / names.length).toBeLessThan(92 + rig.path.length + 10);
  const path = rig.write('f7', 'new');
  expect(rig.open().sha1(path)).toBe(sha1('new'));
});
