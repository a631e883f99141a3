// One treeinfo.json: which packages, in which variants, make up a tree and its bootstrap. Knows nothing
// of the packages that exist.
import { definitionError, type Collector } from '../base/diagnostic.ts';
import { describe, type JsonMember, type JsonObject } from '../base/json.ts';
import type { Span } from '../base/span.ts';
import { nameProblem } from '../install/id.ts';
import { checkKeys, itemsOf, membersOf, objectOf, typeError } from './fields.ts';

export interface Treeinfo {
  readonly exclude: readonly Listed[];
  /** Package → its variant in this tree; a package that is not here has its default one. */
  readonly variants: ReadonlyMap<string, MappedVariant>;
  /** What the tree is made of, with all that these require; empty: every package. */
  readonly core: readonly Listed[];
  /** What the bootstrap is made of, with all that these require; empty: the whole tree. */
  readonly bootstrap: readonly Listed[];
}

/** A package named in a list. */
export interface Listed {
  readonly name: string;
  readonly at: Span;
}

export interface MappedVariant {
  readonly variant: string | null;
  readonly at: Span;
}

const KEYS = ['exclude', 'variants', 'core_package_list', 'bootstrap_package_list'];

/**
 * Reads a tree's definition. Errors `definition/*`, `id/name`, `treeinfo/excluded`. A variant of another
 * type than string or null is kept as its text, with a warning: no package has it.
 */
export function readTreeinfo(object: JsonObject, out: Collector): Treeinfo {
  const members = membersOf(object);
  checkKeys(members, KEYS, out);
  const list = (key: string): Listed[] => {
    const member = members.get(key);
    return member === undefined ? [] : readNames(member, out);
  };
  const exclude = list('exclude');
  const core = list('core_package_list');
  const bootstrap = list('bootstrap_package_list');
  const excluded = new Map(exclude.map((listed) => [listed.name, listed]));
  for (const listed of [...core, ...bootstrap]) {
    const other = excluded.get(listed.name);
    if (other === undefined) continue;
    out.add(
      definitionError({
        code: 'treeinfo/excluded',
        message: `${listed.name} is listed, and excluded as well`,
        at: listed.at,
        notes: [{ message: 'excluded here', at: other.at }],
      }),
    );
  }
  const variants = members.get('variants');
  return {
    exclude,
    variants: variants === undefined ? new Map() : readVariants(variants, out),
    core,
    bootstrap,
  };
}

/** Package names, each once. */
function readNames(member: JsonMember, out: Collector): Listed[] {
  const names = new Map<string, Listed>();
  for (const item of itemsOf(member, out) ?? []) {
    if (item.kind !== 'string') {
      const message = `"${member.key}" lists package names, found ${describe(item)}`;
      out.add(definitionError({ code: 'definition/type', message, at: item.at }));
      continue;
    }
    const problem = nameProblem(item.value, item.at);
    if (problem !== undefined) out.add(problem);
    else if (!names.has(item.value)) names.set(item.value, { name: item.value, at: item.at });
  }
  return [...names.values()];
}

function readVariants(member: JsonMember, out: Collector): Map<string, MappedVariant> {
  const variants = new Map<string, MappedVariant>();
  for (const [name, entry] of objectOf(member, out) ?? []) {
    const { value } = entry;
    let variant: string | null = null;
    if (value.kind === 'string') variant = value.value;
    else if (value.kind !== 'null') {
      variant = value.at.source.text.slice(value.at.start, value.at.end);
      out.add({ ...typeError(entry, 'the name of a variant, or null'), severity: 'warning' });
    }
    variants.set(name, { variant, at: value.at });
  }
  return variants;
}
