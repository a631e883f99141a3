// The syntax tree of a Blueprints file, as plain data. Knows nothing of scopes or of what properties
// mean. Every node is itself a Span, so it can stand as the place of a diagnostic; `line` (from 1) is
// kept beside the offset because printing asks for it at every token.
import type { Source } from '../../base/span.ts';

/**
 * Which published form of the language: 2021 has no `select`, no raw strings, and treats a redefined
 * variable as a syntax error. Everything 2021 accepts, 2025 accepts too, but for variables named
 * `default` or `unset`.
 */
export type Dialect = '2021' | '2025';

/** Offsets are UTF-16 units of `source.text`, `end` exclusive; `line` is that of `start`. */
export interface Node {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

export interface File {
  readonly source: Source;
  readonly dialect: Dialect;
  readonly definitions: readonly Definition[];
  /** In the order of the text. */
  readonly comments: readonly CommentGroup[];
}

export type Definition = Assignment | Module;

/** `name = value` or `name += value`. The name is at `start`. */
export interface Assignment extends Node {
  readonly kind: 'assignment';
  readonly name: string;
  readonly operator: '=' | '+=';
  /** Offset and line of the `=`. */
  readonly equals: number;
  readonly equalsLine: number;
  readonly value: Expression;
}

/** `type { … }`, or `type ( … )` in the old style. The type is at `start`, the closing brace ends it. */
export interface Module<TValue = Expression> extends Node {
  readonly kind: 'module';
  readonly type: string;
  /** Offset and line of the opening brace or parenthesis. */
  readonly open: number;
  readonly openLine: number;
  readonly closeLine: number;
  readonly properties: readonly Property<TValue>[];
}

/** `name: value`. The name is at `start`. Names may repeat: that is for whoever reads the values. */
export interface Property<TValue = Expression> extends Node {
  readonly kind: 'property';
  readonly name: string;
  /** Offset and line of the `:` (of the `=` in the old style). */
  readonly colon: number;
  readonly colonLine: number;
  /** The value; after evaluation without variables, and where it was written, maybe in another file. */
  readonly value: TValue;
  /** The value as it stands in this property, before evaluation: the place for messages about it. */
  readonly written: Expression;
}

export type Expression = Literal | Variable | Operator | Select;

export type Literal = StringLiteral | BoolLiteral | IntLiteral | List | MapLiteral;

export interface StringLiteral extends Node {
  readonly kind: 'string';
  /** Decoded. Bytes that are not UTF-8 (written `\xff`) are lone surrogates U+DC80 to U+DCFF. */
  readonly value: string;
}

export interface BoolLiteral extends Node {
  readonly kind: 'bool';
  readonly value: boolean;
}

export interface IntLiteral extends Node {
  readonly kind: 'int';
  /** Within 64 bits, signed. */
  readonly value: bigint;
}

export interface List<TValue = Expression> extends Node {
  readonly kind: 'list';
  readonly closeLine: number;
  readonly values: readonly TValue[];
}

export interface MapLiteral<TValue = Expression> extends Node {
  readonly kind: 'map';
  readonly closeLine: number;
  readonly properties: readonly Property<TValue>[];
}

/** The name of a variable, in the place of its value. */
export interface Variable extends Node {
  readonly kind: 'variable';
  readonly name: string;
}

/** `a + b + c`: two operands or more, flat, evaluated from the right. */
export interface Operator<TValue = Expression> extends Node {
  readonly kind: 'operator';
  readonly operands: readonly TValue[];
  /** The `+` between the operands: one fewer than those. */
  readonly pluses: readonly Node[];
}

/** `select(condition(…), { pattern: value, … })`. */
export interface Select extends Node {
  readonly kind: 'select';
  readonly conditions: readonly Condition[];
  readonly cases: readonly SelectCase[];
  /** Offset and line of the opening brace, and of the closing one. */
  readonly open: number;
  readonly openLine: number;
  readonly close: number;
  readonly closeLine: number;
}

/** `name("argument", …)`. */
export interface Condition extends Node {
  readonly name: string;
  readonly arguments: readonly StringLiteral[];
}

/** As many patterns as the select has conditions. */
export interface SelectCase extends Node {
  readonly patterns: readonly Pattern[];
  readonly colon: number;
  readonly colonLine: number;
  readonly value: Expression | Unset;
}

export type Pattern = ValuePattern | DefaultPattern | AnyPattern;

export interface ValuePattern extends Node {
  readonly kind: 'value';
  readonly value: StringLiteral | BoolLiteral | IntLiteral;
}

/** `default`: matches always, also what is not set. */
export interface DefaultPattern extends Node {
  readonly kind: 'default';
}

/** `any`, or `any @ name`: matches what is set, and gives it a name inside the branch. */
export interface AnyPattern extends Node {
  readonly kind: 'any';
  readonly binding: Variable | undefined;
}

/** `unset` as the value of a case. */
export interface Unset extends Node {
  readonly kind: 'unset';
}

/** Comments with no token and no blank line between them. */
export interface CommentGroup {
  readonly comments: readonly Comment[];
}

/** One comment with its markers. `text` is the comment also where sorting has moved the offsets. */
export interface Comment extends Node {
  readonly text: string;
}

/** The span of a name at the start of a node: of an assignment, a property or a condition. */
export function nameSpan(node: Node & { readonly name: string }): Node {
  const { source, start, line, name } = node;
  return { source, start, end: start + name.length, line };
}

/** The span of a module's type. */
export function typeSpan(module: Module<unknown>): Node {
  const { source, start, line, type } = module;
  return { source, start, end: start + type.length, line };
}
