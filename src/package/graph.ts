// Who requires whom: the definitions of a tree by number, with their requires looked up. Numbers, because
// everything computed over the graph is computed over arrays, and must stay linear in a tree's size.
import { definitionError, didYouMean, type Diagnostic } from '../base/diagnostic.ts';
import type { Place } from '../base/span.ts';
import type { Definition } from './definition.ts';
import { limited, MAX_REPORTED } from './file.ts';
import type { Require } from './requires.ts';
import { compareVariants, describeVariant, spell, type PackageVariant } from './variant.ts';

/** That one definition asks for another. */
export interface Edge {
  readonly to: number;
  /** Asks for the default variant only as long as nothing else asks for another. */
  readonly plain: boolean;
  readonly at: Place;
}

export interface Graph {
  /** In the order of `compareVariants`. */
  readonly definitions: readonly Definition[];
  /** Requires of each, in the same order; those that lead nowhere are left out. */
  readonly edges: readonly (readonly Edge[])[];
  /** Further requires of each, which only its build needs. */
  readonly buildEdges: readonly (readonly Edge[])[];
  /** What is wrong with each, requires that lead nowhere included. */
  readonly diagnostics: readonly (readonly Diagnostic[])[];
  /** Whether an error is among these. */
  readonly broken: readonly boolean[];
  /** The number of a definition. */
  find(wanted: PackageVariant): number | undefined;
  /** The numbers of all variants of a package. */
  variantsOf(name: string): readonly number[];
}

/** Codes `requires/unknown-package`, `requires/unknown-variant`. */
export function createGraph(unsorted: readonly Definition[]): Graph {
  const definitions = [...unsorted].sort(compareVariants);
  const byName = new Map<string, Map<string | null, number>>();
  definitions.forEach(({ name, variant }, number) => {
    const variants = byName.get(name);
    if (variants === undefined) byName.set(name, new Map([[variant, number]]));
    else variants.set(variant, number);
  });
  const variantsOf = (name: string): readonly number[] => [...(byName.get(name)?.values() ?? [])];
  const find = ({ name, variant }: PackageVariant): number | undefined =>
    byName.get(name)?.get(variant);
  const names = [...byName.keys()];
  const suggest = rationed((name: string) => didYouMean(name, names));

  const edges: Edge[][] = [];
  const buildEdges: Edge[][] = [];
  const diagnostics: (readonly Diagnostic[])[] = [];
  for (const definition of definitions) {
    const lost: Diagnostic[] = [];
    const lookUp = (requires: readonly Require[]): Edge[] => {
      const found: Edge[] = [];
      for (const require of requires) {
        const { plain, at } = require;
        const to = find(require);
        if (to !== undefined) found.push({ to, plain, at });
        else {
          const variants = variantsOf(require.name).map((number) => definitions[number]!);
          lost.push(
            variants.length > 0
              ? unknownVariant(require, variants, at)
              : unknownPackage(require, suggest(require.name), at),
          );
        }
      }
      return found;
    };
    const { module, buildinfo } = definition;
    edges.push(lookUp(module?.requires ?? buildinfo?.requires ?? []));
    buildEdges.push(lookUp(module?.buildRequires ?? []));
    diagnostics.push(
      lost.length === 0 ? definition.diagnostics : [...definition.diagnostics, ...limited(lost)],
    );
  }
  const broken = diagnostics.map((all) => all.some(({ severity }) => severity === 'error'));
  return { definitions, edges, buildEdges, diagnostics, broken, find, variantsOf };
}

/** A search through all names for each of very many unknown ones would take forever; some will do. */
function rationed<T, R>(ask: (question: T) => R | undefined): (question: T) => R | undefined {
  let left = MAX_REPORTED;
  return (question) => (left-- > 0 ? ask(question) : undefined);
}

function unknownPackage({ name }: PackageVariant, hint: string | undefined, at: Place): Diagnostic {
  const message = `there is no package "${name}" in this tree`;
  return definitionError({ code: 'requires/unknown-package', message, at, hint });
}

/** What to say of a variant that a package does not have. */
export function unknownVariant(
  { name, variant }: PackageVariant,
  existing: readonly PackageVariant[],
  at: Place | undefined,
): Diagnostic {
  const named = existing.flatMap((one) => one.variant ?? []);
  return definitionError({
    code: 'requires/unknown-variant',
    message: `${name} does not come in ${describeVariant(variant)}`,
    at,
    hint:
      (variant === null ? undefined : didYouMean(variant, named)) ??
      `there is ${existing.slice(0, MAX_REPORTED).map(spell).join(', ')}`,
  });
}
