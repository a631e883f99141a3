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
