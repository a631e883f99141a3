// The build logic that the golden scenarios assume (LOGIC.md, sections 1.2 to 1.6), on the public API.
import {
  bool,
  bottomUp,
  consolePool,
  dependencyTag,
  list,
  type LoadContext,
  type Logic,
  type Module,
  moduleType,
  mutated,
  nested,
  packageContext,
  phonyRule,
  provider,
  singleton,
  string,
  topDown,
  type Variation,
} from '../../../src/index.ts';

export const CONFIG = { value: 'CFGVAL' };
type Config = typeof CONFIG;

const alpha = packageContext('test/pkg/alpha');
alpha.variable('unused', 'never printed');
alpha.variable('base', '/base');
alpha.variable('Exported', '$base/exported');
alpha.variable('zfirst', '${Exported}/z');
alpha.variable('fromConfig', ({ value }: Config) => value);
alpha.variable('failing', () => {
  throw new Error('failing variable');
});
const pool = alpha.pool('pool', { depth: 3, comment: 'a pool comment' });
const copy = alpha.rule('copy', { command: 'cp $in $out', description: 'copy $out' });
const full = alpha.rule(
  'full',
  {
    comment: 'full rule comment',
    command: 'tool $flags $base $in -o $out @$out.rsp',
    depfile: '$out.d',
    deps: 'gcc',
    description: 'full $out',
    generator: true,
    restat: true,
    pool,
    rspfile: '$out.rsp',
    rspfileContent: '$in',
    symlinkOutputs: ['$out'],
    commandDeps: ['$base/tool'],
    commandOrderOnly: ['$base/oo'],
  },
  'flags',
  'other',
);
const shadow = alpha.rule('shadow', { command: 'echo $base $in > $out' }, 'base');
const con = alpha.rule('con', { command: 'cat', pool: consolePool });
const cfg = alpha.rule('cfgrule', ({ value }: Config) => ({ command: `run ${value} $fromConfig` }));
const beta = packageContext('test/pkg/beta').import(alpha);
const betarule = beta.rule('betarule', { command: 'beta ${alpha.Exported} $in > $out' });
const alpha2 = packageContext('other/alpha');
const a2rule = alpha2.rule('a2rule', { command: 'a2 $in > $out' });

const RULES = {
  '': [alpha, copy],
  copy: [alpha, copy],
  full: [alpha, full],
  shadow: [alpha, shadow],
  con: [alpha, con],
  cfg: [alpha, cfg],
  beta: [beta, betarule],
  a2: [alpha2, a2rule],
  phony: [alpha, phonyRule],
} as const;

const archProvider = provider<unknown>('string', { mutator: 'arch' });
const generateProvider = provider<unknown>('string');

const strings = list(string());
const pairs = list(nested({ k: string(), v: string() }));
const FIELDS = {
  deps: strings,
  rev_deps: strings,
  arches: strings,
  links: strings,
  locals: strings,
  alias: string(),
  create: strings,
  rename: string(),
  late_deps: strings,
  dep_variations: strings,
  far_variations: strings,
  replace: string(),
  panic: string(),
  fail: string(),
  prop_fail: string(),
  vars: pairs,
  local_rule: string(),
  globs: strings,
  outs: strings,
  implicit_outs: strings,
  ins: strings,
  implicits: strings,
  order_only: strings,
  validations: strings,
  rule: string(),
  args: pairs,
  comment: string(),
  description: string(),
  depfile: string(),
  optional: bool(),
  s: string(),
  mut_set: mutated(string()),
};
const all = nested(FIELDS);

const TAGS = {
  dep: dependencyTag('dep'),
  rev: dependencyTag('rev'),
  var: dependencyTag('var'),
  far: dependencyTag('far'),
  late: dependencyTag('late'),
};

const shown = (module: Module): string => `${module.name}{${module.variant}}`;
const record = (given: readonly { k: string; v: string }[]): Record<string, string> =>
  Object.fromEntries(given.map(({ k, v }) => [k, v]));
const variations = (given: readonly string[]): Variation[] =>
  given.map((text) => {
    const colon = text.indexOf(':');
    return { mutator: text.slice(0, colon), variation: text.slice(colon + 1) };
  });

/** The standard logic; what it traces is pushed to `trace`. */
export function standardLogic(trace: string[]): Logic {
  const m = makeType('m', trace);
  return {
    moduleTypes: [m],
    mutators: [
      bottomUp('deps', (ctx) => {
        const { deps, rev_deps } = ctx.as(all)!;
        ctx.addDependency(TAGS.dep, ...deps);
        for (const name of rev_deps) ctx.addReverseDependency(TAGS.rev, name);
      }),
      bottomUp('arch', (ctx) => {
        const { arches, alias } = ctx.as(all)!;
        if (arches.length === 0) return;
        ctx.createVariations(...arches);
        if (alias !== '') ctx.aliasVariation(alias);
      }),
      bottomUp('link', (ctx) => {
        const { links } = ctx.as(all)!;
        if (links.length > 0) ctx.createVariations(...links);
      }),
      bottomUp('local', (ctx) => {
        const { locals } = ctx.as(all)!;
        if (locals.length > 0) ctx.createLocalVariations(...locals);
      }),
      topDown('topdown', (ctx) => {
        const { panic, create, rename } = ctx.as(all)!;
        trace.push(`topdown ${ctx.name}`);
        if (panic === 'topdown') throw new Error('boom');
        for (const name of create) ctx.createModule(m, { name, outs: [`${name}.out`] });
        if (rename !== '') ctx.rename(rename);
      }),
      bottomUp('latedeps', (ctx) => {
        const its = ctx.as(all)!;
        trace.push(`latedeps ${ctx.name}`);
        if (its.dep_variations.length > 0) {
          ctx.addVariationDependency(variations(its.dep_variations), TAGS.var, ...its.late_deps);
        } else if (its.far_variations.length > 0) {
          ctx.addFarVariationDependency(variations(its.far_variations), TAGS.far, ...its.late_deps);
        } else ctx.addDependency(TAGS.late, ...its.late_deps);
        if (its.replace !== '') ctx.replaceDependencies(its.replace);
      }),
    ],
    singletons: [
      singleton('graph', (ctx) => {
        for (const module of ctx.modules()) {
          const deps = ctx.directDependencies(module).map((edge) => shown(edge.module));
          const { typeName, directory, file } = module;
          trace.push(
            `module ${shown(module)} type=${typeName} dir=${directory} file=${file} deps=[${deps.join(' ')}]`,
          );
        }
      }),
    ],
  };
}

function makeType(name: string, trace: string[], load?: (ctx: LoadContext) => void) {
  return moduleType({
    name,
    properties: FIELDS,
    ...(load === undefined ? {} : { load }),
    generate(ctx) {
      const its = ctx.properties;
      trace.push(`generate ${shown(ctx.module)}`);
      if (its.panic === 'generate') throw new Error('boom');
      if (its.fail !== '') ctx.error(its.fail);
      if (its.prop_fail !== '') ctx.propertyError(its.prop_fail, 'bad value');
      for (const { k, v } of its.vars) ctx.variable(alpha, k, v);
      const outputs = its.outs.map((out) => out.replaceAll('%v', ctx.module.variant));
      if (its.local_rule !== '') {
        const rule = ctx.rule(alpha, 'local', { command: its.local_rule }, 'larg');
        if (outputs.length === 0) return;
        ctx.build(alpha, { rule, outputs, inputs: its.ins, args: record(its.args) });
        return;
      }
      for (const pattern of its.globs) {
        trace.push(`glob ${pattern} -> [${ctx.glob(pattern).join(' ')}]`);
      }
      if (outputs.length === 0) return;
      const [scope, rule] = RULES[its.rule as keyof typeof RULES];
      ctx.build(scope, {
        rule,
        outputs,
        implicitOutputs: its.implicit_outs,
        inputs: its.ins,
        implicits: its.implicits,
        orderOnly: its.order_only,
        validations: its.validations,
        args: record(its.args),
        comment: its.comment,
        description: its.description,
        depfile: its.depfile,
        optional: its.optional,
      });
    },
  });
}

/** What single scenarios add, by their id (LOGIC.md, section 1.6). */
export function addition(id: string, trace: string[]): Logic {
  const m = makeType('m', trace);
  switch (id) {
    case 'no-outputs-in-build':
      return {
        singletons: [singleton('s', (ctx) => ctx.build(alpha, { rule: copy, outputs: [] }))],
      };
    case 'visit-order':
      return {
        singletons: [
          singleton('visit', (ctx) => {
            const a = ctx.modules().find(({ name }) => name === 'a')!;
            for (const { module } of ctx.directDependencies(a)) trace.push(`direct ${module.name}`);
            ctx.visitDependencies(a, ({ name }) => void trace.push(`depthfirst ${name}`));
          }),
        ],
      };
    case 'singleton-all':
      return {
        singletons: [
          singleton('sing', (ctx) => {
            ctx.requireNinjaVersion(1, 9, 2);
            ctx.requireNinjaVersion(1, 8, 9);
            ctx.setBuildDirectory(alpha, '$base/out');
            ctx.setBuildDirectory(alpha, '$base/second-is-ignored');
            ctx.addSubninja('sub1.ninja');
            ctx.addSubninja('sub2.ninja');
            trace.push(`eval ${JSON.stringify(ctx.evaluateText(alpha, '$zfirst/x'))} <nil>`);
            ctx.variable(alpha, 'lv', 'local $base');
            const rule = ctx.rule(alpha, 'lr', { command: 'echo $lv > $out' });
            ctx.build(alpha, { rule, outputs: ['so'] });
            ctx.build(alpha, { rule: phonyRule, outputs: ['all'], inputs: ['so'] });
            ctx.addFileDependencies('extra.dep');
          }),
        ],
      };
    case 'singleton-errors':
      return {
        singletons: [
          singleton('s1', (ctx) => {
            ctx.error('err one');
            ctx.error('err two');
          }),
          singleton('s2', (ctx) => {
            for (const module of ctx.modules()) ctx.moduleError(module, 'on module');
          }),
        ],
      };
    case 'singleton-panic':
      return {
        singletons: [
          singleton('s', () => {
            throw new Error('boom');
          }),
        ],
      };
    case 'scope-ancestors':
      return {
        singletons: [
          singleton('p', (ctx) => {
            for (const module of ctx.modules()) {
              trace.push(`s ${module.name}=${module.as(all)!.s}`);
            }
          }),
        ],
      };
    case 'load-hook':
    case 'scoped-type-other-file': {
      const creates = id === 'load-hook';
      return {
        moduleTypes: [
          makeType('lh', trace, (ctx) => {
            if (creates) ctx.createModule(m, { name: 'from_hook' });
            ctx.registerModuleType('scoped', m);
          }),
        ],
      };
    }
    case 'dup-module-type':
      return { moduleTypes: [m] };
    case 'dup-mutator':
      return { mutators: [bottomUp('arch', () => undefined)] };
    case 'dup-singleton':
      return { singletons: [singleton('graph', () => undefined)] };
    case 'create-variations-twice':
      return {
        mutators: [
          bottomUp('twice', (ctx) => {
            ctx.createVariations('a');
            ctx.createVariations('b');
          }),
        ],
      };
    case 'create-variations-empty':
      return { mutators: [bottomUp('empty', (ctx) => void ctx.createVariations())] };
    case 'provider-before':
      return { mutators: [bottomUp('rp', (ctx) => void ctx.get(ctx.module, generateProvider))] };
    case 'provider-set-wrong-time':
      return { mutators: [bottomUp('sp', (ctx) => ctx.set(archProvider, 'x'))] };
    case 'provider-wrong-type':
      return { mutators: [bottomUp('sp2', (ctx) => ctx.set(generateProvider, 5))] };
    default:
      return {};
  }
}
