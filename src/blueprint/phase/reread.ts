// Blueprints files of an earlier run, read again one by one, each in the scope that it has now.
import type { FileSystem } from '../glob/filesystem.ts';
import type { Dialect } from '../syntax/tree.ts';
import { textAt } from './column.ts';
import type { FileColumns } from './state.ts';
import { readSource, readTreeFile, type ReadFile } from './treefile.ts';

export class FileReader {
  readonly #columns: FileColumns;
  readonly #files: FileSystem;
  readonly #dialect: Dialect | undefined;
  readonly #read = new Map<number, ReadFile>();

  constructor(columns: FileColumns, files: FileSystem, dialect: Dialect | undefined) {
    this.#columns = columns;
    this.#files = files;
    this.#dialect = dialect;
  }

  /** Undefined where it, or one that it inherits from, cannot be read. Parents come before their children. */
  at(index: number): ReadFile | undefined {
    const known = this.#read.get(index);
    if (known !== undefined) return known;
    const { path, parent } = this.#columns;
    const above = parent[index]!;
    const parentFile = above === -1 ? undefined : this.at(above);
    if (above !== -1 && parentFile === undefined) return undefined;
    const source = readSource(this.#files, textAt(path, index));
    if (!source.ok) return undefined;
    const read = readTreeFile(source.value, parentFile?.file, this.#dialect);
    this.#read.set(index, read);
    return read;
  }
}
