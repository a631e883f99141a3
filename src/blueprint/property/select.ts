// Decides configurable values: asks a function for the conditions, picks the branches, unpacks and
// adds up what they hold. Knows nothing of modules.
import {
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Note,
  type Result,
} from '../../base/diagnostic.ts';
import { evaluateCase } from '../syntax/evaluate.ts';
import type { ScopedSelect, Value } from '../syntax/scope.ts';
import type { Condition, Pattern, SelectCase } from '../syntax/tree.ts';
import { joinValues } from './extend.ts';
import type { Configurable } from './property.ts';
import { unpackValue } from './unpack.ts';

/** What a condition comes to; undefined when nothing has set it. */
export type ConditionValue = string | boolean | number | bigint | undefined;

/** Why a condition cannot be decided, with further lines about where that was found. */
export class ConditionError extends Error {
  readonly notes: readonly Note[];

  constructor(message: string, notes: readonly Note[]) {
    super(message);
    this.notes = notes;
  }
}

/** Decides `name(arguments)`. Throws an Error that says why it cannot. */
export type Decide = (name: string, args: readonly string[]) => ConditionValue;

/**
 * The value that a configurable property comes to, undefined where nothing sets it. Error codes:
 * `property/select-condition`, `property/select-unhandled`, `property/select-type`, and those of
 * unpacking.
 */
export function evaluateConfigurable<T>(
  { property, parts }: Configurable<T>,
  name: string,
  decide: Decide,
): Result<T | undefined> {
  const diagnostics: Diagnostic[] = [];
  let sum: unknown;
  const addValue = (value: unknown): void => {
    sum = sum === undefined ? value : joinValues(property, sum, value);
  };
  for (const part of parts) {
    if (part.kind === 'unpacked') {
      addValue(part.value);
      continue;
    }
    const decided = decideValue(part, decide);
    if (!decided.ok) diagnostics.push(...decided.diagnostics);
    for (const { value } of decided.ok ? decided.value : []) {
      const unpacked = unpackValue(property, value, name);
      if (unpacked.ok) addValue(unpacked.value);
      else diagnostics.push(...unpacked.diagnostics);
    }
  }
  return diagnostics.length > 0 ? failed(...diagnostics) : ok(sum as T | undefined);
}

/** A value that selects came to. */
export interface Decided {
  readonly value: Value;
  /** The cases that led to it, from the outside in. */
  readonly branches: readonly Branch[];
}

export interface Branch {
  readonly select: ScopedSelect;
  readonly chosen: SelectCase;
}

/** The values without selects that a value comes to, to be added up; none for `unset`. */
export function decideValue(
  value: Value,
  decide: Decide,
  branches: readonly Branch[] = [],
): Result<readonly Decided[]> {
  if (value.kind === 'operator') {
    const values: Decided[] = [];
    for (const operand of value.operands) {
      const decided = decideValue(operand, decide, branches);
      if (!decided.ok) return decided;
      values.push(...decided.value);
    }
    return ok(values);
  }
  if (value.kind === 'select') return decideSelect(value, decide, branches);
  return ok([{ value, branches }]);
}

function decideSelect(
  select: ScopedSelect,
  decide: Decide,
  branches: readonly Branch[],
): Result<readonly Decided[]> {
  const decided: ConditionValue[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const condition of select.conditions) {
    const args = condition.arguments.map((argument) => argument.value);
    try {
      const value = decide(condition.name, args);
      if (!isConditionValue(value)) {
        const what = `${showCondition(condition)} came to ${JSON.stringify(value) ?? typeof value}`;
        throw new Error(`${what}, which is no text, bool or number`);
      }
      decided.push(value);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const notes = error instanceof ConditionError ? error.notes : undefined;
      diagnostics.push(
        definitionError({ code: 'property/select-condition', message, at: condition, notes }),
      );
    }
  }
  const mismatch = mismatchedPattern(select, decided);
  if (mismatch !== undefined) diagnostics.push(mismatch);
  if (diagnostics.length > 0) return failed(...diagnostics);
  const chosen = select.cases.find(({ patterns }) =>
    patterns.every((pattern, i) => matches(pattern, decided[i])),
  );
  if (chosen === undefined) return failed(unhandled(select, decided));
  const evaluated = evaluateCase(chosen, select.scope, bindings(chosen, decided));
  if (!evaluated.ok) return evaluated;
  if (evaluated.value.kind === 'unset') return ok([]);
  return decideValue(evaluated.value, decide, [...branches, { select, chosen }]);
}

/** What JavaScript gives may be anything. */
function isConditionValue(value: unknown): value is ConditionValue {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return value === undefined || ['string', 'boolean', 'bigint'].includes(typeof value);
}

function matches(pattern: Pattern, value: ConditionValue): boolean {
  switch (pattern.kind) {
    case 'default':
      return true;
    case 'any':
      return value !== undefined;
    case 'value': {
      const wanted = pattern.value.value;
      return typeof value === 'number' ? BigInt(value) === wanted : value === wanted;
    }
  }
}

/** Values as literals of the language, under the names that `any @ name` gives them. */
function bindings(
  { patterns }: SelectCase,
  decided: readonly ConditionValue[],
): ReadonlyMap<string, Value> {
  const bound = new Map<string, Value>();
  for (const [i, pattern] of patterns.entries()) {
    if (pattern.kind !== 'any' || pattern.binding === undefined) continue;
    const { source, start, end, line } = pattern;
    const at = { source, start, end, line };
    const value = decided[i]!;
    if (typeof value === 'string')
      bound.set(pattern.binding.name, { kind: 'string', ...at, value });
    else if (typeof value === 'boolean') {
      bound.set(pattern.binding.name, { kind: 'bool', ...at, value });
    } else bound.set(pattern.binding.name, { kind: 'int', ...at, value: BigInt(value) });
  }
  return bound;
}

function typeOf(value: ConditionValue): string {
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'int64';
}

/** A pattern of another type than its condition's value can never match: that is a mistake. */
function mismatchedPattern(
  { conditions, cases }: ScopedSelect,
  decided: readonly ConditionValue[],
): Diagnostic | undefined {
  for (const { patterns } of cases) {
    for (const [i, pattern] of patterns.entries()) {
      const value = decided[i];
      if (pattern.kind !== 'value' || value === undefined) continue;
      const wanted = pattern.value.kind === 'int' ? 'int64' : pattern.value.kind;
      if (wanted === typeOf(value)) continue;
      return definitionError({
        code: 'property/select-type',
        message: `Expected all branches of a select on condition ${showCondition(conditions[i]!)} to have type ${typeOf(value)}, found ${wanted}`,
        at: pattern,
      });
    }
  }
  return undefined;
}

function unhandled(select: ScopedSelect, decided: readonly ConditionValue[]): Diagnostic {
  const values = select.conditions.map((condition, i) => {
    const value = decided[i];
    return `${showCondition(condition)} had value ${value === undefined ? 'undefined' : JSON.stringify(String(value))}`;
  });
  return definitionError({
    code: 'property/select-unhandled',
    message: `${values.join(', ')}, which was not handled by the select statement`,
    at: select,
    hint: 'add a branch for it, or a default branch',
  });
}

/** `arch("x")`, as it is written. */
export function showCondition({ name, arguments: args }: Condition): string {
  return `${name}(${args.map(({ value }) => JSON.stringify(value)).join(', ')})`;
}
