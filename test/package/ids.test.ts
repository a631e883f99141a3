import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { definitionError, failed, ok } from '../../src/base/diagnostic.ts';
import { buildIds } from '../../src/package/ids.ts';
import { hashText } from '../../src/package/identity.ts';
import { validationTable } from './golden.ts';
import { summary } from './located.ts';
import { createPackages, createRig, GOLDEN_INPUTS, idsBySpelling } from './rig.ts';

interface GoldenPackage {
  readonly label: string;
  readonly package: readonly [string, string | null];
  readonly files: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly build_ids?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

const golden = validationTable<GoldenPackage>('packages');

/** What the original refused or crashed over, and where it is found here. */
const ERRORS: Record<string, string> = {
  'malformed json': 'p/buildinfo.json:1:2 json/syntax',
  'json list': 'p/buildinfo.json:1:1 definition/type',
  'json string': 'p/buildinfo.json:1:1 definition/type',
  'json null': 'p/buildinfo.json:1:1 definition/type',
  'utf-8 bom': 'p/buildinfo.json:1:1 json/syntax',
  'unknown key': 'p/buildinfo.json:1:2 definition/unknown-key',
  'two unknown keys':
    'p/buildinfo.json:1:2 definition/unknown-key,p/buildinfo.json:1:11 definition/unknown-key',
  'name key': 'p/buildinfo.json:1:2 buildinfo/reserved-key',
  'variant key': 'p/buildinfo.json:1:2 buildinfo/reserved-key',
  'build key': 'p/buildinfo.json:1:2 buildinfo/reserved-key',
  'pkgpanda_version key': 'p/buildinfo.json:1:2 buildinfo/reserved-key',
  'extra_source key, no extra folder': 'p/buildinfo.json:1:2 buildinfo/reserved-key',
  'extra_source key, extra folder': 'p/buildinfo.json:1:2 buildinfo/reserved-key',
  'sources and single_source': 'p/buildinfo.json:1:17 buildinfo/sources',
  'sources list': 'p/buildinfo.json:1:13 definition/type',
  'sources null': 'p/buildinfo.json:1:13 definition/type',
  'sha1 null': 'p/buildinfo.json:1:62 identity/unhashable',
  'unknown kind': 'p/buildinfo.json:1:28 source/kind',
  'missing kind': 'p/buildinfo.json:1:19 definition/missing-key',
  'source is a string': 'p/buildinfo.json:1:19 definition/type',
  'url missing sha1': 'p/buildinfo.json:1:19 source/checksum',
  'url extra key': 'p/buildinfo.json:1:106 definition/unknown-key',
  'url no scheme': 'p/buildinfo.json:1:42 source/url',
  'git missing ref_origin': 'p/buildinfo.json:1:19 definition/missing-key',
  'git extra key': 'p/buildinfo.json:1:131 definition/unknown-key',
  'git bad ref': 'p/buildinfo.json:1:68 source/ref',
  'git all-zero ref': 'p/buildinfo.json:1:68 source/ref',
  'git ref int': 'p/buildinfo.json:1:68 definition/type',
  'git_local absolute': 'p/buildinfo.json:1:53 source/path',
  'git_local no rel_path': 'p/buildinfo.json:1:19 definition/missing-key',
  'git_local not a repo': 'p/buildinfo.json:1:19 test/git',
  'git_local extra key': 'p/buildinfo.json:1:58 definition/unknown-key',
  'git_local dirty': 'p/buildinfo.json:1:19 test/git',
  'state_directory 1.0 (accepted by the check, then fails to hash)':
    'p/buildinfo.json:1:21 definition/type',
  'state_directory string': 'p/buildinfo.json:1:21 definition/type',
  'state_directory null': 'p/buildinfo.json:1:21 definition/type',
  'username bad': 'p/buildinfo.json:1:14 buildinfo/username',
  'username int': 'p/buildinfo.json:1:14 definition/type',
  'group bad': 'p/buildinfo.json:1:11 buildinfo/group',
  'group int': 'p/buildinfo.json:1:11 definition/type',
  'requires string': 'p/buildinfo.json:1:14 definition/type',
  'requires object': 'p/buildinfo.json:1:14 definition/type',
  'requires int': 'p/buildinfo.json:1:14 definition/type',
  'requires null': 'p/buildinfo.json:1:14 definition/type',
  'requires missing package': 'p/buildinfo.json:1:15 requires/unknown-package',
  'requires exact id': 'p/buildinfo.json:1:15 requires/exact-id',
  'requires dict missing variant': 'p/buildinfo.json:1:15 requires/incomplete',
  'requires two variants of one package': 'p/buildinfo.json:1:20 requires/two-variants',
  'requires self': 'p/buildinfo.json:1:15 requires/cycle',
  'environment null value': 'p/buildinfo.json:1:23 identity/unhashable',
  'environment float value': 'p/buildinfo.json:1:23 identity/unhashable',
  'version_extra empty': 'p/buildinfo.json:1:19 buildinfo/version-extra',
  'build_script missing': 'p/buildinfo.json:1:18 buildinfo/build-script',
  'no build file': 'p/buildinfo.json buildinfo/build-script',
  'variant without its script': 'p/ee.buildinfo.json buildinfo/build-script',
  'package name invalid': '-p/buildinfo.json id/name',
  'package name with --': 'a--b/buildinfo.json id/name',
  'package name trailing dash': 'a-/buildinfo.json id/name',
  'upstream.json bad kind': 'upstream.json:1:10 source/kind',
  'upstream.json empty': 'upstream.json:1:1 definition/missing-key',
};

/** The original could not build these at all; here the version is the text, `_`, and the hash it names. */
const VERSION_EXTRA = "version_extra (always fails: '-' is not allowed in versions)";

/** What is in the folder beside the files listed. */
const EMPTY_EXTRA = 'extra empty dir';
const HEAD = 'c87750ba74b2d1377c574b86bb95233cfee2c577';

test('there are as many golden packages as there were', () => {
  expect(golden).toHaveLength(112);
  const wrong = golden.filter(({ id, label }) => id === undefined && label !== VERSION_EXTRA);
  expect(wrong.map(({ label }) => label).sort()).toEqual(Object.keys(ERRORS).sort());
});

test.each(golden)('golden: $label', async ({ label, package: [name, variant], files, ...one }) => {
  using rig = createRig(files);
  if (label === EMPTY_EXTRA) rig.write({ 'p/extra/': '' });
  const expected = ERRORS[label] ?? '';
  const loaded = await rig.load();
  if (!loaded.ok) {
    expect(summary(loaded.diagnostics).join(',')).toBe(expected);
    return;
  }
  const definition = loaded.value.graph.find({ name, variant })!;
  const repository = label === 'git_local ok' || label.startsWith('git_local untracked');
  const ids = await rig.ids({
    targets: [loaded.value.graph.definitions[definition]!],
    ...(repository ? { gitHead: () => Promise.resolve(ok(HEAD)) } : {}),
  });
  expect(summary(ids.diagnostics).join(',')).toBe(expected);
  const found = [...ids.identities.values()].find(
    (each) => each.definition.name === name && each.definition.variant === variant,
  );
  if (label === VERSION_EXTRA) {
    // The hash that the original told of before it refused to take it for a version.
    expect(found?.id).toBe('p--1.0_0b185cba4049e24a2c9fa4a294d5bac5dfdfb4b1');
    return;
  }
  expect(found?.id).toBe(one.id);
  if (found === undefined) return;
  expect(buildIds(found, ids.closure(found.definition))).toEqual(one.build_ids);
});
