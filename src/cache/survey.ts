// What an output holds, looked at before anything is done with it: all that no Tree message can say, or
// that goes beyond the limits, is found while the build's directory is still as the build left it.
import { chmodSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { buildError, ok, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { errnoOf } from '../base/fs.ts';
import type { SymlinkNode } from '../remote/message.ts';

/** Bytes of regular files that one output may hold: a sparse file must not keep us hashing for hours. */
export const MAX_OUTPUT_BYTES = 256 * 2 ** 30;

/** Files, links and directories that one output may hold: all of them are in memory at once. */
export const MAX_OUTPUT_ENTRIES = 4_000_000;

/** What a directory holds, before anything is done with it. */
export interface Found {
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  readonly files: { name: string; mode: number }[];
  readonly symlinks: SymlinkNode[];
  readonly directories: Found[];
}

interface Survey {
  readonly problems: Diagnostic[];
  bytes: number;
  entries: number;
  /** A limit is passed, or there are problems enough: look no further. */
  full: boolean;
}

const MAX_PROBLEMS = 50;

function report(survey: Survey, code: string, message: string, hint?: string): void {
  survey.problems.push(buildError({ code, message, ...(hint === undefined ? {} : { hint }) }));
  if (survey.problems.length >= MAX_PROBLEMS) survey.full = true;
}

/**
 * Looks at a directory and all below. Errors, all of them with the path inside: `output/name` for names
 * and link targets that are not UTF-8, `output/kind` for what is neither file, directory nor symbolic
 * link, `output/depth` for paths longer than the system takes, `output/size`. Directories that nothing
 * could be moved out of become accessible; their mode is told as it was. Throws node's own errors.
 */
export function surveyOutput(directory: string): Result<Found> {
  const survey: Survey = { problems: [], bytes: 0, entries: 0, full: false };
  const found = look(survey, directory, '', 0o755);
  return survey.problems.length > 0 ? { ok: false, diagnostics: survey.problems } : ok(found);
}

/** `inside` is the path in the output, empty or with a slash at its end. */
function look(survey: Survey, path: string, inside: string, mode: number, name = ''): Found {
  const found: Found = { name, path, mode, files: [], symlinks: [], directories: [] };
  for (const entry of namesIn(survey, path, inside)) {
    if (survey.full) break;
    try {
      lookAt(survey, found, entry, inside);
    } catch (error) {
      if (errnoOf(error) !== 'ENAMETOOLONG') throw error;
      const message = `${shorten(inside + entry)} lies deeper than a path can reach`;
      report(survey, 'output/depth', message, 'have the build script flatten or remove it');
    }
  }
  return found;
}

function lookAt(survey: Survey, found: Found, name: string, inside: string): void {
  const path = `${found.path}/${name}`;
  const stat = lstatSync(path);
  survey.entries++;
  if (stat.isSymbolicLink()) {
    const target = textOf(readlinkSync(path, { encoding: 'buffer' }));
    if (target !== undefined) found.symlinks.push({ name, target });
    else report(survey, 'output/name', `the link ${inside}${name} points to what is not UTF-8`);
  } else if (stat.isDirectory()) {
    found.directories.push(look(survey, path, `${inside}${name}/`, stat.mode, name));
  } else if (stat.isFile()) {
    survey.bytes += stat.size;
    found.files.push({ name, mode: stat.mode });
  } else {
    report(
      survey,
      'output/kind',
      `${inside}${name} is ${kindOf(stat)}; an output holds files, directories and symbolic links`,
      'remove it at the end of the build script',
    );
  }
  if (survey.full) return;
  if (survey.bytes > MAX_OUTPUT_BYTES || survey.entries > MAX_OUTPUT_ENTRIES) {
    const what =
      survey.bytes > MAX_OUTPUT_BYTES
        ? `${MAX_OUTPUT_BYTES / 2 ** 30} GiB`
        : `${MAX_OUTPUT_ENTRIES} files and directories`;
    report(
      survey,
      'output/size',
      `the output holds more than ${what}, counted up to ${inside}${name}`,
    );
    survey.full = true;
  }
}

/** Entry names as text, in byte order; those that are not UTF-8 are reported. */
function namesIn(survey: Survey, path: string, inside: string): string[] {
  // A directory that cannot be read, or that nothing can be moved out of, still belongs to the output.
  if ((lstatSync(path).mode & 0o700) !== 0o700) chmodSync(path, 0o700);
  const names = readdirSync(path, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
  return names.flatMap((bytes) => {
    const name = textOf(bytes);
    if (name !== undefined) return [name];
    const shown = `${inside}${bytes.toString('latin1')}`;
    report(
      survey,
      'output/name',
      `the name ${shown} is not UTF-8`,
      'rename it in the build script',
    );
    return [];
  });
}

/** Undefined for what is not UTF-8. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

function shorten(path: string): string {
  return path.length > 200 ? `${path.slice(0, 100)}…${path.slice(-100)}` : path;
}

function kindOf(stat: {
  isFIFO(): boolean;
  isSocket(): boolean;
  isBlockDevice(): boolean;
}): string {
  if (stat.isFIFO()) return 'a named pipe';
  if (stat.isSocket()) return 'a socket';
  return stat.isBlockDevice() ? 'a block device' : 'a character device';
}
