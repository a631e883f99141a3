// What is known of module types and their properties, for completion and hover. This source of it is
// how the files of the workspace use them; schemas, where there are any, know more.
import type { Workspace } from './workspace.ts';
import type { Property } from '../../blueprint/syntax/tree.ts';

export interface Catalogue {
  /** Module types, with a line on each. */
  types(): ReadonlyMap<string, string>;
  /** Properties of a module type, below the properties of a path, with a line on each. */
  properties(type: string, path: readonly string[]): ReadonlyMap<string, string>;
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
  };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function described(counts: ReadonlyMap<string, number>): ReadonlyMap<string, string> {
  return new Map(
    [...counts].map(([name, times]) => [name, times === 1 ? 'used once' : `used ${times} times`]),
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
