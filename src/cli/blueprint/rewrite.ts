// What commands that change Blueprints files share: reading each file or standard input, showing or
// writing what has changed. Knows nothing of the change itself.
import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  definitionError,
  environmentError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { systemError, temporaryDirectory, writeAtomic } from '../../base/fs.ts';
import { lock } from '../../base/lock.ts';
import { run } from '../../base/process.ts';
import type { Source } from '../../base/span.ts';
import { decodeSource } from '../../blueprint/syntax/source.ts';
import type { Dialect } from '../../blueprint/syntax/tree.ts';
import type { Context } from '../context.ts';
import { findBlueprints } from './find.ts';

export const STANDARD_INPUT = '<standard input>';

/** The new text of a file, with what was wrong beside; undefined for no new text. */
export interface Rewritten {
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface RewriteOptions {
  readonly list: boolean;
  readonly write: boolean;
  readonly diff: boolean;
  /** Options of `diff`. */
  readonly diffOptions: string;
  /** Print the new text where none of the above is asked for, also of files that stay the same. */
  readonly print: 'all' | 'changed' | 'none';
  readonly dialect: Dialect;
  readonly rewrite: (source: Source) => Rewritten;
}

/**
 * Rewrites the files at the paths, or standard input where there are none. Reports what is wrong and
 * goes on with the next file. Returns how many files were to be changed.
 */
export async function rewriteFiles(
  context: Context,
  paths: readonly string[],
  options: RewriteOptions,
): Promise<number> {
  if (paths.length === 0) {
    if (options.write) {
      context.report([
        definitionError({
          code: 'blueprint/standard-input',
          message: 'cannot use -w with standard input',
        }),
      ]);
      return 0;
    }
    const bytes = await buffer(process.stdin);
    return Number(await rewriteBytes(context, STANDARD_INPUT, bytes, options));
  }
  let changed = 0;
  for (const path of paths) {
    const files = findBlueprints(context.cwd, path, options.dialect);
    if (!files.ok) context.report(files.diagnostics);
    for (const file of files.ok ? files.value : []) {
      changed += Number(await rewriteFile(context, file, options));
    }
  }
  return changed;
}

async function rewriteFile(
  context: Context,
  file: string,
  options: RewriteOptions,
): Promise<boolean> {
  try {
    // Writing through a link replaces what it leads to, not the link.
    const path = realpathSync(resolve(context.cwd, file));
    // Whoever else rewrites the file meanwhile would lose one of the two changes.
    await using held = options.write ? await lock(`blueprint ${path}`) : undefined;
    void held;
    return await rewriteBytes(context, file, readFileSync(path), options, path);
  } catch (error) {
    context.report([systemError('rewrite', error, file)]);
    return false;
  }
}

async function rewriteBytes(
  context: Context,
  file: string,
  bytes: Buffer,
  options: RewriteOptions,
  path?: string,
): Promise<boolean> {
  const { text, diagnostics } = options.rewrite(decodeSource(file, bytes));
  context.report(diagnostics);
  if (text === undefined) return false;
  const changed = !bytes.equals(Buffer.from(text));
  const concerned = changed || options.print === 'changed';
  if (concerned && options.list) context.print(`${file}\n`);
  if (changed && options.write && path !== undefined) {
    writeAtomic(path, text, { mode: statSync(path).mode & 0o7777 });
  }
  if (concerned && options.diff) {
    const difference = await diff(bytes, text, options.diffOptions);
    if (difference.ok) context.print(`diff ${file} bpfmt/${file}\n${difference.value}`);
    else context.report(difference.diagnostics);
  }
  const silent = options.list || options.write || options.diff || options.print === 'none';
  if (!silent) context.print(text);
  return changed;
}

/** What the machine's own `diff` says of two texts, or nothing where it ignores the difference. */
async function diff(old: Buffer, text: string, options: string): Promise<Result<string>> {
  using directory = temporaryDirectory(tmpdir(), 'ashlar-diff');
  const before = join(directory.path, 'before');
  const after = join(directory.path, 'after');
  writeFileSync(before, old);
  writeFileSync(after, text);
  const keep = 4 * (old.length + text.length) + 1_000;
  const result = await run('diff', [options, before, after], { keep });
  if (result.startError === undefined && result.status < 2) return ok(result.stdout);
  const why = result.startError === 'ENOENT' ? 'it is not installed' : result.stderr.trim();
  return failed(
    environmentError({
      code: 'blueprint/diff',
      message: `cannot run diff: ${why}`,
      hint: 'install diffutils, or use -o to see the whole text',
    }),
  );
}
