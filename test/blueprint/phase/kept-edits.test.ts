// Any edits of a tree whose build logic asks its modules for all that there is to ask, with modules kept wherever that is
// possible: the manifest, errors and what is remembered are those of whole runs.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { KeptModule } from '../../../src/blueprint/module/kept.ts';
import {
  bottomUp,
  dependencyTag,
  list,
  moduleName,
  moduleType,
  nested,
  packageContext,
  path,
  provider,
  string,
  topDown,
  transition,
  type Logic,
} from '../../../src/index.ts';
import { Tree } from './tree.ts';

const pkg = packageContext('test/edits');
const compile = pkg.rule('compile', { command: 'cc $extra $in -o $out' }, 'extra');
const link = dependencyTag('link');
const outputs = provider<{ out: string; all: readonly string[] }>('outputs of edits');
const records = provider<readonly { name: string }[]>('records of edits');
const kind = provider<string>('kind of edits', { mutator: 'kinds' });
const count = provider<number>('count of edits', { mutator: 'counts' });
const published = provider<{ a: string }>('published by edits', { persistent: true });

const fields = {
  srcs: list(path()),
  deps: list(moduleName({ tag: link })),
  late: list(string()),
  far: list(string()),
  rev: list(string()),
  split: list(string()),
  local: list(string()),
  same: list(string()),
  alias: string(),
  kind: string(),
  records: string(),
  seen: string(),
  want: string(),
  has_own: string(),
  gather: string(),
  deep: string(),
  publish: string(),
  has: string(),
  replace: string(),
};
const all = nested(fields);
const sources = nested({ srcs: fields.srcs });

const thing = moduleType({
  name: 'thing',
  properties: fields,
  generate(ctx) {
    const its = ctx.properties;
    const found: (string | undefined)[] = [];
    const objects = new Set<unknown>();
    for (const { module, tag } of ctx.directDependencies()) {
      found.push(`${module.variant} ${tag.name}`, ...(ctx.get(module, outputs)?.all ?? ['none']));
      found.push(`kind ${ctx.get(module, kind)}`, `count ${ctx.get(module, count)}`);
      found.push(`split ${module.variation('split')}`);
      for (const record of ctx.get(module, records) ?? []) {
        objects.add(record);
        found.push(record.name);
      }
      if (its.seen !== '') found.push(`seen ${module.as(all)?.seen} ${module.directory}`);
    }
    found.push(`objects ${objects.size}`);
    if (its.deep !== '') ctx.walkDependencies(({ name }) => found.push(`deep ${name}`) > 0);
    const out = `out/${ctx.name}-${ctx.module.variant}`;
    ctx.build(pkg, {
      rule: compile,
      outputs: [out],
      inputs: its.srcs.map((source) => `${ctx.directory}/${source}`),
      implicits: [...new Set(found)].map((text) => `saw-${text}`.replaceAll(' ', '.')),
      args: { extra: its.kind },
    });
    ctx.set(outputs, { out, all: its.gather === '' ? [out] : [out, `${found.length}`] });
    if (its.records !== '') {
      const below = ctx
        .directDependencies()
        .flatMap(({ module }) => ctx.get(module, records) ?? []);
      ctx.set(records, [{ name: its.records }, ...below]);
    }
    if (its.publish !== '') ctx.set(published, { a: its.publish });
  },
});

const logic: Logic = {
  moduleTypes: [thing],
  mutators: [
    bottomUp('kinds', (ctx) => {
      const its = ctx.as(all)!;
      ctx.directDependencies();
      for (const name of its.rev) ctx.addReverseDependency(link, name);
      const below = ctx.directDependencies().map(({ module }) => ctx.get(module, kind) ?? '');
      if (its.kind !== '') ctx.set(kind, `${its.kind}+${below.sort().at(-1) ?? ''}`.slice(0, 9));
    }),
    bottomUp('split', (ctx) => {
      const { split, local, alias } = ctx.as(all)!;
      if (local.length > 0) ctx.createLocalVariations(...local);
      if (split.length > 0) ctx.createVariations(...split);
      if (split.includes(alias)) ctx.aliasVariation(alias);
      else if (split.length + local.length === 0 && alias !== '') ctx.setDependencyVariation(alias);
    }),
    transition('flavour', {
      split: (ctx) => {
        const own = ctx.as(all)!.has_own;
        return own === 'both' ? ['hot', ''] : own === 'cold' ? ['cold'] : [''];
      },
      outgoing: (ctx, variation) => ctx.as(all)!.want || variation,
      // One looks at what its properties are, the others at their type.
      incoming: (ctx, variation) => {
        if (ctx.name !== 'm3') return ctx.module.has(all) ? variation : '';
        const own = ctx.as(all)!.has_own;
        return own === 'both' ? 'hot' : own;
      },
    }),
    bottomUp('counts', (ctx) => {
      const its = ctx.as(all)!;
      ctx.addFarVariationDependency([], link, ...its.far);
      if (its.has !== '') {
        const srcs = [ctx.hasModule(its.has) ? 'there' : 'missing'];
        ctx.extendProperties(sources, { srcs }, 'append');
      }
      const kinds = ctx.directDependencies().map(({ module }) => ctx.get(module, kind));
      if (its.publish !== '') {
        ctx.set(count, kinds.length + 10 * kinds.filter((one) => one !== undefined).length);
      }
    }),
    bottomUp('same', (ctx) => {
      const { same } = ctx.as(all)!;
      if (same.length > 0) ctx.createVariations(...same);
    }),
    bottomUp('late', (ctx) => {
      const { late, replace } = ctx.as(all)!;
      ctx.addDependency(link, ...late);
      if (replace !== '') ctx.replaceDependencies(replace);
    }),
    topDown('dependers', (ctx) => {
      if (ctx.as(all)!.kind !== 'top') return;
      const srcs = ctx.directDependers().map(({ module }) => module.name);
      ctx.extendProperties(sources, { srcs }, 'append');
    }),
  ],
};

const MODULES = 24;
/** In one file. */
const TOGETHER = 3;

interface Wanted {
  readonly deps: readonly number[];
  readonly late: readonly number[];
  readonly far: readonly number[];
  readonly rev: readonly number[];
  readonly extra: readonly string[];
}

const EXTRAS = [
  'split: ["x", "y"]',
  'split: ["x", "y", "z"]',
  'split: ["y"], alias: "y"',
  'local: ["p", "q"]',
  'same: ["u", "v"]',
  'alias: "x"',
  'kind: "a"',
  'kind: "b"',
  'kind: "top"',
  'records: "r"',
  'seen: "s"',
  'want: "hot"',
  'want: "cold"',
  'has_own: "both"',
  'has_own: "cold"',
  'gather: "g"',
  'deep: "d"',
  'publish: "p"',
  'publish: "q"',
  'has: "m5"',
  'has: "nobody"',
  'replace: "m1"',
  'replace: "m7"',
];
const number = fc.nat(MODULES - 1);
const few = fc.uniqueArray(number, { maxLength: 3 });
const rarely = (max: number, weight: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    { weight, arbitrary: fc.constant<number[]>([]) },
    { weight: 1, arbitrary: fc.uniqueArray(number, { maxLength: max }) },
  );
const wanted: fc.Arbitrary<Wanted> = fc.record({
  deps: few,
  late: rarely(2, 3),
  far: rarely(2, 3),
  rev: rarely(1, 6),
  extra: fc.uniqueArray(fc.constantFrom(...EXTRAS), {
    maxLength: 2,
    selector: (text) => text.split(':')[0]!,
  }),
});
const edit = fc.record({
  index: number,
  /** Nothing: the module goes. */
  module: fc.option(wanted, { freq: 5 }),
  linesBefore: fc.nat(2),
});

/** The text of modules by number; undefined for those that there are not. */
class Modules {
  readonly #texts: (string | undefined)[] = Array.from({ length: MODULES }, (_, i) => plain(i));
  readonly tree: Tree;

  constructor() {
    const directories = Array.from({ length: MODULES / TOGETHER }, (_, i) => `"f${i}"`).join(', ');
    const filler = Array.from({ length: 60 }, (_, i) => `thing { name: "z${i}" }`).join('\n');
    this.tree = new Tree({
      Blueprints: `subdirs = [${directories}, "z"]`,
      'z/Blueprints': filler,
    });
    for (let i = 0; i < MODULES; i += TOGETHER) this.#write(i, 0);
  }

  /** Puts it in. Undoes that, and returns the message, where a whole run says that it is a mistake. */
  set(index: number, module: Wanted | null, linesBefore = 0): string | undefined {
    const before = this.#texts[index];
    this.#texts[index] = module === null ? undefined : this.#textOf(index, module);
    this.#write(index, linesBefore);
    const message = messageOf(() =>
      this.tree.generate({ ...more, fresh: true, output: 'whole.ninja' }),
    );
    if (message === undefined) return undefined;
    const other = messageOf(() => this.tree.generate(more));
    this.#texts[index] = before;
    this.#write(index, 0);
    expect(other).toBe(message);
    return message;
  }

  #textOf(index: number, { deps, late, far, rev, extra }: Wanted): string {
    const below = (numbers: readonly number[]): string =>
      names(numbers.filter((one) => one < index && this.#texts[one] !== undefined));
    return [
      `name: "m${index}"`,
      ...extra,
      `deps: [${below(deps)}]`,
      `late: [${below(late)}]`,
      `far: [${below(far)}]`,
      `rev: [${names(rev.filter((one) => one > index))}]`,
    ].join(', ');
  }

  #write(index: number, linesBefore: number): void {
    const file = Math.floor(index / TOGETHER);
    const texts = this.#texts.slice(file * TOGETHER, (file + 1) * TOGETHER);
    const modules = texts.flatMap((text) => (text === undefined ? [] : [`thing { ${text} }`]));
    this.tree.write(`f${file}/Blueprints`, '\n'.repeat(linesBefore) + modules.join('\n'));
  }
}

function plain(index: number): string {
  return `name: "m${index}"`;
}

function names(numbers: readonly number[]): string {
  return numbers.map((one) => `"m${one}"`).join(', ');
}

function messageOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const more = { logic: [logic] };

test('after any edits there is the manifest of a whole run', () => {
  const answers = { nothing: 0, part: 0, whole: 0 };
  const kept = vi.spyOn(KeptModule.prototype, 'has');
  const start = fc.array(wanted, { minLength: MODULES, maxLength: MODULES });
  const edits = fc.array(edit, { minLength: 3, maxLength: 8 });
  try {
    fc.assert(
      fc.property(start, edits, (first, then) => {
        const modules = new Modules();
        modules.tree.generate(more);
        for (const [index, module] of first.entries()) modules.set(index, module);
        for (const { index, module, linesBefore } of then) {
          modules.set(index, module, linesBefore);
          answers[modules.tree.update(more).analysed]++;
        }
      }),
      { numRuns: 6 },
    );
    expect(kept).toHaveBeenCalled();
  } finally {
    kept.mockRestore();
  }
  expect(answers.part).toBeGreaterThan(answers.whole);
}, 120_000);
