// What the modules of a tree declare, as work for planning turns: which files packages read, and where what they
// make can be read by rules.
import { posix } from 'node:path';
import type { Declared } from '../package/module/declared.ts';
import { WorkGraph, type Work, type WorkPackage } from './turns.ts';

/** Stands for packages that are folders with a definition: no module says what they read. */
const FOLDERS: WorkPackage = { name: '', reads: [], requires: [], makes: [] };

/** Below the root of the tree, packages deploy to `out/packages/NAME`, and images are `out/images/NAME`. */
export function workPackages(declared: Declared, hasFolders: boolean): WorkPackage[] {
  const packages = declared.packages.map(({ name, variant, directory, values, files }) => ({
    name: spell(name, variant),
    reads: [
      ...Object.values(files).flat(),
      ...values.patches.map((patch) => posix.join(directory, patch)),
    ].map((path) => posix.normalize(path)),
    requires: [...values.requires, ...values.build_requires],
    makes: [`out/packages/${variant === null ? name : `${name}-${variant}`}`],
  }));
  const images = declared.images.map(({ name, packages: members }) => ({
    name,
    reads: [],
    requires: members,
    makes: [`out/images/${name}`],
  }));
  return [...packages, ...images, ...(hasFolders ? [FOLDERS] : [])];
}

function spell(name: string, variant: string | null): string {
  return variant === null ? name : `${name}:${variant}`;
}

/** The part of the work that some targets need: outputs of rules, and packages. */
export function partOf(work: Work, targets: readonly string[], outputs: readonly string[]): Work {
  const graph = new WorkGraph(work);
  const wanted = new Set(targets.filter((target) => !outputs.includes(target)));
  const rules = new Set(outputs);
  for (const output of rules) for (const name of graph.needs(output)) wanted.add(name);
  for (const name of wanted) {
    for (const output of graph.reads.get(name) ?? []) {
      rules.add(output);
      for (const needed of graph.needs(output)) wanted.add(needed);
    }
  }
  const edges = graph.edgesFor(rules);
  return { edges, packages: work.packages.filter(({ name }) => wanted.has(name)) };
}
