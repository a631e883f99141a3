// The operator `+` on values: strings, ints, lists, maps. Knows nothing of variables. What stands
// beside a select cannot be added before the select is decided, so it stays an operator.
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import type { Value } from './scope.ts';
import type { MapLiteral, Node, Operator, Property } from './tree.ts';

/**
 * Adds two values; `at` is the plus between them. The sum stands where the left value stands. Ints wrap
 * at 64 bits. Error code `blueprint/operator`.
 */
export function add(left: Value, right: Value, at: Node): Result<Value> {
  if (undecided(left) || undecided(right)) return ok(chain(left, right, at));
  if (left.kind === 'string' && right.kind === 'string') {
    return ok({ ...left, value: left.value + right.value });
  }
  if (left.kind === 'int' && right.kind === 'int') {
    return ok({ ...left, value: BigInt.asIntN(64, left.value + right.value) });
  }
  if (left.kind === 'list' && right.kind === 'list') {
    return ok({ ...left, values: [...left.values, ...right.values] });
  }
  if (left.kind === 'map' && right.kind === 'map') return merge(left, right, at);
  const message =
    left.kind === right.kind
      ? `operator + not supported on type ${left.kind}`
      : `mismatched type in operator +: ${left.kind} != ${right.kind}`;
  return failed(
    definitionError({
      code: 'blueprint/operator',
      message,
      at,
      notes: [
        { message: `the left side is ${article(left.kind)}`, at: left },
        { message: `the right side is ${article(right.kind)}`, at: right },
      ],
    }),
  );
}

function article(kind: string): string {
  return `${kind === 'int' ? 'an' : 'a'} ${kind}`;
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
