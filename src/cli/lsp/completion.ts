// What can be written at the cursor: module types, properties, variables, names of modules.
import type { Cursor } from './cursor.ts';
import type { Catalogue } from './catalogue.ts';
import { bareName, type Document, type Workspace } from './workspace.ts';

export interface Completion {
  readonly label: string;
  readonly kind: 'type' | 'property' | 'variable' | 'keyword' | 'module';
  readonly detail?: string;
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
      return [...catalogue.types()].map(([label, detail]) => ({ label, kind: 'type', detail }));
    case 'property':
      return properties(catalogue, cursor);
    case 'value':
      return values(workspace, document);
    case 'string':
      return moduleNames(workspace, document, cursor);
  }
}

function properties(catalogue: Catalogue, { type, path, present }: Cursor): Completion[] {
  if (type === undefined) return [];
  // The word at the cursor is itself among those that are present.
  const taken = new Set(present);
  return [...catalogue.properties(type, path)]
    .filter(([label]) => !taken.has(label))
    .map(([label, detail]) => ({ label, kind: 'property', detail, insert: `${label}: ` }));
}

function values(workspace: Workspace, document: Document): Completion[] {
  const { scope } = workspace.analysis(document);
  const variables = scope.names().map((label): Completion => {
    const kind = scope.get(label)?.binding.value.kind;
    return { label, kind: 'variable', ...(kind === undefined ? {} : { detail: kind }) };
  });
  const keywords = ['true', 'false', 'select'].map((label): Completion => {
    return { label, kind: 'keyword' };
  });
  return [...variables, ...keywords];
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
