// Values of the wrong kind, which JavaScript lets build logic give and return: told at once, and as what they are.
import { describe, expect, test } from 'vitest';
import {
  bottomUp,
  configurable,
  dependencyTag,
  Engine,
  int,
  list,
  map,
  memoryFiles,
  moduleType,
  oneOf,
  packageContext,
  properties,
  provider,
  singleton,
  string,
  transition,
  phonyRule,
  type BottomUpContext,
  type BuildParameters,
  type GenerateContext,
  type LoadContext,
  type Logic,
  type SingletonContext,
  type TransitionSteps,
} from '../../../src/index.ts';

const pkg = packageContext('test/given');
const rule = pkg.rule('r', { command: 'x' }, 'arg');
const tag = dependencyTag('tag');
const kept = provider<unknown>('kept', { persistent: true });
const fields = {
  words: list(string()),
  flags: configurable(list(string())),
  many: map(properties({ size: oneOf(['s', 'm']) })),
  count: int(),
};

/** What JavaScript, which has no types, may pass. */
const wrong = (value: unknown): never => value as never;

type Load = (ctx: LoadContext) => void;
type Generate = (ctx: GenerateContext) => void;

/** The messages of a run over two modules, the second of which depends on the first. */
function messages(logic: Logic, steps: { load?: Load; generate?: Generate } = {}): string {
  const type = moduleType({
    name: 'm',
    properties: fields,
    load: steps.load as never,
    generate: steps.generate as never,
  });
  const depend = bottomUp('depend', (ctx) => {
    if (ctx.name === 'b') ctx.addDependency(tag, 'a');
  });
  const text = 'm { name: "a" }\nm { name: "b", flags: select(c(), {default: ["x"]}) }';
  const { mutators = [], ...rest } = logic;
  const engine = new Engine(
    { files: memoryFiles({ Blueprints: text }) },
    { moduleTypes: [type], mutators: [depend, ...mutators], ...rest },
  );
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return diagnostics.map(({ message }) => message).join('\n');
  }
  return engine.manifest();
}

describe('mutators', () => {
  test.each<[(ctx: BottomUpContext) => void, string]>([
    [(ctx) => void ctx.createVariations(wrong(['x'])), 'is no text but the list ["x"]'],
    [(ctx) => void ctx.createLocalVariations('a', wrong(1)), 'is no text but 1'],
    [
      (ctx) => ctx.addDependency(wrong('b')),
      'a dependency needs a tag, but was given the text "b"',
    ],
    [(ctx) => ctx.addDependency(tag, wrong(['c'])), 'a dependency is no text but the list ["c"]'],
    [(ctx) => ctx.addVariationDependency([], wrong('c'), 'c'), 'needs a tag'],
    [(ctx) => ctx.addFarVariationDependency([], wrong(undefined), 'c'), 'was given undefined'],
    [(ctx) => ctx.addReverseDependency(wrong(null), 'c'), 'was given null'],
    [(ctx) => ctx.addReverseDependency(tag, wrong(/c/)), 'is no text but an object of RegExp'],
    [(ctx) => ctx.rename(wrong(undefined)), 'the new name of a module is no text but undefined'],
    [(ctx) => void ctx.glob(wrong(['*'])), 'the pattern of a glob is no text but the list ["*"]'],
    [(ctx) => void ctx.glob('*', wrong({ excludes: '*' })), 'excludes of a glob is no list but'],
    [(ctx) => void ctx.glob('*', { followLinks: wrong(0) }), 'neither true nor false but 0'],
    [(ctx) => ctx.addFileDependencies(wrong(['x'])), 'a file to depend on is no text but'],
    [
      (ctx) => ctx.extendProperties(properties(fields), { words: 'ab' }, 'append'),
      'property "words": expected list of string, found "ab"',
    ],
    [
      (ctx) => ctx.extendProperties(properties(fields), { many: { a: { size: 'x' } } }, 'append'),
      'property "size": expected one of s, m, found "x"',
    ],
    [
      (ctx) => ctx.createModule(wrong({}), { name: 'c' }),
      'expected a module type, found an object',
    ],
    [async () => Promise.resolve(), 'it is asynchronous'],
  ])('%s', (mutate, message) => {
    expect(messages({ mutators: [bottomUp('m', mutate)] })).toContain(message);
  });

  test.each<[Partial<TransitionSteps>, string]>([
    [{ split: () => wrong('arm') }, 'what the split of t returned is no list but the text "arm"'],
    [{ split: () => wrong([1]) }, 'what the split of t returned is no text but 1'],
    [{ outgoing: () => wrong(undefined) }, 'what outgoing of t returned is no text but undefined'],
    [{ incoming: () => wrong(undefined) }, 'what incoming of t returned is no text but undefined'],
    [{ mutate: wrong(async () => Promise.reject(new Error('late'))) }, 'it is asynchronous'],
  ])('transition %#', (steps, message) => {
    const mutators = [transition('t', { split: () => [''], ...steps })];
    expect(messages({ mutators })).toContain(message);
  });

  test('what outgoing reports of a dependency that is added later', () => {
    const mutators = [
      transition('t', { split: () => [''], outgoing: (ctx) => (ctx.error('not this one'), '') }),
    ];
    const early = messages({ mutators });
    expect(early).toBe('module "b": not this one');
    const later = bottomUp('later', (ctx) => {
      if (ctx.name === 'b') ctx.addDependency(tag, 'a');
    });
    const text = 'm { name: "a" }\nm { name: "b" }';
    const engine = new Engine(
      { files: memoryFiles({ Blueprints: text }) },
      { moduleTypes: [moduleType({ name: 'm' })], mutators: [...mutators, later] },
    );
    expect(engine.parse()).toEqual([]);
    expect(engine.resolve().map(({ message }) => message)).toEqual(['module "b": not this one']);
  });
});

describe('load hooks', () => {
  test.each<[Load, string]>([
    [(ctx) => ctx.registerModuleType('x', wrong({})), 'expected a module type, found an object'],
    [async () => Promise.resolve(), 'it is asynchronous'],
    [
      (ctx) => ctx.createModule(moduleType({ name: 'n' }), wrong({ name: 5 })),
      'a n cannot be made: property "name": expected string, found 5',
    ],
    [
      (ctx) =>
        ctx.createModule(moduleType({ name: 'n', properties: fields }), {
          name: 'c',
          count: 1.5,
        }),
      'property "count": expected int64, found 1.5',
    ],
  ])('%#', (load, message) => expect(messages({}, { load })).toContain(message));
});

describe('statements and values', () => {
  test.each<[Generate, string]>([
    [
      (ctx) => ctx.build(pkg, wrong({ rule: 'r', outputs: ['o'] })),
      'expected a rule, found the text "r"',
    ],
    [(ctx) => ctx.build(pkg, wrong({ rule })), 'Outputs param has no elements'],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: wrong('out') }),
      'error parsing Outputs param: expected a list, found the text "out"',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], inputs: wrong([undefined]) }),
      'error parsing Inputs param: error parsing element 0: expected a text, found undefined',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], args: wrong({ arg: ['x'] }) }),
      'error parsing variable "arg": expected a text, found the list ["x"]',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], deps: wrong('gc') }),
      'gcc or msvc, not the text "gc"',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], optional: wrong(1) }),
      'the Optional param is true or false, not 1',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], comment: wrong(['c']) }),
      'the Comment param is a text, not the list ["c"]',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], depfile: wrong(1) }),
      'error parsing Depfile param: expected a text, found 1',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], symlinkOutputs: wrong('o') }),
      'error parsing SymlinkOutputs param: expected a list, found the text "o"',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], symlinkOutputs: wrong([1]) }),
      'error parsing SymlinkOutputs param: error parsing element 0: expected a text, found 1',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], inputs: wrong('') }),
      'error parsing Inputs param: expected a list, found the text ""',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], implicits: wrong(null) }),
      'error parsing Implicits param: expected a list, found null',
    ],
    [
      (ctx) => ctx.build(pkg, { rule, outputs: ['o'], args: wrong('x') }),
      'expected the values of arguments, found the text "x"',
    ],
    [(ctx) => ctx.build(pkg, wrong({ rule: null, outputs: ['o'] })), 'expected a rule, found null'],
    [
      (ctx) => ctx.build(pkg, wrong({ rule: pkg, outputs: ['o'] })),
      'expected a rule, found an object of PackageContext',
    ],
    [(ctx) => ctx.build(pkg, wrong(undefined)), 'the parameters of a build statement, found undef'],
    [
      (ctx) => ctx.build(wrong({ rule, outputs: ['o'] }), wrong(undefined)),
      'expected a package context, found an object',
    ],
    [(ctx) => void ctx.variable(pkg, 'v', wrong(5)), 'expected a text, found 5'],
    [(ctx) => void ctx.variable(pkg, wrong(undefined), 'x'), 'expected a name, found undefined'],
    [(ctx) => void ctx.variable(wrong('v'), 'x', wrong(undefined)), 'expected a package context'],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', restat: wrong(1) }),
      'the Restat param is true or false, not 1',
    ],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', generator: wrong('true') }),
      'the Generator param is true or false, not the text "true"',
    ],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: wrong(['x']) }),
      'the Command param is a text, not the list ["x"]',
    ],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', comment: wrong(false) }),
      'the Comment param is a text, not false',
    ],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', commandDeps: wrong('') }),
      'error parsing CommandDeps param: expected a list, found the text ""',
    ],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', pool: wrong(null) }),
      'expected a pool, found null',
    ],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x' }, wrong(['a', 'b'])),
      'invalid argument name: expected a name, found the list ["a","b"]',
    ],
    [(ctx) => void ctx.rule(pkg, 'q', wrong({})), 'rule params with no command specified'],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', pool: wrong('console') }),
      'expected a pool, found',
    ],
    [(ctx) => void ctx.rule(pkg, 'q', { command: 'x', deps: wrong('clang') }), 'gcc or msvc, not'],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', rspfile: 'f' }),
      'but no RspfileContent param',
    ],
    [
      (ctx) => void ctx.rule(pkg, 'q', { command: 'x', rspfileContent: 'f' }),
      'but no Rspfile param',
    ],
    [(ctx) => ctx.set(kept, undefined), 'Value of provider kept is undefined'],
    [(ctx) => ctx.set(kept, { a: [new Map()] }), 'must be plain JSON, but holds an object of Map'],
    [(ctx) => ctx.set(kept, [1, Number.NaN]), 'must be plain JSON, but holds NaN'],
    [(ctx) => ctx.set(kept, { at: () => 1 }), 'must be plain JSON, but holds a function'],
    [async () => Promise.reject(new Error('late')), 'it is asynchronous'],
  ])('%s', (generate, message) => expect(messages({}, { generate })).toContain(message));

  test('a property of a persistent value may be undefined', () => {
    const generate: Generate = (ctx) => ctx.set(kept, { a: undefined, b: [null, 'x', 1, true] });
    expect(messages({}, { generate })).toContain('ninja_required_version');
  });

  test('two persistent providers of one name, whose values would get mixed up', () => {
    const other = provider<unknown>('kept', { persistent: true });
    const generate: Generate = (ctx) => ctx.set(ctx.name === 'a' ? kept : other, 1);
    const message = 'there are two persistent providers named "kept"';
    expect(messages({}, { generate })).toContain(message);
    const collect = singleton('s', (ctx) => void ctx.collected(other));
    const first: Generate = (ctx) => ctx.set(kept, 1);
    expect(messages({ singletons: [collect] }, { generate: first })).toContain(message);
  });

  test.each<[(ctx: SingletonContext) => void, string]>([
    [(ctx) => ctx.requireNinjaVersion(wrong('1.11'), wrong(undefined), 0), 'is three numbers'],
    [(ctx) => ctx.addSubninja(wrong(undefined)), 'the path of a manifest is no text'],
    [(ctx) => ctx.addFileDependencies(wrong(7)), 'a file to depend on is no text but 7'],
    [async () => Promise.resolve(), 'it is asynchronous'],
  ])('singleton %#', (generate, message) => {
    expect(messages({ singletons: [singleton('s', generate)] })).toContain(message);
  });

  test('what a condition comes to', () => {
    const generate: Generate = (ctx) => {
      const { flags } = ctx.properties as { flags: Parameters<typeof ctx.evaluate>[0] };
      ctx.evaluate(flags, 'flags');
    };
    for (const [value, shown] of [
      [{}, '{}'],
      [1.5, '1.5'],
      [null, 'null'],
    ] as const) {
      const conditions = { c: () => wrong(value) };
      expect(messages({ conditions }, { generate })).toBe(
        `c() came to ${shown}, which is no text, bool or number`,
      );
    }
  });
});

describe('what is defined', () => {
  test.each<[() => unknown, string]>([
    [() => bottomUp('m', wrong(undefined)), 'what mutator "m" does is no function but null'],
    [
      () =>
        bottomUp(
          wrong(() => 1),
          wrong('m'),
        ),
      'the name of a mutator is no text but a function',
    ],
    [() => singleton('s', wrong({})), 'what singleton "s" does is no function but an object'],
    [() => transition('t', wrong({})), 'the split of transition "t" is no function but null'],
    [
      () => transition('t', { split: () => [''], outgoing: wrong('x') }),
      'outgoing of transition "t" is no function but the text "x"',
    ],
    [() => moduleType(wrong({ name: undefined })), 'the name of a module type is no text but'],
    [
      () => moduleType({ name: 'm', generate: wrong('g') }),
      'generate of module type "m" is no function but the text "g"',
    ],
    [() => provider('p', { persistent: wrong(1) }), 'neither true nor false but 1'],
    [() => provider('p', { mutator: wrong(/m/) }), 'is no text but an object of RegExp'],
    [
      () => new Engine({ files: memoryFiles({}) }, { conditions: { c: wrong('x') } }),
      'condition c is no function but the text "x"',
    ],
    [() => pkg.variable('w', wrong(5)), 'variable test/given.w: expected a text, found 5'],
    [() => pkg.variable(wrong(5), 'x'), 'expected a name, found 5'],
    [
      () => pkg.rule('w', { command: 'x', restat: wrong(1) }),
      'error parsing rule test/given.w: the Restat param is true or false, not 1',
    ],
    [
      () => pkg.pool('w', { depth: 1, comment: wrong(1) }),
      'pool test/given.w: the Comment param is a text, not 1',
    ],
  ])('%s', (define, message) => expect(define).toThrow(message));
});

describe('dependency files that nobody named', () => {
  const build = (given: Partial<BuildParameters>): string =>
    messages(
      {},
      {
        generate: (ctx) => {
          if (ctx.name === 'a') ctx.build(pkg, { rule, outputs: ['o'], ...given });
        },
      },
    );
  const static_ = pkg.rule('static', { command: 'x', deps: 'gcc' });
  const computed = pkg.rule('computed', () => ({ command: 'x', deps: 'gcc' as const }));
  const msvc = pkg.rule('msvc', { command: 'x', deps: 'msvc' });
  const named = pkg.rule('named', { command: 'x', depfile: '$out.d' });
  const namedLater = pkg.rule('namedLater', () => ({ command: 'x', depfile: '$out.d' }));

  test.each([
    ['of a statement', { deps: 'gcc' as const }, 'the Deps param is gcc, but there is no Depfile'],
    ['of a rule', { rule: static_ }, 'the Deps param of rule static is gcc, but neither the rule'],
    ['of a computed rule', { rule: computed }, 'the Deps param of rule computed is gcc, but nei'],
    ['empty', { rule: static_, depfile: '' }, 'nor its statement has a Depfile param'],
    ['phony', { rule: phonyRule, deps: 'gcc' as const }, 'there is no Depfile param'],
  ])('%s', (_, given, message) => expect(build(given)).toContain(message));

  test('of a rule of the module', () => {
    const generate: Generate = (ctx) => {
      const local = ctx.rule(pkg, 'local', { command: 'x', deps: 'gcc' });
      ctx.build(pkg, { rule: local, outputs: [ctx.name] });
    };
    expect(messages({}, { generate })).toContain('the Deps param of rule local is gcc');
  });

  test.each<[string, Partial<BuildParameters>]>([
    ['the rule leaves it to the statement', { rule: static_, depfile: 'd' }],
    ['a computed rule leaves it to the statement', { rule: computed, depfile: 'd' }],
    ['the statement leaves it to the rule', { rule: named, deps: 'gcc' }],
    ['the statement leaves it to a computed rule', { rule: namedLater, deps: 'gcc' }],
    ['the compiler prints them', { rule: msvc }],
    ['the statement says that the compiler prints them', { rule: static_, deps: 'msvc' }],
  ])('none where %s', (_, given) => {
    expect(build(given)).toContain('deps = ');
  });
});

test('a value that needs no decision does for a configurable property', () => {
  const type = moduleType({
    name: 'm',
    properties: fields,
    load(ctx) {
      ctx.extendProperties(properties(fields), { flags: ['loaded'] }, 'append');
      if (ctx.name === 'a') ctx.createModule(made, { name: 'n', flags: wrong(['made']) });
    },
    generate: (ctx) => build(ctx as never),
  });
  const made = moduleType({
    name: 'made',
    properties: fields,
    generate: (ctx) => build(ctx as never),
  });
  const build = (ctx: GenerateContext): void => {
    const { flags } = ctx.properties as { flags: Parameters<typeof ctx.evaluate>[0] };
    const words = ctx.evaluate(flags, 'flags') as readonly string[];
    ctx.build(pkg, { rule, outputs: [`o/${ctx.name}`], args: { arg: words.join(' ') } });
  };
  const text = 'm { name: "a", flags: ["own"] }';
  const engine = new Engine({ files: memoryFiles({ Blueprints: text }) }, { moduleTypes: [type] });
  for (const phase of ['parse', 'resolve', 'prepare'] as const) expect(engine[phase]()).toEqual([]);
  expect(engine.manifest()).toContain('arg = own loaded\n');
  expect(engine.manifest()).toContain('arg = made\n');
});
