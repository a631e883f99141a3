// Package ids, `name--version`. Knows nothing of how a version is computed.
import { definitionError, failed, ok, type Result } from '../base/diagnostic.ts';

declare const idBrand: unique symbol;

/** `name--version`, checked. */
export type PackageId = string & { readonly [idBrand]: true };

export interface PackageIdParts {
  readonly id: PackageId;
  readonly name: string;
  readonly version: string;
}

const NAME = /^[a-zA-Z0-9@_+][a-zA-Z0-9@._+-]*$/;
const VERSION = /^[a-zA-Z0-9@_+:.]+$/;

/** Takes an id apart. Error code `package/bad-id`. */
export function parsePackageId(text: string): Result<PackageIdParts> {
  const [name = '', version, ...rest] = text.split('--');
  let problem: string | undefined;
  if (version === undefined || rest.length > 0) problem = 'it has exactly one "--" between the two';
  else if (!NAME.test(name)) problem = `the name "${name}" has a character it may not have`;
  else if (!VERSION.test(version))
    problem = `the version "${version}" is not made of A-Z a-z 0-9 @ _ + : .`;
  if (problem === undefined) return ok({ id: text as PackageId, name, version: version! });
  return failed(
    definitionError({
      code: 'package/bad-id',
      message: `"${text}" is not a package id`,
      hint: `a package id is NAME--VERSION; ${problem}`,
    }),
  );
}

export function isPackageId(text: string): text is PackageId {
  return parsePackageId(text).ok;
}
