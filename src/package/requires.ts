// The `requires` of a package: which other packages, in which variants, stand in the install root while
// it is built and wherever it is installed. Knows nothing of the tree they are looked up in.
import { definitionError, didYouMean, warning, type Collector } from '../base/diagnostic.ts';
import { describe, type JsonMember, type JsonNode } from '../base/json.ts';
import type { Span } from '../base/span.ts';
import { isId } from '../install/id.ts';
import { itemsOf, membersOf } from './fields.ts';
import { compareVariants, describeVariant, type PackageVariant } from './variant.ts';

export interface Require extends PackageVariant {
  /**
   * Written as a name alone: asks for the package, and for its default variant only as long as nothing
   * else asks for another. `{"name": …, "variant": null}` insists on the default variant.
   */
  readonly plain: boolean;
  readonly at: Span;
}

/**
 * Reads the list, sorted in the order in which a tree is built, each package once. Errors
 * `requires/exact-id`, `requires/two-variants` and those of `readRequire`.
 */
export function readRequires(member: JsonMember, out: Collector): readonly Require[] {
  const byName = new Map<string, Require>();
  for (const item of itemsOf(member, out) ?? []) {
    const require = readRequire(item, out);
    if (require === undefined) continue;
    const earlier = byName.get(require.name);
    if (earlier === undefined || (earlier.plain && earlier.variant === require.variant)) {
      byName.set(require.name, require);
    } else if (earlier.variant !== require.variant) {
      out.add(
        definitionError({
          code: 'requires/two-variants',
          message: `${require.name} is required in ${describeVariant(earlier.variant)} and in ${describeVariant(require.variant)}`,
          at: require.at,
          notes: [{ message: 'first required here', at: earlier.at }],
          hint: 'a package can be there in one variant only; keep one of the two',
        }),
      );
    }
  }
  return [...byName.values()].sort(compareVariants);
}

/**
 * Reads one entry: a name, or an object with `name` and `variant`. Errors `definition/type`,
 * `requires/incomplete`, `requires/exact-id`; other keys are ignored with a warning, as they always were.
 */
export function readRequire(node: JsonNode, out: Collector): Require | undefined {
  const require = node.kind === 'object' ? readObject(node, out) : readName(node, out);
  if (require === undefined || !isId(require.name)) return require;
  out.add(
    definitionError({
      code: 'requires/exact-id',
      message: `"${require.name}" is a package id; a package is required by its name`,
      at: require.at,
      hint: 'which id that means follows from the tree',
    }),
  );
}

function readName(node: JsonNode, out: Collector): Require | undefined {
  if (node.kind === 'string') {
    return { name: node.value, variant: null, plain: true, at: node.at };
  }
  out.add(
    definitionError({
      code: 'definition/type',
      message: `a require must be a package name or {"name": …, "variant": …}, found ${describe(node)}`,
      at: node.at,
    }),
  );
}

const KEYS = ['name', 'variant'];

function readObject(
  node: Extract<JsonNode, { kind: 'object' }>,
  out: Collector,
): Require | undefined {
  const members = membersOf(node);
  for (const { key, keyAt } of members.values()) {
    if (KEYS.includes(key)) continue;
    const hint = didYouMean(key, KEYS);
    out.add(
      warning({
        code: 'definition/unknown-key',
        message: `unknown key "${key}" has no effect`,
        at: keyAt,
        hint,
      }),
    );
  }
  const name = members.get('name')?.value;
  const variant = members.get('variant')?.value;
  if (name === undefined || variant === undefined) {
    out.add(
      definitionError({
        code: 'requires/incomplete',
        message: `a require with braces needs both "name" and "variant"; "${name === undefined ? 'name' : 'variant'}" is missing`,
        at: node.at,
        hint: 'write the name alone, or "variant": null, for the default variant',
      }),
    );
    return undefined;
  }
  if (name.kind !== 'string' || (variant.kind !== 'string' && variant.kind !== 'null')) {
    const [wrong, wanted] =
      name.kind === 'string' ? [variant, 'a string or null'] : [name, 'a string'];
    const key = name.kind === 'string' ? 'variant' : 'name';
    const message = `"${key}" must be ${wanted}, found ${describe(wrong)}`;
    out.add(definitionError({ code: 'definition/type', message, at: wrong.at }));
    return undefined;
  }
  return {
    name: name.value,
    variant: variant.kind === 'null' ? null : variant.value,
    plain: false,
    at: node.at,
  };
}
