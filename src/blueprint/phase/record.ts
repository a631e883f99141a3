// Writes down what the next run needs to know of the Blueprints files of this one.
import { digestOf } from '../../base/digest.ts';
import { packTexts, replaceTexts } from './column.ts';
import { packStamps } from './stamp.ts';
import type { Stamper } from './stamper.ts';
import type { FileColumns } from './state.ts';
import { exportsOf, namedBy, type ReadFile, type TreeFile } from './treefile.ts';
import type { Tree } from './walk.ts';

/** The files of a whole run. */
export function recordFiles({ files, children }: Tree, stamper: Stamper): FileColumns {
  const indexes = new Map<TreeFile, number>();
  for (const [index, file] of files.entries()) indexes.set(file, index);
  const parents = files.map(({ parent }) => (parent === undefined ? -1 : indexes.get(parent)!));
  return {
    path: packTexts(files.map(({ path }) => path)),
    stamp: packStamps(files.map(({ path }) => stamper.of(path))),
    digest: packTexts(files.map(({ source }) => digestOf(source.text).hash)),
    parent: Int32Array.from(parents),
    exports: packTexts(files.map(exportsOf)),
    children: packTexts(
      files.map((file) => namedBy(children.get(file) ?? { paths: [], globs: [] })),
    ),
  };
}

/** The files of an earlier run, with their stamps of now, some of them read again. */
export function updateFiles(old: FileColumns, changed: ReadonlyMap<number, ReadFile>): FileColumns {
  const digest = new Map<number, string>();
  const exports = new Map<number, string>();
  for (const [index, { file }] of changed) {
    digest.set(index, digestOf(file.source.text).hash);
    exports.set(index, exportsOf(file));
  }
  return {
    ...old,
    digest: replaceTexts(old.digest, digest),
    exports: replaceTexts(old.exports, exports),
  };
}
