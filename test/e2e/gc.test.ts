// The store looked after with the real program: limits, pins, trials, damage, what running builds need.
import { readdirSync, statSync, utimesSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from '../../src/base/fs.ts';
import { rigsOfOneProcess } from '../rig/again.ts';
import { createRig as rigOfLauncher, type Rig } from '../rig/program.ts';
import { filesBelow } from '../rig/store.ts';

const createRig = rigsOfOneProcess();

const BUILD =
  '#!/bin/bash\nmkdir -p $PKG_PATH\nhead -c 200000 /dev/urandom | base64 > $PKG_PATH/data\n';

function machine(settings: object = {}, create = createRig): Rig {
  const rig = create();
  for (const name of ['a', 'b', 'c']) {
    rig.write({ [`${name}/buildinfo.json`]: '{}', [`${name}/build`]: `${BUILD}# ${name}\n` });
  }
  rig.write({ 'ashlar.json': JSON.stringify(settings) });
  return rig;
}

interface Stat {
  readonly bytes: number;
  readonly results: number;
  readonly pins: readonly { readonly name: string }[];
}

function stat(rig: Rig): Stat {
  return JSON.parse(rig.run(['cache', 'stat', '--json']).stdout) as Stat;
}

test('gc keeps to the size, leaves pins, tells on trial, and the next build makes what went', () => {
  using rig = machine();
  for (const name of ['a', 'b', 'c']) expect(rig.run(['build', name]).status).toBe(0);
  expect(rig.run(['cache', 'pin', 'release-1', 'b']).stdout).toMatch(
    /^release-1 pins \d+ results\n/,
  );
  const before = stat(rig);
  expect(before.pins.map(({ name }) => name)).toEqual(['release-1']);
  const trial = rig.run(['gc', '-n', '--max-size', '0']);
  expect(trial.stdout).toContain('would be removed');
  expect(stat(rig).bytes).toBe(before.bytes);

  const run = rig.run(['gc', '--max-size', '0']);
  expect(run.status).toBe(0);
  expect(run.stderr).toContain('it is pinned');
  const after = stat(rig);
  expect(after.bytes).toBeLessThan(before.bytes / 2);
  expect(after.results).toBeGreaterThan(0);
  const again = rig.run(['build', 'b']);
  expect(again.stderr).not.toMatch(/^ran /m);

  rig.run(['cache', 'unpin', 'release-1']);
  expect(rig.run(['gc', '--max-size', '0 B']).status).toBe(0);
  expect(stat(rig)).toMatchObject({ bytes: 0, results: 0, pins: [] });
  // What was delivered is still in place, and nothing more is needed; without it the task runs again.
  expect(rig.run(['build', 'a']).stderr).toContain('1 up to date');
  removeTree(join(rig.packages, 'cache'));
  const anew = rig.run(['build', 'a']);
  expect(anew.status, anew.stderr).toBe(0);
  expect(anew.stderr).toContain('its result was here until it was evicted on ');
});

test('what only builds stand on that are skipped, without Node, is not the first to go', () => {
  using daily = machine({}, rigOfLauncher);
  using other = machine({}, rigOfLauncher);
  const env = { ASHLAR_STORE: daily.env['ASHLAR_STORE']! };
  expect(daily.run(['build', 'a'], { env }).status).toBe(0);
  expect(other.run(['build', 'b'], { env }).status).toBe(0);
  const longAgo = Date.now() / 1000 - 30 * 24 * 3600;
  const used = join(daily.packages, 'cache/.ashlar/noop.used');
  const results = filesBelow(join(env.ASHLAR_STORE, 'ac'));
  for (const file of [...results, used, join(other.packages, 'cache/.ashlar/noop.used')]) {
    utimesSync(file, longAgo, longAgo);
  }
  // The one that was made first goes first, unless it is of use.
  const [first] = results.toSorted((a, b) => statSync(a).ctimeMs - statSync(b).ctimeMs);
  utimesSync(first!, longAgo - 1000, longAgo - 1000);
  const written = (): number => statSync(join(daily.packages, 'cache/.ashlar/noop.key')).mtimeMs;
  const before = written();
  expect(daily.run(['build', 'a'], { env }).status).toBe(0);
  // Node would have written it anew.
  expect(written()).toBe(before);
  expect(statSync(used).mtimeMs).toBeGreaterThan(Date.now() - 600_000);
  expect(daily.run(['gc', '--max-size', '300 kB'], { env }).status).toBe(0);
  for (const [rig, ran] of [
    [daily, false],
    [other, true],
  ] as const) {
    removeTree(join(rig.packages, 'cache'));
    const again = rig.run(['build', rig === daily ? 'a' : 'b'], { env });
    expect(/^ran /m.test(again.stderr), again.stderr).toBe(ran);
  }
  // Of trees that are gone nothing is remembered.
  removeTree(join(daily.packages, 'cache'));
  daily.run(['gc'], { env });
  expect(readdirSync(join(env.ASHLAR_STORE, 'uses'))).toHaveLength(1);
});

test('a limit in ashlar.json is kept by builds themselves', () => {
  using rig = machine({ store: { max_size: '700 kB' } });
  for (const name of ['a', 'b', 'c']) {
    const run = rig.run(['build', name]);
    expect(run.status, run.stderr).toBe(0);
    expect(stat(rig).bytes).toBeLessThanOrEqual(700_000);
  }
  expect(stat(rig).results).toBeGreaterThan(0);
});

test('what a running build needs is not evicted, and it ends as if nothing had happened', async () => {
  using rig = machine();
  expect(rig.run(['build', 'a', 'b']).status).toBe(0);
  const first = rig.start(['build', 'c', 'a', '-j', '1']);
  const evict = rig.run(['gc', '--max-size', '0']);
  expect(evict.status, evict.stderr).toBe(0);
  const ended = await first.ended;
  expect(ended.status, ended.stderr).toBe(0);
  expect(rig.run(['cache', 'verify']).status).toBe(0);
});

test('verify finds what is damaged, puts it aside, and the next build makes it anew', () => {
  using rig = machine();
  expect(rig.run(['build', 'a']).status).toBe(0);
  expect(rig.run(['cache', 'verify'])).toMatchObject({ status: 0, stderr: '' });
  const store = rig.env['ASHLAR_STORE']!;
  const [blob] = filesBelow(join(store, 'cas')).filter((path) => /a.*/.test(path));
  chmodSync(blob!, 0o644);
  writeFileSync(blob!, 'flipped');
  const run = rig.run(['cache', 'verify']);
  expect(run.status).toBe(3);
  expect(run.stdout).toContain('1 damaged');
  expect(run.stderr).toContain('is damaged: its bytes are not those of its name');
  expect(readdirSync(join(store, 'quarantine')).length).toBe(1);
  expect(rig.run(['cache', 'verify']).status).toBe(0);
  expect(rig.run(['build', 'a']).status).toBe(0);
});

test('a memory of records that is lost is found again, by verify or by the next build, and explains', () => {
  using rig = machine();
  const records = join(rig.env['ASHLAR_STORE']!, 'records');
  expect(rig.run(['build', 'a', 'b']).status).toBe(0);
  removeTree(records);
  const verified = rig.run(['cache', 'verify']);
  expect(verified.stdout).toMatch(/nothing is damaged\n4 records found again, for explanations\n$/);
  const changed = (name: string): string => {
    rig.write({ [`${name}/build`]: `${BUILD}# ${name}, otherwise\n` });
    return rig.run(['build', name]).stderr;
  };
  expect(changed('a')).toMatch(/^ran {6}a:build {2}\S+ s {2}a\/build: contents changed$/m);
  removeTree(records);
  expect(changed('b')).toMatch(/^ran {6}b:build {2}\S+ s {2}b\/build: contents changed$/m);
});

test('wrong input is told what is right', () => {
  using rig = machine();
  const cases: [string[], number, string][] = [
    [['gc', '--max-size', 'much'], 2, 'expected a size such as 500MB'],
    [['cache', 'pin', '../x', 'a'], 2, 'cannot be the name of a pin'],
    [['cache', 'pin', 'x', 'a'], 2, 'none of these results is in the store'],
    [['cache', 'unpin', 'x'], 2, 'there is no pin "x"'],
    [['cache', 'push', 'a'], 2, 'there is no mirror'],
    [['cache', 'pull', '--mirror', 'ftp://host/'], 2, 'is not the address of a mirror'],
    [
      ['cache', 'pull', '--all', '--mirror', 'http://127.0.0.1:9/'],
      2,
      'only a mirror that is a directory',
    ],
    [['keys', 'show', 'nobody'], 2, 'there is no key "nobody"'],
    [['keys', 'generate', 'a b'], 2, 'cannot be the name of a key'],
  ];
  for (const [argv, status, text] of cases) {
    const run = rig.run(argv);
    expect(run.stderr, argv.join(' ')).toContain(text);
    expect(run.status, argv.join(' ')).toBe(status);
    expect(run.stderr).not.toMatch(/\n\s+at /);
  }
});

test('keys: made, listed with what the tree says of them, never overwritten', () => {
  using rig = machine();
  const made = rig.run(['keys', 'generate', 'ci']);
  const [text] = made.stdout.split('\n');
  expect(rig.run(['keys', 'show', 'ci']).stdout).toBe(`${text}\n`);
  expect(rig.run(['keys', 'list']).stdout).toContain('private half here, not trusted by this tree');
  rig.write({
    'ashlar.json': JSON.stringify({
      shared_state: {
        keys: {
          ci: { key: text, scopes: ['release'], expires: '2999-01-01' },
          old: {
            key: text!.replace(/:[^:]*$/, `:${Buffer.alloc(32, 1).toString('base64')}`),
            revoked: true,
          },
        },
        sign: { key: 'ci' },
      },
    }),
  });
  const { stdout } = rig.run(['keys', 'list']);
  expect(stdout).toMatch(
    /^ci +[0-9a-f]{16} {2}private half here, signs, trusted for release until 2999-01-01$/m,
  );
  expect(stdout).toMatch(/^old +[0-9a-f]{16} {2}revoked$/m);
  const again = rig.run(['keys', 'generate', 'ci']);
  expect(again.status).toBe(2);
  expect(again.stderr).toContain('there is a key ci already');
});
