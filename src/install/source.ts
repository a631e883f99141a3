// Where packages come from: what a command line word means, and how the archive it names is had. Knows
// how files are copied, but not how they are downloaded or unpacked: both are handed in.
import { copyFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  definitionError,
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../base/diagnostic.ts';
import { errnoOf, systemError } from '../base/fs.ts';
import type { PackageId } from './id.ts';
import { parsePackageName } from './package.ts';

/** Brings what a URL names into a file, whole or not at all. */
export type FetchFile = (url: string, destination: string) => Promise<Result<void>>;

/** Unpacks an archive into an existing empty directory. */
export type Unpack = (archive: string, destination: string) => Promise<Result<void>>;

/** A package to be had: from an archive, or by its id alone. */
export interface PackageSource {
  readonly id: PackageId;
  /** Absolute path of an archive; undefined when only the id was given. */
  readonly archive: string | undefined;
}

const ARCHIVE = /\.tar\.(?:xz|zst)$/;

/**
 * What a word given to `install` means: `a--1` is an id; whatever has a slash in it or ends like an
 * archive is one, and its name is the package's id. Paths are relative to `cwd`. Error codes
 * `id/…`, `install/bad-archive-name`, `install/no-archive`.
 */
export function parseSource(text: string, cwd: string): Result<PackageSource> {
  if (!text.includes('/') && !/\.(?:tar(?:\.\w+)?|tgz|txz|zip)$/.test(text)) {
    const parts = parsePackageName(text);
    return parts.ok ? ok({ id: parts.value.id, archive: undefined }) : parts;
  }
  const name = basename(text);
  if (!ARCHIVE.test(name)) {
    return failed(
      definitionError({
        code: 'install/bad-archive-name',
        message: `${text} is not named like the archive of a package`,
        hint: 'it has to be ID.tar.xz or ID.tar.zst, because its name says which package it is',
      }),
    );
  }
  const parts = parsePackageName(name.replace(ARCHIVE, ''));
  if (!parts.ok) return parts;
  const archive = resolve(cwd, text);
  const problem = archiveProblem(text, archive);
  return problem === undefined ? ok({ id: parts.value.id, archive }) : failed(problem);
}

function archiveProblem(text: string, archive: string): Diagnostic | undefined {
  try {
    if (statSync(archive).isFile()) return undefined;
    return definitionError({ code: 'install/no-archive', message: `${text} is not a file` });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') return systemError('read', error, text);
    return definitionError({ code: 'install/no-archive', message: `there is no file ${text}` });
  }
}

/** Where a repository has a package: `<url>/packages/<name>/<id>.tar.xz`. */
export function packageUrl(
  repositoryUrl: string,
  { id, name }: { id: string; name: string },
): string {
  return `${repositoryUrl.replace(/\/+$/, '')}/packages/${name}/${id}.tar.xz`;
}

/**
 * A `FetchFile` for what is on this machine: `file://` URLs and paths. Error codes `install/not-fetched`
 * (nothing there) and `install/bad-url`.
 */
export const copyFile: FetchFile = async (url, destination) => {
  const path = localPath(url);
  if (!path.ok) return path;
  try {
    copyFileSync(path.value, destination);
    return ok(undefined);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') {
      return failed(systemError('copy', error, path.value));
    }
    return failed(
      environmentError({
        code: 'install/not-fetched',
        message: `${url} does not exist`,
        hint: 'check the repository URL and the package id',
      }),
    );
  }
};

function localPath(url: string): Result<string> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return ok(url);
  let problem = `${scheme}:// is not a way to a file on this machine`;
  if (scheme === 'file') {
    try {
      return ok(fileURLToPath(url));
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return failed(
    definitionError({
      code: 'install/bad-url',
      message: `cannot fetch ${url}: ${problem}`,
      hint: 'give a directory, or file:// and an absolute path',
    }),
  );
}
