// Definitions and graphs made in memory: trees too large to be worth writing to a disk.
import { Collector } from '../../src/base/diagnostic.ts';
import { readBuildinfo } from '../../src/package/buildinfo.ts';
import type { Definition } from '../../src/package/definition.ts';
import { parseDefinition } from '../../src/package/file.ts';
import { createGraph, type Graph } from '../../src/package/graph.ts';
import { DEFAULT_SETTINGS } from '../../src/package/settings.ts';
import type { Tree } from '../../src/package/tree.ts';
import { spell } from '../../src/package/variant.ts';

/** `name`, or `name:variant` → requires, spelled likewise; `name!` insists on the default variant. */
export type Requires = Readonly<Record<string, readonly string[]>>;

export function definitionOf(spelling: string, requires: readonly string[]): Definition {
  const [name, variant = null] = spelling.split(':') as [string, string?];
  const list = requires.map((one) => {
    const [required, wanted] = one.split(':') as [string, string?];
    if (wanted !== undefined) return { name: required, variant: wanted };
    return one.endsWith('!') ? { name: one.slice(0, -1), variant: null } : one;
  });
  const file = `${name}/${variant === null ? '' : `${variant}.`}buildinfo.json`;
  const out = new Collector();
  const object = parseDefinition({ file, text: JSON.stringify({ requires: list }) }, out)!;
  const directory = `/packages/${name}`;
  const buildinfo = readBuildinfo(object, { name, variant, directory }, out);
  return {
    name,
    variant,
    directory,
    file: { path: `/packages/${file}`, shown: file },
    hasExtra: false,
    buildinfo,
    diagnostics: out.diagnostics,
  };
}

export function graphOf(requires: Requires): Graph {
  return createGraph(Object.entries(requires).map(([name, list]) => definitionOf(name, list)));
}

/** The number of a definition. */
export function at(graph: Graph, spelling: string): number {
  const [name, variant = null] = spelling.split(':') as [string, string?];
  return graph.find({ name, variant })!;
}

export function names(graph: Graph, numbers: readonly number[]): string[] {
  return numbers.map((number) => spell(graph.definitions[number]!));
}

export function treeOf(graph: Graph): Tree {
  return {
    directory: '/packages',
    cwd: '/packages',
    settings: DEFAULT_SETTINGS,
    graph,
    images: new Map(),
    treeinfos: new Map(),
    diagnostics: [],
  };
}
