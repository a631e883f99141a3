// A build with nothing to do starts no Node, in trees of packages of each kind; whatever is changed, it starts.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createRig, PROJECT, type Rig, type Run } from '../rig/program.ts';

let rig: Rig;
let node: Record<string, string>;
const log = (): string => join(rig.directory, 'node.log');
const at = (path: string): string => join(rig.packages, path);

function open(): void {
  rig = createRig();
  const program = join(rig.directory, 'counting-node');
  writeFileSync(program, `#!/bin/sh\necho started >>'${log()}'\nexec '${process.execPath}' "$@"\n`);
  chmodSync(program, 0o755);
  node = { ASHLAR_NODE: program };
}

/** Builds, and tells whether Node was started for it. */
function build(
  argv: readonly string[] = [],
  options: { cwd?: string; env?: object } = {},
): Run & { started: boolean } {
  rmSync(log(), { force: true });
  const run = rig.run(['build', ...argv], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...node, ...options.env },
  });
  return { ...run, started: existsSync(log()) };
}

/** What follows is about one change: before it there is nothing to do. */
function settle(): void {
  for (let i = 0; i < 3 && build().started; i++);
  expect(build()).toMatchObject({ status: 0, started: false });
}

describe('packages without Blueprints files', () => {
  beforeAll(() => {
    open();
    cpSync(join(PROJECT, 'examples/hello/packages'), rig.packages, {
      recursive: true,
      filter: (path) => !path.endsWith('/cache'),
    });
  });
  afterAll(() => rig[Symbol.dispose]());

  test('the build after the first starts none, and says the same', () => {
    expect(build()).toMatchObject({ status: 0, started: true });
    const again = build();
    expect(again).toMatchObject({ status: 0, stdout: '', stderr: '5 up to date in 0.0 s\n' });
    expect(again.started).toBe(false);
    writeFileSync(at('clock/note'), '');
    expect(build().stderr).toMatch(/^5 up to date in \d\.\d s$/m);
  });

  test('the archives asked for are named, also from the folder of a package', () => {
    const named = build(['hello']);
    expect(named.started).toBe(true);
    expect(build(['hello'])).toEqual({ ...named, started: false, stderr: expect.any(String) });
    const inside = { cwd: at('hello') };
    const here = build([], inside);
    expect(here.started).toBe(true);
    expect(here.stdout).toContain('.tar.xz');
    expect(build([], inside)).toMatchObject({ started: false, stdout: here.stdout });
  });

  const changes: Record<string, () => void> = {
    'an edited file of extra': () =>
      writeFileSync(at('hello/extra/hello.c'), 'int main() {return 0;}\n'),
    'an edited file with its old time and size': () => {
      const file = at('greeting/buildinfo.json');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(' ', '\n'));
      utimesSync(file, 1_000_000, 1_000_000);
    },
    'a new file of extra': () => writeFileSync(at('clock/extra/new'), ''),
    'a removed file of extra': () => unlinkSync(at('clock/extra/new')),
    'a mode': () => chmodSync(at('clock/build'), 0o700),
    'a new package': () => {
      mkdirSync(at('fresh'));
      writeFileSync(at('fresh/buildinfo.json'), '{}\n');
      writeFileSync(at('fresh/build'), '#!/bin/sh\n');
      chmodSync(at('fresh/build'), 0o755);
    },
    'a package folder under another name': () => renameSync(at('fresh'), at('fresher')),
    'a removed package': () => rmSync(at('fresher'), { recursive: true }),
    'a folder that is no package yet': () => mkdirSync(at('later')),
    'a package in a folder that was there': () => {
      cpSync(at('banner'), at('later'), { recursive: true });
    },
    'a link in extra': () => symlinkSync('../build', at('later/extra/link')),
    settings: () => writeFileSync(at('ashlar.json'), '{}\n'),
    'edited settings': () => writeFileSync(at('ashlar.json'), '{ }\n'),
    'a tree more': () => writeFileSync(at('more.treeinfo.json'), '{}\n'),
    'a tree less': () => unlinkSync(at('more.treeinfo.json')),
    'a removed archive': () => rmSync(at('cache/packages/hello'), { recursive: true }),
    'an archive with another mode': () => {
      const id = rig.read('cache/packages/clock/latest');
      chmodSync(at(`cache/packages/clock/${id}.tar.xz`), 0o644);
    },
    'an edited pointer to an archive': () => writeFileSync(at('cache/packages/clock/latest'), 'x'),
    'a removed list of the tree': () => unlinkSync(at('cache/complete/complete.latest.json')),
    'nothing but a clean': () => void rig.run(['clean']),
    'half of the record': () => unlinkSync(at('cache/.ashlar/noop.read.stat')),
    'the other half of what was read': () => unlinkSync(at('cache/.ashlar/noop.also.stat')),
  };
  test.each(Object.keys(changes))('%s starts it again', (name) => {
    settle();
    changes[name]!();
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(rig.read('cache/packages/clock/latest')).toMatch(/^clock--/);
    expect(existsSync(at('cache/complete/complete.latest.json'))).toBe(true);
  });

  test('a link that led through to a changed file starts it again', () => {
    settle();
    writeFileSync(join(rig.directory, 'outside'), '1');
    symlinkSync(join(rig.directory, 'outside'), at('clock/extra/out'));
    settle();
    writeFileSync(join(rig.directory, 'outside'), '2');
    expect(build()).toMatchObject({ started: true });
  });

  test('what a mirror got needs no second look, and a mirror that is away is told of first', () => {
    settle();
    const away = { env: { ASHLAR_MIRRORS: 'rw:http://127.0.0.1:1' } };
    writeFileSync(at('clock/extra/note'), 'for no mirror\n');
    expect(build(['clock'], away).stderr).toContain('127.0.0.1:1');
    expect(build(['clock'], away).started).toBe(true);
    const mirror = join(rig.directory, 'mirror');
    const shared = { env: { ASHLAR_MIRRORS: `rw:${mirror}` } };
    writeFileSync(at('clock/extra/note'), 'for a mirror\n');
    expect(build(['clock'], shared)).toMatchObject({ status: 0, started: true });
    expect(readdirSync(join(mirror, 'ac')).length).toBeGreaterThan(0);
    expect(build(['clock'], shared)).toMatchObject({ status: 0, started: false });
    unlinkSync(at('clock/extra/note'));
  });

  test('options that always run, another environment, and failures are never skipped', () => {
    for (const argv of [
      ['--no-cache', 'clock'],
      ['--json'],
      ['--dry-run'],
      ['--force', 'clock:build'],
    ]) {
      build(argv);
      expect(build(argv)).toMatchObject({ started: true, status: 0 });
    }
    settle();
    expect(build([], { env: { ASHLAR_STORE: join(rig.directory, 'other-store') } }).started).toBe(
      true,
    );
    settle();
    const file = at('clock/buildinfo.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, '{');
    expect(build()).toMatchObject({ started: true, status: 2 });
    expect(build()).toMatchObject({ started: true, status: 2 });
    writeFileSync(file, text);
    settle();
  });
});

describe('modules of Blueprints files beside package folders', () => {
  beforeAll(() => {
    open();
    rig.write({
      Blueprints: [
        'package { name: "one", sources: { s: { files: ["a.txt"] } }, tasks: { install: { script: "install -D a.txt $DESTDIR$PREFIX/a" } } }',
        'genrule { name: "rule", srcs: ["b.txt"], outs: ["c.txt"], cmd: "cp $(in) $(out)" }',
      ].join('\n'),
      'a.txt': 'a\n',
      'b.txt': 'b\n',
      'two/buildinfo.json': '{}\n',
      'two/build': '#!/bin/sh\ntouch "$PKG_PATH/two"\n',
    });
  });
  afterAll(() => rig[Symbol.dispose]());
  beforeEach(settle);

  const changes: Record<string, () => void> = {
    'a source of a module': () => writeFileSync(at('a.txt'), 'A\n'),
    'a source of a rule': () => writeFileSync(at('b.txt'), 'B\n'),
    'a build script': () => writeFileSync(at('two/build'), '#!/bin/sh\ntouch "$PKG_PATH/2"\n'),
    'a removed output of a rule': () => unlinkSync(at('out/gen/rule/c.txt')),
    'removed archives': () => rmSync(at('cache/packages'), { recursive: true }),
    'a new package folder': () => cpSync(at('two'), at('three'), { recursive: true }),
    'a Blueprints file': () => writeFileSync(at('Blueprints'), `${rig.read('Blueprints')}\n`),
  };
  test.each(Object.keys(changes))('%s starts it again', (name) => {
    changes[name]!();
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(rig.read('out/gen/rule/c.txt')).toBe(rig.read('b.txt'));
    expect(existsSync(at('cache/packages/two/latest'))).toBe(true);
  });
});

describe('a tree of rules alone', () => {
  beforeAll(() => {
    open();
    rig.write({
      Blueprints:
        'genrule { name: "rule", srcs: ["b.txt"], outs: ["c.txt"], cmd: "cp $(in) $(out)" }\n',
      'b.txt': 'b\n',
    });
  });
  afterAll(() => rig[Symbol.dispose]());

  test('its first package starts it again', () => {
    settle();
    rig.write({ 'two/buildinfo.json': '{}\n', 'two/build': '#!/bin/sh\ntouch "$PKG_PATH/two"\n' });
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(existsSync(at('cache/packages/two/latest'))).toBe(true);
  });
});
