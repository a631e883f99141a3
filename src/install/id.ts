// Package ids: `name--version`, one string that names a built package everywhere. Knows nothing of how
// a version comes about. The alphabets are pkgpanda's; docs/formats/package-id.md is the reference.
import { definitionError, failed, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import type { Place } from '../base/span.ts';

declare const idBrand: unique symbol;

/** A valid package id. Safe as a file name: it holds no slash and does not begin with a dot. */
export type PackageId = string & { readonly [idBrand]: true };

export interface PackageIdParts {
  readonly name: string;
  readonly version: string;
}

const NAME = /^[a-zA-Z0-9@_+][a-zA-Z0-9@._+-]*$/;
const VERSION = /^[a-zA-Z0-9@_+:.]+$/;

/**
 * Whether a text has the outline of an id: `--` exactly once. It need not be valid; this tells ids from
 * names where either may stand.
 */
export function isId(text: string): boolean {
  return text.split('--').length === 2;
}

/** Whether a name keeps to the alphabet of package names. Such a name may still be unable to form an id. */
export function isPackageName(name: string): boolean {
  return NAME.test(name);
}

/** Whether a version keeps to the alphabet of package versions. */
export function isPackageVersion(version: string): boolean {
  return VERSION.test(version);
}

/** Takes an id apart. Errors `id/outline`, `id/name`, `id/version`. */
export function parsePackageId(text: string, at?: Place): Result<PackageIdParts> {
  const [name, version, ...more] = text.split('--');
  if (name === undefined || version === undefined || more.length > 0) {
    return failed(
      definitionError({
        code: 'id/outline',
        message: `"${text}" is not a package id: it must contain "--" exactly once, between name and version`,
        at,
      }),
    );
  }
  const problem = nameProblem(name, at) ?? versionProblem(version, at);
  return problem === undefined ? ok({ name, version }) : failed(problem);
}

/** A text as an id, after the same checks as `parsePackageId`. */
export function packageId(text: string, at?: Place): Result<PackageId> {
  const parts = parsePackageId(text, at);
  return parts.ok ? ok(text as PackageId) : parts;
}

/** Puts an id together. What comes out always parses back to the same parts. */
export function packageIdFrom(name: string, version: string, at?: Place): Result<PackageId> {
  return packageId(`${name}--${version}`, at);
}

/** The name in an id. */
export function nameOf(id: PackageId): string {
  return id.slice(0, id.indexOf('--'));
}

/** What is wrong with a package name, or undefined (code `id/name`). */
export function nameProblem(name: string, at?: Place): Diagnostic | undefined {
  if (isPackageName(name)) return undefined;
  return definitionError({
    code: 'id/name',
    message: `"${name}" is not a package name`,
    at,
    hint: 'names are made of a-z A-Z 0-9 @ _ + . - and begin with none of . and -',
  });
}

function versionProblem(version: string, at?: Place): Diagnostic | undefined {
  if (isPackageVersion(version)) return undefined;
  return definitionError({
    code: 'id/version',
    message: `"${version}" is not a package version`,
    at,
    hint: 'versions are made of a-z A-Z 0-9 @ _ + : .',
  });
}
