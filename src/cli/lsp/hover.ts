// What is said of the thing under the pointer, as Markdown.
import { posix } from 'node:path';
import type { Span } from '../../base/span.ts';
import { printExpression } from '../../blueprint/syntax/print.ts';
import type { Value } from '../../blueprint/syntax/scope.ts';
import { nameSpan, typeName, typeSpan } from '../../blueprint/syntax/tree.ts';
import type { Catalogue, Known } from './catalogue.ts';
import { locate } from './locate.ts';
import type { Document, Workspace } from './workspace.ts';

export interface Hover {
  readonly text: string;
  readonly at: Span;
}

export function hoverAt(
  workspace: Workspace,
  catalogue: Catalogue,
  document: Document,
  offset: number,
): Hover | undefined {
  const found = locate(document.file, offset);
  switch (found?.kind) {
    case 'variable':
      return variable(workspace, document, found.variable.name, found.variable);
    case 'assignment':
      return variable(workspace, document, found.assignment.name, nameSpan(found.assignment));
    case 'type': {
      const { type } = found.module;
      const about = catalogue.types().get(type);
      return { text: lines(`module type \`${type}\``, ...said(about)), at: typeSpan(found.module) };
    }
    case 'property': {
      const { module, path, property } = found;
      const about = catalogue.properties(module.type, path.slice(0, -1)).get(property.name);
      const its = about?.declared === true ? about.detail : typeName(property.value);
      const text = lines(
        `property \`${path.join('.')}\` of \`${module.type}\`, ${its}`,
        ...said(about),
      );
      return { text, at: nameSpan(property) };
    }
    case 'string': {
      const modules = workspace.referred(found.string.value);
      const text = modules.map(({ module, document: { path } }) => {
        return `\`${module.type}\` in ${posix.basename(posix.dirname(path))}/${posix.basename(path)}`;
      });
      return text.length === 0 ? undefined : { text: lines(...text), at: found.string };
    }
    case undefined:
      return undefined;
  }
}

function variable(
  workspace: Workspace,
  document: Document,
  name: string,
  at: Span,
): Hover | undefined {
  const found = workspace.analysis(document).scope.get(name);
  if (found === undefined) return undefined;
  const { value, assignment } = found.binding;
  const where =
    found.local || assignment === undefined ? undefined : `set in ${assignment.source.file}`;
  return { text: lines(`\`\`\`blueprint\n${name} = ${shown(value)}\n\`\`\``, where), at };
}

const MAX_LINES = 20;

/** A value of many lines is cut. */
function shown(value: Value): string {
  const all = printExpression(value).split('\n');
  return all.length <= MAX_LINES ? all.join('\n') : [...all.slice(0, MAX_LINES), '…'].join('\n');
}

/** What is known, most important first. */
function said(known: Known | undefined): string[] {
  if (known === undefined) return [];
  return [known.doc, known.declared ? '' : known.detail].filter((one) => one !== '');
}

function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('\n\n');
}
