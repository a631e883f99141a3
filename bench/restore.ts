// Many small trees in a store, to be put back by hard links.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../src/cache/store.ts';
import { loadTree, placeTree, storeTree } from '../src/cache/tree.ts';
import type { Digest } from '../src/base/digest.ts';

export function restoreTrees(
  directory: string,
  trees: number,
  files: number,
): { source: string; restore: (into: string) => void } {
  const opened = openStore(join(directory, 'store'));
  if (!opened.ok) throw new Error(opened.diagnostics[0]!.message);
  const store = opened.value;
  const digests: Digest[] = [];
  for (let tree = 0; tree < trees; tree++) {
    const path = join(directory, 'made', String(tree));
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < files; file++) {
      writeFileSync(join(path, `file-${file}`), `${tree} ${file}`);
    }
    const stored = storeTree(store, path);
    if (!stored.ok) throw new Error(stored.diagnostics[0]!.message);
    digests.push(stored.value.tree);
  }
  const restore = (into: string): void => {
    mkdirSync(into);
    for (const [index, digest] of digests.entries()) {
      if (!placeTree(store, loadTree(store, digest)!, join(into, String(index)))) {
        throw new Error('the store lost a tree');
      }
    }
  };
  const source = join(directory, 'source');
  restore(source);
  return { source, restore };
}
