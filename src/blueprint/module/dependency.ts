// Finds the variants that dependencies lead to, and says what is wrong where there is none.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { Graph } from './graph.ts';
import { missingModule } from './names.ts';
import type { Alias, Group, Variant } from './variant.ts';
import type { Variations } from './variations.ts';

/** What a depender asks for. */
export interface Wanted {
  readonly variations: Variations;
  /** Any variant that has these variations, whatever else it is. */
  readonly far: boolean;
  /** A module with one variant only is meant in any case. */
  readonly onlyOneMatches: boolean;
}

/** The variant of a group that fits, in the order of its members. */
export function findVariant(group: Group, wanted: Wanted): Variant | undefined {
  const { members } = group;
  if (wanted.onlyOneMatches && members.length === 1) return targetOf(members[0]!);
  for (let i = 0; i < members.length; i++) {
    const member = members[i]!;
    const fits = wanted.far
      ? wanted.variations.isSubsetOf(member.variations)
      : member.variations === wanted.variations;
    if (fits) return targetOf(member);
  }
  return undefined;
}

function targetOf(member: Variant | Alias): Variant {
  return member.kind === 'alias' ? member.target : member;
}

export function dependsOnItself(from: Variant, name: string, what = 'itself'): Diagnostic {
  return definitionError({
    code: 'module/self-dependency',
    message: `${JSON.stringify(name)} depends on ${what}`,
    at: from.group.place,
  });
}

/** No variant of the module is the one that is wanted. */
export function missingVariant(
  graph: Graph,
  from: Variant,
  group: Group,
  wanted: Variations,
  kind: 'dependency' | 'reverse dependency',
): Diagnostic {
  const [to, of] = [JSON.stringify(group.name), JSON.stringify(from.name)];
  return definitionError({
    code: 'module/missing-variant',
    message: `${kind} ${to} of ${of} missing variant: ${tellVariations(graph, wanted)}`,
    at: from.group.place,
    notes: showMembers(graph, group).map((shown) => ({ message: `available variant: ${shown}` })),
  });
}

/** `arch:arm,link:static`, in the order of the mutators; nothing for no variations. */
export function showVariations(graph: Graph, variations: Variations): string {
  const { splitting } = graph;
  const known = splitting.filter((mutator) => variations.entries.has(mutator));
  // What is asked for may be of a mutator that split nothing.
  const others = [...variations.entries.keys()].filter((mutator) => !splitting.includes(mutator));
  return [...known, ...others].map((mutator) => `${mutator}:${variations.get(mutator)}`).join(',');
}

/** The same for messages, in which nothing could be a mistake. */
export function tellVariations(graph: Graph, variations: Variations): string {
  const shown = showVariations(graph, variations);
  return shown === '' ? 'the one without variations' : shown;
}

export function showMembers(graph: Graph, { members }: Group): string[] {
  return members.map((member) => {
    const shown = tellVariations(graph, member.variations);
    return member.kind === 'variant'
      ? shown
      : `${shown} (alias to ${tellVariations(graph, member.target.variations)})`;
  });
}

/** Remembers that a name was not found, where that is allowed; otherwise the error. */
export function missing(graph: Graph, from: Variant, name: string): Diagnostic | undefined {
  if (!graph.allowMissingDependencies) return missingModule(from.group, name, graph.names);
  from.missing ??= [];
  if (!from.missing.includes(name)) from.missing.push(name);
  return undefined;
}
