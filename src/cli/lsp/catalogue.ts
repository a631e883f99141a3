// What is known of module types and their properties, for completion and hover: from the schemas of the
// build logic, and from how the files of the workspace use what has no schema.
import type { AnyModuleType } from '../../blueprint/api.ts';
import { completionsAt, type Completion } from '../../blueprint/property/reference.ts';
import type { Workspace } from './workspace.ts';
import type { Property } from '../../blueprint/syntax/tree.ts';

export interface Catalogue {
  types(): ReadonlyMap<string, Known>;
  /** Properties of a module type, below the properties of a path. */
  properties(type: string, path: readonly string[]): ReadonlyMap<string, Known>;
  /** The values that a property can have, as written in a file, if those are few. */
  values(type: string, path: readonly string[]): readonly string[];
}

/** What is said of a name. */
export interface Known {
  /** A few words: the type of a property, or how often a name is used. */
  readonly detail: string;
  /** Whether a schema says so. */
  readonly declared: boolean;
  /** Markdown; may be empty. */
  readonly doc: string;
}

/** What schemas say, and of other names what the rest knows. */
export function schemaCatalogue(types: readonly AnyModuleType[], rest: Catalogue): Catalogue {
  const byName = new Map(types.map((type): [string, AnyModuleType] => [type.name, type]));
  const at = (
    type: string,
    path: readonly string[],
    kind: Completion['kind'],
  ): readonly Completion[] => {
    const schema = byName.get(type)?.schema;
    if (schema === undefined) return [];
    return completionsAt(schema, path).filter((completion) => completion.kind === kind);
  };
  return {
    types() {
      const own = types.map(({ name, doc }): [string, Known] => [
        name,
        { detail: 'module type', declared: true, doc },
      ]);
      return new Map([...own, ...[...rest.types()].filter(([name]) => !byName.has(name))]);
    },
    properties(type, path) {
      const own = at(type, path, 'property').map(({ label, detail, doc }): [string, Known] => [
        label,
        { detail, declared: true, doc },
      ]);
      const known = new Map(own);
      for (const [name, used] of rest.properties(type, path)) {
        if (!known.has(name)) known.set(name, used);
      }
      return known;
    },
    values: (type, path) => at(type, path, 'value').map(({ label }) => label),
  };
}

/** The module types and properties that the files of a workspace use. */
export function usedCatalogue(workspace: Workspace): Catalogue {
  return {
    types() {
      const counts = new Map<string, number>();
      for (const { file } of workspace.documents()) {
        for (const definition of file.definitions) {
          if (definition.kind === 'module') count(counts, definition.type);
        }
      }
      return described(counts);
    },
    properties(type, path) {
      const counts = new Map<string, number>();
      for (const { file } of workspace.documents()) {
        for (const definition of file.definitions) {
          if (definition.kind !== 'module' || definition.type !== type) continue;
          for (const { name } of below(definition.properties, path)) count(counts, name);
        }
      }
      return described(counts);
    },
    values: () => [],
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function described(counts: ReadonlyMap<string, number>): ReadonlyMap<string, Known> {
  return new Map(
    [...counts].map(([name, times]): [string, Known] => [
      name,
      { detail: times === 1 ? 'used once' : `used ${times} times`, declared: false, doc: '' },
    ]),
  );
}

function below(
  properties: readonly Property[],
  [name, ...rest]: readonly string[],
): readonly Property[] {
  if (name === undefined) return properties;
  return properties.flatMap((property) => {
    if (property.name !== name) return [];
    const { value } = property;
    const maps =
      value.kind === 'list' ? value.values : value.kind === 'operator' ? value.operands : [value];
    return maps.flatMap((map) => (map.kind === 'map' ? below(map.properties, rest) : []));
  });
}
