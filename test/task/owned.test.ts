// Output directories that are exactly the result: what is stale goes, what is the same stays, and nobody
// else's files are touched.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { BLOB_TIME, objectPath } from '../../src/cache/store.ts';
import { storeTree } from '../../src/cache/tree.ts';
import { computeKeys } from '../../src/task/key.ts';
import { deliverTree } from '../../src/task/owned.ts';
import type { Digest } from '../../src/base/digest.ts';
import type { Task } from '../../src/task/task.ts';
import { createRig, scriptTask, type Rig } from '../rig/engine.ts';

/** Path → content; a trailing slash makes a directory, `-> x` a link, `!x` an executable. */
type Files = Readonly<Record<string, string>>;

let count = 0;

function put(rig: Rig, files: Files): Digest {
  const made = join(rig.directory, `made-${count++}`);
  mkdirSync(made);
  for (const [path, content] of Object.entries(files)) {
    const at = join(made, path);
    mkdirSync(path.endsWith('/') ? at : join(at, '..'), { recursive: true });
    if (path.endsWith('/')) continue;
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), at);
    else {
      writeFileSync(at, content.replace(/^!/, ''));
      if (content.startsWith('!')) chmodSync(at, 0o755);
    }
  }
  const stored = storeTree(rig.store, made);
  if (!stored.ok) throw new Error('no tree');
  return stored.value.tree;
}

function snapshot(directory: string, inside = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory)) {
    const at = join(directory, name);
    const path = inside + name;
    const stat = lstatSync(at);
    if (stat.isDirectory()) {
      if (readdirSync(at).length === 0) found[`${path}/`] = '';
      Object.assign(found, snapshot(at, `${path}/`));
    } else if (stat.isSymbolicLink()) found[path] = 'link';
    else found[path] = `${(stat.mode & 0o100) === 0 ? '' : '!'}${readFileSync(at, 'utf8')}`;
  }
  return found;
}

const linked = (files: Files): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, text.startsWith('-> ') ? 'link' : text]),
  );

describe('a delivered directory', () => {
  const one = { a: 'one', 'd/b': '!two', 'd/l': '-> b', 'e/': '', same: 'same' };
  const two = { a: 'ONE', d: 'now a file', 'e/f/g': 'deep', same: 'same' };

  test('is the result, then the next, then the first again', async () => {
    using rig = await createRig();
    const out = join(rig.directory, 'new/out');
    const first = put(rig, one);
    const second = put(rig, two);
    for (const [tree, files] of [
      [first, one],
      [second, two],
      [first, one],
    ] as const) {
      expect(await deliverTree(rig.store, tree, out)).toBe('restored');
      expect(snapshot(out)).toEqual(linked(files));
      expect(await deliverTree(rig.store, tree, out)).toHaveProperty('current');
    }
    expect(readdirSync(join(rig.directory, 'new')).toSorted()).toEqual(['.out.ashlar', 'out']);
  });

  test('keeps what is the same untouched', async () => {
    using rig = await createRig();
    const out = join(rig.directory, 'out');
    await deliverTree(rig.store, put(rig, one), out);
    const before = lstatSync(join(out, 'same'), { bigint: true });
    const directory = lstatSync(out).ino;
    await deliverTree(rig.store, put(rig, two), out);
    expect(lstatSync(join(out, 'same'), { bigint: true }).ctimeNs).toBe(before.ctimeNs);
    expect(lstatSync(out).ino).toBe(directory);
  });

  test('loses what somebody added, and gets back what somebody changed or removed', async () => {
    using rig = await createRig();
    const out = join(rig.directory, 'out');
    const tree = put(rig, one);
    await deliverTree(rig.store, tree, out);
    const changes: (() => void)[] = [
      () => writeFileSync(join(out, 'd/stray'), ''),
      () => mkdirSync(join(out, 'stray/deep'), { recursive: true }),
      () => writeFileSync(Buffer.concat([Buffer.from(`${out}/`), Buffer.from([0xff])]), ''),
      () => rmSync(join(out, 'a')),
      () => rmSync(join(out, 'd'), { recursive: true }),
      () => chmodSync(join(out, 'd/b'), 0o444),
      () => {
        rmSync(join(out, 'd/l'));
        symlinkSync('elsewhere', join(out, 'd/l'));
      },
      () => {
        rmSync(join(out, 'a'));
        writeFileSync(join(out, 'a'), 'ONE');
      },
      () => {
        rmSync(join(out, 'd'), { recursive: true });
        symlinkSync('/', join(out, 'd'));
      },
      () => rmSync(out, { recursive: true }),
    ];
    for (const change of changes) {
      change();
      expect(await deliverTree(rig.store, tree, out)).toBe('restored');
      expect(snapshot(out)).toEqual(linked(one));
    }
  });

  test('of two results whose files differ in nothing but their bytes is the right one', async () => {
    using rig = await createRig();
    const out = join(rig.directory, 'out');
    await deliverTree(rig.store, put(rig, { v: '1.0' }), out);
    await deliverTree(rig.store, put(rig, { v: '1.1' }), out);
    expect(readFileSync(join(out, 'v'), 'utf8')).toBe('1.1');
  });

  test.each(['files', 'a file', 'a link'])(
    'is never made of a place with %s of others',
    async (what) => {
      using rig = await createRig();
      const out = join(rig.directory, 'out');
      if (what === 'files') {
        mkdirSync(out);
        writeFileSync(join(out, 'precious'), 'mine');
      } else if (what === 'a file') writeFileSync(out, 'mine');
      else {
        mkdirSync(join(rig.directory, 'else'));
        symlinkSync('else', out);
      }
      const answer = await deliverTree(rig.store, put(rig, one), out);
      expect(answer).toMatchObject({ code: 'output/foreign' });
      expect(readdirSync(rig.directory)).not.toContain('.out.ashlar');
      if (what === 'files') expect(readFileSync(join(out, 'precious'), 'utf8')).toBe('mine');
    },
  );

  test('is the right one after a delivery that was cut off anywhere', async () => {
    using rig = await createRig();
    const out = join(rig.directory, 'out');
    const record = join(rig.directory, '.out.ashlar');
    const first = put(rig, { v: '1.0', w: 'w' });
    const second = put(rig, { v: '1.1', w: 'x' });
    await deliverTree(rig.store, first, out);
    // As killed between the first file and the second.
    renameSync(record, `${record}-changing`);
    rmSync(join(out, 'v'));
    writeFileSync(join(out, 'v'), '1.1', { mode: 0o444 });
    utimesSync(join(out, 'v'), BLOB_TIME, BLOB_TIME);
    expect(await deliverTree(rig.store, first, out)).toBe('restored');
    expect(snapshot(out)).toEqual({ v: '1.0', w: 'w' });
    // As killed after a new directory got its name and before it was on record.
    rmSync(record);
    writeFileSync(`${record}-changing`, '');
    expect(await deliverTree(rig.store, second, out)).toBe('restored');
    expect(snapshot(out)).toEqual({ v: '1.1', w: 'x' });
    expect(existsSync(`${record}-changing`)).toBe(false);
  });

  test('stays as it is when the store lacks a part of the next result', async () => {
    using rig = await createRig();
    const out = join(rig.directory, 'out');
    await deliverTree(rig.store, put(rig, one), out);
    const next = put(rig, { a: 'only in the next' });
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update('only in the next').digest('hex');
    rmSync(join(rig.store.root, 'cas', hash.slice(0, 2), hash));
    expect(await deliverTree(rig.store, next, out)).toBe('missing');
    expect(snapshot(out)).toEqual(linked(one));
  });
});

test('what lies in its place is not the first to make room, though nothing of it is read', async () => {
  using rig = await createRig();
  const task = scriptTask({
    name: 'a',
    outputKind: 'file',
    does: ({ locate }) => {
      writeFileSync(locate('/out/file'), 'content');
      return 0;
    },
  });
  const targets = [{ task, deliveries: [{ output: 'out', path: join(rig.directory, 'file') }] }];
  const placed = join(rig.directory, 'placed');
  const key = computeKeys([task]).get(task)!.key.hash;
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    for (const hours of [0, 0, 30]) {
      vi.setSystemTime(Date.now() + hours * 3_600_000);
      await rig.build([], { targets, placed });
      const { mtimeMs } = statSync(objectPath(rig.store, 'ac', key));
      expect(Date.now() - mtimeMs).toBeLessThan(3_600_000);
    }
  } finally {
    vi.useRealTimers();
  }
  // Its record is not needed for that.
  expect(rig.events.filter(({ type }) => type === 'task-end').at(-1)).toMatchObject({
    outcome: 'current',
  });
});

test('any tree after any other is exactly the tree', async () => {
  using rig = await createRig();
  const name = fc.constantFrom('a', 'b', 'c', 'ä b', '-x');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const content = fc.constantFrom('x', 'y', 'longer', '!x', '-> a', '');
  const files = fc.dictionary(path, content, { maxKeys: 6 }).map((all) => {
    // A path that is a directory of another is no file.
    const paths = Object.keys(all);
    return Object.fromEntries(
      Object.entries(all).filter(([one]) => !paths.some((p) => p.startsWith(`${one}/`))),
    );
  });
  const out = join(rig.directory, 'property/out');
  await fc.assert(
    fc.asyncProperty(files, async (wanted) => {
      const tree = put(rig, wanted);
      await deliverTree(rig.store, tree, out);
      expect(snapshot(out)).toEqual(linked(wanted));
      expect(await deliverTree(rig.store, tree, out)).toHaveProperty('current');
    }),
    { numRuns: 60 },
  );
});

describe('places', () => {
  const go = async (rig: Rig, places: [Task, string][]): Promise<string> => {
    const targets = places.map(([task, path]) => ({
      task,
      deliveries: [{ output: 'out', path: join(rig.directory, path) }],
    }));
    return rig.build([], { targets }).then(
      () => 'built',
      (error: Error) => error.message.replaceAll(rig.directory, ''),
    );
  };

  test('have one owner, and none inside another: found before anything runs', async () => {
    using rig = await createRig();
    const a = scriptTask({ name: 'a' });
    const b = scriptTask({ name: 'b' });
    expect(
      await go(rig, [
        [a, 'x'],
        [b, 'x'],
      ]),
    ).toBe('both out of a and out of b would be put at /x');
    expect(
      await go(rig, [
        [b, 'x/y'],
        [a, 'x'],
        [a, 'x-z'],
      ]),
    ).toBe('out of b would be put at /x/y, inside /x, which is out of a');
    expect(rig.ran).toEqual([]);
    expect(
      await go(rig, [
        [a, 'x'],
        [a, 'x'],
        [b, 'y'],
      ]),
    ).toBe('built');
    expect(readFileSync(join(rig.directory, 'x/text'), 'utf8')).toBe('a');
  });

  test('of others make the task fail, with what to do', async () => {
    using rig = await createRig();
    mkdirSync(join(rig.directory, 'x'));
    writeFileSync(join(rig.directory, 'x/mine'), '');
    const targets = [
      {
        task: scriptTask({ name: 'a' }),
        deliveries: [{ output: 'out', path: join(rig.directory, 'x') }],
      },
    ];
    const report = await rig.build([], { targets });
    expect(report.failures[0]!.failure.diagnostics[0]!.code).toBe('output/foreign');
  });
});
