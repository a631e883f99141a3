// The variants of packages: how one is named, spelled on the command line, ordered, and found among the
// file names of a folder. The default variant is null, as it has no name.
import { definitionError, failed, ok, type Collector, type Result } from '../base/diagnostic.ts';
import { byCodePoint } from '../base/digest.ts';

/** One variant of a package; `variant` is null for the default one. */
export interface PackageVariant {
  readonly name: string;
  readonly variant: string | null;
}

/** `name`, or `name:variant`. */
export function spell({ name, variant }: PackageVariant): string {
  return variant === null ? name : `${name}:${variant}`;
}

/** The name that a package goes by where nobody knows of variants: in other package managers, and as a folder. */
export function plainName({ name, variant }: PackageVariant): string {
  return variant === null ? name : `${name}-${variant}`;
}

/** A variant in a sentence: `the default variant`, or `variant "x"`. */
export function describeVariant(variant: string | null): string {
  return variant === null ? 'the default variant' : `variant "${variant}"`;
}

/** The file of a variant: `buildinfo.json`, or `x.buildinfo.json`. */
export function variantFile(variant: string | null, suffix: string): string {
  return variant === null ? suffix : `${variant}.${suffix}`;
}

/** By name, then named variants, then the default one: the order in which trees were always built. */
export function compareVariants(a: PackageVariant, b: PackageVariant): number {
  if (a.name !== b.name) return byCodePoint(a.name, b.name);
  if (a.variant === null || b.variant === null) {
    return Number(a.variant === null) - Number(b.variant === null);
  }
  return byCodePoint(a.variant, b.variant);
}

/** What a user asks for: a package in all its variants, or in one. */
export interface Target {
  readonly name: string;
  /** Undefined: all of them. */
  readonly variant: string | null | undefined;
}

/**
 * Reads a TARGET: `name` (all variants), `name:variant`, or `name:default` for the default one. Error
 * `target/spelling`.
 */
export function parseTarget(text: string): Result<Target> {
  const colon = text.indexOf(':');
  const name = colon === -1 ? text : text.slice(0, colon);
  const variant = colon === -1 ? undefined : text.slice(colon + 1);
  if (name === '' || variant === '') {
    return failed(
      definitionError({
        code: 'target/spelling',
        message: `"${text}" is not a target`,
        hint: 'a target is a package name, name:variant, or name:default',
      }),
    );
  }
  return ok({ name, variant: variant === 'default' ? null : variant });
}

/**
 * Finds variants among the entries of a folder: `suffix` itself, and `<variant>.<suffix>` (a variant may
 * contain dots); the default one comes first. Error `variant/file-name`; `shown` gives a file the name
 * that messages use.
 */
export function findVariants(
  entries: readonly string[],
  suffix: string,
  shown: (file: string) => string,
  out: Collector,
): (string | null)[] {
  const variants: (string | null)[] = [];
  for (const file of entries) {
    if (!file.endsWith(suffix)) continue;
    const rest = file.slice(0, -suffix.length);
    if (rest === '') variants.push(null);
    else if (rest.endsWith('.') && rest !== '.') variants.push(rest.slice(0, -1));
    else {
      out.add(
        definitionError({
          code: 'variant/file-name',
          message: `"${file}" names no variant`,
          at: { file: shown(file) },
          hint:
            rest === '.'
              ? `the file of the default variant is called ${suffix}`
              : `a dot stands between the name of a variant and ${suffix}`,
        }),
      );
    }
  }
  return variants.sort((a, b) => (a === null ? -1 : b === null ? 1 : byCodePoint(a, b)));
}
