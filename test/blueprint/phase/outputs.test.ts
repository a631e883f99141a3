// Two statements with one output: found by the engine, which knows both places.
import { expect, test } from 'vitest';
import { formatDiagnostic } from '../../../src/base/diagnostic.ts';
import { memoryFiles } from '../../../src/blueprint/glob/memory.ts';
import { Engine } from '../../../src/blueprint/phase/engine.ts';
import {
  list,
  moduleType,
  packageContext,
  phonyRule,
  singleton,
  string,
  type Logic,
} from '../../../src/index.ts';

const pkg = packageContext('test/outputs');
pkg.variable('out', 'out');

const thing = moduleType({
  name: 'thing',
  properties: { outs: list(string()), more: list(string()) },
  generate(ctx) {
    const { outs, more } = ctx.properties;
    for (const out of outs) ctx.build(pkg, { rule: phonyRule, outputs: [out] });
    if (more.length > 0) {
      ctx.build(pkg, { rule: phonyRule, outputs: [`${ctx.name}.o`], implicitOutputs: more });
    }
  },
});

const everything = singleton('everything', (ctx) =>
  ctx.build(pkg, { rule: phonyRule, outputs: ['out/all'] }),
);

function problems(text: string, more: Logic = {}): string {
  const engine = new Engine(
    { files: memoryFiles({ Blueprints: text }) },
    {
      moduleTypes: [thing],
      ...more,
    },
  );
  for (const phase of ['parse', 'resolve', 'prepare'] as const) {
    const diagnostics = engine[phase]();
    if (diagnostics.length > 0) return diagnostics.map(formatDiagnostic).join('\n');
  }
  return '';
}

test('both modules are named, with their places', () => {
  expect(problems('thing { name: "a", outs: ["x"] }\n\nthing { name: "b", outs: ["x"] }')).toBe(
    `Blueprints:3:1: error: module "b" makes x, which module "a" makes too
  3 | thing { name: "b", outs: ["x"] }
    | ~~~~~
  Blueprints:1:1: note: module "a" is defined here
  hint: only one statement can make a file: give one of them another name`,
  );
});

test.each([
  ['one module twice', 'thing { name: "a", outs: ["x", "x"] }', 'module "a" makes x twice'],
  ['within one statement', 'thing { name: "a", more: ["a.o"] }', 'module "a" makes a.o twice'],
  ['implicit outputs', 'thing { name: "a", more: ["x"], outs: ["x"] }', 'makes x twice'],
  ['ways to one path', 'thing { name: "a", outs: ["d/x", "./d//y/../x"] }', 'makes d/x twice'],
  ['a variable', 'thing { name: "a", outs: ["out/x", "${out}/x"] }', 'makes out/x twice'],
])('%s', (_, text, message) => {
  expect(problems(text)).toContain(message);
});

test('a singleton and a module', () => {
  const singletons = [everything];
  expect(problems('thing { name: "a", outs: ["out/all"] }', { singletons })).toContain(
    'error: singleton everything makes out/all, which module "a" makes too\n  Blueprints:1:1: note: ',
  );
});

test('several are told of in one run, and other outputs are none', () => {
  const text = ['a', 'b', 'c']
    .map((name) => `thing { name: "${name}", outs: ["x", "${name}"] }`)
    .join('\n');
  expect(problems(text).match(/error: /g)).toHaveLength(2);
});
