// Does one thing to a store, as another process would; what, is the first argument.
//   put ROOT COUNT        stores blobs and trees that every such process stores; prints their digests
//   results ROOT SEED     stores trees and registers results, for ever; prints each result's key
//   die ROOT SEED CALL    the same once, but dies at the n-th file system call; prints the number of calls
//   collect ROOT BYTES CALL  makes room, but dies at the n-th file system call; prints the number of calls
//   open ROOT             opens the store and prints what is said against that
//   work ROOT             opens a workspace, makes a file there, and waits for a line to end by
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import { digestOf } from '../../src/base/digest.ts';
import { collect } from '../../src/cache/care/collect.ts';
import { localCache } from '../../src/cache/local.ts';
import { openStore, putBytes, type Store } from '../../src/cache/store.ts';
import { storeTree } from '../../src/cache/tree.ts';
import { openWorkspace } from '../../src/cache/work.ts';
import { dieAt, watchFileSystem } from '../rig/faults.ts';

const [action, root, first, second] = process.argv.slice(2);

function open(): Store {
  const opened = openStore(root!);
  if (!opened.ok) throw new Error(opened.diagnostics[0]!.message);
  return opened.value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A tree of a few files, some of which all trees share. */
function makeTree(directory: string, seed: string): void {
  mkdirSync(join(directory, 'sub/deep'), { recursive: true });
  for (let i = 0; i < 4; i++) {
    writeFileSync(join(directory, `own-${i}`), `${seed} ${i}`.repeat(1000));
    writeFileSync(join(directory, `sub/shared-${i}`), `shared ${i}`.repeat(1000), { mode: 0o755 });
  }
  writeFileSync(join(directory, 'sub/deep/empty'), '');
  symlinkSync('../own-0', join(directory, 'sub/link'));
}

async function register(store: Store, directory: string, seed: string): Promise<string> {
  makeTree(directory, seed);
  const stored = storeTree(store, directory);
  if (!stored.ok) throw new Error(stored.diagnostics[0]!.message);
  const cache = localCache(store);
  const key = digestOf(`key ${seed}`);
  await cache.putResult(key, {
    files: [],
    directories: [{ path: 'out', ...stored.value }],
    exitCode: 0,
    log: putBytes(store, `log of ${seed}`),
    worker: 'child',
    startedMs: 1,
    completedMs: 2,
  });
  await cache.flush();
  return key.hash;
}

switch (action) {
  case 'put': {
    const store = open();
    await using workspace = await openWorkspace(store);
    for (let i = 0; i < Number(first); i++) {
      say(putBytes(store, `blob ${i}`.repeat(5000)).hash);
      const directory = workspace.directory('tree');
      makeTree(directory, `seed ${i}`);
      const stored = storeTree(store, directory);
      say(stored.ok ? stored.value.tree.hash : stored.diagnostics[0]!.message);
    }
    break;
  }
  case 'results': {
    const store = open();
    const workspace = await openWorkspace(store);
    for (let i = 0; ; i++) say(await register(store, workspace.directory('tree'), `${first} ${i}`));
  }
  case 'die': {
    using watched = watchFileSystem(dieAt(Number(second)));
    const store = open();
    {
      await using workspace = await openWorkspace(store);
      await register(store, workspace.directory('tree'), first!);
    }
    say(String(watched.calls.length));
    break;
  }
  case 'collect': {
    using watched = watchFileSystem(dieAt(Number(second)));
    const maxBytes = Number(first);
    const { signal } = new AbortController();
    const done = await collect(open(), { maxBytes, dryRun: false, signal });
    say(done === undefined ? 'busy' : String(watched.calls.length));
    break;
  }
  case 'open': {
    const opened = openStore(root!);
    say(opened.ok ? 'opened' : formatDiagnostic(opened.diagnostics[0]!));
    break;
  }
  case 'work': {
    const workspace = await openWorkspace(open());
    writeFileSync(join(workspace.directory('task'), 'file'), 'mine');
    say(workspace.path);
    process.stdin.once('data', () => {
      process.stdin.destroy();
      void workspace[Symbol.asyncDispose]();
    });
    break;
  }
  default:
    throw new Error(`what is ${action}?`);
}
