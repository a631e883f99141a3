import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { planFarm, type Contribution, type EntryKind, type List } from '../../src/install/farm.ts';
import type { PackageId } from '../../src/install/id.ts';

/** A package's tree: a string is a file, `→` a link, an object a directory. */
interface Folder {
  readonly [name: string]: string | Folder;
}

const LINK = '→';

function kindOf(node: string | Folder): EntryKind {
  if (typeof node !== 'string') return 'directory';
  return node === LINK ? 'link' : 'file';
}

function at(tree: Folder, path: string): string | Folder {
  let node: string | Folder = tree;
  for (const part of path.split('/')) node = (node as Folder)[part]!;
  return node;
}

function planOf(packages: Record<string, Folder>, always: readonly string[] = []) {
  const asked: string[] = [];
  const list: List = (id, path) => {
    asked.push(`${id}/${path}`);
    const folder = at(packages[id]!, path) as Folder;
    return Object.entries(folder).map(([name, node]) => ({ name, kind: kindOf(node) }));
  };
  const contributions: Contribution[] = Object.entries(packages).flatMap(([id, tree]) =>
    Object.keys(tree).map((from) => ({
      package: id as PackageId,
      from,
      into: from.replace(/_.*/, ''),
    })),
  );
  return { ...planFarm(always, contributions, list), asked };
}

const links = (plan: ReturnType<typeof planOf>) =>
  plan.links.map(({ path, package: id, target }) => `${path} → ${id}/${target}`);

test('nothing: the directories that always exist', () => {
  const plan = planOf({}, ['bin', 'lib']);
  expect(plan).toMatchObject({ directories: ['bin', 'lib'], links: [], conflicts: [] });
});

test('what one package provides is one link, and is never listed', () => {
  const plan = planOf({ a: { bin: { x: 'file', deep: { y: 'file' } } } }, ['bin', 'lib']);
  expect(links(plan)).toEqual(['bin → a/bin']);
  expect(plan.directories).toEqual(['lib']);
  expect(plan.asked).toEqual([]);
});

test('what two provide is a directory, down to where only one does', () => {
  const plan = planOf({
    a: { lib: { one: { a: 'file' }, both: { a: 'file', deep: { a: 'file' } } } },
    b: { lib: { both: { b: 'file', deep: { b: 'file' } }, two: { b: 'file' } } },
  });
  expect(plan.directories).toEqual(['lib', 'lib/both', 'lib/both/deep']);
  expect(links(plan)).toEqual([
    'lib/both/a → a/lib/both/a',
    'lib/both/b → b/lib/both/b',
    'lib/both/deep/a → a/lib/both/deep/a',
    'lib/both/deep/b → b/lib/both/deep/b',
    'lib/one → a/lib/one',
    'lib/two → b/lib/two',
  ]);
  expect(plan.asked).not.toContain('a/lib/one');
});

test('directories of roles are laid into the same place', () => {
  const plan = planOf({ a: { bin: { x: 'file' }, bin_master: { y: 'file' } } });
  expect(links(plan)).toEqual(['bin/x → a/bin/x', 'bin/y → a/bin_master/y']);
});

test('all conflicts are found, also below one', () => {
  const plan = planOf({
    a: { bin: { t: 'file', d: { x: 'file' } }, lib: { z: 'file' } },
    b: { bin: { t: { i: 'file' }, d: { x: 'file' } }, lib: { z: 'file' } },
    c: { bin: { t: { i: 'file' } } },
  });
  expect(plan.conflicts).toEqual([
    {
      path: 'bin/d/x',
      providers: [
        { package: 'a', path: 'bin/d/x', kind: 'file' },
        { package: 'b', path: 'bin/d/x', kind: 'file' },
      ],
    },
    {
      path: 'bin/t',
      providers: [
        { package: 'a', path: 'bin/t', kind: 'file' },
        { package: 'b', path: 'bin/t', kind: 'directory' },
        { package: 'c', path: 'bin/t', kind: 'directory' },
      ],
    },
    {
      path: 'bin/t/i',
      providers: [
        { package: 'b', path: 'bin/t/i', kind: 'file' },
        { package: 'c', path: 'bin/t/i', kind: 'file' },
      ],
    },
    {
      path: 'lib/z',
      providers: [
        { package: 'a', path: 'lib/z', kind: 'file' },
        { package: 'b', path: 'lib/z', kind: 'file' },
      ],
    },
  ]);
});

test('a linked directory is never merged with a real one, nor with another link', () => {
  const tree = (node: string | Folder): Folder => ({ lib: { d: node } });
  for (const [one, two] of [
    [LINK, { x: 'file' }],
    [LINK, LINK],
    [LINK, 'file'],
  ] as const) {
    const plan = planOf({ a: tree(one), b: tree(two) });
    expect(plan.conflicts.map(({ path }) => path)).toEqual(['lib/d']);
    expect(plan.asked.some((path) => path.endsWith('/d'))).toBe(false);
  }
});

test('trees deeper than the stack are no problem', () => {
  const chain = (leaf: string): Folder => {
    let node: Folder = { [leaf]: 'file' };
    for (let i = 0; i < 12_000; i++) node = { d: node };
    return { lib: node };
  };
  // Looked up by depth: walking down from the top each time would be quadratic.
  const depths = new Map<string, Folder[]>();
  for (const id of ['a', 'b']) {
    const levels: Folder[] = [];
    let node: string | Folder | undefined = chain(id)['lib'];
    for (; typeof node === 'object'; node = node['d']) levels.push(node);
    depths.set(id, levels);
  }
  const list: List = (id, path) =>
    Object.entries(depths.get(id)![(path.length - 3) / 2]!).map(([name, node]) => ({
      name,
      kind: kindOf(node),
    }));
  const plan = planFarm(
    [],
    ['a', 'b'].map((id) => ({ package: id as PackageId, from: 'lib', into: 'lib' })),
    list,
  );
  expect(plan.links).toHaveLength(2);
  expect(plan.directories).toHaveLength(12_001);
});

const name = fc.constantFrom('x', 'y', 'z', '__proto__', 'é');
const { folder } = fc.letrec<{ folder: Folder; node: string | Folder }>((tie) => ({
  folder: fc
    .uniqueArray(fc.tuple(name, tie('node')), { maxLength: 4, selector: ([key]) => key })
    .map((entries) => Object.fromEntries<string | Folder>(entries)),
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('file', 'file', LINK),
    tie('folder'),
  ),
}));
const packagesOf = fc
  .array(fc.record({ bin: folder, lib: folder }, { requiredKeys: [] }), { maxLength: 4 })
  .map((trees) => Object.fromEntries(trees.map((tree, i) => [`p${i}`, tree as Folder])));

/** The slow way: every entry of every package, one by one. */
function unfolded(
  packages: Record<string, Folder>,
): Map<string, { id: string; kind: EntryKind }[]> {
  const found = new Map<string, { id: string; kind: EntryKind }[]>();
  const visit = (id: string, path: string, node: string | Folder): void => {
    const kind = kindOf(node);
    found.set(path, [...(found.get(path) ?? []), { id, kind }]);
    if (typeof node === 'string') return;
    for (const [key, child] of Object.entries(node)) visit(id, `${path}/${key}`, child);
  };
  for (const [id, tree] of Object.entries(packages)) {
    for (const [key, child] of Object.entries(tree)) visit(id, key, child);
  }
  return found;
}

test('the folded farm shows what the unfolded one would, and finds the same conflicts', () => {
  fc.assert(
    fc.property(packagesOf, (packages) => {
      const plan = planOf(packages, ['bin', 'lib']);
      const all = unfolded(packages);
      const clashing = [...all]
        .filter(([, users]) => users.length > 1 && users.some(({ kind }) => kind !== 'directory'))
        .map(([path]) => path);
      expect(plan.conflicts.map(({ path }) => path).sort()).toEqual(clashing.sort());
      if (clashing.length > 0) return;

      // Each path of each package is a directory of the farm, or is behind exactly one link, its own.
      const links = new Map(plan.links.map((link) => [link.path, link]));
      const real = new Set(plan.directories);
      for (const [path, users] of all) {
        if (real.has(path)) continue;
        const parts = path.split('/');
        const above = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
        const through = above.filter((each) => links.has(each));
        expect(through).toHaveLength(1);
        const link = links.get(through[0]!)!;
        expect(users.map(({ id }) => id)).toEqual([link.package]);
        expect(link.target + path.slice(link.path.length)).toBe(path);
      }
      // Nothing is in the farm that no package has, and folding went as far as it can.
      for (const { path } of plan.links) expect(all.has(path)).toBe(true);
      for (const path of real) expect(all.get(path)?.length ?? 0).not.toBe(1);
    }),
    { numRuns: 1000 },
  );
});

test('the plan does not depend on the order of packages', () => {
  fc.assert(
    fc.property(packagesOf, (packages) => {
      const { asked: _, conflicts, ...plan } = planOf(packages);
      const turned = planOf(Object.fromEntries(Object.entries(packages).reverse()));
      expect({ directories: turned.directories, links: turned.links }).toEqual(plan);
      expect(turned.conflicts.map(({ path }) => path)).toEqual(conflicts.map(({ path }) => path));
    }),
    { numRuns: 500 },
  );
});
