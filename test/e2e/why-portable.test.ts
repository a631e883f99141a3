// Keys on the real program: the same for two checkouts in different directories, of different users and
// times; a value that would make them differ is an error that names it.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import { PROGRAM } from '../rig/program.ts';
import { explainedTree, type WhyJson } from '../rig/explained.ts';

const createRig = rigsOfOneProcess();

const NOBODY = 65_534;

test('two checkouts have equal keys, whoever has them, wherever and whenever', () => {
  using rig = explainedTree(createRig);
  const far = join(rig.directory, 'a much longer/path of another', 'checkout');
  cpSync(rig.packages, far, { recursive: true });
  const root = process.getuid!() === 0;
  for (const name of ['.', ...readdirSync(far, { recursive: true }).map(String)]) {
    utimesSync(join(far, name), 1_000_000_000, 1_000_000_000);
    if (root) chownSync(join(far, name), NOBODY, NOBODY);
  }
  const home = join(rig.directory, 'home-2');
  mkdirSync(home);
  if (root) chownSync(home, NOBODY, NOBODY);
  chmodSync(rig.directory, 0o755);

  const keys = (stdout: string): string[] =>
    (JSON.parse(stdout) as WhyJson).tasks.map(({ task, key }) => `${task} ${key}`);
  const here = rig.run(['why', '--json'], { env: { TZ: 'UTC', USER: 'somebody' } });
  const there = spawnSync(PROGRAM, ['why', '--json'], {
    cwd: far,
    encoding: 'utf8',
    env: {
      PATH: rig.env['PATH'],
      HOME: home,
      USER: 'else',
      TZ: 'Pacific/Auckland',
      LANG: 'de_DE.UTF-8',
    },
    ...(root ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  expect(there.stderr).toBe('');
  expect(keys(here.stdout)).toHaveLength(6);
  expect(keys(there.stdout)).toEqual(keys(here.stdout));
});

test('a value that contains the path of the checkout is an error that names it', () => {
  using rig = explainedTree(createRig);
  rig.write({
    'app/buildinfo.json': JSON.stringify({ environment: { HERE: join(rig.packages, 'lib') } }),
  });
  const { status, stderr } = rig.run(['build', 'app']);
  expect(status).toBe(2);
  expect(stderr).toContain(
    `error: app:build: inputs./pkg/src/buildinfo.full.json contains the path of this checkout, ${rig.packages}\n`,
  );
  expect(stderr).toContain('  hint: in another checkout its key would be another;');
});
