// What scripts.js makes of modules is run as src/cli/load.ts runs it, and does what Node's own loader makes them do.
import { runInThisContext } from 'node:vm';
import { expect, test } from 'vitest';
import { scriptOf } from '../scripts.js';

type Exports = Record<string, unknown>;

interface Facts {
  readonly program?: boolean;
  readonly imports?: number;
  readonly exports?: number;
}

/** Runs one whose imports are given by name. */
function run(module: string, facts: Facts, given: Record<string, Exports> = {}): unknown {
  const script = scriptOf('x.js', module, { program: false, imports: 0, exports: 0, ...facts });
  const part = runInThisContext(script) as (...words: unknown[]) => unknown;
  const near = (name: string): Exports => given[name]!;
  const late = (name: string): Promise<Exports> => Promise.resolve(given[name]!);
  return part(near, late, '/bundle', new Set());
}

test('imports of all forms that esbuild writes, and exports under other names', () => {
  const module = `import {
  a,
  b as c
} from "./x.js";
import "./y.js";
import * as all from "node:fs";
import whole from "node:os";
import own from "./z.js";

// src/it.ts
var sum = a + c + all.f + whole.g + own;
function twice() {
  return 2 * sum;
}
export {
  sum,
  twice as double
};
`;
  const exports = run(
    module,
    { imports: 5, exports: 2 },
    {
      './x.js': { a: 1, b: 2 },
      './y.js': {},
      'node:fs': { f: 4 },
      'node:os': { g: 8 },
      './z.js': { default: 16 },
    },
  ) as { sum: number; double: () => number };
  expect(exports.sum).toBe(31);
  expect(exports.double()).toBe(62);
});

test('a default export, comments at the end, and characters that are not ASCII', () => {
  const module =
    'var dots = /^…$/u; // …\nexport default dots.test("\\u2026");\n/*! For license information please see x.js.LEGAL.txt */\n//# sourceMappingURL=x.js.map\n';
  expect(run(module, { exports: 1 })).toEqual({ default: true });
  const script = scriptOf('x.js', module, { program: false, imports: 0, exports: 1 });
  expect(script).toMatch(/^[\x20-\x7e\n]*$/);
  expect(script).toMatch(/\n\/\/# sourceMappingURL=x\.js\.map\n$/);
});

test('a program waits at its top, and imports late', async () => {
  const module = 'let { f } = await import("./late.js");\nf(await import(name));\n';
  const seen: unknown[] = [];
  const given = { './late.js': { f: (value: unknown) => seen.push(value) }, other: { it: 1 } };
  (globalThis as { name?: string }).name = 'other';
  await run(module, { program: true }, given);
  expect(seen).toEqual([{ it: 1 }]);
});

test('lines stay where they are', () => {
  const module = 'import {\n  a\n} from "./x.js";\n\nthrow new Error("here");\n';
  let stack = '';
  try {
    run(module, { imports: 1 }, { './x.js': {} });
  } catch (error) {
    stack = (error as Error).stack!;
  }
  expect(stack).toMatch(/evalmachine[^\n]*:5:7/);
});

test.each<[why: string, module: string, facts: Facts, said: string]>([
  ['an import that was not found', "import x from './x.js';\n", { imports: 1 }, '0 were found'],
  ['one in a text', 'var text = `\nimport "node:fs";\n`;\n', {}, '1 were found'],
  ['exports elsewhere', 'export var x = 1;\n', { exports: 1 }, '0 were found'],
  [
    'a variable',
    'var x = 1;\nx = 2;\nexport {\n  x\n};\n',
    { exports: 1 },
    'x is exported, and changes',
  ],
  [
    'one that is set late',
    'var x;\nfunction set() {\n  x = 1;\n}\nexport {\n  x\n};\n',
    { exports: 1 },
    'x is exported, and changes',
  ],
  [
    'a counter',
    'var x = 1;\nx++;\nexport {\n  x\n};\n',
    { exports: 1 },
    'x is exported, and changes',
  ],
  [
    'a program that exports',
    'var x = 1;\nexport {\n  x\n};\n',
    { program: true, exports: 1 },
    'with exports',
  ],
])('it stops at %s', (_, module, facts, said) => {
  const all = { program: false, imports: 0, exports: 0, ...facts };
  expect(() => scriptOf('x.js', module, all)).toThrow(said);
});

test('enums of TypeScript and names that others begin with are no variables', () => {
  const module =
    'var E;\n(function(E2) {\n  E2[E2.a = 0] = "a";\n})(E || (E = {}));\nvar E3 = 1;\nE3 = 2;\nvar same = E == E3;\nexport {\n  E\n};\n';
  expect(run(module, { exports: 1 })).toEqual({ E: { 0: 'a', a: 0 } });
});
