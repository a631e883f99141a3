// Values of modules and what can be wrong with them: the golden cases of both dialects, and scopes.
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../../src/base/diagnostic.ts';
import { isSpan } from '../../../src/base/span.ts';
import { evaluate, evaluateCase, type Evaluated } from '../../../src/blueprint/syntax/evaluate.ts';
import { parse } from '../../../src/blueprint/syntax/parse.ts';
import { bytePosition } from '../../../src/blueprint/syntax/position.ts';
import { Scope } from '../../../src/blueprint/syntax/scope.ts';
import type { Dialect, File } from '../../../src/blueprint/syntax/tree.ts';
import { cases, goldenModule, type Json } from './golden.ts';

function parsed(text: string, dialect: Dialect = '2025', file = 'Blueprints'): File {
  const result = parse({ file, text }, { dialect });
  expect(result.diagnostics).toEqual([]);
  return result.file;
}

interface Problem {
  readonly message: string;
  readonly pos: readonly number[];
}

function problems({ diagnostics }: Evaluated): Problem[] {
  return diagnostics.map(({ message, at }) => {
    if (at === undefined || !isSpan(at)) throw new Error(`no place: ${message}`);
    return { message, pos: bytePosition(at.source, at.start) };
  });
}

/**
 * All evaluation errors of the golden cases: messages without dumps of Go values, and places at the
 * variable or operator where the original had the token behind (2021) or none at all (2025). Where the
 * 2025 original crashes on operands of different types, it is the error of 2021.
 */
const ERRORS: Record<string, Problem> = {
  'bool-add': { message: 'operator + not supported on type bool', pos: [9, 1, 10] },
  'bool-case': { message: 'variable "True" is not set', pos: [4, 1, 5] },
  'map-add-conflict-type': {
    message: 'mismatched type in operator +: string != list',
    pos: [15, 1, 16],
  },
  'map-add-bool-conflict': { message: 'operator + not supported on type bool', pos: [16, 1, 17] },
  'type-mismatch-str-list': {
    message: 'mismatched type in operator +: string != list',
    pos: [8, 1, 9],
  },
  'type-mismatch-list-str': {
    message: 'mismatched type in operator +: list != string',
    pos: [10, 1, 11],
  },
  'type-mismatch-int-str': {
    message: 'mismatched type in operator +: int != string',
    pos: [6, 1, 7],
  },
  'type-mismatch-map-list': {
    message: 'mismatched type in operator +: map != list',
    pos: [7, 1, 8],
  },
  'type-mismatch-in-prop': {
    message: 'mismatched type in operator +: string != int',
    pos: [11, 1, 12],
  },
  'var-undefined': { message: 'variable "y" is not set', pos: [10, 1, 11] },
  'var-undefined-rhs': { message: 'variable "y" is not set', pos: [4, 1, 5] },
  'var-self': { message: 'variable "x" is not set', pos: [4, 1, 5] },
  'var-redefine': { message: 'variable already set: "x"', pos: [6, 2, 1] },
  'var-append-undefined': {
    message: 'modified non-existent variable "x" with +=',
    pos: [0, 1, 1],
  },
  'var-append-after-ref': {
    message: 'modified variable "x" with += after referencing',
    pos: [21, 3, 1],
  },
  'var-append-after-ref-var': {
    message: 'modified variable "x" with += after referencing',
    pos: [16, 3, 1],
  },
  'var-append-mismatch': {
    message: 'mismatched type in operator +: list != string',
    pos: [13, 2, 4],
  },
  'var-append-self': {
    message: 'modified variable "x" with += after referencing',
    pos: [10, 2, 1],
  },
  'var-after-use': { message: 'variable "x" is not set', pos: [7, 1, 8] },
  'operator-multiline-list': { message: 'variable "other" is not set', pos: [29, 3, 10] },
  'sort-mixed-var-first': { message: 'variable "v" is not set', pos: [10, 2, 5] },
  'sort-mixed-string-first': { message: 'variable "v" is not set', pos: [19, 3, 5] },
  'sort-in-operator': { message: 'variable "y" is not set', pos: [28, 4, 5] },
};

describe.each<Dialect>(['2021', '2025'])('golden cases of %s', (dialect) => {
  const evaluable = cases(dialect).filter(({ input }) => {
    return parse({ file: 'Blueprints', text: input }, { dialect }).diagnostics.length === 0;
  });
  test.each(evaluable.map((golden) => [golden.id, golden] as const))('%s', (id, golden) => {
    const evaluated = evaluate(parsed(golden.input, dialect), new Scope());
    if (golden.eval.errors !== undefined || golden.eval.panic !== undefined) {
      expect(problems(evaluated)[0]).toEqual(ERRORS[id]);
      return;
    }
    expect(problems(evaluated)).toEqual([]);
    const modules = golden.eval.defs!.filter(({ kind }) => kind === 'module').map(resolved);
    expect(evaluated.modules.map((module) => goldenModule(module, dialect))).toEqual(modules);
  });
});

/** A recorded tree with the values of variables and operators in their places. */
function resolved(node: Json): Json {
  if (node['kind'] === 'variable' || node['kind'] === 'operator') {
    // In a branch of a select they are evaluated when it is decided.
    if (node['value'] === undefined) return node;
    return resolved(node['value'] as Json);
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (Array.isArray(value)) {
        return [key, value.map((item: unknown) => (isObject(item) ? resolved(item) : item))];
      }
      return [key, isObject(value) ? resolved(value) : value];
    }),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('scopes', () => {
  const scopeOf = (text: string, parent?: Scope): Scope => {
    const scope = new Scope(parent);
    expect(problems(evaluate(parsed(text), scope))).toEqual([]);
    return scope;
  };
  const messages = (text: string, scope: Scope): string[] =>
    problems(evaluate(parsed(text), scope)).map(({ message }) => message);

  test('a child sees what its parent set before the child was made, and no more', () => {
    const parent = scopeOf('a = 1');
    const child = new Scope(parent);
    evaluate(parsed('b = 2'), parent);
    expect(child.names()).toEqual(['a']);
    expect(new Scope(parent).names()).toEqual(['a', 'b']);
  });

  test('a child neither shadows nor appends to what it inherits', () => {
    const parent = scopeOf('a = ["x"]');
    expect(messages('a = ["y"]', new Scope(parent))).toEqual([
      'variable already set in inherited scope: "a"',
    ]);
    expect(messages('a += ["y"]', new Scope(parent))).toEqual([
      'modified non-local variable "a" with +=',
    ]);
  });

  test('what is removed is gone for this scope only', () => {
    const parent = scopeOf('subdirs = ["x"]');
    const child = new Scope(parent);
    child.remove('subdirs');
    expect(child.get('subdirs')).toBeUndefined();
    expect(parent.get('subdirs')?.local).toBe(true);
  });

  test('siblings do not see each other', () => {
    const parent = scopeOf('a = 1');
    scopeOf('b = 1', parent);
    expect(messages('m { v: b }', new Scope(parent))).toEqual(['variable "b" is not set']);
  });

  test('one broken variable gives one error, however often it is used', () => {
    expect(messages('a = nope\nb = a\nm { v: [a, b] }\na += ["x"]\n', new Scope())).toEqual([
      'variable "nope" is not set',
    ]);
  });

  test('every error of a file is told, with the nearest name', () => {
    const text = 'cflags = ["-O2"]\nm { a: cflag, b: 1 + "x" }\nn { c: [oops] }\n';
    const { diagnostics } = evaluate(parsed(text), new Scope());
    expect(diagnostics.map(formatDiagnostic).join('\n')).toBe(
      [
        'Blueprints:2:8: error: variable "cflag" is not set',
        '  2 | m { a: cflag, b: 1 + "x" }',
        '    |        ~~~~~',
        '  hint: did you mean "cflags"?',
        'Blueprints:2:20: error: mismatched type in operator +: int != string',
        '  2 | m { a: cflag, b: 1 + "x" }',
        '    |                    ~',
        '  Blueprints:2:18: note: the left side is an int',
        '  Blueprints:2:22: note: the right side is a string',
        'Blueprints:3:9: error: variable "oops" is not set',
        '  3 | n { c: [oops] }',
        '    |         ~~~~',
      ].join('\n'),
    );
  });
});

describe('selects', () => {
  const text = 's = "x"\nm { p: select(f(), { any @ v: s + v, default: unset }) }\n';

  test('a case is evaluated in the scope of its file, with the names its patterns bind', () => {
    const scope = new Scope();
    const [module] = evaluate(parsed(text), scope).modules;
    const value = module!.properties[0]!.value;
    if (value.kind !== 'select') throw new Error(value.kind);
    const [any, fallback] = value.cases;
    const bound = new Map([['v', { ...value, kind: 'string', value: 'y' } as const]]);
    const result = evaluateCase(any!, value.scope, bound);
    expect(result).toMatchObject({ ok: true, value: { kind: 'string', value: 'xy' } });
    expect(evaluateCase(any!, value.scope)).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'blueprint/variable-not-set', message: 'variable "v" is not set' }],
    });
    expect(evaluateCase(fallback!, value.scope)).toMatchObject({ value: { kind: 'unset' } });
    expect(scope.get('v')).toBeUndefined();
  });

  test('what is written beside a select stays in its place', () => {
    const [module] = evaluate(
      parsed('a = ["a"]\nm { p: a + ["b"] + select(f(), { default: ["c"] }) + ["d"] + ["e"] }\n'),
      new Scope(),
    ).modules;
    const value = module!.properties[0]!.value;
    if (value.kind !== 'operator') throw new Error(value.kind);
    expect(value.operands.map(({ kind }) => kind)).toEqual(['list', 'list', 'select', 'list']);
    expect(value.pluses).toHaveLength(3);
  });
});
