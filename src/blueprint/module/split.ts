// Splitting a variant into several. Knows nothing of mutators' contexts.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { DependencyTag } from './handle.ts';
import type { Graph } from './graph.ts';
import { LogicError } from './exception.ts';
import { checkText } from './given.ts';
import type { KeptModule } from './kept.ts';
import { note, Variant, type Alias, type Dependency } from './variant.ts';

/** Which variation of a dependency a variation leads to. */
export type Follow = (dependency: Variant, tag: DependencyTag, variation: string) => string;

export interface Split {
  readonly mutator: string;
  readonly names: readonly string[];
  /** Dependencies do not take part. */
  readonly local: boolean;
  /** The variation of dependencies that lack the wanted one. */
  readonly fallback: string | undefined;
  /** Undefined: into the same variation. */
  readonly follow: Follow | undefined;
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
  const { mutator, names } = split;
  checkNames(variant, split);
  if (!graph.splitting.includes(mutator)) graph.splitting.push(mutator);
  const parts: Variant[] = [];
  for (const name of names) {
    const part = partNamed(variant, name, split);
    graph.origins?.inherit(part, variant);
    followDependencies(part, mutator, name, split, diagnostics);
    parts.push(part);
  }
  variant.split = parts;
  variant.added = undefined;
  graph.changed = true;
  return parts;
}

/** Splits a variant of a kept module as the mutator did in the earlier run, in the pass with this number. Returns whether it did. */
export function splitAsBefore(
  graph: Graph,
  variant: Variant,
  kept: KeptModule,
  mutator: string,
  number: number,
): boolean {
  const parts = kept.partsOf(graph, variant, mutator, number);
  if (parts.length === 1 && parts[0] === undefined) return false;
  const names = parts.map((name) => name ?? '');
  // It has no dependencies here, which could follow.
  const alone = { local: false, fallback: undefined, follow: undefined };
  splitVariant(graph, variant, { mutator, names, ...alone }, []);
  return true;
}

function partNamed(variant: Variant, name: string, split: Split): Variant {
  const { mutator, local, namelessIsUnsplit = false } = split;
  const { variations, dependencyVariations, providers, missing, added } = variant;
  const unsplit = name === '' && namelessIsUnsplit;
  const part = new Variant(
    variant.group,
    joinNames(variant.variant, name),
    unsplit ? variations : variations.with(mutator, name),
    unsplit || local ? dependencyVariations : dependencyVariations.with(mutator, name),
    variant.values,
    copyEdges(variant.dependencies),
  );
  if (added !== undefined) part.added = copyEdges(added);
  if (providers !== undefined) part.providers = [...providers];
  if (missing !== undefined) part.missing = [...missing];
  part.startedMutator = variant.startedMutator;
  part.finishedMutator = variant.finishedMutator;
  return part;
}

function copyEdges(edges: readonly Dependency[]): Dependency[] {
  const copies: Dependency[] = [];
  for (let i = 0; i < edges.length; i++) {
    const { module, tag } = edges[i]!;
    copies.push({ module, tag });
  }
  return copies;
}

function checkNames(variant: Variant, { mutator, names }: Split): void {
  if (names.length === 0) {
    throw new LogicError(
      `mutator ${JSON.stringify(mutator)} passed zero-length variation list for module ${JSON.stringify(variant.name)}`,
    );
  }
  const what = `a variation of mutator ${JSON.stringify(mutator)}`;
  for (let i = 0; i < names.length; i++) {
    checkText(what, names[i]);
    if (names.indexOf(names[i]!) === i) continue;
    throw new LogicError(
      `mutator ${JSON.stringify(mutator)} passed variation ${JSON.stringify(names[i])} twice for module ${JSON.stringify(variant.name)}`,
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
  const { dependencies } = variant;
  for (let i = 0; i < dependencies.length; i++) {
    const dependency = dependencies[i]!;
    const { module, tag } = dependency;
    if (module.split === undefined) continue;
    const wanted = follow === undefined ? variation : follow(module, tag, variation);
    const found =
      partOf(module.split, mutator, wanted) ??
      (fallback === undefined ? undefined : partOf(module.split, mutator, fallback));
    if (found !== undefined) dependency.module = found;
    else diagnostics.push(missingVariation(variant, module, wanted));
  }
}

function partOf(
  parts: readonly (Variant | Alias)[],
  mutator: string,
  variation: string,
): Variant | undefined {
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if ((part.variations.get(mutator) ?? '') !== variation) continue;
    return part.kind === 'alias' ? part.target : part;
  }
  return undefined;
}

function missingVariation(variant: Variant, dependency: Variant, variation: string): Diagnostic {
  const [shown, of, by] = [variation, dependency.name, variant.name].map((name) =>
    JSON.stringify(name),
  );
  return definitionError({
    code: 'module/missing-variation',
    message: `failed to find variation ${shown} for module ${of} needed by ${by}`,
    at: variant.group.place,
    notes: (dependency.split ?? []).map(({ variations }) => {
      const its = [...variations.entries].map(([m, v]) => `${m}:${v}`).join(',');
      return { message: `it has ${its === '' ? 'one without variations' : its}` };
    }),
  });
}

/** Adds another name for one of the parts of a variant that was just split. */
export function aliasPart(
  variant: Variant,
  variations: Alias['variations'],
  target: Variant,
): void {
  variant.split!.unshift({ kind: 'alias', variations, target });
  note(variant.group, `alias ${target.variant}`);
}
