// One unpacked package: its id, where it lies, and what its own files say of it. Knows nothing of the
// repository around it or of other packages.
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  Collector,
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import { decodeUtf8, describe, member, parseJson, type JsonObject } from '../base/json.ts';
import type { Source } from '../base/span.ts';
import { parsePackageId, type PackageId } from './id.ts';
import { parsePackageInfo, type PackageInfo } from './pkginfo.ts';

/** A package id, whole and in its parts. */
export interface PackageName {
  readonly id: PackageId;
  readonly name: string;
  readonly version: string;
}

export interface Package extends PackageName {
  /** Directory of its files. */
  readonly directory: string;
  readonly info: PackageInfo;
  /** buildinfo.full.json, how it was built; undefined when the package has none. */
  readonly buildinfo: JsonObject | undefined;
}

/** The name that a text is. Errors are those of `parsePackageId`. */
export function parsePackageName(text: string): Result<PackageName> {
  const parts = parsePackageId(text);
  return parts.ok ? ok({ ...parts.value, id: text as PackageId }) : parts;
}

/**
 * Reads a package's own files. `shown` is what messages call the directory. Error codes
 * `package/missing`, `package/no-pkginfo`, `package/pkginfo`, `package/name-mismatch`, `json/…`, `fs/…`.
 */
export function loadPackage(directory: string, id: string, shown = directory): Result<Package> {
  const errors = new Collector();
  const parts = parsePackageName(id);
  if (!parts.ok) return parts;
  try {
    if (!isDirectory(directory)) return failed(missing(id, shown));
    const info = errors.take(readPackageInfo(directory, shown));
    const buildinfo = errors.take(readBuildinfo(directory, shown));
    if (buildinfo !== undefined) errors.add(...mismatches(buildinfo, parts.value));
    if (info === undefined) return failed(...errors.diagnostics);
    const variant = info.variant === undefined ? recordedVariant(buildinfo) : info.variant;
    return errors.finish({ ...parts.value, directory, info: { ...info, variant }, buildinfo });
  } catch (error) {
    return failed(systemError(`read the package ${id} in`, error));
  }
}

export function missing(id: string, where: string): Diagnostic {
  return definitionError({
    code: 'package/missing',
    message: `there is no package ${id} in ${where}`,
  });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readPackageInfo(directory: string, shown: string): Result<PackageInfo> {
  const source = readText(join(directory, 'pkginfo.json'), join(shown, 'pkginfo.json'));
  if (source === undefined) {
    return failed(
      definitionError({
        code: 'package/no-pkginfo',
        message: 'the package has no pkginfo.json',
        at: { file: shown },
        hint: 'every package has one, even if it only says {}; was this built as a package?',
      }),
    );
  }
  return source.ok ? parsePackageInfo(source.value) : source;
}

function readBuildinfo(directory: string, shown: string): Result<JsonObject | undefined> {
  const name = 'buildinfo.full.json';
  const source = readText(join(directory, name), join(shown, name));
  if (source === undefined) return ok(undefined);
  const parsed = source.ok ? parseJson(source.value) : source;
  if (!parsed.ok || parsed.value.kind === 'object') return parsed as Result<JsonObject>;
  return failed(
    definitionError({
      code: 'package/buildinfo',
      message: `expected an object, found ${describe(parsed.value)}`,
      at: parsed.value.at,
    }),
  );
}

/** Undefined when there is no such file. Only plain files are read: a pipe would never end. */
function readText(path: string, shown: string): Result<Source> | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFile()) {
    return failed(
      definitionError({
        code: 'package/not-a-file',
        message: 'this has to be a plain file',
        at: { file: shown },
      }),
    );
  }
  try {
    return decodeUtf8(shown, readFileSync(path));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return failed(systemError('read', error, shown));
  }
}

/** A package says in buildinfo.full.json who it is; a renamed archive would pass for another one. */
function mismatches(buildinfo: JsonObject, { id, name, version }: PackageName): Diagnostic[] {
  const said: readonly (readonly [string, string])[] = [
    ['name', name],
    ['package_version', version],
  ];
  return said.flatMap(([key, expected]) => {
    const value = member(buildinfo, key)?.value;
    if (value?.kind !== 'string' || value.value === expected) return [];
    return [
      definitionError({
        code: 'package/name-mismatch',
        message: `this was built as ${key} "${value.value}", but is here as ${id}`,
        at: value.at,
        hint: 'give the package its own id back, or build it again',
      }),
    ];
  });
}

/** Packages of the original do not record their variant in pkginfo.json, but here. */
function recordedVariant(buildinfo: JsonObject | undefined): string | null | undefined {
  const value = buildinfo === undefined ? undefined : member(buildinfo, 'variant')?.value;
  if (value?.kind === 'string') return value.value === '' ? null : value.value;
  return value?.kind === 'null' ? null : undefined;
}
