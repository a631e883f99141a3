// Directories with name spaces of their own: a module of the declaring type makes one of its directory and
// all below it. A name means the module of the own name space, else that of one which it imports, else
// that of the root; `//directory:name` means exactly one.
import { definitionError, type Diagnostic } from '../../base/diagnostic.ts';
import type { AnyValues } from '../property/value.ts';
import { checkKeys } from './known.ts';
import { alreadyDefined, renameConflict, type Names } from './names.ts';
import type { Group } from './variant.ts';

interface Namespace {
  /** `.` for the root. */
  readonly directory: string;
  readonly imports: readonly string[];
  readonly groups: Map<string, Group>;
}

export interface NamespaceOptions {
  /** The module type that declares a name space. It must come before other modules of its directory. */
  readonly type: string;
  /** Its property with the directories whose names are seen too; `imports` unless given. */
  readonly imports?: string;
}

/** Names for one engine. */
export class Namespaces implements Names {
  readonly #type: string;
  readonly #imports: string;
  readonly #root: Namespace = { directory: '.', imports: [], groups: new Map() };
  readonly #spaces = new Map<string, Namespace>([['.', this.#root]]);

  constructor({ type, imports = 'imports' }: NamespaceOptions) {
    this.#type = type;
    this.#imports = imports;
  }

  add(group: Group, values: AnyValues = {}): Diagnostic | undefined {
    const { directory, typeName } = group.definition;
    if (typeName === this.#type) {
      const problem = this.#declare(group, values);
      if (problem !== undefined) return problem;
    }
    const { groups } = this.#spaceOf(directory);
    const other = groups.get(group.name);
    if (other !== undefined) return alreadyDefined(group, other);
    groups.set(group.name, group);
    return undefined;
  }

  #declare(group: Group, values: AnyValues): Diagnostic | undefined {
    const { directory } = group.definition;
    const early = [...this.#spaceOf(directory).groups.values()].find(({ definition }) =>
      isWithin(definition.directory, directory),
    );
    if (directory === '.' || this.#spaces.has(directory) || early !== undefined) {
      const message =
        early === undefined
          ? `directory ${directory} has a name space already`
          : 'a name space must be declared before the modules in it';
      const notes =
        early === undefined ? [] : [{ message: 'this one came before', at: early.place }];
      return definitionError({ code: 'module/namespace', message, at: group.place, notes });
    }
    const imports = (values[this.#imports] as readonly string[] | undefined) ?? [];
    this.#spaces.set(directory, { directory, imports, groups: new Map() });
    return undefined;
  }

  find(name: string, from: Group): Group | undefined {
    const exact = /^\/\/(.*):([^:]*)$/s.exec(name);
    if (exact !== null) return this.#spaces.get(exact[1] || '.')?.groups.get(exact[2]!);
    for (const { groups } of this.#visible(from)) {
      const found = groups.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  rename(group: Group, name: string): Diagnostic | undefined {
    const { groups } = this.#spaceOf(group.definition.directory);
    const other = groups.get(name);
    if (other !== undefined) return renameConflict(group, name, other);
    groups.delete(group.name);
    groups.set(name, group);
    return undefined;
  }

  uniqueName(group: Group): string {
    const space = this.#spaceOf(group.definition.directory);
    return space === this.#root ? group.name : `//${space.directory}:${group.name}`;
  }

  /** What can be seen by its own name; and where a name is that cannot. */
  *candidates(from: Group, wanted?: string): Iterable<string> {
    if (wanted !== undefined) {
      for (const { directory, groups } of this.#spaces.values()) {
        if (groups.has(wanted)) yield `//${directory === '.' ? '' : directory}:${wanted}`;
      }
    }
    for (const { groups } of this.#visible(from)) yield* groups.keys();
  }

  *#visible(from: Group): Iterable<Namespace> {
    const own = this.#spaceOf(from.definition.directory);
    yield own;
    for (const directory of own.imports) {
      const imported = this.#spaces.get(directory);
      if (imported !== undefined) yield imported;
    }
    yield this.#root;
  }

  /** That of the nearest directory above that has one. */
  #spaceOf(directory: string): Namespace {
    for (let at = directory; at !== '.' && at !== ''; at = at.slice(0, at.lastIndexOf('/') + 1)) {
      if (at.endsWith('/')) at = at.slice(0, -1);
      const space = this.#spaces.get(at);
      if (space !== undefined) return space;
    }
    return this.#root;
  }
}

function isWithin(directory: string, outer: string): boolean {
  return directory === outer || directory.startsWith(`${outer}/`);
}

/** For `names` of build logic: each engine gets its own. */
export function directoryNamespaces(options: NamespaceOptions): () => Names {
  checkKeys('directoryNamespaces', options, ['type', 'imports']);
  return () => new Namespaces(options);
}
