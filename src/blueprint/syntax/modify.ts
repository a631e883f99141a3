// Changes properties of named modules of a file: what `ashlar modify` does to each file. Knows nothing
// of files on disk. What cannot be changed is reported and left; the rest is changed.
import {
  definitionError,
  failed,
  ok,
  type Diagnostic,
  type Result,
} from '../../base/diagnostic.ts';
import {
  addStrings,
  getProperty,
  makeBool,
  makeList,
  makeString,
  moveProperty,
  notAMap,
  removeStrings,
  replaceStrings,
  updateProperty,
} from './edit.ts';
import { listIsSorted, sortList } from './sort.ts';
import {
  typeName,
  type CommentGroup,
  type Expression,
  type File,
  type List,
  type Module,
} from './tree.ts';

/** What to do with a property. */
export type Change =
  | {
      readonly kind: 'list';
      /** Strings to add and to remove. A list that was sorted is sorted again. */
      readonly add: readonly string[];
      readonly remove: readonly string[];
      /** Sort it also if it was not sorted. */
      readonly sort: boolean;
    }
  | { readonly kind: 'literal'; readonly literal: Expression }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'replace'; readonly replacements: ReadonlyMap<string, string> }
  | { readonly kind: 'remove' }
  | { readonly kind: 'move'; readonly to: string };

export interface Modification {
  /** Names of modules, or all modules that have one. */
  readonly modules: ReadonlySet<string> | 'all';
  /** Each a property or, with several parts, a nested one. */
  readonly properties: readonly (readonly string[])[];
  readonly change: Change;
}

export interface Modified {
  readonly file: File;
  /** Whether anything in the tree is new. */
  readonly changed: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Applies a change to all modules whose `name` is one of those asked for, written as a plain string.
 * Error codes `blueprint/edit`, `blueprint/unsortable`.
 */
export function modify(file: File, modification: Modification): Modified {
  const { properties, change } = modification;
  const diagnostics: Diagnostic[] = [];
  let comments = file.comments;
  const definitions = file.definitions.map((definition) => {
    const name = definition.kind === 'module' ? nameOf(definition) : undefined;
    if (definition.kind !== 'module' || name === undefined || !targets(modification, name)) {
      return definition;
    }
    let module = definition;
    for (const path of properties) {
      const editor = { file: { ...file, comments }, name, path };
      const result = changeProperty(editor, module, change);
      if (result.ok) ({ module, comments } = result.value);
      else diagnostics.push(...result.diagnostics);
    }
    return module;
  });
  const changed = definitions.some((definition, index) => definition !== file.definitions[index]);
  return { file: { ...file, definitions, comments }, changed, diagnostics };
}

function targets({ modules }: Modification, name: string): boolean {
  return modules === 'all' || modules.has(name);
}

/** A module's name where it is a plain string. */
export function nameOf(module: Module): string | undefined {
  const value = getProperty(module, 'name')?.value;
  return value?.kind === 'string' ? value.value : undefined;
}

interface Editor {
  readonly file: File;
  readonly name: string;
  readonly path: readonly string[];
}

interface Edited {
  readonly module: Module;
  readonly comments: readonly CommentGroup[];
}

function changeProperty(editor: Editor, module: Module, change: Change): Result<Edited> {
  const { file, path } = editor;
  let { comments } = file;
  const creates = change.kind === 'literal' || change.kind === 'string' || change.kind === 'bool';
  const adds = creates || (change.kind === 'list' && change.add.length > 0);
  const result =
    change.kind === 'move'
      ? move(module, path, change.to)
      : updateProperty(module, path, (value): Result<Expression | undefined> => {
          if (value === undefined && !adds) return ok(undefined);
          if (change.kind === 'remove') return ok(undefined);
          const changed = changeValue(editor, value, change);
          if (!changed.ok) return changed;
          comments = changed.value.comments;
          return ok(changed.value.value);
        });
  return result.ok ? ok({ module: result.value, comments }) : result;
}

function move(module: Module, path: readonly string[], to: string): Result<Module> {
  const name = path.at(-1)!;
  const above = path.slice(0, -1);
  if (above.length === 0) return moveProperty(module, name, to);
  return updateProperty(module, above, (value): Result<Expression | undefined> => {
    if (value === undefined) return ok(undefined);
    return value.kind === 'map' ? moveProperty(value, name, to) : notAMap(above, value);
  });
}

interface Changed {
  readonly value: Expression;
  readonly comments: readonly CommentGroup[];
}

function changeValue(
  editor: Editor,
  value: Expression | undefined,
  change: Exclude<Change, { kind: 'move' | 'remove' }>,
): Result<Changed> {
  const { source, comments } = editor.file;
  if (value?.kind === 'variable' || value?.kind === 'operator') {
    const what = value.kind === 'variable' ? 'a variable' : 'an expression';
    return failed(problem(editor, value, `is ${what}, unsupported`));
  }
  switch (change.kind) {
    case 'list': {
      const list = value ?? makeList(source);
      if (list.kind !== 'list') return failed(mismatch(editor, list, 'to be list'));
      return changeList(editor, list, change);
    }
    case 'literal': {
      const list = value ?? makeList(source);
      if (list.kind !== 'list') return failed(mismatch(editor, list, 'to be list'));
      return ok({
        value: { ...list, values: [...list.values, unplaced(change.literal)] },
        comments,
      });
    }
    case 'string': {
      const old = value ?? makeString(source, '');
      if (old.kind !== 'string') return failed(mismatch(editor, old, 'to be string'));
      return ok({ value: { ...old, value: change.value }, comments });
    }
    case 'bool': {
      const old = value ?? makeBool(source, false);
      if (old.kind !== 'bool') return failed(mismatch(editor, old, 'to be bool'));
      return ok({ value: { ...old, value: change.value }, comments });
    }
    case 'replace':
      return replace(editor, value!, change.replacements);
  }
}

function changeList(
  editor: Editor,
  list: List,
  { add, remove, sort }: Extract<Change, { kind: 'list' }>,
): Result<Changed> {
  const { file } = editor;
  const wasSorted = listIsSorted(list);
  if (!wasSorted.ok) return wasSorted;
  const added = addStrings(list, add);
  if (!added.ok) return added;
  const result = removeStrings(added.value, remove);
  if (!result.ok) return result;
  const changed = result.value;
  if (changed === list || !(wasSorted.value || sort)) {
    return ok({ value: changed, comments: file.comments });
  }
  const sorted = sortList(file, changed);
  return sorted.ok ? ok({ value: sorted.value.list, comments: sorted.value.comments }) : sorted;
}

function replace(
  editor: Editor,
  value: Expression,
  replacements: ReadonlyMap<string, string>,
): Result<Changed> {
  const { comments } = editor.file;
  if (value.kind === 'string') {
    const replacement = replacements.get(value.value);
    return ok({
      value: replacement === undefined ? value : { ...value, value: replacement },
      comments,
    });
  }
  if (value.kind !== 'list') return failed(mismatch(editor, value, 'to be a list or string'));
  const list = replaceStrings(value, replacements);
  return list.ok ? ok({ value: list.value, comments }) : list;
}

/** An expression of another text, without its places: they would mean nothing here. */
function unplaced<T extends object>(node: T): T {
  return Object.fromEntries(
    Object.entries(node).map(([key, value]: [string, unknown]) => {
      if (PLACES.has(key)) return [key, 0];
      if (key === 'source') return [key, value];
      if (Array.isArray(value)) return [key, value.map((item: object) => unplaced(item))];
      return [key, typeof value === 'object' && value !== null ? unplaced(value) : value];
    }),
  ) as T;
}

const PLACES: ReadonlySet<string> = new Set([
  'start',
  'end',
  'line',
  'open',
  'openLine',
  'close',
  'closeLine',
  'colon',
  'colonLine',
]);

function problem({ name, path }: Editor, at: Expression, what: string): Diagnostic {
  return definitionError({
    code: 'blueprint/edit',
    message: `parameter ${path.join('.')} in module ${name} ${what}`,
    at,
  });
}

function mismatch({ name, path }: Editor, value: Expression, wanted: string): Diagnostic {
  return definitionError({
    code: 'blueprint/edit',
    message: `expected parameter ${path.join('.')} in module ${name} ${wanted}, found ${typeName(value)}`,
    at: value,
  });
}
