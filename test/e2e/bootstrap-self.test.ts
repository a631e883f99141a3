// Ashlar builds itself: bootstrap.bash and blueprint.bash on a copy of these sources, at a path that needs quoting,
// into an empty directory. What comes out is a program that works, and the template that is in the tree.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runIn, type Environment, type Ran } from '../rig/bootstrap.ts';
import { PROJECT } from '../rig/program.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

const SOURCES = [
  'Blueprints',
  'blueprint.bash',
  'bootstrap.bash',
  'build.ninja.in',
  'bin',
  'src',
  'package.json',
  'tsconfig.json',
];

let space: Scratch;
let source: string;
let build: string;
let first: Ran;

const wrapper = (argv: readonly string[] = [], env: Environment = {}): Ran =>
  runIn(build, ['./blueprint.bash', ...argv], env);

beforeAll(() => {
  space = scratch();
  source = space.at(`it's the "source" & more`);
  build = space.at('$out dir');
  mkdirSync(source);
  mkdirSync(build);
  for (const name of SOURCES) {
    cpSync(join(PROJECT, name), join(source, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(source, 'node_modules'));
  const prepared = runIn(build, [join(source, 'bootstrap.bash')]);
  if (prepared.status !== 0) throw new Error(prepared.stderr);
  first = wrapper();
}, 600_000);
afterAll(() => space[Symbol.dispose]());

describe('in an empty directory', () => {
  test('three stages build a program that works', () => {
    expect(first.stderr).toBe('');
    expect(first.status).toBe(0);
    const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(runIn('/', [join(build, 'bin/ashlar'), '--version']).stdout).toBe(`ashlar ${version}\n`);
  });

  test('the template made anew is the one in the tree', () => {
    const made = readFileSync(join(build, '.minibootstrap/build.ninja.in'), 'utf8');
    const hint = 'it is out of date: run "node build.js --template"';
    expect(made, hint).toBe(readFileSync(join(PROJECT, 'build.ninja.in'), 'utf8'));
    expect(made).not.toContain(space.path);
  });

  test('with nothing changed, three stages do nothing', () => {
    expect(wrapper().stdout).toBe('ninja: no work to do.\n'.repeat(3));
  });

  test('the program builds trees with logic of their own', () => {
    const tree = space.at('own-logic');
    cpSync(join(PROJECT, 'examples/own-logic'), tree, {
      recursive: true,
      filter: (path) => !path.endsWith('/out'),
    });
    // What is built here has no packages beside it, as an installation has.
    const modules = join(PROJECT, 'node_modules');
    const env = { ESBUILD: join(modules, 'esbuild'), TYPESCRIPT: join(modules, 'typescript') };
    const ran = runIn(tree, [join(build, 'bin/ashlar'), 'build'], env);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(tree, 'out/pages/welcome.html'))).toBe(true);
  });

  test('the documentation names the stock module types', () => {
    const page = readFileSync(join(build, '.bootstrap/docs/minibp.html'), 'utf8');
    expect(page).toContain('bootstrap_ts_binary');
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });
});

describe('the wrapper', () => {
  test('stops before the last stage for SKIP_NINJA', () => {
    expect(wrapper([], { SKIP_NINJA: 'x' }).stdout).toBe('ninja: no work to do.\n'.repeat(2));
  });

  test('names a NINJA that is none', () => {
    const { status, stderr } = wrapper([], { NINJA: '/nowhere/ninja' });
    expect(status).toBe(3);
    expect(stderr).toContain('cannot run /nowhere/ninja');
  });

  test('hands its arguments to the last stage only', () => {
    expect(wrapper(['-n', 'blueprint_tools'])).toMatchObject({ status: 0 });
    expect(wrapper(['no_such_target'])).toMatchObject({ status: 1 });
  });

  test('asks for bootstrap.bash where nothing was prepared', () => {
    const empty = space.at('empty');
    mkdirSync(empty);
    const { status, stderr } = wrapper([], { BUILDDIR: empty });
    expect(status).toBe(1);
    expect(stderr).toBe('Please run bootstrap.bash (.blueprint.bootstrap missing)\n');
  });

  test('fills in the template again when that of the tree is newer, and finds it the same', () => {
    const now = Date.now() / 1000;
    utimesSync(join(source, 'build.ninja.in'), now, now);
    const { steps, status } = wrapper();
    expect(status).toBe(0);
    expect(steps.filter((step) => !step.startsWith('generate'))).toEqual([]);
    expect(wrapper().stdout).toBe('ninja: no work to do.\n'.repeat(3));
  });

  test('writes the template of the tree anew, and with tests where that was asked for', () => {
    const bootstrap = join(source, 'bootstrap.bash');
    const before = readFileSync(join(source, 'build.ninja.in'), 'utf8');
    expect(runIn(build, [bootstrap, '-r']).stdout).toContain('Regenerating');
    expect(readFileSync(join(source, 'build.ninja.in'), 'utf8')).toBe(before);
    expect(runIn(build, [bootstrap, '-h']).stdout).toContain('usage: bootstrap.bash');
    expect(runIn(build, [bootstrap, '-x'])).toMatchObject({ status: 2 });
    expect(wrapper().stdout).toBe('ninja: no work to do.\n'.repeat(3));
  });
});
