// From the flags of `ashlar modify` to the one change that they ask for, and its use on a file.
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import type { Source } from '../../base/span.ts';
import { formatFile } from '../../blueprint/syntax/format.ts';
import { modify, type Change, type Modification } from '../../blueprint/syntax/modify.ts';
import { parse } from '../../blueprint/syntax/parse.ts';
import type { Dialect, Expression } from '../../blueprint/syntax/tree.ts';
import type { Rewritten } from './rewrite.ts';

/** What the command line gave. Lists and properties are taken apart, values are checked. */
export interface ModifyFlags {
  readonly modules?: readonly string[];
  readonly property?: readonly (readonly string[])[];
  readonly parameter?: readonly (readonly string[])[];
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly addLiteral?: string;
  readonly str?: string;
  readonly setBool?: boolean;
  readonly replaceProperty?: ReadonlyMap<string, string>;
  readonly removeProperty: boolean;
  readonly moveProperty: boolean;
  readonly newLocation?: string;
  readonly sort: boolean;
}

/** The modification. Error code `modify/usage`: flags are missing, or exclude each other. */
export function planModification(flags: ModifyFlags): Result<Modification> {
  const { modules = [], property, parameter } = flags;
  if (modules.length === 0) return usage('-m parameter is required');
  const changes = changesOf(flags);
  if (!changes.ok) return changes;
  const [change, other] = changes.value;
  if (change === undefined) {
    return usage(
      '-a, -add-literal, -r, -remove-property, -move-property, replace-property or -str parameter is required',
    );
  }
  if (other !== undefined) return usage(exclusive(change));
  const properties = property ?? parameter;
  if (change.kind === 'move' && properties === undefined) {
    return usage('-move-property must specify property');
  }
  const all = modules.length === 1 && modules[0] === '*';
  return ok({
    modules: all ? 'all' : new Set(modules),
    properties: properties ?? [['deps']],
    change,
  });
}

function exclusive({ kind }: Change): string {
  if (kind === 'remove') return '-remove-property cannot be used with other parameter(s)';
  if (kind === 'move') return '-move-property cannot be used with other parameter(s)';
  return 'only one kind of change can be made at a time';
}

function changesOf(flags: ModifyFlags): Result<readonly Change[]> {
  const { add = [], remove = [], sort, addLiteral, str, setBool, replaceProperty } = flags;
  const changes: Change[] = [];
  if (flags.removeProperty) changes.push({ kind: 'remove' });
  if (flags.moveProperty) {
    if (flags.newLocation === undefined) return usage('-move-property must specify -new-location');
    changes.push({ kind: 'move', to: flags.newLocation });
  }
  if (add.length > 0 || remove.length > 0) changes.push({ kind: 'list', add, remove, sort });
  if (addLiteral !== undefined) {
    if (sort) return usage('sorting not supported when adding a literal');
    const literal = parseLiteral(addLiteral);
    if (!literal.ok) return literal;
    changes.push({ kind: 'literal', literal: literal.value });
  }
  if (str !== undefined) changes.push({ kind: 'string', value: str });
  if (setBool !== undefined) changes.push({ kind: 'bool', value: setBool });
  if (replaceProperty !== undefined)
    changes.push({ kind: 'replace', replacements: replaceProperty });
  return ok(changes);
}

/** An expression on the command line, as the value of an assignment that is not there. */
function parseLiteral(text: string): Result<Expression> {
  const { file, diagnostics } = parse({ file: '-add-literal', text: `literal = ${text}` });
  if (diagnostics.length > 0) return failed(...diagnostics);
  const [definition, other] = file.definitions;
  return definition?.kind === 'assignment' && other === undefined
    ? ok(definition.value)
    : usage('-add-literal takes one value');
}

function usage(message: string): Result<never> {
  return failed(definitionError({ code: 'modify/usage', message, hint: 'see --help' }));
}

/** The text of a file after a modification; none if nothing in it was to be changed. */
export function rewriteModified(
  source: Source,
  dialect: Dialect,
  modification: Modification,
): Rewritten {
  const { file, diagnostics } = parse(source, { dialect });
  if (diagnostics.length > 0) return { text: undefined, diagnostics };
  const modified = modify(file, modification);
  if (!modified.changed) return { text: undefined, diagnostics: modified.diagnostics };
  const text = formatFile(modified.file);
  return text.ok
    ? { text: text.value, diagnostics: modified.diagnostics }
    : { text: undefined, diagnostics: [...modified.diagnostics, ...text.diagnostics] };
}
