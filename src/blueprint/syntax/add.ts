// The operator `+` on values: strings, ints, lists, maps. Knows nothing of variables. What stands
// beside a select cannot be added before the select is decided, so it stays an operator.
import {
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import type { Value } from './scope.ts';
import {
  typeName,
  type List,
  type MapLiteral,
  type Node,
  type Operator,
  type Property,
} from './tree.ts';

/** Doubling a variable a few dozen times would otherwise take all memory. */
const MAX_STRING = 1 << 24;
const MAX_LIST = 1 << 21;

/**
 * Adds two values; `at` is the plus between them. The sum stands where the left value stands. Ints wrap
 * at 64 bits. Error code `blueprint/operator`.
 */
export function add(left: Value, right: Value, at: Node): Result<Value> {
  if (undecided(left) || undecided(right)) return ok(chain(left, right, at));
  if (left.kind === 'string' && right.kind === 'string') {
    if (left.value.length + right.value.length > MAX_STRING) {
      return failed(tooLarge(`a string of more than ${MAX_STRING} characters`, at));
    }
    return ok({ ...left, value: left.value + right.value });
  }
  if (left.kind === 'int' && right.kind === 'int') {
    return ok({ ...left, value: BigInt.asIntN(64, left.value + right.value) });
  }
  if (left.kind === 'list' && right.kind === 'list') {
    if (left.values.length + right.values.length > MAX_LIST) {
      return failed(tooLarge(`a list of more than ${MAX_LIST} elements`, at));
    }
    return ok({ ...left, values: [...left.values, ...right.values] });
  }
  if (left.kind === 'map' && right.kind === 'map') return merge(left, right, at);
  const message =
    left.kind === right.kind
      ? `operator + not supported on type ${typeName(left)}`
      : `mismatched type in operator +: ${typeName(left)} != ${typeName(right)}`;
  return failed(
    definitionError({
      code: 'blueprint/operator',
      message,
      at,
      notes: [
        { message: `the left side is ${article(typeName(left))}`, at: left },
        { message: `the right side is ${article(typeName(right))}`, at: right },
      ],
    }),
  );
}

function tooLarge(what: string, at: Node): Diagnostic {
  return definitionError({ code: 'blueprint/operator', message: `the sum is ${what}`, at });
}

function article(kind: string): string {
  return `${kind.startsWith('int') ? 'an' : 'a'} ${kind}`;
}

/** The sum of many lists in one step, which pairs would take in quadratic time; undefined otherwise. */
export function addLists(values: readonly (Value | undefined)[]): List<Value> | undefined {
  const lists = values.filter((value) => value?.kind === 'list');
  const [first] = lists;
  if (first === undefined || lists.length < values.length) return undefined;
  const length = lists.reduce((sum, list) => sum + list.values.length, 0);
  return length > MAX_LIST ? undefined : { ...first, values: lists.flatMap((list) => list.values) };
}

type Undecided = Extract<Value, { kind: 'select' | 'operator' }>;

function undecided(value: Value): value is Undecided {
  return value.kind === 'select' || value.kind === 'operator';
}

function chain(left: Value, right: Value, at: Node): Operator<Value> {
  const first = left.kind === 'operator' ? left : { operands: [left], pluses: [] };
  const last = right.kind === 'operator' ? right : { operands: [right], pluses: [] };
  const { source, start, end, line } = left;
  const operands = [...first.operands, ...last.operands];
  const pluses = [...first.pluses, at, ...last.pluses];
  return { kind: 'operator', source, start, end, line, operands, pluses };
}

/** Left names in their order, then the names only the right has; values under both names are added. */
function merge(left: MapLiteral<Value>, right: MapLiteral<Value>, at: Node): Result<Value> {
  const rights = new Map(right.properties.map((property) => [property.name, property]));
  const lefts = new Set(left.properties.map(({ name }) => name));
  const properties: Property<Value>[] = [];
  for (const property of left.properties) {
    const other = rights.get(property.name);
    if (other === undefined) properties.push(property);
    else {
      const sum = add(property.value, other.value, at);
      if (!sum.ok) return sum;
      properties.push({ ...property, value: sum.value });
    }
  }
  for (const property of right.properties) if (!lefts.has(property.name)) properties.push(property);
  return ok({ ...left, properties });
}
