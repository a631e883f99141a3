// Values on one line, as they would be written in a file.
import { quote } from '../syntax/quote.ts';
import type { Value } from '../syntax/scope.ts';
import type { Pattern } from '../syntax/tree.ts';
import { Configurable } from '../property/property.ts';
import { showCondition } from '../property/select.ts';
import type { Branch } from '../property/select.ts';

/** A value of a file. */
export function showValue(value: Value): string {
  switch (value.kind) {
    case 'string':
      return quote(value.value);
    case 'bool':
    case 'int':
      return String(value.value);
    case 'list':
      return `[${value.values.map(showValue).join(', ')}]`;
    case 'map':
      return showMap(value.properties.map((one) => [one.name, showValue(one.value)]));
    case 'operator':
      return value.operands.map(showValue).join(' + ');
    case 'select':
      return `select(${value.conditions.map(showCondition).join(', ')})`;
  }
}

/** A value of build logic. */
export function showPlain(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(showPlain).join(', ')}]`;
  if (value instanceof Configurable) return 'select(…)';
  if (typeof value !== 'object' || value === null) return String(value);
  return showMap(Object.entries(value).map(([name, inner]) => [name, showPlain(inner)]));
}

function showMap(entries: readonly (readonly [string, string])[]): string {
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
}

/** The way into selects: `arch() = "fast"`. */
export function showBranches(branches: readonly Branch[]): string {
  return branches
    .flatMap(({ select, chosen }) =>
      select.conditions.map(
        (condition, i) => `${showCondition(condition)} = ${showPattern(chosen.patterns[i]!)}`,
      ),
    )
    .join(', ');
}

function showPattern(pattern: Pattern): string {
  return pattern.kind === 'value' ? showPlain(pattern.value.value) : pattern.kind;
}
