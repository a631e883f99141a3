// Options with names that nobody knows, of whatever build logic is made of: told, with what was meant.
import { expect, test } from 'vitest';
import {
  bool,
  bottomUp,
  configurable,
  directoryNamespaces,
  Engine,
  int,
  list,
  map,
  memoryFiles,
  moduleName,
  moduleType,
  mutated,
  oneOf,
  optional,
  packageContext,
  path,
  properties,
  singleton,
  string,
  type BottomUpContext,
  type Logic,
} from '../../../src/index.ts';
import { loadManifest } from '../../rig/ninja.ts';

/** What JavaScript, which has no types, may pass. */
const wrong = (options: object): never => options as never;

test.each<[string, () => unknown, string]>([
  ['string', () => string(wrong({ docs: '' })), 'string has no "docs"; did you mean "doc"?'],
  ['path', () => path(wrong({ defualt: '' })), 'path has no "defualt"; did you mean "default"?'],
  ['bool', () => bool(wrong({ require: true })), 'did you mean "required"?'],
  ['int', () => int(wrong({ tag: 1 })), 'int has no "tag"; there are doc, required, default'],
  ['oneOf', () => oneOf(['a'], wrong({ values: [] })), 'oneOf has no "values"'],
  ['moduleName', () => moduleName(wrong({ tags: 1 })), 'did you mean "tag"?'],
  ['list', () => list(string(), wrong({ default: [] })), 'list has no "default"'],
  ['map', () => map(string(), wrong({ default: {} })), 'map has no "default"'],
  ['properties', () => properties({}, wrong({ dcc: '' })), 'did you mean "doc"?'],
  ['optional', () => optional(string(), wrong({ default: '' })), 'optional has no "default"'],
  ['configurable', () => configurable(string(), wrong({ x: 1 })), 'configurable has no "x"'],
  ['mutated', () => mutated(string(), wrong({ x: 1 })), 'mutated has no "x"'],
  [
    'name spaces',
    () => directoryNamespaces(wrong({ type: 'n', import: 'x' })),
    'directoryNamespaces has no "import"; did you mean "imports"?',
  ],
])('%s', (_, make, message) => expect(make).toThrow(message));

test('what is said of a property inside is said of one around it, or something else is', () => {
  const inner = string({ doc: 'inner', required: true, default: 'x' });
  for (const around of [optional, configurable, mutated]) {
    expect(around(inner)).toMatchObject({ doc: 'inner', required: true });
    expect(around(inner, { doc: 'outer' })).toMatchObject({ doc: 'outer', required: false });
  }
});

/** The messages of a run over one module. */
function messages(logic: Logic): string {
  const type = moduleType({ name: 'm', properties: { words: list(string()) } });
  const files = memoryFiles({ Blueprints: 'm { name: "a" }', 'a.c': '' });
  const engine = new Engine({ files }, { moduleTypes: [type], ...logic });
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return diagnostics.map(({ message }) => message).join('\n');
  }
  return '';
}

test.each<[string, (ctx: BottomUpContext) => void, string]>([
  [
    'glob',
    (ctx) => void ctx.glob('*', wrong({ exclude: ['a.c'] })),
    'glob has no "exclude"; did you mean "excludes"?',
  ],
  [
    'extendProperties',
    (ctx) => ctx.extendProperties(properties({}), {}, 'append', wrong({ matchin: true })),
    'extendProperties has no "matchin"; did you mean "matching"?',
  ],
  [
    'the order of extending',
    (ctx) =>
      ctx.extendProperties(properties({ words: list(string()) }), { words: [] }, 'apend' as never),
    'can\'t extend properties in the order "apend"',
  ],
])('%s', (_, mutate, message) => {
  expect(messages({ mutators: [bottomUp('m', mutate)] })).toContain(message);
});

test('glob of a singleton', () => {
  const singletons = [singleton('s', (ctx) => void ctx.glob('*', wrong({ followLink: true })))];
  expect(messages({ singletons })).toContain('glob has no "followLink"');
});

test.each<[object, string]>([
  [{ deph: 1 }, 'pool test/options.p has no "deph"; did you mean "depth"?'],
  [{ depth: 1, comments: 'x' }, 'did you mean "comment"?'],
  [{}, 'pool test/options.p has the depth undefined, which is no number of commands'],
  [{ depth: -1 }, 'depth -1'],
  [{ depth: 1.5 }, 'depth 1.5'],
  [{ depth: '2' }, 'depth 2'],
])('pool %j', (definition, message) => {
  const pkg = packageContext('test/options');
  expect(() => pkg.pool('p', wrong(definition))).toThrow(message);
  const computed = packageContext('test/options');
  const rule = computed.rule('r', {
    command: 'x',
    pool: computed.pool('p', () => wrong(definition)),
  });
  const singletons = [singleton('s', (ctx) => ctx.build(computed, { rule, outputs: ['o'] }))];
  expect(messages({ singletons })).toContain(message);
});

test('pools of any depth are written, with their comments', () => {
  const pkg = packageContext('test/options');
  const pools = [0, 1, 1_000].map((depth) =>
    pkg.pool(`p${depth}`, { depth, comment: `of ${depth}` }),
  );
  const rules = pools.map((pool, i) => pkg.rule(`r${i}`, { command: 'x', pool }));
  const engine = new Engine(
    { files: memoryFiles({ Blueprints: '' }) },
    {
      singletons: [
        singleton('s', (ctx) => {
          for (const [i, rule] of rules.entries()) ctx.build(pkg, { rule, outputs: [`o${i}`] });
        }),
      ],
    },
  );
  for (const phase of ['parse', 'resolve', 'prepare'] as const) expect(engine[phase]()).toEqual([]);
  const text = engine.manifest();
  expect(text).toContain('# of 1000\npool g.options.p1000\n    depth = 1000\n');
  expect(text).toContain('pool g.options.p0\n    depth = 0\n');
  loadManifest(text);
});
