// Where a name comes from and where it is used: variables along the files that inherit them, modules
// across the whole workspace.
import type { Span } from '../../base/span.ts';
import { nameSpan, type StringLiteral } from '../../blueprint/syntax/tree.ts';
import { visitValues } from '../../blueprint/syntax/visit.ts';
import { locate } from './locate.ts';
import { bareName, nameNode, type Document, type Workspace } from './workspace.ts';

/** The places that define what stands at an offset: an assignment, or modules of a name. */
export function definitionsAt(workspace: Workspace, document: Document, offset: number): Span[] {
  const found = locate(document.file, offset);
  switch (found?.kind) {
    case 'variable':
    case 'assignment': {
      const name = found.kind === 'variable' ? found.variable.name : found.assignment.name;
      const assigned = workspace.assignment(document, name);
      return assigned === undefined ? [] : [nameSpan(assigned.assignment)];
    }
    case 'string':
      return workspace.referred(found.string.value).map(({ module }) => inner(nameNode(module)!));
    default:
      return [];
  }
}

/** All uses of what stands at an offset, with or without its definitions. */
export function referencesAt(
  workspace: Workspace,
  document: Document,
  offset: number,
  withDefinitions: boolean,
): Span[] {
  const found = locate(document.file, offset);
  const definitions = definitionsAt(workspace, document, offset);
  if (found?.kind === 'string') {
    const name = bareName(found.string.value);
    return definitions.length === 0 ? [] : moduleUses(workspace, name, withDefinitions);
  }
  if (found?.kind !== 'variable' && found?.kind !== 'assignment') return [];
  const name = found.kind === 'variable' ? found.variable.name : found.assignment.name;
  const owner = workspace.assignment(document, name)?.document ?? document;
  const uses: Span[] = withDefinitions ? definitions : [];
  for (const heir of workspace.heirs(owner)) uses.push(...variableUses(heir, name, definitions));
  return uses;
}

function variableUses({ file }: Document, name: string, definitions: readonly Span[]): Span[] {
  const uses: Span[] = [];
  for (const definition of file.definitions) {
    if (definition.kind !== 'assignment' || definition.name !== name) continue;
    const span = nameSpan(definition);
    const defines = definitions.some(
      (known) => known.source === span.source && known.start === span.start,
    );
    if (!defines) uses.push(span);
  }
  visitValues(file, (value) => {
    if (value.kind === 'variable' && value.name === name) uses.push(value);
  });
  return uses;
}

function moduleUses(workspace: Workspace, name: string, withDefinitions: boolean): Span[] {
  const uses: Span[] = [];
  for (const { file } of workspace.documents()) {
    visitValues(file, (value, { module, path }) => {
      if (value.kind !== 'string' || bareName(value.value) !== name) return;
      const defines = module !== undefined && path.length === 1 && path[0] === 'name';
      if (withDefinitions || !defines) uses.push(inner(value));
    });
  }
  return uses;
}

/** A string without its quotes. */
function inner({ source, start, end }: StringLiteral): Span {
  return { source, start: start + 1, end: Math.max(start + 1, end - 1) };
}
