// The graphs of large trees are kept between queries. The build logic writes down which modules it was asked about,
// so that a query shows what it analysed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startAgain } from '../rig/again.ts';
import type { Run } from '../rig/program.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

const project = resolve(import.meta.dirname, '../..');
const program = join(project, 'bin/ashlar');

const LOGIC = `
import { appendFileSync } from 'node:fs';
import { bottomUp, dependencyTag, list, moduleName, moduleType, properties, string } from ${JSON.stringify(pathToFileURL(join(project, 'dist/index.js')).href)};
const uses = dependencyTag('uses');
const fields = { deps: list(moduleName({ tag: uses })), flags: list(string()), glob: string() };
const thing = moduleType({ name: 'thing', properties: fields });
const flags = properties({ flags: fields.flags });
export const logic = {
  moduleTypes: [thing],
  mutators: [
    bottomUp('trace', (ctx) => void appendFileSync(process.env.TRACE, ctx.name + '\\n')),
    bottomUp('inherit', (ctx) => {
      for (const { module } of ctx.directDependencies()) {
        ctx.extendProperties(flags, module.properties, 'append', { matching: true });
      }
      if (ctx.properties.glob !== '') {
        ctx.extendProperties(flags, { flags: [...ctx.glob(ctx.properties.glob)] }, 'append');
      }
    }),
    bottomUp('split', (ctx) => {
      if (ctx.name !== 'other') ctx.createVariations('p', 'q');
    }),
  ],
};
`;

const LINES = Array.from({ length: 1_000 }, (_, i) => `thing { name: "m${i}" }`).join('\n');

const again = startAgain();
let space: Scratch;
beforeAll(() => {
  space = scratch();
});
afterAll(() => {
  again[Symbol.dispose]();
  space[Symbol.dispose]();
});

let root: string;
let count = 0;
beforeEach(() => {
  root = space.at(`tree${count++}`);
  write('logic.mjs', LOGIC);
  write('Blueprints', `subdirs = ["many", "few"]\n`);
  write('many/Blueprints', LINES);
  write(
    'few/Blueprints',
    'thing { name: "user", deps: ["used"], flags: ["-u"], glob: "few/*.c" }\nthing { name: "used", flags: ["-d"] }',
  );
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

interface Answer extends Run {
  /** The modules that were analysed. */
  readonly analysed: readonly string[];
}

interface Asking {
  /** In a process of its own: another would remember the logic. */
  readonly apart?: boolean;
  readonly more?: Readonly<Record<string, string>>;
}

function query(argv: readonly string[], { apart = false, more = {} }: Asking = {}): Answer {
  const trace = join(root, 'trace');
  rmSync(trace, { force: true });
  const where = {
    cwd: root,
    env: { ...process.env, ASHLAR_STORE: join(root, 'store'), TRACE: trace, ...more },
  };
  const words = ['query', ...argv, '--logic', 'logic.mjs'];
  const { status, stdout, stderr } = apart
    ? spawnSync(program, words, { ...where, encoding: 'utf8' })
    : again.run(words, where);
  const analysed = existsSync(trace) ? readFileSync(trace, 'utf8').trim().split('\n') : [];
  return { status, stdout, stderr, analysed };
}

const FLAGS = `user: thing, few/Blueprints:1:1
  flags:
    few/Blueprints:1:47  "-u"
    few/Blueprints:2:31  "-d"  from "used" by mutator "inherit"
`;

describe('with nothing changed', () => {
  test.each([
    ['modules', 'm99*'],
    ['modules', '--in', 'few', '--json'],
    ['deps', 'user', '--json'],
    ['rdeps', 'used@q'],
    ['path', 'user', 'used', '--dot'],
    ['variants', 'user', 'm7'],
  ])('%s %s: the same answer from what was kept', (...argv) => {
    const first = query(argv);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.analysed).toHaveLength(1_002);
    expect(query(argv)).toEqual({ ...first, analysed: [] });
  });

  test('properties: only the module and what it looks at are analysed', () => {
    const first = query(['properties', 'user', 'flags']);
    expect(first.stdout).toBe(FLAGS);
    const again = query(['properties', 'user', 'flags']);
    expect(again).toMatchObject({ status: 0, stdout: first.stdout });
    expect(again.analysed).toEqual(['used', 'user']);
  });

  test('mistakes in a question are told with what was meant', () => {
    query(['modules']);
    for (const kind of ['deps', 'properties']) {
      const { status, stderr, analysed } = query([kind, 'usr']);
      expect(status).toBe(2);
      expect(stderr).toContain('there is no module "usr"');
      expect(stderr).toContain('did you mean "user"?');
      expect(analysed).toEqual([]);
    }
    expect(query(['properties', 'user@x']).stderr).toContain('has no variant "x"');
    expect(query(['properties', 'user', 'flag']).stderr).toContain('did you mean "flags"?');
  });
});

describe('what was kept does not count', () => {
  const rdeps = ['rdeps', 'used', '--json'];
  test.each<[string, () => void, string]>([
    [
      'a Blueprints file changed',
      () =>
        write('few/Blueprints', 'thing { name: "other", deps: ["used"] }\nthing { name: "used" }'),
      'other',
    ],
    [
      'a file is new',
      () => {
        write('Blueprints', 'optional_subdirs = ["*"]\n');
        query(rdeps);
        write('more/Blueprints', 'thing { name: "other", deps: ["used"] }');
      },
      'other',
    ],
    [
      'build logic changed',
      () => write('logic.mjs', LOGIC.replace("dependencyTag('uses')", "dependencyTag('wants')")),
      'wants',
    ],
  ])('%s', (what, change, said) => {
    const asking = { apart: what === 'build logic changed' };
    expect(query(rdeps, asking).stdout).not.toContain(`"${said}`);
    change();
    const { status, stdout, analysed } = query(rdeps, asking);
    expect(status).toBe(0);
    expect(stdout).toContain(`"${said}`);
    expect(analysed.length).toBeGreaterThan(1_000);
    expect(query(rdeps, asking)).toMatchObject({ stdout, analysed: [] });
  });

  test('a glob of a mutator matches other files', () => {
    expect(query(['properties', 'user']).stdout).not.toContain('one.c');
    write('few/one.c', '');
    expect(query(['properties', 'user']).stdout).toContain('"few/one.c"');
  });

  test('a file is gone, or broken', () => {
    query(['modules']);
    write('few/Blueprints', 'thing {');
    expect(query(['modules'])).toMatchObject({ status: 2, stdout: '' });
    rmSync(join(root, 'few/Blueprints'));
    expect(query(['modules', '--in', 'few'])).toMatchObject({ status: 0, stdout: '' });
  });

  test('a glob of a mutator makes other variants', () => {
    write(
      'logic.mjs',
      LOGIC.replace("if (ctx.name !== 'other') ctx", "if (ctx.glob('few/*.c').length === 0) ctx"),
    );
    expect(query(['variants', 'user']).stdout).toContain('user@q');
    write('few/one.c', '');
    expect(query(['variants', 'user']).stdout).not.toContain('user@q');
  });

  test('it is of another root file, or configuration; or of unknown types that were left out', () => {
    write('other', 'subdirs = ["many"]\n');
    expect(query(['modules', 'u*']).stdout).toContain('user');
    expect(query(['modules', 'u*', '--root', 'other']).stderr).toContain('no module "u*"');
    expect(query(['modules', 'u*']).stdout).toContain('user');
    const config = 'export const config = { letter: process.env.LETTER };\n';
    write('logic.mjs', config + LOGIC.replace("'p', 'q'", "'p', ctx.config.letter"));
    for (const letter of ['x', 'z']) {
      expect(
        query(['variants', 'user'], { apart: true, more: { LETTER: letter } }).stdout,
      ).toContain(`user@${letter}`);
    }
    write('few/Blueprints', 'nothing { name: "user" }\n');
    const asked = (...more: readonly string[]): Answer =>
      query(['modules', 'm7', ...more], { apart: true, more: { LETTER: 'x' } });
    expect(asked('--ignore-unknown-types').status).toBe(0);
    expect(asked('--ignore-unknown-types').analysed).toEqual([]);
    expect(asked()).toMatchObject({ status: 2, stdout: '' });
  });

  test('there are warnings, which are told each time', () => {
    write('Blueprints', 'subname = 1\nsubdirs = ["many", "few"]\n');
    const first = query(['modules', 'm7']);
    expect(first.stderr).toContain('warning: ');
    expect(query(['modules', 'm7']).stderr).toBe(first.stderr);
  });

  test('it is of other options, or damaged', () => {
    const list = join(root, 'list');
    writeFileSync(list, 'many/Blueprints\n');
    expect(query(['modules', '--list', 'list']).stdout).not.toContain('user');
    expect(query(['modules']).stdout).toContain('user');
    writeFileSync(list, 'many/Blueprints\nfew/Blueprints\n');
    expect(query(['modules', '--list', 'list']).stdout).toContain('user');
    const kept = join(root, 'store/query');
    for (const name of readdirSync(kept)) {
      const bytes = readFileSync(join(kept, name));
      writeFileSync(join(kept, name), bytes.subarray(0, bytes.length - 9));
    }
    const { stdout, analysed } = query(['modules']);
    expect(stdout).toContain('user');
    expect(analysed).toHaveLength(1_002);
  });
});

test('of a small tree nothing is kept, and where nothing can be, a query is answered all the same', () => {
  write('many/Blueprints', 'thing { name: "one" }');
  expect(query(['modules']).analysed).toHaveLength(3);
  expect(query(['modules']).analysed).toHaveLength(3);
  expect(existsSync(join(root, 'store'))).toBe(false);
  write('many/Blueprints', LINES);
  write('store', 'a file in the way');
  expect(query(['modules', 'm5'])).toMatchObject({ status: 0, stderr: '' });
});
