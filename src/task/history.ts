// The trees that tasks left, as commits in git repositories, one for each package: so that any two can be
// compared with plain git. Commits are made from the tree and the key alone and so are the same on every
// machine; when and why is told by the tags that name them.
import { readFileSync } from 'node:fs';
import { blobPath, type Store } from '../cache/store.ts';
import { loadTree, type LoadedTree } from '../cache/tree.ts';
import type { Directory } from '../remote/message.ts';
import type { Layers } from './layer.ts';
import { layerEntries } from './layertree.ts';
import type { HistoryEntry } from './repository.ts';
import type { Task, TaskResult } from './task.ts';

/**
 * Everything that a task left: each output below its name, and each directory that is kept for the tasks
 * that go on from it below its path. Empty directories are not in it, as git has none. What is not on this
 * machine is left out, which `missing` tells.
 */
export function historyEntries(
  store: Store,
  layers: Layers,
  task: Task,
  result: TaskResult,
): { entries: HistoryEntry[]; missing: boolean } {
  const entries: HistoryEntry[] = [];
  let missing = false;
  for (const name of Object.keys(task.outputs).sort()) {
    const value = result.outputs[name];
    if (value === undefined) continue;
    if (value.kind === 'file') {
      const file = blobPath(store, value.digest);
      const path = `${name}/${task.outputs[name]!.at.split('/').at(-1)!}`;
      if (file === undefined) missing = true;
      else entries.push(fileEntry(path, file, value.executable));
      continue;
    }
    const tree = loadTree(store, value.tree);
    if (tree === undefined || !collect(store, tree, tree.root, `${name}/`, entries)) missing = true;
  }
  for (const [at, root] of Object.entries(result.layers ?? {})) {
    const layer = layers.find(root);
    if (layer === undefined) missing = true;
    else entries.push(...layerEntries(layers, layer, `${at.slice(1)}/`));
  }
  return { entries: entries.map(gitPath), missing };
}

function fileEntry(path: string, file: string, executable: boolean): HistoryEntry {
  return { path, mode: executable ? '100755' : '100644', content: () => readFileSync(file) };
}

function collect(
  store: Store,
  tree: LoadedTree,
  directory: Directory,
  prefix: string,
  entries: HistoryEntry[],
): boolean {
  let whole = true;
  for (const { name, digest, executable } of directory.files) {
    const file = blobPath(store, digest);
    if (file === undefined) whole = false;
    else entries.push(fileEntry(`${prefix}${name}`, file, executable));
  }
  for (const { name, target } of directory.symlinks) {
    const content = (): Buffer => Buffer.from(target);
    entries.push({ path: `${prefix}${name}`, mode: '120000', content });
  }
  for (const { name, digest } of directory.directories) {
    const child = tree.children.get(digest.hash);
    if (child === undefined) whole = false;
    else whole = collect(store, tree, child, `${prefix}${name}/`, entries) && whole;
  }
  return whole;
}

/** Git takes no name `.git`; sources that are repositories have one. */
function gitPath(entry: HistoryEntry): HistoryEntry {
  if (!/(^|\/)\.git(\/|$)/i.test(entry.path)) return entry;
  const path = entry.path
    .split('/')
    .map((part) => (part.toLowerCase() === '.git' ? `${part}_` : part))
    .join('/');
  return { ...entry, path };
}
