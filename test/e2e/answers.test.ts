// Ids that were printed before are printed again without starting Node; whatever is changed, it starts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { apply, edits, tick, TREE, tryTo } from '../rig/edits.ts';
import { runHere } from '../rig/here.ts';
import { createRig, PROJECT, type Rig, type Run } from '../rig/program.ts';

interface Asked extends Run {
  readonly started: boolean;
}

class Asking implements Disposable {
  readonly rig: Rig = createRig();
  readonly env: Record<string, string>;
  readonly #log = join(this.rig.directory, 'node.log');

  constructor() {
    // Its clock is ahead of that which stamps files, so that nothing has been changed just now.
    const ahead = join(this.rig.directory, 'ahead.mjs');
    writeFileSync(ahead, 'const now = Date.now; Date.now = () => now() + 60_000;\n');
    const program = join(this.rig.directory, 'counting-node');
    writeFileSync(
      program,
      `#!/bin/sh\necho started >>'${this.#log}'\nexec '${process.execPath}' --import '${ahead}' "$@"\n`,
    );
    chmodSync(program, 0o755);
    this.env = { ASHLAR_NODE: program };
  }

  at(path: string): string {
    return join(this.rig.packages, path);
  }

  /** Asks for ids, and tells whether Node was started for it. */
  ids(argv: readonly string[] = [], options: { cwd?: string; env?: object } = {}): Asked {
    rmSync(this.#log, { force: true });
    const run = this.rig.run(['ids', ...argv], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...this.env, ...options.env },
    });
    return { ...run, started: existsSync(this.#log) };
  }

  /** What follows is about one change: before it there is an answer. */
  settle(argv: readonly string[] = [], options: { cwd?: string; env?: object } = {}): Asked {
    tick(join(this.rig.directory, 'probe'));
    let run = this.ids(argv, options);
    for (let i = 0; i < 2 && run.started; i++) run = this.ids(argv, options);
    expect(run).toMatchObject({ status: 0, started: false, stderr: '' });
    return run;
  }

  /** What an Ashlar says that knows nothing from before. */
  fresh(argv: readonly string[] = []): Promise<Run> {
    const ASHLAR_STORE = mkdtempSync(join(this.rig.directory, 'fresh-'));
    return runHere(['ids', ...argv], {
      cwd: this.rig.packages,
      env: { ...this.rig.env, ASHLAR_STORE },
    });
  }

  /** The files of the answers there are. */
  answers(part: string): string[] {
    const directory = join(this.rig.directory, 'store/answers');
    return readdirSync(directory)
      .filter((name) => name.includes('.') === (part !== ''))
      .map((name) => join(directory, name, part))
      .filter((file) => existsSync(file));
  }

  [Symbol.dispose](): void {
    this.rig[Symbol.dispose]();
  }
}

/** The programs of the machine take longer to look at than all the rest. */
const QUICK = ['--image-id', 'x'];

describe('ids of packages', () => {
  let asking: Asking;
  const at = (path: string): string => asking.at(path);
  beforeAll(() => {
    asking = new Asking();
    cpSync(join(PROJECT, 'examples/hello/packages'), asking.rig.packages, {
      recursive: true,
      filter: (path) => !path.endsWith('/cache'),
    });
    symlinkSync('nowhere', at('dangling'));
    mkdirSync(join(asking.rig.directory, 'linked'));
    writeFileSync(join(asking.rig.directory, 'outside'), '1');
    symlinkSync(join(asking.rig.directory, 'linked'), at('clock/extra/folder'));
    symlinkSync(join(asking.rig.directory, 'outside'), at('clock/extra/out'));
  });
  afterAll(() => asking[Symbol.dispose]());

  test('are the same without Node, from the second time on, after a change from the third', async () => {
    const runs = [1, 2].map(() => asking.ids());
    writeFileSync(at('hello/note'), '');
    runs.push(...[1, 2, 3].map(() => asking.ids()));
    expect(runs.map(({ started }) => started)).toEqual([true, false, true, true, false]);
    const known = await asking.fresh();
    expect(known.status).toBe(0);
    for (const { started: _, ...run } of runs) expect(run).toEqual(known);
  });

  test('are answered for each spelling of the question on its own', () => {
    const inside = { cwd: at('hello') };
    const elsewhere = { cwd: asking.rig.directory };
    const all = asking.settle();
    const json = asking.settle(['--json']);
    expect(JSON.parse(json.stdout)).toHaveLength(all.stdout.trim().split('\n').length);
    const one = asking.settle(['hello']);
    expect(asking.settle([], inside).stdout).toBe(one.stdout);
    expect(asking.settle(['--packages', 'packages'], elsewhere).stdout).toBe(all.stdout);
    expect(asking.settle(['--packages=packages', 'hello'], elsewhere).stdout).toBe(one.stdout);
    const image = asking.settle(['--image-id', 'x']);
    expect(image.stdout).not.toBe(all.stdout);
    expect(asking.settle(['--image-id', 'y']).stdout).not.toBe(image.stdout);
    // None of them took the place of another.
    for (const argv of [[], ['--json'], ['hello'], ['--image-id', 'x']]) {
      expect(asking.ids(argv).started).toBe(false);
    }
  });

  test('words that only look alike are other questions', () => {
    asking.settle(['--image-id', 'x\n5 clock', 'hello']);
    expect(asking.ids(['--image-id', 'x', 'clock\n5 hello'])).toMatchObject({
      started: true,
      status: 2,
    });
  });

  const changes: Record<string, () => void> = {
    'an edited file of extra': () => writeFileSync(at('hello/extra/hello.c'), 'int main() {}\n'),
    'an edited file with its old time and size': () => {
      const file = at('greeting/buildinfo.json');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(' ', '\n'));
      utimesSync(file, 1_000_000, 1_000_000);
    },
    'the same time again': () => utimesSync(at('greeting/buildinfo.json'), 1_000_000, 1_000_000),
    'a new file of extra': () => writeFileSync(at('clock/extra/new'), ''),
    'a removed file of extra': () => unlinkSync(at('clock/extra/new')),
    'a mode': () => chmodSync(at('clock/build'), 0o700),
    'a new package': () => {
      mkdirSync(at('fresh'));
      writeFileSync(at('fresh/buildinfo.json'), '{}\n');
      writeFileSync(at('fresh/build'), '#!/bin/sh\n');
    },
    'a new variant': () => {
      writeFileSync(at('fresh/v.buildinfo.json'), '{"requires": ["hello"]}\n');
      writeFileSync(at('fresh/v.build'), '#!/bin/sh\n');
    },
    'a package folder under another name': () => renameSync(at('fresh'), at('fresher')),
    'a removed package': () => rmSync(at('fresher'), { recursive: true }),
    'a folder that is no package yet': () => mkdirSync(at('later')),
    'a package in a folder that was there': () =>
      cpSync(at('banner'), at('later'), { recursive: true }),
    'a link to nowhere that leads to a package': () => {
      cpSync(at('banner'), join(asking.rig.directory, 'there'), { recursive: true });
      unlinkSync(at('dangling'));
      symlinkSync('../there', at('dangling'));
    },
    'an edit behind a link to a package': () =>
      writeFileSync(join(asking.rig.directory, 'there/build'), '#!/bin/sh\n: there\n'),
    'an edit behind a link to a file': () =>
      writeFileSync(join(asking.rig.directory, 'outside'), '2'),
    'a file in the place of a folder that a link leads to': () => {
      rmSync(join(asking.rig.directory, 'linked'), { recursive: true });
      writeFileSync(join(asking.rig.directory, 'linked'), 'a file');
    },
    settings: () => writeFileSync(at('ashlar.json'), '{}\n'),
    'edited settings': () => writeFileSync(at('ashlar.json'), '{ }\n'),
    'no settings': () => unlinkSync(at('ashlar.json')),
    'settings above': () => writeFileSync(join(asking.rig.directory, 'ashlar.json'), '{}\n'),
    'no settings above': () => unlinkSync(join(asking.rig.directory, 'ashlar.json')),
    'a tree more': () => writeFileSync(at('more.treeinfo.json'), '{}\n'),
    'an edited tree': () => writeFileSync(at('more.treeinfo.json'), '{ }\n'),
    'a tree less': () => unlinkSync(at('more.treeinfo.json')),
  };
  test.each(Object.keys(changes))('%s starts it again', async (name) => {
    asking.settle(QUICK);
    changes[name]!();
    const { started, ...run } = asking.ids(QUICK);
    expect(started).toBe(true);
    expect(run).toEqual(await asking.fresh(QUICK));
    expect(run.status).toBe(0);
  });

  test('a Blueprints file, an upstream and a repository are never answered for', () => {
    const never: Record<string, () => () => void> = {
      'a Blueprints file': () => {
        writeFileSync(at('Blueprints'), '');
        return () => unlinkSync(at('Blueprints'));
      },
      'one above': () => {
        writeFileSync(join(asking.rig.directory, 'Blueprints'), '');
        return () => unlinkSync(join(asking.rig.directory, 'Blueprints'));
      },
      'a repository': () => {
        const repository = join(asking.rig.directory, 'repository');
        const git = (...argv: string[]): Buffer =>
          execFileSync('git', [
            '-C',
            repository,
            '-c',
            'user.name=t',
            '-c',
            'user.email=t@e',
            ...argv,
          ]);
        mkdirSync(repository);
        git('init', '-q');
        git('commit', '-q', '--allow-empty', '-m', '1');
        asking.rig.write({
          'local/buildinfo.json':
            '{"single_source": {"kind": "git_local", "rel_path": "../../repository"}}',
          'local/build': '#!/bin/sh\n',
        });
        return () => rmSync(at('local'), { recursive: true });
      },
    };
    for (const begin of Object.values(never)) {
      asking.settle(QUICK);
      const end = begin();
      // The third would be answered.
      for (let i = 0; i < 3; i++) {
        expect(asking.ids(QUICK)).toMatchObject({ started: true, status: 0 });
      }
      end();
    }
  });

  test('of packages of modules are told by Node each time', () => {
    using modules = new Asking();
    modules.rig.write({
      Blueprints: 'package { name: "p", version: "1", sources: { p: { files: ["p.txt"] } } }\n',
      'p.txt': 'p\n',
    });
    tick(join(modules.rig.directory, 'probe'));
    for (let i = 0; i < 3; i++) {
      expect(modules.ids()).toMatchObject({ status: 0, started: true, stderr: '' });
    }
  });

  test('warnings and errors are told each time', () => {
    for (let i = 0; i < 3; i++) {
      const warned = asking.ids([...QUICK, '--image-id', 'nothing=y']);
      expect(warned).toMatchObject({ started: true, status: 0 });
      expect(warned.stderr).toContain('warning');
      expect(asking.ids([...QUICK, 'nothing'])).toMatchObject({ started: true, status: 2 });
    }
  });

  test('another environment is another question, and another store has no answers', () => {
    asking.settle(QUICK);
    const other = join(asking.rig.directory, 'other-store');
    for (const env of [
      { ASHLAR_STORE: other },
      { TOPNAME: 'Other' },
      { PATH: `/nowhere:${asking.rig.env['PATH']}` },
      { HOME: asking.rig.directory },
    ]) {
      expect(asking.ids(QUICK, { env }).started).toBe(true);
    }
    expect(asking.ids(QUICK).started).toBe(false);
    // Wherever the store is found, it is found by both.
    const home = { ASHLAR_STORE: '', HOME: join(asking.rig.directory, 'home') };
    asking.settle(QUICK, { env: home });
    asking.settle(QUICK, { env: { ...home, XDG_CACHE_HOME: join(asking.rig.directory, 'xdg') } });
    asking.settle(QUICK, { env: { ASHLAR_STORE: '../beside' } });
    for (const store of ['home/.cache/ashlar', 'xdg/ashlar', 'beside']) {
      expect(existsSync(join(asking.rig.directory, store, 'answers'))).toBe(true);
    }
  });

  test('a working directory that is another now under its old name is another question', () => {
    const [first, second, here] = ['first', 'second', 'here'].map((name) =>
      join(asking.rig.directory, name),
    );
    for (const place of [first!, second!]) {
      mkdirSync(join(place, 'one'), { recursive: true });
      writeFileSync(join(place, 'one/buildinfo.json'), '{}');
      writeFileSync(join(place, 'one/build'), place);
    }
    symlinkSync('first', here!);
    const options = { cwd: here!, env: { PWD: here! } };
    const ids = asking.settle(['--image-id', 'x'], options).stdout;
    unlinkSync(here!);
    symlinkSync('second', here!);
    const { stdout } = asking.ids(['--image-id', 'x'], options);
    expect(stdout).toMatch(/^one one--/);
    expect(stdout).not.toBe(ids);
  });

  const damage: Record<string, () => void> = {
    'no list': () => asking.answers('paths').forEach((file) => unlinkSync(file)),
    'a shorter list': () => asking.answers('paths').forEach((file) => truncateSync(file, 100)),
    'an empty list': () => asking.answers('paths').forEach((file) => truncateSync(file)),
    'nothing to compare with': () => asking.answers('found').forEach((file) => truncateSync(file)),
    'nothing said': () => asking.answers('said').forEach((file) => truncateSync(file)),
    'something else said': () =>
      asking.answers('said').forEach((file) => {
        const text = readFileSync(file, 'utf8');
        writeFileSync(file, text.replaceAll(/\d/g, '0'));
      }),
    'no folder': () => asking.answers('').forEach((file) => rmSync(file)),
    'a file of another kind': () => asking.answers('').forEach((file) => writeFileSync(file, '\0')),
    'an empty file': () => asking.answers('').forEach((file) => truncateSync(file)),
    'another answer under its name': () => {
      const files = asking.answers('');
      const texts = files.map((file) => readFileSync(file));
      files.forEach((file, i) => writeFileSync(file, texts[(i + 1) % texts.length]!));
    },
  };
  test.each(Object.keys(damage))('%s starts it again', (name) => {
    const other = asking.settle([...QUICK, 'clock']).stdout;
    const { stdout } = asking.settle(QUICK);
    expect(stdout).not.toBe(other);
    damage[name]!();
    expect(asking.ids(QUICK)).toEqual({ status: 0, started: true, stderr: '', stdout });
  });

  test('output that cannot be written is told of, and nobody to read it ends it quietly', () => {
    asking.settle(QUICK);
    const ask = `ASHLAR_NODE='${asking.env['ASHLAR_NODE']}' "$0" ids ${QUICK.join(' ')}`;
    const full = asking.rig.shell(`${ask} >/dev/full`);
    expect(full.status).toBe(3);
    expect(full.stderr).toContain('cannot write standard output');
    // More than a pipe holds.
    const long = Array.from({ length: 200 }, (_, i) => `many-${i}-${'x'.repeat(180)}`);
    for (const name of long) {
      asking.rig.write({ [`${name}/buildinfo.json`]: '{}', [`${name}/build`]: '' });
    }
    asking.settle(QUICK);
    const none = asking.rig.shell(`${ask} | head -1; echo \${PIPESTATUS[0]}`);
    expect(none).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/\n141\n$/),
    });
    for (const name of long) rmSync(at(name), { recursive: true });
  });
});

test('a question with very many words, or very long ones, is answered all the same', () => {
  using asking = new Asking();
  asking.rig.write({ 'a/buildinfo.json': '{}', 'a/build': 'a' });
  const { stdout } = asking.settle(['--image-id', 'x', 'a']);
  // Each is four characters of the question, which is to be more than Linux takes in one variable.
  const many = Array.from({ length: 33_000 }, () => 'a');
  expect(asking.ids(['--image-id', 'x', ...many])).toMatchObject({ status: 0, stdout });
  const PATH = `${asking.rig.env['PATH']}${':/nowhere'.repeat(14_000)}`;
  const env = { PATH };
  expect(asking.ids(['--image-id', 'x', 'a'], { env })).toMatchObject({ status: 0, stdout });
  const build = asking.rig.run(['build', '--dry-run', ...many], { env: { ...asking.env } });
  expect(build).toMatchObject({ status: 0, stderr: '' });
});

test('an answer is of who asked for it', () => {
  if (process.getuid!() !== 0) return;
  using asking = new Asking();
  asking.rig.write({ 'a/buildinfo.json': '{}', 'a/build': 'a' });
  const { stdout } = asking.settle(QUICK);
  for (const part of asking.answers('')) execFileSync('chown', ['12345', part]);
  expect(asking.ids(QUICK)).toEqual({ status: 0, started: true, stderr: '', stdout });
});

test('a store that cannot be written, and a machine without stat, only cost time', () => {
  using asking = new Asking();
  asking.rig.write({ 'a/buildinfo.json': '{}', 'a/build': 'a' });
  const env = { ASHLAR_STORE: '/proc/nowhere' };
  for (let i = 0; i < 3; i++) {
    expect(asking.ids(QUICK, { env })).toMatchObject({ status: 0, started: true, stderr: '' });
  }
  const tools = join(asking.rig.directory, 'tools');
  mkdirSync(tools);
  for (const name of ['sh', 'cksum', 'readlink', 'cmp', 'cat', 'xargs']) {
    symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(tools, name));
  }
  for (const stat of [undefined, '#!/bin/sh\nfor word; do echo 1 1 1 1 1; done\n']) {
    if (stat !== undefined) writeFileSync(join(tools, 'stat'), stat, { mode: 0o755 });
    for (let i = 0; i < 3; i++) {
      const run = asking.ids(QUICK, { env: { PATH: tools } });
      expect(run).toMatchObject({ status: 0, started: true, stderr: '' });
    }
  }
});

test('gc removes what belongs to no answer', () => {
  using asking = new Asking();
  asking.rig.write({ 'a/buildinfo.json': '{}', 'a/build': 'a' });
  asking.settle(['--image-id', 'x']);
  const left = join(asking.rig.directory, 'store/answers/1-1.0123456789abcdef');
  mkdirSync(left);
  utimesSync(left, 1_000_000, 1_000_000);
  expect(asking.rig.run(['gc']).status).toBe(0);
  expect(existsSync(left)).toBe(false);
  expect(asking.ids(['--image-id', 'x']).started).toBe(false);
});

test('whatever is done to a tree, what is said is what an Ashlar says that knows nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(edits, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      async (steps) => {
        using asking = new Asking();
        for (const [path, content] of Object.entries(TREE)) {
          if (path.endsWith('/')) mkdirSync(asking.at(path), { recursive: true });
          else asking.rig.write({ [path]: content });
        }
        for (const step of [[], ...steps]) {
          for (const edit of step) tryTo(() => apply(asking.rig.packages, edit));
          tick(join(asking.rig.directory, 'probe'));
          const known = await asking.fresh(QUICK);
          // Learns, leaves an answer, and gives it.
          const runs = [1, 2, 3].map(() => asking.ids(QUICK));
          for (const { started: _, ...run } of runs) expect(run).toEqual(known);
          if (known.stderr === '') expect(runs[2]!.started).toBe(false);
        }
      },
    ),
    { numRuns: 3, endOnFailure: true },
  );
}, 300_000);
