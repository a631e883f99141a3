// Package ids: `name--version`, one string that names a built package everywhere. Knows nothing of how
// a version comes about.
import { definitionError, failed, ok, type Result } from '../base/diagnostic.ts';

declare const idBrand: unique symbol;

/** A valid package id. Safe as a file name: it holds no slash and does not begin with a dot. */
export type PackageId = string & { readonly [idBrand]: true };

export interface PackageIdParts {
  readonly name: string;
  readonly version: string;
}

/** Takes an id apart. Errors `id/outline`, `id/name`, `id/version`. */
export function parsePackageId(text: string): Result<PackageIdParts> {
  const [name = '', version, ...more] = text.split('--');
  let code = '';
  if (version === undefined || more.length > 0) code = 'id/outline';
  else if (!/^[a-zA-Z0-9@_+][a-zA-Z0-9@._+-]*$/.test(name)) code = 'id/name';
  else if (!/^[a-zA-Z0-9@_+:.]+$/.test(version)) code = 'id/version';
  else return ok({ name, version });
  return failed(
    definitionError({
      code,
      message: `"${text}" is not a package id`,
      hint: 'a package id is NAME--VERSION, of letters, digits and some of @ _ + . : -',
    }),
  );
}

/** The name in an id. */
export function nameOf(id: PackageId): string {
  return id.slice(0, id.indexOf('--'));
}
