// A tree of Blueprints files on disk, with build logic that does whatever its modules ask for, for tests of bringing
// manifests up to date.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { textAt, unpackTexts } from '../../../src/blueprint/phase/column.ts';
import { readSealed } from '../../../src/blueprint/phase/sealed.ts';
import type { State } from '../../../src/blueprint/phase/state.ts';
import {
  generate,
  type Generated,
  type GenerateOptions,
} from '../../../src/blueprint/phase/generate.ts';
import {
  bottomUp,
  dependencyTag,
  list,
  moduleName,
  moduleType,
  nested,
  optional,
  packageContext,
  path,
  phonyRule,
  provider,
  singleton,
  string,
  topDown,
  transition,
  type Logic,
} from '../../../src/index.ts';

const pkg = packageContext('test/logic');
pkg.variable('flags', '-O2');
pkg.variable('rare', 'rare $flags');
const compile = pkg.rule('compile', { command: 'cc $flags $extra $in -o $out' }, 'extra');
const namesake = packageContext('other/logic');
const namesakeRule = namesake.rule('compile', { command: 'other $in > $out' });
const rareRule = pkg.rule('rare', { command: 'echo $rare $in > $out' });
const link = dependencyTag('link');
const outputs = provider<{ out: string }>('outputs of things');
/** Not plain data: nobody can tell whether it is another one. */
const secrets = provider<() => string>('secrets of things');
const published = provider<{ name: string; outs: number }>('published by things', {
  persistent: true,
});

/** The modules whose step of generating ran, in order; emptied by whoever wants to know. */
export const steps: string[] = [];

const fields = {
  srcs: list(path()),
  deps: list(moduleName({ tag: link })),
  late: list(string()),
  rev: list(string()),
  split: list(string()),
  create: list(string()),
  rename: string(),
  glob: string(),
  file: string(),
  seen: string(),
  deep: optional(string()),
  look_up: string(),
  local: string(),
  rare: string(),
  want: string(),
  publish: string(),
  replace: string(),
  also: string(),
  has: string(),
  pack: string(),
  secret: string(),
  make: list(string()),
  make_for: string(),
  load_glob: string(),
  again: string(),
};
const all = nested(fields);
const made = moduleType({
  name: 'made',
  properties: { from: string() },
  generate(ctx) {
    ctx.build(pkg, {
      rule: phonyRule,
      outputs: [`made/${ctx.name}`],
      inputs: [ctx.properties.from],
    });
  },
});

const thing = moduleType({
  name: 'thing',
  properties: fields,
  load(ctx) {
    for (const name of ctx.properties.create) ctx.createModule(made, { name, from: ctx.name });
    if (ctx.properties.load_glob !== '') ctx.glob(`${ctx.directory}/${ctx.properties.load_glob}`);
  },
  generate(ctx) {
    steps.push(ctx.name);
    const its = ctx.properties;
    const inputs = its.srcs.map((src) => `${ctx.directory}/${src}`);
    if (its.glob !== '') inputs.push(...ctx.glob(`${ctx.directory}/${its.glob}`));
    if (its.file !== '') ctx.addFileDependencies(`${ctx.directory}/${its.file}`);
    const implicits: string[] = [];
    for (const { module } of ctx.directDependencies()) {
      implicits.push(ctx.get(module, outputs)?.out ?? `none-${module.name}`);
      const secret = ctx.get(module, secrets);
      if (secret !== undefined) implicits.push(secret());
      if (its.seen !== '') implicits.push(`seen-${module.as(all)?.seen}`);
    }
    if (its.deep !== undefined) {
      ctx.visitDependencies((module) => {
        implicits.push(`deep-${ctx.get(module, outputs)?.out ?? module.name}`);
      });
    }
    const out = `out/${ctx.name}${ctx.module.variant === '' ? '' : `-${ctx.module.variant}`}`;
    const args: Record<string, string> = {};
    if (its.local !== '') {
      ctx.variable(pkg, 'local', its.local);
      args['extra'] = '$local';
    }
    ctx.build(pkg, { rule: compile, outputs: [out], inputs, implicits, args });
    if (its.also !== '') ctx.build(pkg, { rule: phonyRule, outputs: [its.also] });
    if (its.rare !== '') ctx.build(pkg, { rule: rareRule, outputs: [`${out}.rare`] });
    if (its.pack !== '') ctx.build(namesake, { rule: namesakeRule, outputs: [`${out}.pack`] });
    if (its.secret !== '') ctx.set(secrets, () => its.secret);
    ctx.set(outputs, { out });
    if (its.publish !== '') ctx.set(published, { name: its.publish, outs: inputs.length });
  },
});

const early = provider<number>('dependers of things', { mutator: 'early' });

export const logic: Logic = {
  moduleTypes: [thing, made],
  mutators: [
    topDown('early', (ctx) => {
      const its = ctx.as(all);
      if (its === undefined || its.look_up === '') return;
      // With this others see how many there are; without, nobody sees that they changed.
      if (its.look_up === 'loud') ctx.set(early, ctx.directDependers().length);
      ctx.extendProperties(
        nested({ srcs: list(path()) }),
        {
          srcs: ctx.directDependers().map(({ module }) => `by-${module.name}`),
        },
        'append',
      );
    }),
    bottomUp('rev', (ctx) => {
      for (const name of ctx.as(all)?.rev ?? []) ctx.addReverseDependency(link, name);
      for (const name of ctx.as(all)?.make ?? []) ctx.createModule(made, { name, from: ctx.name });
      const each = ctx.as(all)?.make_for ?? '';
      for (const file of each === '' ? [] : ctx.glob(`${ctx.directory}/${each}`)) {
        ctx.createModule(made, { name: `of-${file}`, from: ctx.name });
      }
      const rename = ctx.as(all)?.rename ?? '';
      if (rename !== '') ctx.rename(rename);
      const has = ctx.as(all)?.has ?? '';
      if (has === '') return;
      const srcs = [ctx.hasModule(has) ? 'there' : 'missing'];
      ctx.extendProperties(nested({ srcs: fields.srcs }), { srcs }, 'append');
    }),
    bottomUp('split', (ctx) => {
      const split = ctx.as(all)?.split ?? [];
      if (split.length > 0) ctx.createVariations(...split);
    }),
    transition('flavour', {
      split: () => [''],
      outgoing: (ctx, variation) => ctx.as(all)?.want || variation,
    }),
    bottomUp('late', (ctx) => {
      const its = ctx.as(all);
      ctx.addFarVariationDependency([], link, ...(its?.late ?? []));
      if (its !== undefined && its.replace !== '') ctx.replaceDependencies(its.replace);
      if (its !== undefined && its.again !== '') ctx.rename(its.again);
    }),
  ],
  singletons: [
    singleton('index', (ctx) => {
      const found = ctx.collected(published);
      if (found.some(({ value }) => value.name === 'visit')) ctx.modules();
      const names = found.map(({ module, value }) => `${module}:${value.name}`);
      if (names.length > 0) {
        ctx.build(pkg, { rule: phonyRule, outputs: ['index'], inputs: names });
      }
    }),
  ],
};

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

export class Tree {
  readonly root = mkdtempSync(join(tmpdir(), 'ashlar-generate-'));

  constructor(files: Record<string, string>) {
    roots.push(this.root);
    for (const [file, text] of Object.entries(files)) this.write(file, text);
  }

  /** Writes a file, with a time long enough ago for stamps to be trusted. */
  write(file: string, text: string): void {
    const whole = join(this.root, file);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    this.age(file);
  }

  remove(file: string): void {
    rmSync(join(this.root, file));
  }

  #clock = 1_000_000_000;

  age(file: string): void {
    this.#clock += 10;
    utimesSync(join(this.root, file), this.#clock, this.#clock);
  }

  generate(more: Partial<GenerateOptions> = {}): Generated {
    const { root: source } = this;
    const options = { source, output: 'build.ninja', logic: [logic], logicVersion: '1', ...more };
    const result = generate(options);
    if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
    return result.value;
  }

  /** Brings the manifest up to date, and checks that it is what a whole run makes. */
  update(more: Partial<GenerateOptions> = {}): Generated {
    const generated = this.generate(more);
    this.generate({ ...more, fresh: true, output: 'whole.ninja' });
    expect(this.read('build.ninja')).toBe(this.read('whole.ninja'));
    expect(shownIn(join(this.root, '.ashlar/build.ninja.state'))).toEqual(
      shownIn(join(this.root, '.ashlar/whole.ninja.state')),
    );
    expect(this.read('build.ninja.d').replace('build.ninja', 'whole.ninja')).toBe(
      this.read('whole.ninja.d'),
    );
    return generated;
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }
}

/** What a state says that modules show to others, whatever numbers it has for names. */
function shownIn(file: string): unknown {
  const { modules, shown, variants } = readSealed(file) as State;
  return unpackTexts(modules.name).map((name, index) => {
    const type = shown.types[shown.type[index]!];
    const values = (JSON.parse(textAt(shown.values, index) || '[]') as unknown[][]).map((list) => {
      const ofVariant = new Map<string, unknown>();
      for (let i = 0; i < list.length; i += 2) {
        ofVariant.set(shown.providers[list[i] as number]!, list[i + 1]);
      }
      return ofVariant;
    });
    const at = [...variants.name.keys()].slice(
      modules.variants[index],
      modules.variants[index + 1],
    );
    const shapes = at.map((one) => [
      variants.names[variants.name[one]!],
      shown.shapes[shown.shape[one]!],
    ]);
    return { name, type, values, shapes };
  });
}

export function sampleTree(): Tree {
  return new Tree({
    Blueprints: 'subdirs = ["a", "b", "c", "d"]\nbase = "base.c"\nthing { name: "root" }',
    'a/Blueprints': 'thing { name: "a1", srcs: [base] }\nthing { name: "a2", deps: ["a1"] }',
    'b/Blueprints': 'thing { name: "b1", deps: ["a2"] }\nthing { name: "b2", split: ["x", "y"] }',
    'c/Blueprints':
      'thing { name: "c1", deps: ["b1", "b2"] }\nthing { name: "c2", deep: "", deps: ["b1"] }',
    'd/Blueprints': Array.from({ length: 40 }, (_, i) => `thing { name: "d${i}" }`).join('\n'),
  });
}
