// The golden parser cases, and our trees in the shape in which they record the original's trees.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from '../../../src/base/span.ts';
import { bytePosition } from '../../../src/blueprint/syntax/position.ts';
import { toBytes } from '../../../src/blueprint/syntax/quote.ts';
import type {
  Comment,
  Dialect,
  Expression,
  File,
  Module,
  Operator,
  Pattern,
  Property,
  Select,
  Unset,
} from '../../../src/blueprint/syntax/tree.ts';
import type { Value } from '../../../src/blueprint/syntax/scope.ts';

export const GOLDEN = join(import.meta.dirname, '../../../../shared/golden/blueprint');

export function readGolden(path: string): unknown {
  return JSON.parse(readFileSync(join(GOLDEN, path), 'utf8'));
}

export interface GoldenError {
  readonly message: string;
  readonly pos?: readonly number[];
}

export interface Failed {
  readonly errors?: readonly GoldenError[];
  readonly panic?: string;
}

export interface Case {
  readonly id: string;
  readonly input: string;
  readonly parse: Failed & { readonly defs?: unknown; readonly comments?: unknown };
  readonly eval: Failed & { readonly defs?: readonly Json[]; readonly comments?: unknown };
  readonly print?: string | Failed | null;
  readonly sortprint?: string | Failed | null;
  readonly idempotent?: boolean;
}

export type Json = Record<string, unknown>;

export function cases(dialect: Dialect): readonly Case[] {
  const file = readGolden(`parser/v${dialect}/extra_vectors.json`) as { cases: Case[] };
  if (file.cases.length < 200) throw new Error('golden cases are missing');
  return file.cases;
}

type Position = readonly number[];

/** Moves a position by a number of bytes that are all of one line. */
function advance([offset, line, column]: Position, bytes: number): Position {
  return [offset! + bytes, line!, column! + bytes];
}

function at(source: Source, offset: number): Position {
  return bytePosition(source, offset);
}

/** A file as the original gives it after parsing alone. */
export function goldenFile(file: File): Json {
  const { source, dialect, definitions } = file;
  const defs = definitions.map((definition, index) => {
    const { start } = definition;
    if (definition.kind === 'module') return goldenModule(definition, dialect);
    const { name, operator, equals, value } = definition;
    const written = goldenValue(value, dialect);
    const assignment = {
      kind: 'assignment',
      name,
      assigner: operator,
      namePos: at(source, start),
      equalsPos: at(source, equals),
      referenced: false,
    };
    if (dialect === '2025') return { ...assignment, value: written };
    let total = written;
    for (const later of operator === '=' ? definitions.slice(index + 1) : []) {
      if (later.kind !== 'assignment' || later.name !== name) continue;
      const appended = goldenValue(later.value, dialect);
      total = operatorOf(total, appended, at(source, later.equals), dialect);
    }
    return { ...assignment, value: total, origValue: written };
  });
  return { defs, comments: file.comments.map(({ comments }) => comments.map(goldenComment)) };
}

/** A module as parsed, or as evaluated. */
export function goldenModule(module: Module | Module<Value>, dialect: Dialect): Json {
  const { source, type, start, open, end } = module;
  return {
    kind: 'module',
    type,
    typePos: at(source, start),
    lbrace: at(source, open),
    rbrace: at(source, end - 1),
    end: at(source, end),
    properties: module.properties.map((property) => goldenProperty(property, dialect)),
  };
}

function goldenProperty(property: Property | Property<Value>, dialect: Dialect): Json {
  const { source, name, start, colon, value } = property;
  return {
    name,
    namePos: at(source, start),
    colonPos: at(source, colon),
    value: goldenValue(value, dialect),
  };
}

function operatorOf(left: Json, right: Json, pos: Position, dialect: Dialect): Json {
  return {
    kind: 'operator',
    op: '+',
    pos,
    args: [left, right],
    end: right['end'] ?? after(right['rbrace'] as Position),
    // Before evaluation the original takes the left operand for the value.
    ...(dialect === '2021' ? { value: left } : {}),
  };
}

function after(position: Position): Position {
  return advance(position, 1);
}

export function goldenValue(value: Expression | Value | Unset, dialect: Dialect): Json {
  const { source, start, end } = value;
  const pos = at(source, start);
  switch (value.kind) {
    case 'string': {
      // The original adds the length of the decoded value and the quotes.
      const bytes = toBytes(value.value).length;
      const shown = value.value.replace(/[\udc80-\udcff]/gu, '\ufffd');
      return { kind: 'string', pos, end: advance(pos, bytes + 2), value: shown };
    }
    case 'bool':
    case 'int': {
      const written = source.text.slice(start, end).replace(/[ \t]/g, '');
      // A sum has no token.
      const token = value.kind === 'int' && BigInt(written) !== value.value ? '' : written;
      const kind = value.kind === 'int' ? 'int64' : 'bool';
      const shown = value.kind === 'int' ? String(value.value) : value.value;
      return { kind, pos, end: advance(pos, token.length), token, value: shown };
    }
    case 'variable': {
      const variable = { kind: 'variable', name: value.name, pos, end: at(source, end) };
      return dialect === '2021' ? { ...variable, value: { kind: 'notevaluated' } } : variable;
    }
    case 'list': {
      const values = value.values.map((item) => goldenValue(item, dialect));
      return {
        kind: 'list',
        lbrace: pos,
        rbrace: at(source, end - 1),
        end: at(source, end),
        values,
      };
    }
    case 'map': {
      const properties = value.properties.map((property) => goldenProperty(property, dialect));
      return {
        kind: 'map',
        lbrace: pos,
        rbrace: at(source, end - 1),
        end: at(source, end),
        properties,
      };
    }
    case 'operator': {
      if (isEvaluated(value)) return appended(value.operands, dialect);
      const operands: readonly Expression[] = value.operands;
      return operands
        .map((operand) => goldenValue(operand, dialect))
        .reduceRight((right, left, index) =>
          operatorOf(left, right, at(source, value.pluses[index]!.start), dialect),
        );
    }
    case 'select':
      return goldenSelect(value, dialect);
    case 'unset':
      return { kind: 'unset', pos };
  }
}

/** Evaluation leaves an operator only beside a select, and gives every select its scope. */
function isEvaluated(value: Operator | Operator<Value>): value is Operator<Value> {
  return value.operands.some((operand) => 'scope' in operand);
}

/** The original makes a chain of selects, each with what is to be appended to it. */
function appended([first, ...rest]: readonly Value[], dialect: Dialect): Json {
  const value = goldenValue(first!, dialect);
  if (rest.length === 0) return value;
  const nowhere = [0, 0, 0];
  const select =
    first!.kind === 'select'
      ? value
      : {
          kind: 'select',
          pos: nowhere,
          lbrace: nowhere,
          rbrace: nowhere,
          conditions: [],
          cases: [{ patterns: [], colonPos: nowhere, value }],
        };
  return { ...select, append: appended(rest, dialect) };
}

function goldenSelect(select: Select, dialect: Dialect): Json {
  const { source } = select;
  return {
    kind: 'select',
    pos: at(source, select.start),
    lbrace: at(source, select.open),
    rbrace: at(source, select.close),
    append: null,
    conditions: select.conditions.map((condition) => ({
      function: condition.name,
      pos: at(source, condition.start),
      args: condition.arguments.map((argument) => goldenValue(argument, dialect)),
    })),
    cases: select.cases.map(({ patterns, colon, value }) => ({
      patterns: patterns.map((pattern) => goldenPattern(pattern, dialect)),
      colonPos: at(source, colon),
      value: goldenValue(value, dialect),
    })),
  };
}

function goldenPattern(pattern: Pattern, dialect: Dialect): Json {
  const pos = at(pattern.source, pattern.start);
  switch (pattern.kind) {
    case 'default':
      return { pos, default: true };
    case 'any':
      return {
        pos,
        any: true,
        ...(pattern.binding === undefined
          ? {}
          : { binding: goldenValue(pattern.binding, dialect) }),
      };
    case 'value': {
      const value = goldenValue(pattern.value, dialect);
      // The original forgets the token of a pattern that is true or false.
      const faulty = value['kind'] === 'bool' ? { ...value, token: '', end: pos } : value;
      return { pos, value: faulty };
    }
  }
}

function goldenComment({ source, start, text }: Comment): Json {
  const lines = text.split('\n');
  const pos = at(source, start);
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  const end = [pos[0]! + bytes, pos[1]! + lines.length - 1, Buffer.byteLength(lines.at(-1)!) + 1];
  return { lines, text: bare(text), pos, end };
}

/** The text without its markers. */
function bare(text: string): string {
  return text.startsWith('//') ? `${text.slice(2)}\n` : `${text.slice(2, -2)}\n`;
}
