// What is wrong with the outer form of build logic: JavaScript is checked by nobody before.
import { inspect } from 'node:util';
import { unknownKey } from '../../base/known.ts';

/** Of each list, what its items are made by, and what that says of them. */
const LISTS: Readonly<Record<string, { readonly by: string; readonly kinds: readonly string[] }>> =
  {
    moduleTypes: { by: 'moduleType', kinds: ['module type'] },
    earlyMutators: {
      by: 'bottomUp, topDown or transition',
      kinds: ['bottom up', 'top down', 'transition'],
    },
    mutators: {
      by: 'bottomUp, topDown or transition',
      kinds: ['bottom up', 'top down', 'transition'],
    },
    singletons: { by: 'singleton', kinds: ['singleton'] },
  };

const KEYS = [...Object.keys(LISTS), 'names', 'conditions'];

/** All that is wrong with it, each as the end of a message. */
export function problemsOf(logic: unknown): string[] {
  if (typeof logic !== 'object' || logic === null) {
    return [`expected "logic" to be an object, found ${shown(logic)}`];
  }
  const problems: string[] = [];
  for (const [key, value] of Object.entries(logic)) {
    const unknown = unknownKey('"logic"', key, KEYS);
    if (unknown !== undefined) problems.push(unknown);
    else if (value !== undefined) problems.push(...problemsOfPart(key, value));
  }
  return problems;
}

function problemsOfPart(key: string, value: unknown): string[] {
  const list = LISTS[key];
  if (list === undefined) {
    const wanted = key === 'names' ? 'function' : 'object';
    if (key === 'names' && typeof value === 'function')
      return problemsOfNames(value as () => unknown);
    return typeof value === wanted && value !== null
      ? []
      : [
          `expected "${key}" to be ${wanted === 'object' ? 'an object' : 'a function'}, found ${shown(value)}`,
        ];
  }
  if (!Array.isArray(value)) return [`expected "${key}" to be an array, found ${shown(value)}`];
  return value.flatMap((item: unknown, index) => {
    const kind = (item as { readonly kind?: unknown } | null | undefined)?.kind;
    return typeof kind === 'string' && list.kinds.includes(kind)
      ? []
      : [`expected "${key}[${index}]" to be made by ${list.by}, found ${shown(item)}`];
  });
}

const NAMES = ['add', 'find', 'rename', 'uniqueName', 'candidates'] as const;

/** It is called for each engine: what it throws then would be nobody's. */
function problemsOfNames(make: () => unknown): string[] {
  try {
    const names = make();
    const missing = NAMES.filter(
      (name) => typeof (names as Record<string, unknown> | undefined)?.[name] !== 'function',
    );
    if (missing.length === 0) return [];
    return [
      `expected "names" to return an object with ${missing.join(', ')}, found ${shown(names)}`,
    ];
  } catch (error) {
    return [`"names" failed: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Long values are cut: the beginning says enough. */
function shown(value: unknown): string {
  if (typeof value === 'function') return `function ${value.name}`;
  const text = inspect(value, { depth: 1, breakLength: Infinity });
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
