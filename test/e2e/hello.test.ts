// The first example as its users meet it: built, built again, restored, installed, run.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, statSync, truncateSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, type Rig } from '../rig/program.ts';

let rig: Rig;
beforeAll(() => {
  rig = createRig('hello');
});
afterAll(() => rig[Symbol.dispose]());

test('builds every package of both trees', () => {
  const { status, stdout, stderr } = rig.run(['build']);
  expect(stderr).toMatch(/^10 ran in [\d.]+ s$/m);
  expect(stdout).toBe('');
  expect(status).toBe(0);
  const complete = JSON.parse(rig.read('cache/complete/complete.latest.json')) as {
    packages: string[];
  };
  expect(complete.packages.map((id) => id.split('--')[0])).toEqual([
    'banner',
    'clock',
    'greeting',
    'hello',
  ]);
  const loud = rig.read('cache/packages/banner/loud.latest');
  expect(rig.read('cache/complete/loud.complete.latest.json')).toContain(loud);
});

test('has nothing to do the second time', () => {
  const { status, stderr } = rig.run(['build']);
  expect(stderr).toMatch(/^5 up to date in [\d.]+ s$/m);
  expect(status).toBe(0);
});

test('restores what was deleted or damaged, without building', () => {
  const latest = rig.read('cache/packages/hello/latest');
  rmSync(join(rig.packages, 'cache/packages/greeting'), { recursive: true });
  const damaged = join(rig.packages, `cache/packages/hello/${latest}.tar.xz`);
  const whole = statSync(damaged).size;
  chmodSync(damaged, 0o644);
  truncateSync(damaged, 10);
  const { stderr } = rig.run(['build']);
  // The truncated file was a link to the store's own: that blob is found out, and packed again.
  expect(stderr).toContain('restored greeting:write_tar');
  expect(stderr).not.toContain(':build');
  expect(statSync(damaged).size).toBe(whole);
});

test('another checkout finds everything in the store', () => {
  using other = createRig('hello');
  const { stderr } = other.run(['build'], { env: { ASHLAR_STORE: rig.env['ASHLAR_STORE'] } });
  expect(stderr).toMatch(/^5 restored in/m);
});

test('installs and activates, and the programs run below their root', () => {
  const ids = ['hello', 'greeting', 'banner', 'clock'].map((name) =>
    rig.read(`cache/packages/${name}/latest`),
  );
  const root = join(rig.directory, 'root');
  const argv = ['install', '--root', root, '--activate', '--repository-url', 'cache', ...ids];
  const { status, stderr } = rig.run(argv);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(execFileSync(join(root, 'bin/hello'), ['reader'], { encoding: 'utf8' })).toBe(
    'Good day, reader.\n',
  );
  expect(execFileSync(join(root, 'bin/banner'), { encoding: 'utf8' })).toContain(
    '* Good day, world. *',
  );
  expect(rig.run(['active', '--root', root]).stdout.split('\n').filter(Boolean)).toEqual(
    [...ids].sort(),
  );
  expect(readdirSync(join(root, 'current/ashlar.target.wants'))).toEqual(['clock.service']);
});

test('ids are those of the build', () => {
  const listed = JSON.parse(rig.run(['ids', '--json']).stdout) as {
    name: string;
    variant: string | null;
    id: string;
  }[];
  for (const { name, variant, id } of listed) {
    const file = variant === null ? 'latest' : `${variant}.latest`;
    expect(rig.read(`cache/packages/${name}/${file}`)).toBe(id);
  }
  expect(listed).toHaveLength(5);
});

test('prints the log of a build, also of a restored one', () => {
  expect(rig.run(['log', 'hello'])).toMatchObject({ status: 0, stderr: '' });
  using other = createRig('hello');
  const env = { ASHLAR_STORE: rig.env['ASHLAR_STORE'] };
  other.run(['build', 'hello'], { env });
  expect(other.run(['log', 'hello'], { env })).toMatchObject({ status: 0, stderr: '' });
});

test('cleans up after itself, and comes back from the store', () => {
  expect(rig.run(['clean']).stdout).toMatch(/^removed \d+ files\n$/);
  expect(readdirSync(rig.packages)).not.toContain('cache');
  rig.write({ cache: 'a file' });
  expect(rig.run(['clean'])).toEqual({ status: 0, stdout: 'nothing to remove\n', stderr: '' });
  expect(rig.read('cache')).toBe('a file');
  rmSync(join(rig.packages, 'cache'));
  expect(rig.run(['build']).stderr).toMatch(/^5 restored in/m);
});

test('makes the bootstrap of a tree', () => {
  const { status } = rig.run(['build', '--bootstrap', '--variant', 'default']);
  expect(status).toBe(0);
  const id = rig.read('cache/bootstrap/bootstrap.latest');
  const listing = execFileSync(
    'tar',
    ['-tf', join(rig.packages, `cache/bootstrap/${id}.bootstrap.tar.xz`)],
    { encoding: 'utf8' },
  );
  expect(listing).toMatch(/(^|\/)bootstrap$/m);
  expect(listing).toMatch(/packages\/hello--[0-9a-f]{40}\/bin\/hello$/m);
  const active = JSON.parse(rig.read(`cache/bootstrap/${id}.active.json`)) as string[];
  expect(active).toHaveLength(4);
});
