// As putback.test.ts, in a tree of Blueprints files: the build directory and `cache` are put back as they were, with all
// that Ninja and a next run know of them. What has changed since is built as ever.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createCountedRig, type CountedRig } from '../rig/counted.ts';
import type { Rig } from '../rig/program.ts';

/** Packages of modules, with what they deploy, and files that Ninja makes. */
const TREE = {
  Blueprints: [
    'subdirs = ["*"]',
    'package { name: "words", preset: "copy", sources: { it: { files: ["words/*.txt"] } } }',
    'image { name: "system", packages: ["words", "loud"], formats: ["tar.xz"] }',
    'genrule { name: "made", srcs: ["words/a.txt"], outs: ["made.txt"], cmd: "cp $(in) $(out)" }',
  ].join('\n'),
  'loud/Blueprints': [
    'package {',
    '  name: "loud",',
    '  requires: ["words"],',
    '  sources: { it: { files: ["*.txt"] } },',
    '  preset: "copy",',
    '  formats: ["tar", "deb"],',
    '}',
  ].join('\n'),
  'loud/b.txt': 'LOUD\n',
  'words/a.txt': 'words\n',
};

let counted: CountedRig;
let rig: Rig;
const build: CountedRig['build'] = (...argv) => counted.build(...argv);
const at = (path: string): string => join(rig.packages, path);
const store = (path: string): string => join(rig.directory, 'store', path);

beforeAll(() => {
  counted = createCountedRig();
  ({ rig } = counted);
  rig.write(TREE);
  writeFileSync(at('.git'), '');
});
afterAll(() => counted[Symbol.dispose]());

const BOTH = ['out', 'cache'];

const drop: CountedRig['drop'] = (...names) => counted.drop(...names);
const settle = (): void => counted.settle(...BOTH);

/** What lies in a directory of outputs, but what is recorded for the launcher and may be newer. */
function outputs(top: string, also: (path: string) => boolean = () => false): object {
  const found: Record<string, string> = {};
  if (!existsSync(at(top))) return found;
  for (const path of readdirSync(at(top), { recursive: true, encoding: 'utf8' }).sort()) {
    if (/(^|\/)noop\.(key|used|made|read|also)(\.stat|\.new)?$/.test(path) || also(path)) continue;
    if (top === 'cache' && /^log(\/|$)/.test(path)) continue;
    const file = at(`${top}/${path}`);
    const stat = lstatSync(file);
    const holds = stat.isFile() ? readFileSync(file).toString('base64') : '';
    // Making files in it gives `.ashlar` a new time.
    const time = path === '.ashlar' ? '' : stat.mtimeMs;
    found[path] = `${stat.mode.toString(8)} ${time} ${stat.isFile() ? stat.ino : ''} ${holds}`;
  }
  return found;
}

const all = (): object => ({ out: outputs('out'), cache: outputs('cache') });

/** Results, without what runs leave for the next. */
function results(): object {
  const plain = (path: string): boolean => !/^(packages|images|\.intermediates|[^.]*$)/.test(path);
  const names = readdirSync(at('out'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => !plain(path) && lstatSync(at(`out/${path}`)).isFile(),
  );
  return Object.fromEntries(
    names.sort().map((path) => [path, readFileSync(at(`out/${path}`)).toString('base64')]),
  );
}

const withoutTime = (text: string): string[] =>
  text
    .replace(/in \d+\.\d s/, 'in 0.0 s')
    .split('\n')
    .sort();

test('a new tree has nothing to do after its first build, and is put back then', () => {
  expect(build()).toMatchObject({ status: 0, started: true });
  expect(build()).toMatchObject({ status: 0, started: false });
  drop(...BOTH);
  expect(build()).toMatchObject({ status: 0, started: false });
  expect(build()).toMatchObject({ status: 0, started: false });
});

describe('what was removed', () => {
  test.each([
    ['all', BOTH],
    ['the build directory', ['out']],
  ])('is put back as it was, with the words of Node: %s', (_, names) => {
    settle();
    drop(...names);
    rmSync(store('restore'), { recursive: true });
    const byNode = build();
    expect(byNode.started).toBe(true);
    settle();
    const before = all();
    const made = results();
    expect(Object.keys(outputs('out'))).toEqual(
      expect.arrayContaining(['build.ninja', '.ninja_log', 'packages/loud/loud.tar.xz']),
    );
    drop(...names);
    const run = build();
    expect(run).toMatchObject({
      status: 0,
      started: false,
      stdout: byNode.stdout.replace(/^\[.*\n/m, ''),
    });
    expect(withoutTime(run.stderr)).toEqual(withoutTime(byNode.stderr));
    expect(all()).toEqual(before);
    expect(build()).toMatchObject({ started: false, stderr: '5 up to date in 0.0 s\n' });
    expect(readdirSync(store('tmp'))).toEqual([]);
    // Node and Ninja see in it what they would have put there themselves.
    unlinkSync(at('out/.ashlar/noop.key'));
    const seen = build();
    expect(seen).toMatchObject({ status: 0, started: true });
    expect(withoutTime(seen.stderr)).toEqual(['', '5 up to date in 0.0 s']);
    expect(results()).toEqual(made);
  });

  test('is put back with whatever stages keep in the build directory', () => {
    const more = (path: string): string => at(`out/.bootstrap/more/${path}`);
    mkdirSync(more('empty'), { recursive: true, mode: 0o700 });
    mkdirSync(at('out/packages/nothing/in/it'), { recursive: true });
    symlinkSync('not there', more('link'));
    writeFileSync(more('program'), '#!/bin/sh\n', { mode: 0o750 });
    writeFileSync(more('größer als'), '');
    linkSync(more('program'), more('again'));
    utimesSync(more('program'), 1, 1.5);
    unlinkSync(at('out/.ashlar/noop.key'));
    expect(build().started).toBe(true);
    const found = outputs('out', (path) => path.startsWith('packages/nothing'));
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining(['.bootstrap/more/link', '.bootstrap/more/größer als']),
    );
    drop(...BOTH);
    expect(build().started).toBe(false);
    expect(outputs('out')).toEqual(found);
    expect(readlinkSync(more('link'))).toBe('not there');
    rig.shell('mkfifo out/.bootstrap/more/pipe');
    rig.write({ 'loud/b.txt': `${Math.random()}\n` });
    for (let i = 0; i < 2; i++) build();
    drop(...BOTH);
    expect(build()).toMatchObject({ status: 0, started: true });
  });

  test('is put back by Node after an edit, which leaves no record, and by the launcher from then on', () => {
    settle();
    const names = readdirSync(store('restore')).sort();
    rig.write({ 'loud/b.txt': `${Math.random()}\n` });
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(readdirSync(store('restore')).sort()).toEqual(names);
    const made = results();
    for (const started of [true, false]) {
      drop(...BOTH);
      expect(build()).toMatchObject({ status: 0, started });
      expect(results()).toEqual(made);
    }
  });

  /** Each puts into the build directory what a removal is to be rid of. */
  const leftovers: Record<string, { leave: () => void; left: string; argv?: string[] }> = {
    'a file that somebody put there': {
      leave: () => writeFileSync(at('out/note'), ''),
      left: 'out/note',
    },
    'a link that somebody put there': {
      leave: () => symlinkSync('loud', at('out/packages/shortcut')),
      left: 'out/packages/shortcut',
    },
    'what a module made that is gone': {
      leave: () => {
        rig.write({ 'more/Blueprints': 'package { name: "more", preset: "copy" }\n' });
        expect(build().status).toBe(0);
        rmSync(at('more'), { recursive: true });
      },
      left: 'out/packages/more/more.tar.xz',
    },
    'what was not asked for': {
      leave: () => undefined,
      left: 'out/packages/loud/loud.tar.xz',
      argv: ['words'],
    },
    'what rules made, where only packages were asked for': {
      leave: () => undefined,
      left: 'out/gen/made/made.txt',
      argv: ['words', 'loud', 'system'],
    },
  };

  test.each(Object.keys(leftovers))('is not put back with %s', (name) => {
    const { leave, left, argv = [] } = leftovers[name]!;
    settle();
    leave();
    for (let i = 0; i < 2; i++) expect(build(argv).status).toBe(0);
    expect(lstatSync(at(left)).size).toBeGreaterThanOrEqual(0);
    drop(...BOTH);
    expect(build(argv).status).toBe(0);
    expect(existsSync(at(left))).toBe(false);
    for (let i = 0; i < 2; i++) build(argv);
    drop(...BOTH);
    expect(build(argv)).toMatchObject({ status: 0, started: false });
    expect(existsSync(at(left))).toBe(false);
  });

  test('is put back once by two at once', async () => {
    settle();
    const before = results();
    for (let i = 0; i < 8; i++) {
      drop(...BOTH);
      const both = await Promise.all([1, 2].map(() => rig.start(['build']).ended));
      expect(both.map(({ status }) => status)).toEqual([0, 0]);
      expect(results()).toEqual(before);
      expect(readdirSync(store('tmp'))).toEqual([]);
    }
  });

  test('is made again in another build directory', () => {
    const env = { BUILDDIR: 'made-here' };
    for (let i = 0; i < 4; i++) build([], env);
    // What packages deploy goes to `out` in any case.
    for (const names of [['made-here'], ['made-here', 'cache', 'out']]) {
      drop(...names);
      expect(build([], env).status).toBe(0);
      expect(existsSync(at('made-here/build.ninja'))).toBe(true);
      expect(existsSync(at('out/packages/loud/loud.tar.xz'))).toBe(true);
    }
    drop('made-here');
  });

  test('is built upon: an edit gives what it gives without a record', () => {
    settle();
    drop(...BOTH);
    expect(build().started).toBe(false);
    rig.write({ 'words/a.txt': `${Math.random()}\n` });
    expect(build()).toMatchObject({ status: 0, started: true });
    const edited = results();
    drop(...BOTH);
    rmSync(store('restore'), { recursive: true });
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(results()).toEqual(edited);
  });
});

describe('Node is started, and all is right,', () => {
  const changes: Record<string, () => void> = {
    'after a source was edited': () => rig.write({ 'loud/b.txt': `${Math.random()}\n` }),
    'after a Blueprints file was edited': () =>
      rig.write({ 'loud/Blueprints': `${TREE['loud/Blueprints']}\n// ${Math.random()}\n` }),
    'after a Blueprints file was edited and got its old time and size': () => {
      const file = at('Blueprints');
      const { atime, mtime } = lstatSync(file);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace('tar.xz', 'erofs ').replace('erofs ', 'tar.xz'));
      utimesSync(file, atime, mtime);
    },
    'with a file more in a directory that a pattern lists': () =>
      rig.write({ 'words/c.txt': 'more\n' }),
    'with a directory of modules more': () =>
      rig.write({ 'more/Blueprints': 'package { name: "more", preset: "copy" }\n' }),
    'where a source of Ninja alone was edited': () =>
      rig.write({ 'words/a.txt': `${Math.random()}\n` }),
    'where a blob was written to': () => {
      const file = at('cache/packages/words/latest');
      const archive = at(`cache/packages/words/${readFileSync(file, 'utf8')}.tar.xz`);
      rig.shell(`chmod 644 '${archive}' && echo more >>'${archive}'`);
    },
    'where a result is gone': () => rmSync(store('ac'), { recursive: true }),
    'where somebody wrote to a manifest in its place': () =>
      writeFileSync(at('out/build.ninja'), '# gone\n', { flag: 'a' }),
    'where Ninja itself was run in between': () => {
      rig.write({ 'words/a.txt': `${Math.random()}\n` });
      expect(rig.shell('ninja -f out/build.ninja').status).toBe(0);
    },
    'where an archive of the record is cut off': () => {
      const name = readdirSync(store('restore')).find((one) => !one.endsWith('.key'))!;
      const file = store(`restore/${name}/noop.out.tar`);
      writeFileSync(file, readFileSync(file).subarray(0, 2048));
    },
  };

  test.each(Object.keys(changes))('%s', (name) => {
    settle();
    changes[name]!();
    drop(...BOTH);
    expect(build()).toMatchObject({ status: 0, started: true });
    const made = results();
    expect(Object.keys(made)).toContain('packages/loud/loud.tar.xz');
    settle();
    expect(results()).toEqual(made);
  });

  const remains: Record<string, () => void> = {
    'a stale file in what remains': () => writeFileSync(at('cache/stale'), ''),
    'an archive less in what remains': () => {
      const id = rig.read('cache/packages/words/latest');
      unlinkSync(at(`cache/packages/words/${id}.tar.xz`));
    },
    'another name in what remains': () => rig.write({ 'cache/packages/words/latest': 'other' }),
    'what remains as a link': () => {
      renameSync(at('cache'), at('../elsewhere'));
      symlinkSync('../elsewhere', at('cache'));
    },
  };

  test.each(Object.keys(remains))('with %s', (name) => {
    settle();
    const made = results();
    remains[name]!();
    drop('out');
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(results()).toEqual(made);
    expect(rig.read('cache/packages/words/latest')).toMatch(/^words--/);
    if (lstatSync(at('cache')).isSymbolicLink()) {
      expect(readlinkSync(at('cache'))).toBe('../elsewhere');
      unlinkSync(at('cache'));
      rmSync(at('../elsewhere'), { recursive: true });
    }
  });

  test('where the build directory is a link, which stays', () => {
    drop(...BOTH);
    const elsewhere = join(rig.directory, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, at('out'));
    for (let i = 0; i < 2; i++) {
      expect(build()).toMatchObject({ status: 0 });
      expect(Object.keys(results())).toContain('packages/loud/loud.tar.xz');
      rmSync(elsewhere, { recursive: true });
      mkdirSync(elsewhere);
    }
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(readlinkSync(at('out'))).toBe(elsewhere);
    unlinkSync(at('out'));
    rmSync(elsewhere, { recursive: true });
  });

  test('where the build directory is that of the archives', () => {
    const env = { BUILDDIR: 'cache' };
    drop(...BOTH);
    for (let i = 0; i < 2; i++) expect(build([], env).status).toBe(0);
    drop(...BOTH);
    expect(build([], env)).toMatchObject({ status: 0, started: true });
    expect(existsSync(at('cache/build.ninja'))).toBe(true);
    drop(...BOTH);
  });

  test('where Ninja finds something to do each time, which it does', () => {
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(at('words/a.txt'), later, later);
    for (let i = 0; i < 3; i++) expect(build()).toMatchObject({ status: 0, started: true });
    drop(...BOTH);
    const run = build();
    expect(run).toMatchObject({ status: 0, started: true });
    expect(run.stdout).toContain('generate made');
    rig.write({ 'words/a.txt': 'words\n' });
  });

  test('where Ninja made more than is kept for it', () => {
    const genrule = 'genrule { name: "large", outs: ["large"], cmd: "truncate -s 65M $(out)" }';
    rig.write({ Blueprints: `${TREE.Blueprints}\n${genrule}\n` });
    build();
    unlinkSync(at('out/.ashlar/noop.key'));
    expect(build()).toMatchObject({ status: 0, started: true });
    expect(build().started).toBe(false);
    drop(...BOTH);
    expect(readdirSync(store('restore'))).toEqual([]);
    expect(build()).toMatchObject({ status: 0, started: true });
    rig.write({ Blueprints: TREE.Blueprints });
  });
});

test('killed at any program that it calls, it leaves directories whole or not at all', () => {
  settle();
  const names = (top: string): string[] => Object.keys(outputs(top));
  const whole = { out: names('out'), cache: names('cache') };
  const made = results();
  let calls = 0;
  for (let ended = false; !ended && calls < 150;) {
    calls++;
    drop(...BOTH);
    ended = counted.killedAt(calls);
    for (const top of ['out', 'cache'] as const) {
      if (existsSync(at(top))) expect(names(top)).toEqual(whole[top]);
      else expect(ended).toBe(false);
    }
    expect(build().status).toBe(0);
    expect(results()).toEqual(made);
  }
  const called = counted.called();
  expect(called).toEqual(expect.arrayContaining(['tar', 'mv', 'ninja']));
  expect(calls).toBe(called.length + 1);
});

test('a record without its results goes when room is made, another one stays', () => {
  settle();
  const records = (): string[] => readdirSync(store('restore')).sort();
  const before = records();
  expect(rig.run(['gc']).status).toBe(0);
  expect(records()).toEqual(before);
  const stat = JSON.parse(rig.run(['cache', 'stat', '--json']).stdout) as {
    others: Record<string, number>;
  };
  expect(stat.others['restore']).toBeGreaterThan(0);
  rmSync(store('ac'), { recursive: true });
  expect(rig.run(['gc']).status).toBe(0);
  expect(records()).toEqual([]);
});

test('a copy of a tree has a record of its own', () => {
  settle();
  const copy = join(rig.directory, 'copy');
  cpSync(rig.packages, copy, { recursive: true, filter: (file) => !/\/(out|cache)$/.test(file) });
  expect(rig.run(['build'], { cwd: copy }).status).toBe(0);
  drop(...BOTH);
  expect(build().started).toBe(false);
});
