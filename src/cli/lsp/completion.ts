// What can be written at the cursor: module types, properties, variables, names of modules.
import type { Cursor } from './cursor.ts';
import type { Catalogue } from './catalogue.ts';
import { bareName, type Document, type Workspace } from './workspace.ts';

export interface Completion {
  readonly label: string;
  readonly kind: 'type' | 'property' | 'value' | 'variable' | 'keyword' | 'module';
  readonly detail?: string;
  /** Markdown. */
  readonly doc?: string;
  /** What is written in place of the word at the cursor, if not the label. */
  readonly insert?: string;
}

export function completionsAt(
  workspace: Workspace,
  catalogue: Catalogue,
  document: Document,
  cursor: Cursor,
): Completion[] {
  switch (cursor.where) {
    case 'definition':
      return [...catalogue.types()].map(([label, known]) => ({ label, kind: 'type', ...known }));
    case 'property':
      return properties(catalogue, cursor);
    case 'value':
      return values(workspace, catalogue, document, cursor);
    case 'string':
      return strings(workspace, catalogue, document, cursor);
  }
}

function properties(catalogue: Catalogue, { type, path, present }: Cursor): Completion[] {
  if (type === undefined) return [];
  // The word at the cursor is itself among those that are present.
  const taken = new Set(present);
  return [...catalogue.properties(type, path)]
    .filter(([label]) => !taken.has(label))
    .map(([label, known]) => ({ label, kind: 'property', ...known, insert: `${label}: ` }));
}

function values(
  workspace: Workspace,
  catalogue: Catalogue,
  document: Document,
  { type, path }: Cursor,
): Completion[] {
  const words = type === undefined ? [] : catalogue.values(type, path);
  const own = words.map((label): Completion => ({ label, kind: 'value' }));
  const { scope } = workspace.analysis(document);
  const variables = scope.names().map((label): Completion => {
    const kind = scope.get(label)?.binding.value.kind;
    return { label, kind: 'variable', ...(kind === undefined ? {} : { detail: kind }) };
  });
  const keywords = ['true', 'false', 'select']
    .filter((label) => !words.includes(label))
    .map((label): Completion => ({ label, kind: 'keyword' }));
  return [...own, ...variables, ...keywords];
}

/** Words that a property can have, or names of modules. */
function strings(
  workspace: Workspace,
  catalogue: Catalogue,
  document: Document,
  cursor: Cursor,
): Completion[] {
  const { type, path } = cursor;
  const words = type === undefined ? [] : catalogue.values(type, path);
  if (words.length === 0) return moduleNames(workspace, document, cursor);
  return words.map((word) => ({ label: JSON.parse(word) as string, kind: 'value' }));
}

/** Names of modules, but not where a module is given its own. */
function moduleNames(
  workspace: Workspace,
  document: Document,
  { path, start }: Cursor,
): Completion[] {
  if (path.length === 1 && path[0] === 'name') return [];
  const typed = document.source.text.slice(start);
  const colon = typed.startsWith(':') && bareName(typed) !== typed ? ':' : '';
  return [...workspace.modules()].map(([name, modules]) => {
    return {
      label: name,
      kind: 'module',
      detail: modules[0]!.module.type,
      insert: `${colon}${name}`,
    };
  });
}
