// Where the results of two runs of one task differ: which files, found by digests alone, without reading
// any of them.
import type { Digest } from '../base/digest.ts';
import { byCodePoint } from '../base/digest.ts';
import type { Store } from '../cache/store.ts';
import { loadTree, type LoadedTree } from '../cache/tree.ts';
import type { Directory } from '../remote/message.ts';
import type { OutputValue, TaskResult } from './task.ts';

/** One entry of an output, as far as a result can tell it from another. */
export type Entry =
  | { readonly kind: 'file'; readonly digest: Digest; readonly mode: string }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory'; readonly mode: string };

export interface OutputDifference {
  /** Name of the output. */
  readonly output: string;
  /** Path in it, '' for an output that is a file. */
  readonly path: string;
  /** Undefined: is not there. */
  readonly first: Entry | undefined;
  readonly second: Entry | undefined;
}

/** All differences, by output and path. Trees that are not in the store count as empty. */
export function outputDifferences(
  store: Store,
  first: TaskResult,
  second: TaskResult,
): OutputDifference[] {
  const found: OutputDifference[] = [];
  for (const output of Object.keys(first.outputs).sort()) {
    const [a, b] = [first.outputs[output], second.outputs[output]];
    if (sameValue(a, b)) continue;
    const [left, right] = [entriesOf(store, a), entriesOf(store, b)];
    const paths = new Set([...left.keys(), ...right.keys()]);
    for (const path of [...paths].sort(byCodePoint)) {
      const [one, other] = [left.get(path), right.get(path)];
      if (JSON.stringify(one) === JSON.stringify(other)) continue;
      found.push({ output, path, first: one, second: other });
    }
  }
  return found;
}

function sameValue(a: OutputValue | undefined, b: OutputValue | undefined): boolean {
  if (a === undefined || b === undefined || a.kind !== b.kind) return a === b;
  if (a.kind === 'tree') return b.kind === 'tree' && a.root.hash === b.root.hash;
  return b.kind === 'file' && a.digest.hash === b.digest.hash && a.executable === b.executable;
}

function entriesOf(store: Store, value: OutputValue | undefined): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  if (value?.kind === 'file') {
    const mode = value.executable ? '755' : '644';
    entries.set('', { kind: 'file', digest: value.digest, mode });
  } else if (value?.kind === 'tree') {
    const tree = loadTree(store, value.tree);
    if (tree !== undefined) collect(tree, tree.root, '', entries);
  }
  return entries;
}

function collect(
  tree: LoadedTree,
  directory: Directory,
  prefix: string,
  entries: Map<string, Entry>,
): void {
  for (const { name, digest, executable, mode } of directory.files) {
    const bits = (mode ?? (executable ? 0o755 : 0o644)).toString(8);
    entries.set(prefix + name, { kind: 'file', digest, mode: bits });
  }
  for (const { name, target } of directory.symlinks) {
    entries.set(prefix + name, { kind: 'link', target });
  }
  for (const { name, digest } of directory.directories) {
    const child = tree.children.get(digest.hash);
    if (child === undefined) continue;
    entries.set(prefix + name, { kind: 'directory', mode: (child.mode ?? 0o755).toString(8) });
    collect(tree, child, `${prefix}${name}/`, entries);
  }
}
