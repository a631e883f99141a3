// The link farm as a pure function: what packages contribute → which directories and links make one
// tree of it, and which paths clash. A directory that only one package provides becomes one link and is
// never listed: a link per file costs a hundred times as much. Knows nothing of where the farm will lie.
import { byCodePoint } from '../base/digest.ts';
import type { PackageId } from './id.ts';

/** A directory of a package that is laid into a directory of the farm. */
export interface Contribution {
  readonly package: PackageId;
  /** Directory inside the package: `bin`, `bin_master`. */
  readonly from: string;
  /** Directory of the farm: `bin`. */
  readonly into: string;
}

/** A symbolic link is a `link` whatever it leads to: what lies behind it is never merged with anything. */
export type EntryKind = 'file' | 'link' | 'directory';

export interface Entry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** The entries of a directory of a package. Asked only for directories that several provide. */
export type List = (id: PackageId, path: string) => readonly Entry[];

export interface FarmLink {
  /** Path in the farm. */
  readonly path: string;
  readonly package: PackageId;
  /** Path in the package. */
  readonly target: string;
}

export interface Provider {
  readonly package: PackageId;
  /** Path in the package. */
  readonly path: string;
  readonly kind: EntryKind;
}

/** One path of the farm that several provide, not all of them as a directory. */
export interface Conflict {
  readonly path: string;
  readonly providers: readonly Provider[];
}

export interface FarmPlan {
  /** Real directories, each after the one it lies in. */
  readonly directories: readonly string[];
  readonly links: readonly FarmLink[];
  /** All of them; the plan is of use only when there are none. */
  readonly conflicts: readonly Conflict[];
}

/**
 * Plans a farm. Every directory of `always` exists in it, also when nobody provides it. The result does
 * not depend on the order of contributions, except for the order of a conflict's providers.
 */
export function planFarm(
  always: readonly string[],
  contributions: readonly Contribution[],
  list: List,
): FarmPlan {
  const top = new Map<string, Provider[]>(always.map((path) => [path, []]));
  for (const { package: id, from, into } of contributions) {
    const provider: Provider = { package: id, path: from, kind: 'directory' };
    const others = top.get(into);
    if (others === undefined) top.set(into, [provider]);
    else others.push(provider);
  }
  const directories: string[] = [];
  const links: FarmLink[] = [];
  const conflicts: Conflict[] = [];
  // A list of work instead of recursion: trees may be deeper than the stack.
  const open = [...top];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, providers] = next;
    const [only] = providers;
    if (only !== undefined && providers.length === 1) {
      links.push({ path, package: only.package, target: only.path });
      continue;
    }
    const shared = providers.filter(({ kind }) => kind === 'directory');
    if (shared.length < providers.length) conflicts.push({ path, providers });
    else directories.push(path);
    // Also below a conflict, so that one run tells all of them.
    if (shared.length > 1) open.push(...merged(path, shared, list));
  }
  return {
    directories: directories.sort(byCodePoint),
    links: links.sort((a, b) => byCodePoint(a.path, b.path)),
    conflicts: conflicts.sort((a, b) => byCodePoint(a.path, b.path)),
  };
}

function merged(path: string, shared: readonly Provider[], list: List): [string, Provider[]][] {
  const children = new Map<string, Provider[]>();
  for (const { package: id, path: from } of shared) {
    for (const { name, kind } of list(id, from)) {
      const provider: Provider = { package: id, path: `${from}/${name}`, kind };
      const others = children.get(name);
      if (others === undefined) children.set(name, [provider]);
      else others.push(provider);
    }
  }
  return [...children].map(([name, providers]) => [`${path}/${name}`, providers]);
}
