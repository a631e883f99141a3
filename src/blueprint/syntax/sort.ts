// Sorts the lists of strings in a tree: within each run of elements on lines in a row, comments going
// with the element before them. Gives a new tree whose offsets and lines are those of the new order,
// so it is good for printing only.
import {
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import { naturalLess, naturalSort } from './natural.ts';
import type {
  Comment,
  CommentGroup,
  Definition,
  Dialect,
  Expression,
  File,
  List,
  Property,
  StringLiteral,
} from './tree.ts';

/**
 * Sorts every list whose first element is a literal string, int or bool. Error code
 * `blueprint/unsortable`, at the first element that is no literal string.
 */
export function sortLists(file: File): Result<File> {
  const sorter = new Sorter(file.dialect, file.comments);
  const definitions = file.definitions.map((definition) => sortDefinition(sorter, definition));
  if (sorter.diagnostics.length > 0) return failed(...sorter.diagnostics);
  return ok({ ...file, definitions, comments: sorter.finish() });
}

/** Sorts one list of a file. The result has the list in place of the old one nowhere but in `list`. */
export function sortList(
  file: File,
  list: List,
): Result<{ readonly list: List; readonly comments: readonly CommentGroup[] }> {
  const sorter = new Sorter(file.dialect, file.comments);
  const sorted = sorter.list(list);
  if (sorter.diagnostics.length > 0) return failed(...sorter.diagnostics);
  return ok({ list: sorted, comments: sorter.finish() });
}

/** Whether sorting a list would keep its order. Error code `blueprint/unsortable`. */
export function listIsSorted(list: List): Result<boolean> {
  if (!startsWithLiteral(list.values)) return ok(true);
  const other = list.values.find((value) => value.kind !== 'string');
  if (other !== undefined) return failed(unsortable(other));
  const strings = list.values as readonly StringLiteral[];
  for (const { from, to } of runs(strings)) {
    for (let i = from + 1; i < to; i++) {
      if (naturalLess(strings[i]!.value, strings[i - 1]!.value)) return ok(false);
    }
  }
  return ok(true);
}

function sortDefinition(sorter: Sorter, definition: Definition): Definition {
  return definition.kind === 'module'
    ? { ...definition, properties: sortProperties(sorter, definition.properties) }
    : { ...definition, value: sortValue(sorter, definition.value) };
}

function sortProperties(sorter: Sorter, properties: readonly Property[]): Property[] {
  return properties.map((property) => ({ ...property, value: sortValue(sorter, property.value) }));
}

function sortValue(sorter: Sorter, value: Expression): Expression {
  switch (value.kind) {
    case 'list':
      return sorter.list(value);
    case 'map':
      return { ...value, properties: sortProperties(sorter, value.properties) };
    case 'operator':
      return { ...value, operands: value.operands.map((operand) => sortValue(sorter, operand)) };
    default:
      return value;
  }
}

function startsWithLiteral(values: readonly Expression[]): boolean {
  const kind = values[0]?.kind;
  return kind === 'string' || kind === 'int' || kind === 'bool';
}

function unsortable(element: Expression): Diagnostic {
  return definitionError({
    code: 'blueprint/unsortable',
    message: 'list contains non-string element',
    at: element,
    hint: 'only lists of plain strings can be sorted',
  });
}

/** Ranges of elements that stand on the same line or on lines in a row. */
function runs(values: readonly Expression[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let from = 0; from < values.length;) {
    let to = from + 1;
    while (to < values.length && values[to]!.line <= values[to - 1]!.line + 1) to++;
    found.push({ from, to });
    from = to;
  }
  return found;
}

class Sorter {
  readonly diagnostics: Diagnostic[] = [];
  readonly #dialect: Dialect;
  /** As they were. Runs do not overlap, so what has moved is not asked for again. */
  readonly #comments: readonly CommentGroup[];
  readonly #moved = new Map<number, CommentGroup>();

  constructor(dialect: Dialect, comments: readonly CommentGroup[]) {
    this.#dialect = dialect;
    this.#comments = comments;
  }

  list(list: List): List {
    if (!startsWithLiteral(list.values)) return list;
    const other = list.values.find((value) => value.kind !== 'string');
    if (other !== undefined) {
      this.diagnostics.push(unsortable(other));
      return list;
    }
    const strings = list.values as readonly StringLiteral[];
    const values = runs(strings).flatMap(({ from, to }) =>
      this.#run(strings.slice(from, to), strings[to]?.start ?? list.end),
    );
    return { ...list, values };
  }

  /** The comments in their new order. */
  finish(): readonly CommentGroup[] {
    if (this.#moved.size === 0) return this.#comments;
    return this.#comments
      .map((group, index) => this.#moved.get(index) ?? group)
      .sort((a, b) => a.comments[0]!.start - b.comments[0]!.start);
  }

  /** Lays the elements of a run out again, each on a line of its own, from where the first one stood. */
  #run(elements: readonly StringLiteral[], after: number): StringLiteral[] {
    const extents = elements.map((element, index) => ({
      element,
      after: elements[index + 1]?.start ?? after,
    }));
    let { start, line } = elements[0]!;
    return naturalSort(extents, ({ element }) => element.value).map(({ element, after: next }) => {
      const end = start + element.end - element.start;
      const placed: StringLiteral = { ...element, start, end, line };
      line = this.#moveComments(element, next, start - element.start, line) + 1;
      start += next - element.start;
      return placed;
    });
  }

  /**
   * Moves the comments between an element and the next one with it; returns the line that the last of
   * them is on. Of a group only the first comment moves, the others keep their lines.
   */
  #moveComments(element: StringLiteral, next: number, by: number, line: number): number {
    let to = line;
    for (let index = this.#firstAfter(element.start); index < this.#comments.length; index++) {
      const [first, ...rest] = this.#comments[index]!.comments as [Comment, ...Comment[]];
      if (first.start >= next) break;
      // In 2021 a comment came on the element's own line, wherever it had stood.
      if (this.#dialect === '2025') to += first.line - element.line;
      const moved = { ...first, start: first.start + by, end: first.end + by, line: to };
      this.#moved.set(index, { comments: [moved, ...rest] });
    }
    return to;
  }

  #firstAfter(offset: number): number {
    let low = 0;
    let high = this.#comments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#comments[middle]!.comments[0]!.start > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
