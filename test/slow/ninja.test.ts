// Ninja from 1.8 to 1.13: each of these versions reads every manifest that the tests and examples make, builds with
// them, and is understood in what it leaves. Runs those tests again, each with another Ninja in the path.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { duplicateFlags } from '../../src/bootstrap/ninja.ts';
import { readNinjaLog } from '../../src/bootstrap/ninjalog.ts';
import { fetchNinja, NINJAS } from '../rig/ninjas.ts';
import { scratch } from '../rig/scratch.ts';

const PROJECT = resolve(import.meta.dirname, '../..');

/** Manifests of golden statements and scenarios, of templates, and of what they are read back from. */
const UNIT = [
  'test/blueprint/ninja',
  'test/blueprint/phase/scenarios.test.ts',
  'test/bootstrap/manifestfile.test.ts',
  'test/bootstrap/template.test.ts',
];

/** Builds: of the engine's example, of trees with build logic of their own, in turns with tasks, and of nothing. */
const E2E = ['engine', 'bootstrap', 'turns', 'noop'].map((name) => `test/e2e/${name}.test.ts`);

/** Up to 1.8 Ninja knows times to the second only: an edit right after a build is none for it. */
const TO_THE_SECOND = ['--testNamePattern', 'comes to programs|with nothing changed'];

const MANIFEST = `ninja_required_version = 1.7.0
rule copy
    command = cp $in $out && printf 'out: other\\n' > $out.d
    depfile = $out.d
    deps = gcc
build out: copy in
build with$ space: copy out
`;

describe.each(NINJAS)('Ninja $version', (source) => {
  const [major, minor] = source.version.split('.').map(Number);

  test('reads and builds whatever is made for it', () => {
    using space = scratch();
    const path = fetchNinja(source, space.at('ninja'));
    const ninja = `${path}/ninja`;
    expect(execFileSync(ninja, ['--version'], { encoding: 'utf8' })).toBe(`${source.version}\n`);

    // What it leaves in its log is read; statements with one output are refused.
    writeFileSync(space.at('build.ninja'), MANIFEST);
    for (const name of ['in', 'other']) writeFileSync(space.at(name), '');
    const flags = duplicateFlags(major!, minor!);
    const run = (...argv: readonly string[]): string => {
      const { stdout, stderr } = spawnSync(ninja, [...flags, ...argv], {
        cwd: space.path,
        encoding: 'utf8',
      });
      return stdout + stderr;
    };
    expect(run('-n')).toContain('[2/2]');
    run();
    expect(run()).toContain('ninja: no work to do.');
    expect(readNinjaLog(readFileSync(space.at('.ninja_log'), 'utf8'))!.toSorted()).toEqual([
      'out',
      'with space',
    ]);
    writeFileSync(space.at('build.ninja'), `${MANIFEST}build out: copy other\n`);
    expect(run()).toContain('multiple rules generate out');

    const env = { ...process.env, NINJA: ninja, PATH: `${path}${delimiter}${process.env['PATH']}` };
    for (const [project, files] of Object.entries({ unit: UNIT, e2e: E2E })) {
      const some = project === 'e2e' && major === 1 && minor! < 9 ? TO_THE_SECOND : [];
      const argv = ['vitest', 'run', '--project', project, '--reporter', 'dot', ...some, ...files];
      const options = { cwd: PROJECT, env, encoding: 'utf8' } as const;
      const { status, stdout, stderr } = spawnSync('npx', argv, options);
      expect(stdout + stderr).not.toContain('FAIL');
      expect(status).toBe(0);
    }
  });
});
