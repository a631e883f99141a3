// Splitting a variant into several. Knows nothing of mutators' contexts.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { DependencyTag } from './handle.ts';
import type { Graph } from './graph.ts';
import { LogicError } from './exception.ts';
import { Variant, type Alias, type Dependency } from './variant.ts';

/** Which variation of a dependency a variation leads to. */
export type Follow = (dependency: Variant, tag: DependencyTag, variation: string) => string;

export interface Split {
  readonly mutator: string;
  readonly names: readonly string[];
  /** Dependencies do not take part. */
  readonly local: boolean;
  /** The variation of dependencies that lack the wanted one. */
  readonly fallback: string | undefined;
  readonly follow: Follow;
  /** A part without a name has no variation of this mutator, rather than an empty one. */
  readonly namelessIsUnsplit?: boolean;
}

/**
 * Splits a variant. The first part takes its place; all share its properties and dependencies, those
 * that were split by the same mutator in the variation that fits. Throws LogicError for no names.
 */
export function splitVariant(
  graph: Graph,
  variant: Variant,
  split: Split,
  diagnostics: Diagnostic[],
): Variant[] {
  const { mutator, names, local } = split;
  checkNames(variant, split);
  if (!graph.splitting.includes(mutator)) graph.splitting.push(mutator);
  const parts = names.map((name) => {
    const unsplit = name === '' && split.namelessIsUnsplit === true;
    const { variations, dependencyVariations } = variant;
    const part = new Variant(
      variant.group,
      joinNames(variant.variant, name),
      unsplit ? variations : variations.with(mutator, name),
      unsplit || local ? dependencyVariations : dependencyVariations.with(mutator, name),
      variant.values,
      variant.dependencies.map(({ variant: dependency, tag }) => ({ variant: dependency, tag })),
    );
    part.added = variant.added?.map(({ variant: dependency, tag }) => ({
      variant: dependency,
      tag,
    }));
    part.providers = variant.providers === undefined ? undefined : [...variant.providers];
    part.missing = variant.missing === undefined ? undefined : [...variant.missing];
    part.startedMutator = variant.startedMutator;
    part.finishedMutator = variant.finishedMutator;
    followDependencies(part, mutator, name, split, diagnostics);
    return part;
  });
  variant.split = parts;
  variant.added = undefined;
  variant.group.history += `${mutator}:${names.join()};`;
  graph.changed = true;
  return parts;
}

function checkNames(variant: Variant, { mutator, names }: Split): void {
  const [shownMutator, shownModule] = [JSON.stringify(mutator), JSON.stringify(variant.name)];
  if (names.length === 0) {
    throw new LogicError(
      `mutator ${shownMutator} passed zero-length variation list for module ${shownModule}`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new LogicError(
      `mutator ${shownMutator} passed variation ${JSON.stringify(twice)} twice for module ${shownModule}`,
    );
  }
}

function joinNames(variant: string, name: string): string {
  if (variant === '' || name === '') return variant + name;
  return `${variant}_${name}`;
}

/** Leads dependencies that the mutator has split to the part of the wanted variation. */
export function followDependencies(
  variant: Variant,
  mutator: string,
  variation: string,
  { fallback, follow }: Pick<Split, 'fallback' | 'follow'>,
  diagnostics: Diagnostic[],
): void {
  for (const dependency of variant.dependencies) {
    const parts = dependency.variant.split;
    if (parts === undefined) continue;
    const wanted = follow(dependency.variant, dependency.tag, variation);
    const found =
      partOf(parts, mutator, wanted) ??
      (fallback === undefined ? undefined : partOf(parts, mutator, fallback));
    if (found !== undefined) dependency.variant = found;
    else diagnostics.push(missingVariation(variant, dependency, wanted));
  }
}

function partOf(
  parts: readonly (Variant | Alias)[],
  mutator: string,
  variation: string,
): Variant | undefined {
  const part = parts.find((member) => (member.variations.get(mutator) ?? '') === variation);
  return part?.kind === 'alias' ? part.target : part;
}

function missingVariation(
  variant: Variant,
  { variant: dependency }: Dependency,
  variation: string,
): Diagnostic {
  const [shown, of, by] = [variation, dependency.name, variant.name].map((name) =>
    JSON.stringify(name),
  );
  return definitionError({
    code: 'module/missing-variation',
    message: `failed to find variation ${shown} for module ${of} needed by ${by}`,
    at: variant.group.place,
    notes: (dependency.split ?? []).map(({ variations }) => ({
      message: `it has ${[...variations.entries].map(([m, v]) => `${m}:${v}`).join(',')}`,
    })),
  });
}

/** Adds another name for one of the parts of a variant that was just split. */
export function aliasPart(
  variant: Variant,
  variations: Alias['variations'],
  target: Variant,
): void {
  variant.split!.unshift({ kind: 'alias', variations, target });
  variant.group.history += `alias ${target.variant};`;
}
