import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { lockScope } from '../../src/base/lock.ts';
import type { Store } from '../../src/cache/store.ts';
import { inUseSince } from '../../src/cache/care/lease.ts';
import { openWorkspace } from '../../src/cache/work.ts';
import { bundleProgram, type Program } from '../rig/child.ts';
import { systemFailure, watchFileSystem } from '../rig/faults.ts';
import { temporaryStore, wipe, type TemporaryStore } from '../rig/store.ts';

let temporary: TemporaryStore;
let store: Store;
let program: Program;
beforeAll(async () => {
  program = await bundleProgram(resolve(import.meta.dirname, 'store.child.ts'));
  temporary = temporaryStore();
  store = temporary.store;
});
afterEach(() => {
  rmSync(join(store.root, 'work'), { recursive: true, force: true });
  mkdirSync(join(store.root, 'work'));
  wipe(temporary);
});
afterAll(() => {
  temporary[Symbol.dispose]();
  program[Symbol.dispose]();
});

const work = (...parts: string[]): string => join(store.root, 'work', ...parts);

describe('a workspace', () => {
  test('gives directories of its own, with names that people recognise', async () => {
    const workspace = await openWorkspace(store);
    const names = ['zlib:compile', '../../etc', '', 'x'.repeat(300)];
    const made = names.map((name) => workspace.directory(name));
    expect(made.map((path) => path.slice(workspace.path.length + 1))).toEqual([
      '0-zlib_compile',
      '1-.._.._etc',
      '2-',
      `3-${'x'.repeat(60)}`,
    ]);
    for (const path of made) expect(readdirSync(path)).toEqual([]);
    expect(workspace.directory('zlib:compile')).not.toBe(made[0]);
    expect(lstatSync(workspace.path).mode & 0o7777).toBe(0o700);
    await workspace[Symbol.asyncDispose]();
    expect(readdirSync(work())).toEqual([]);
  });

  test('is removed with all that is in it, whatever its permissions', async () => {
    {
      await using workspace = await openWorkspace(store);
      const directory = workspace.directory('task');
      mkdirSync(join(directory, 'a/b'), { recursive: true });
      writeFileSync(join(directory, 'a/b/c'), '');
      chmodSync(join(directory, 'a/b'), 0);
      chmodSync(join(directory, 'a'), 0);
    }
    expect(readdirSync(work())).toEqual([]);
  });

  test('does not inherit a group from the store', async () => {
    chmodSync(work(), 0o2755);
    await using workspace = await openWorkspace(store);
    expect(lstatSync(workspace.directory('task')).mode & 0o2000).toBe(0);
  });

  test('that cannot be made gives its lock back', async () => {
    {
      using _ = watchFileSystem(({ name, args }) => {
        if (name === 'mkdirSync') throw systemFailure('ENOSPC', name, args[0]);
      });
      await expect(openWorkspace(store)).rejects.toMatchObject({ code: 'ENOSPC' });
    }
    await using workspace = await openWorkspace(store);
    expect(readdirSync(work())).toEqual([workspace.path.split('/').at(-1)]);
  });
});

describe('what others left', () => {
  test('is removed when they were killed, and not before', async () => {
    const dead = program.start('work', store.root);
    const alive = program.start('work', store.root);
    const deadPath = await dead.line();
    const alivePath = await alive.line();
    {
      await using _ = await openWorkspace(store);
      expect([existsSync(deadPath!), existsSync(alivePath!)]).toEqual([true, true]);
    }
    dead.process.kill('SIGKILL');
    await dead.ended();
    {
      await using _ = await openWorkspace(store);
      expect([existsSync(deadPath!), existsSync(join(alivePath!, '0-task/file'))]).toEqual([
        false,
        true,
      ]);
    }
    alive.process.stdin!.write('\n');
    expect(await alive.ended()).toBe(0);
    expect(readdirSync(work())).toEqual([]);
  });

  test('is not kept because another process has its number now', async () => {
    // The number of a process that runs, with a beginning that is another's.
    const stale = work(`${lockScope()}-${process.pid}-${Date.now() - 1000}-0123456789abcdef`);
    mkdirSync(join(stale, 'sub'), { recursive: true });
    expect(await inUseSince(store)).toBeUndefined();
    await using _ = await openWorkspace(store);
    expect(existsSync(stale)).toBe(false);
  });

  test('is theirs also when they came to the store by another path', async () => {
    symlinkSync('store', join(temporary.directory, 'link'));
    const other = program.start('work', join(temporary.directory, 'link'));
    const path = await other.line();
    await using _ = await openWorkspace({ root: store.root });
    await using __ = await openWorkspace({ root: join(temporary.directory, 'link') });
    expect(existsSync(join(path!, '0-task/file'))).toBe(true);
    other.process.kill('SIGKILL');
    await other.ended();
  });

  test('stays while they start, however many start at once', async () => {
    for (let round = 0; round < 3; round++) {
      const children = Array.from({ length: 8 }, () => program.start('work', store.root));
      // One is killed as soon as it has begun, to give the others something to remove.
      const victim = program.start('work', store.root);
      void victim.line().then(() => victim.process.kill('SIGKILL'));
      const paths = await Promise.all(children.map((child) => child.line()));
      await victim.ended();
      for (const [index, path] of paths.entries()) {
        expect(existsSync(join(path ?? '/nowhere', '0-task/file')), children[index]!.stderr()).toBe(
          true,
        );
      }
      for (const child of children) child.process.stdin!.write('\n');
      for (const child of children) expect(await child.ended(), child.stderr()).toBe(0);
    }
    const last = await openWorkspace(store);
    await last[Symbol.asyncDispose]();
    expect(readdirSync(work())).toEqual([]);
  });

  test('that cannot be removed keeps nobody from working', async () => {
    mkdirSync(work(`${lockScope()}-1-dead`, 'sub'), { recursive: true });
    mkdirSync(work(`${lockScope()}-2-dead`));
    {
      using _ = watchFileSystem(({ name, args }) => {
        if (name === 'rmdirSync' && String(args[0]).includes('-1-'))
          throw systemFailure('EBUSY', name);
      });
      await using workspace = await openWorkspace(store);
      expect(existsSync(workspace.directory('task'))).toBe(true);
    }
    expect(readdirSync(work())).toEqual([`${lockScope()}-1-dead`]);
  });

  test('is told by its age where locks cannot be seen: in other containers and machines', async () => {
    mkdirSync(work('00000000-1-abc'));
    mkdirSync(work('00000000-2-def'));
    writeFileSync(work('something else'), '');
    const days = (count: number): Date => new Date(Date.now() - count * 24 * 3_600_000);
    utimesSync(work('00000000-1-abc'), days(6), days(6));
    utimesSync(work('00000000-2-def'), days(8), days(8));
    {
      await using _ = await openWorkspace(store);
    }
    expect(readdirSync(work()).sort()).toEqual(['00000000-1-abc', 'something else']);
  });

  test('a process shows now and then that it lives', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const workspace = await openWorkspace(store);
      utimesSync(workspace.path, 0, 0);
      vi.advanceTimersByTime(3_600_000);
      expect(lstatSync(workspace.path).mtimeMs).toBeGreaterThan(Date.now() - 60_000);
      rmSync(workspace.path, { recursive: true });
      vi.advanceTimersByTime(3_600_000);
      await workspace[Symbol.asyncDispose]();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
