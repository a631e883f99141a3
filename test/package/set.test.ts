import { describe, expect, test } from 'vitest';
import { bootstrapId, packageSet } from '../../src/package/set.ts';
import { spell } from '../../src/package/variant.ts';
import { readGolden } from './golden.ts';
import { summary } from './located.ts';
import { createPackages, idsBySpelling, type Rig } from './rig.ts';

type Pair = readonly [string, string | null];

interface GoldenTree {
  readonly all_packages?: readonly Pair[];
  readonly bootstrap_packages?: readonly Pair[];
  readonly build_order?: readonly Pair[];
  readonly complete?: { readonly bootstrap: string; readonly packages: readonly string[] };
  readonly error?: string;
}

interface GoldenScenario {
  readonly label: string;
  readonly packages: Readonly<Record<string, object>>;
  readonly treeinfos: Readonly<Record<string, object>>;
  readonly trees: Readonly<Record<string, GoldenTree>>;
}

const golden = readGolden('package_sets.json') as GoldenScenario[];

/** What the original refused or crashed over (KeyError), and where it is found here. */
const ERRORS: Record<string, string> = {
  'exclude required': 'b/buildinfo.json:1:14 set/excluded',
  'bootstrap outside core': 'treeinfo.json:1:28 set/bootstrap',
  'unknown core package': 'treeinfo.json:1:23 set/unknown-package',
  'variant-only package not mapped': 'treeinfo.json requires/unknown-variant',
  'required variant not mapped': 'a/buildinfo.json:1:14 set/variant',
  'plain require on a mapped package': 'x/buildinfo.json:1:14 set/variant',
  cycle: 'b/buildinfo.json:1:14 requires/cycle',
  'self cycle': 'a/buildinfo.json:1:14 requires/cycle',
  'missing require': 'a/buildinfo.json:1:14 requires/unknown-package',
};

function rigOf({ packages, treeinfos }: Pick<GoldenScenario, 'packages' | 'treeinfos'>): Rig {
  const files = Object.entries(treeinfos).map(([variant, treeinfo]) => [
    variant === '' ? 'treeinfo.json' : `${variant}.treeinfo.json`,
    JSON.stringify(treeinfo),
  ]);
  return createPackages(packages, Object.fromEntries(files) as Record<string, string>);
}

async function setOf(rig: Rig, variant: string | null = null) {
  const tree = await rig.load();
  if (!tree.ok) throw new Error(tree.diagnostics[0]!.message);
  return packageSet(tree.value, variant);
}

test('there are as many golden scenarios as there were', () => {
  expect(golden).toHaveLength(16);
});

test.each(golden)('golden: $label', async (scenario) => {
  using rig = rigOf(scenario);
  const pairs = (definitions: readonly { name: string; variant: string | null }[]): Pair[] =>
    definitions.map(({ name, variant }) => [name, variant]);
  for (const [name, expected] of Object.entries(scenario.trees)) {
    const set = await setOf(rig, name === '' ? null : name);
    expect(set.ok ? '' : summary(set.diagnostics).join(',')).toBe(ERRORS[scenario.label] ?? '');
    expect(set.ok).toBe(expected.error === undefined);
    if (!set.ok) continue;
    const { members, bootstrap, order } = set.value;
    expect(pairs(members)).toEqual(expected.all_packages);
    expect(pairs(bootstrap)).toEqual(expected.bootstrap_packages);
    expect(pairs(order)).toEqual(expected.build_order);
    const ids = idsBySpelling(await rig.ids());
    const complete = members.map((one) => ids[spell(one)]!).sort();
    expect(complete).toEqual(expected.complete!.packages);
    expect(bootstrapId(bootstrap.map((one) => ids[spell(one)]!))).toBe(
      expected.complete!.bootstrap,
    );
  }
});

describe('a default variant that yields', () => {
  const packages = {
    a: { requires: [{ name: 'v', variant: 'ee' }] },
    v: {},
    'v/ee': {},
    x: { requires: ['v'] },
  };
  const spelled = (list: readonly { name: string; variant: string | null }[]) => list.map(spell);

  test('is not a member, but is built for what is built with it', async () => {
    using rig = rigOf({ packages, treeinfos: { '': { variants: { v: 'ee' } } } });
    const set = await setOf(rig);
    if (!set.ok) throw new Error(summary(set.diagnostics).join());
    expect(spelled(set.value.members)).toEqual(['a', 'v:ee', 'x']);
    expect(spelled(set.value.bootstrap)).toEqual(['a', 'v:ee', 'x']);
    expect(spelled(set.value.order).sort()).toEqual(['a', 'v', 'v:ee', 'x']);
  });

  test('yields in the bootstrap as it does in the tree', async () => {
    const treeinfos = { '': { variants: { v: 'ee' }, bootstrap_package_list: ['x'] } };
    using rig = rigOf({ packages, treeinfos });
    const set = await setOf(rig);
    if (!set.ok) throw new Error(summary(set.diagnostics).join());
    expect(spelled(set.value.bootstrap)).toEqual(['v:ee', 'x']);
  });

  test('does not yield to a variant that only the mapping names', async () => {
    const treeinfos = { '': { variants: { v: 'ee' }, core_package_list: ['x'] } };
    using rig = rigOf({ packages, treeinfos });
    const set = await setOf(rig);
    expect(set.ok ? [] : summary(set.diagnostics)).toEqual(['x/buildinfo.json:1:14 set/variant']);
  });
});

test('two variants through different chains are told with both', async () => {
  const packages = {
    a: { requires: [{ name: 'v', variant: 'x' }] },
    b: { requires: [{ name: 'v', variant: 'y' }] },
    'v/x': {},
    'v/y': {},
  };
  using rig = rigOf({ packages, treeinfos: { '': { core_package_list: ['a', 'b'] } } });
  const set = await setOf(rig);
  expect(
    set.ok ? [] : set.diagnostics.map(({ message, notes }) => [message, notes![0], notes![3]]),
  ).toEqual([
    [
      'the tree needs v both in variant "x" and in variant "y"',
      { message: 'the tree → a → v:x' },
      { message: 'the tree → b → v:y' },
    ],
  ]);
});

test('names without effect are warned of', async () => {
  const treeinfos = { '': { exclude: ['aa'], variants: { bb: 'x' } } };
  using rig = rigOf({ packages: { a: {}, b: {} }, treeinfos });
  const set = await setOf(rig);
  expect(set.ok ? summary(set.value.warnings, 'warning') : []).toEqual([
    'treeinfo.json:1:13 set/unknown-package',
    'treeinfo.json:1:36 set/unknown-package',
  ]);
});

test('a tree that is not there is named, with the nearest that is', async () => {
  using rig = rigOf({ packages: { a: {} }, treeinfos: { installer: {} } });
  const set = await setOf(rig, 'instaler');
  expect(set.ok ? [] : set.diagnostics[0]).toMatchObject({
    code: 'set/unknown-tree',
    hint: 'did you mean "installer"?',
  });
});

test('a broken treeinfo gives no set', async () => {
  using rig = rigOf({ packages: { a: {} }, treeinfos: {} });
  rig.write({ 'treeinfo.json': '{"exclude": null}' });
  const set = await setOf(rig);
  expect(set.ok ? [] : summary(set.diagnostics)).toEqual(['treeinfo.json:1:13 definition/type']);
});
