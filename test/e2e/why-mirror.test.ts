// Explanations across machines: a second store knows nothing but a mirror, and still tells what differs.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rigsOfOneProcess } from '../rig/again.ts';
import { explainedTree, keyOfTask, steady, whyJson } from '../rig/explained.ts';

const createRig = rigsOfOneProcess();

test('a machine that made nothing yet is told what differs from what a mirror has', () => {
  using rig = explainedTree(createRig);
  const mirror = join(rig.directory, 'mirror');
  mkdirSync(mirror);
  expect(rig.run(['build'], { env: { ASHLAR_MIRRORS: `rw:${mirror}` } }).status).toBe(0);

  const cwd = join(rig.directory, 'other');
  cpSync(rig.packages, cwd, { recursive: true });
  rmSync(join(cwd, 'cache'), { recursive: true });
  const there = {
    cwd,
    env: { ASHLAR_STORE: join(rig.directory, 'store-2'), ASHLAR_MIRRORS: `rw:${mirror}` },
  };
  expect(steady(rig.run(['why', 'app'], there).stdout, rig).split('\n')).toEqual([
    'app:build  would not run: all that depend on it have their results',
    'app:write_tar  would be restored from <rig>/mirror; made on <worker> on <date> in <n> s',
    '',
  ]);

  writeFileSync(join(cwd, 'lib/build'), '#!/bin/bash\necho other > $PKG_PATH/lib2\n');
  expect(steady(rig.run(['why', 'app:write_tar'], there).stdout, rig)).toBe(
    [
      'app:write_tar  would run',
      '  because new here',
      '  the mirror <rig>/mirror has <key>, which differs only in',
      '    lib:build: lib/build: contents changed',
      '',
    ].join('\n'),
  );
  const [json] = whyJson(rig, ['app:write_tar'], there).tasks;
  expect(json!.elsewhere).toMatchObject({
    mirror,
    causes: [{ task: 'lib:build', path: 'inputs./pkg/build/build' }],
  });
  const built = rig.run(['build'], there);
  expect(built.stderr).toMatch(/^because {2}lib\/build: contents changed; 6 tasks follow$/m);
  expect(built.stderr).toContain(`compared with what ${mirror} has\n`);

  // A key is enough to compare: its record comes from the mirror, and those of what it depends on.
  const keyOf = (options: object): string => keyOfTask(rig, 'app:build', options);
  const fresh = { cwd, env: { ...there.env, ASHLAR_STORE: join(rig.directory, 'store-3') } };
  const compared = rig.run(['diff', keyOf({}), keyOf(there)], fresh);
  expect(steady(compared.stdout, rig)).toBe(
    'lib (<key>): /pkg/build/build: contents changed\nthe keys differ\n',
  );
  expect(compared.status).toBe(1);

  // Rubbish in place of records harms nothing.
  for (const name of readdirSync(join(mirror, 'ac'), { recursive: true }).map(String)) {
    const path = join(mirror, 'ac', name);
    if (name.length > 60) writeFileSync(path, readFileSync(path).subarray(0, 20));
  }
  writeFileSync(join(cwd, 'lib/build'), '#!/bin/bash\necho again > $PKG_PATH/lib2\n');
  rmSync(join(rig.directory, 'store-2/records'), { recursive: true });
  const damaged = rig.run(['why', 'app:write_tar'], there);
  expect(damaged.stdout).toContain('app:write_tar  would run\n');
  expect(damaged.status).toBe(0);
});

test('the last of what others made is what a mirror is compared with, signed or not', () => {
  using rig = explainedTree(createRig);
  const mirror = join(rig.directory, 'mirror');
  mkdirSync(mirror);
  const key = rig.run(['keys', 'generate', 'ci']).stdout.split('\n')[0]!;
  const settings = (write: boolean, sign: object): string =>
    JSON.stringify({
      shared_state: { mirrors: [{ url: mirror, write }], keys: { ci: key }, ...sign },
    });
  const flavours = ['plain', 'sour', 'sweet'];
  for (const flavour of flavours) {
    rig.write({
      'ashlar.json': settings(true, { sign: { key: 'ci' } }),
      'app/buildinfo.json': `{"requires": ["lib"], "environment": {"FLAVOUR": "${flavour}"}}`,
    });
    const { status, stderr } = rig.run(['build', 'app']);
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain('warning');
  }
  // Sweet, as the last one, and with another file: on a machine of its own, which signs nothing.
  const cwd = join(rig.directory, 'other');
  cpSync(rig.packages, cwd, { recursive: true, filter: (path) => !path.endsWith('/cache') });
  writeFileSync(join(cwd, 'ashlar.json'), settings(false, {}));
  writeFileSync(join(cwd, 'lib/build'), '#!/bin/bash\necho other > $PKG_PATH/lib2\n');
  const there = { cwd, env: { ASHLAR_STORE: join(rig.directory, 'store-2') } };
  const { stdout, stderr } = rig.run(['why', 'app:build'], there);
  expect(stderr).toBe('');
  expect(steady(stdout, rig)).toBe(
    [
      'app:build  would run',
      '  because new here',
      '  the mirror <rig>/mirror has <key>, which differs only in',
      '    lib:build: lib/build: contents changed',
      '',
    ].join('\n'),
  );
});

test('what was only ever restored is explained by its cause, through records of the mirror', () => {
  using rig = explainedTree(createRig);
  const mirror = join(rig.directory, 'mirror');
  mkdirSync(mirror);
  expect(rig.run(['build'], { env: { ASHLAR_MIRRORS: `rw:${mirror}` } }).status).toBe(0);
  const cwd = join(rig.directory, 'other');
  cpSync(rig.packages, cwd, { recursive: true });
  rmSync(join(cwd, 'cache'), { recursive: true });
  const there = {
    cwd,
    env: { ASHLAR_STORE: join(rig.directory, 'store-2'), ASHLAR_MIRRORS: mirror },
  };
  // Nothing below the archives comes here, and so no record of what made them.
  const restored = rig.run(['build'], there);
  expect(restored.stderr).toContain('3 restored');
  expect(restored.stderr).not.toMatch(/^ran /m);
  writeFileSync(join(cwd, 'lib/build'), '#!/bin/bash\necho other > $PKG_PATH/lib2\n');
  const { stderr } = rig.run(['build'], there);
  const lines = stderr.split('\n').filter((line) => line.startsWith('ran '));
  expect(lines.length).toBe(6);
  for (const line of lines) expect(line).toContain('lib/build: contents changed');
  expect(stderr).toMatch(/^because {2}lib\/build: contents changed; 6 tasks follow$/m);
});

test('a result that was evicted is told of with the time', () => {
  using rig = explainedTree(createRig);
  rig.run(['build', 'lib']);
  const key = keyOfTask(rig, 'lib:build');
  const store = join(rig.directory, 'store');
  rmSync(join(store, 'ac'), { recursive: true });
  mkdirSync(join(store, 'ac'));
  writeFileSync(join(store, 'tombstones'), `${key} ${Date.UTC(2026, 4, 3, 12)} 0\n`);
  const { stdout } = rig.run(['why', 'lib:build'], { env: { TZ: 'UTC' } });
  expect(stdout).toBe(
    'lib:build  would run\n  because its result was here until it was evicted on 2026-05-03 12:00\n',
  );
  // With its outputs in place there would be nothing to do.
  rmSync(join(rig.packages, 'cache'), { recursive: true });
  expect(rig.run(['build', 'lib'], { env: { TZ: 'UTC' } }).stderr).toContain(
    'its result was here until it was evicted on 2026-05-03 12:00',
  );
});
