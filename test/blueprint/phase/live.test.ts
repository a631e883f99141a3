// What of packages, and of a module's own definitions, is written: all that statements reach, and no more.
import { describe, expect, test } from 'vitest';
import {
  Engine,
  memoryFiles,
  moduleType,
  packageContext,
  singleton,
  type GenerateContext,
  type Logic,
  type PackageContext,
} from '../../../src/index.ts';
import { isNinjaAtLeast, loadManifest } from '../../rig/ninja.ts';

type Generate = (ctx: GenerateContext, pkg: PackageContext) => void;

/** The manifest of modules `a` (or these) that generate so; the messages where that fails. */
function manifest(
  generate: Generate,
  pkg: PackageContext,
  names = ['a'],
  more: Logic = {},
): string {
  const type = moduleType({ name: 'm', generate: (ctx) => generate(ctx as never, pkg) });
  const text = names.map((name) => `m { name: "${name}" }`).join('\n');
  const engine = new Engine(
    { files: memoryFiles({ Blueprints: text }) },
    { moduleTypes: [type], ...more },
  );
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return diagnostics.map(({ message }) => message).join('\n');
  }
  return engine.manifest();
}

function withPackage(): PackageContext {
  const pkg = packageContext('test/live');
  pkg.variable('inner', 'in');
  pkg.variable('used', '$inner/x');
  pkg.variable('unused', '$inner/y');
  return pkg;
}

/** Whether a manifest defines variables and rules, by the ends of their names. */
function defines(text: string, name: string): boolean {
  return new RegExp(String.raw`^(?:rule |pool )?[gm]\.[\w.-]*\.${name}(?: =|$)`, 'm').test(text);
}

const STATEMENT = ['implicitOutputs', 'inputs', 'implicits', 'orderOnly', 'validations'] as const;
const RULE = ['commandDeps', 'commandOrderOnly'] as const;
const TEXTS = ['depfile', 'description'] as const;

describe('a variable that is named', () => {
  const places: (readonly [string, object, object])[] = [
    ['outputs', { outputs: ['$V'] }, {}],
    ...STATEMENT.map((list) => [list, { [list]: ['x', 'y$V'] }, {}] as const),
    ...TEXTS.map((text) => [`${text} of the statement`, { [text]: '$V' }, {}] as const),
    ['an argument', { args: { arg: '$V' } }, {}],
    ...RULE.map((list) => [list, {}, { [list]: ['$V'] }] as const),
    ...TEXTS.map((text) => [`${text} of the rule`, {}, { [text]: '$V' }] as const),
    ['command', {}, { command: 'x $V' }],
    ['rspfile', {}, { rspfile: '$V', rspfileContent: 'x' }],
  ];
  const naming = (variable: string, parameters: object): object =>
    JSON.parse(JSON.stringify(parameters).replaceAll('$V', `\${${variable}}`)) as object;

  test.each(places)('in %s', (place, statement, rule) => {
    const generate =
      (variable: string): Generate =>
      (ctx, pkg) => {
        ctx.variable(pkg, 'first', 'its');
        ctx.variable(pkg, 'mine', '$first/own');
        ctx.variable(pkg, 'idle', '$first');
        const made = ctx.rule(pkg, 'r', { command: 'x', ...naming(variable, rule) }, 'arg');
        ctx.rule(pkg, 'norule', { command: 'x' });
        ctx.build(pkg, { rule: made, outputs: ['o'], ...naming(variable, statement) });
      };
    const [shared, own] = ['used', 'mine'].map((name) => manifest(generate(name), withPackage()));
    expect(['used', 'inner', 'unused'].map((name) => defines(shared!, name))).toEqual([
      true,
      true,
      false,
    ]);
    expect(['first', 'mine', 'r'].map((name) => defines(own!, name))).toEqual([true, true, true]);
    expect(['idle', 'norule', 'used'].map((name) => defines(own!, name))).toEqual([
      false,
      false,
      false,
    ]);
    if (place === 'validations' && !isNinjaAtLeast(1, 11)) return;
    loadManifest(shared!);
    loadManifest(own!);
  });

  test.each(RULE)('in %s of a package’s rule', (list) => {
    const pkg = withPackage();
    const rule = pkg.rule('copy', { command: 'x', [list]: ['$used'] });
    const text = manifest((ctx) => ctx.build(pkg, { rule, outputs: ['o'] }), pkg);
    expect(defines(text, 'used')).toBe(true);
    expect(defines(text, 'copy')).toBe(true);
    loadManifest(text);
  });

  test('by being set as an argument of the same name', () => {
    const pkg = withPackage();
    const rule = pkg.rule('copy', { command: 'x' }, 'unused');
    const args = { unused: 'v' };
    const text = manifest((ctx) => ctx.build(pkg, { rule, outputs: ['o'], args }), pkg);
    expect(text).toContain('    g.live.unused = v\n');
    expect(defines(text, 'unused')).toBe(true);
    loadManifest(text);
  });
});

test('a `|` in any path is written by way of a variable, which is there then', () => {
  for (const list of ['outputs', ...STATEMENT]) {
    const text = manifest((ctx, pkg) => {
      const rule = ctx.rule(pkg, 'r', { command: 'x' });
      ctx.build(pkg, { rule, outputs: ['o'], [list]: ['a|b'] });
    }, withPackage());
    expect(text).toContain('ninja.pipe = |\n');
    if (list !== 'validations' || isNinjaAtLeast(1, 11)) loadManifest(text);
  }
  for (const list of RULE) {
    const text = manifest((ctx, pkg) => {
      const rule = ctx.rule(pkg, 'r', { command: 'x', [list]: ['a|b'] });
      ctx.build(pkg, { rule, outputs: ['o'], inputs: ['i'], implicits: ['j'], orderOnly: ['k'] });
    }, withPackage());
    expect(text).toContain('a${ninja.pipe}b');
    loadManifest(text);
  }
});

test('arguments are written in the order of their names', () => {
  const text = manifest((ctx, pkg) => {
    const rule = ctx.rule(pkg, 'r', { command: 'x' }, 'z', 'a');
    ctx.build(pkg, { rule, outputs: ['o'], args: { z: '1', a: '2' } });
  }, withPackage());
  expect(text).toContain('    a = 2\n    z = 1\n');
});

test('variables that name each other in a circle are told with the circle', () => {
  const pkg = packageContext('test/circle');
  pkg.variable('a', '$b');
  pkg.variable('b', '$c');
  pkg.variable('c', '$b');
  const rule = pkg.rule('r', { command: 'x $a' });
  expect(manifest((ctx) => ctx.build(pkg, { rule, outputs: ['o'] }), pkg)).toContain(
    'detected a dependency cycle of variables: test/circle.b -> test/circle.c -> test/circle.b',
  );
});

test('modules whose names come to the same in Ninja keep their definitions apart', () => {
  const generate: Generate = (ctx, pkg) => {
    ctx.variable(pkg, 'v', ctx.name);
    const rule = ctx.rule(pkg, 'r', { command: 'echo $v' });
    ctx.build(pkg, { rule, outputs: [`out/${ctx.name}`] });
  };
  const text = manifest(generate, withPackage(), ['a+b', 'a:b']);
  expect([...text.matchAll(/^m\.\S+\.v = (.*)$/gm)].map(([, value]) => value)).toEqual([
    'a+b',
    'a:b',
  ]);
  expect(new Set(text.match(/^rule m\.\S+$/gm)).size).toBe(2);
  loadManifest(text);
});

test('packages that come to the same name in Ninja are refused', () => {
  const [one, two] = [packageContext('x/y/a'), packageContext('x.y/a')];
  const rules = [one, two].map((pkg) => pkg.rule('r', { command: 'x' }));
  const text = manifest((ctx) => {
    ctx.build(one, { rule: rules[0]!, outputs: ['1'] });
    ctx.build(two, { rule: rules[1]!, outputs: ['2'] });
  }, one);
  expect(text).toBe('packages x/y/a and x.y/a have the same name in Ninja');
});

test('of several versions of Ninja that singletons need the newest counts', () => {
  const needing = singleton('s', (ctx) => {
    ctx.requireNinjaVersion(1, 8, 1);
    ctx.requireNinjaVersion(1, 8, 2);
    ctx.requireNinjaVersion(1, 8, 0);
    ctx.requireNinjaVersion(1, 7, 9);
  });
  const generate: Generate = () => undefined;
  const text = manifest(generate, withPackage(), ['a'], { singletons: [needing] });
  expect(text).toContain('ninja_required_version = 1.8.2\n');
});

describe('dyndep', () => {
  const file = { 'g.dd': 'ninja_dyndep_version = 1\nbuild o: dyndep | more\n', more: '', in: '' };

  test('of a statement is one of its inputs, and asks for a Ninja that knows it', () => {
    const pkg = withPackage();
    const rule = pkg.rule('r', { command: 'touch $out' });
    const text = manifest((ctx) => {
      const dyndep = { implicits: ['g.dd'], dyndep: 'g.dd' };
      ctx.build(pkg, { rule, outputs: ['o'], inputs: ['in'], ...dyndep });
    }, pkg);
    expect(text).toContain('ninja_required_version = 1.10.0\n');
    expect(text).toContain('    dyndep = g.dd\n');
    if (isNinjaAtLeast(1, 10)) loadManifest(text, file);
  });

  test('of a rule, too; what is newer stays', () => {
    const pkg = withPackage();
    const rule = pkg.rule('r', { command: 'touch $out', dyndep: '$out.dd' });
    const generate: Generate = (ctx) =>
      ctx.build(pkg, { rule, outputs: ['o'], orderOnly: ['o.dd'] });
    expect(manifest(generate, pkg)).toContain('ninja_required_version = 1.10.0\n');
    const needing = singleton('s', (ctx) => ctx.requireNinjaVersion(1, 11, 0));
    const text = manifest(generate, pkg, ['a'], { singletons: [needing] });
    expect(text).toContain('ninja_required_version = 1.11.0\n');
    expect(text).toContain('    dyndep = ${out}.dd\n');
    if (isNinjaAtLeast(1, 11)) loadManifest(text, { 'o.dd': file['g.dd'] });
  });

  test('that is no input is told', () => {
    const pkg = withPackage();
    const rule = pkg.rule('r', { command: 'touch $out', commandDeps: ['tool.dd'] });
    const with_ = (dyndep: string): string =>
      manifest((ctx) => ctx.build(pkg, { rule, outputs: ['o'], inputs: ['in/x'], dyndep }), pkg);
    expect(with_('o.dd')).toBe('the Dyndep param is o.dd, which is no input of the statement');
    // Compared as Ninja sees them; those of the rule count.
    expect(with_('$used')).toContain('dyndep = ${g.live.used}');
    expect(with_('tool.dd')).toContain('dyndep = tool.dd');
  });
});
