// The mutator that always runs first: dependencies that properties of kind `moduleName` name, and those
// that module types add themselves.
import { bottomUp, type BottomUpMutator } from '../module/mutator.ts';
import type { BottomUpContext } from '../module/context.ts';
import type { DependencyTag } from '../module/handle.ts';
import type { AnyModuleType } from '../module/logic.ts';
import type { Variant } from '../module/variant.ts';
import type { NestedProperty, Property } from '../property/property.ts';
import type { AnyValues } from '../property/value.ts';

const NAME = 'blueprint_deps';

/** Collects the names in a value, with the tag of each. */
type Collect = (value: unknown, add: (tag: DependencyTag, name: string) => void) => void;

export function dependencyMutator(): BottomUpMutator {
  const collectors = new Map<AnyModuleType, Collect | undefined>();
  return bottomUp(NAME, (context) => {
    const { type } = (context.module as Variant).group.definition;
    let collect = collectors.get(type);
    if (collect === undefined && !collectors.has(type)) {
      collect = collectorOf(type.schema);
      collectors.set(type, collect);
    }
    collect?.(context.properties, (tag, name) => context.addDependency(tag, name));
    // What it returns is looked at by the pass, as what any mutator returns.
    return (type.dependencies as ((context: BottomUpContext) => void) | undefined)?.(context);
  });
}

/** How to find the names in values of a property; undefined where there can be none. */
function collectorOf(property: Property): Collect | undefined {
  switch (property.kind) {
    case 'module': {
      const tag = property.tag as DependencyTag | undefined;
      if (tag === undefined) return undefined;
      return (value, add) => {
        if (value !== '') add(tag, value as string);
      };
    }
    case 'list': {
      const inner = collectorOf(property.element);
      if (inner === undefined) return undefined;
      return (value, add) => {
        for (const item of value as readonly unknown[]) inner(item, add);
      };
    }
    case 'map': {
      const inner = collectorOf(property.element);
      if (inner === undefined) return undefined;
      return (value, add) => {
        for (const item of Object.values(value as AnyValues)) inner(item, add);
      };
    }
    case 'optional':
    case 'mutated': {
      const inner = collectorOf(property.inner);
      if (inner === undefined) return undefined;
      return (value, add) => {
        if (value !== undefined) inner(value, add);
      };
    }
    case 'nested':
      return nestedCollector(property);
    default:
      return undefined;
  }
}

function nestedCollector({ fields }: NestedProperty): Collect | undefined {
  const inner: [string, Collect][] = [];
  for (const [name, field] of Object.entries(fields)) {
    const collect = collectorOf(field);
    if (collect !== undefined) inner.push([name, collect]);
  }
  if (inner.length === 0) return undefined;
  return (value, add) => {
    for (const [name, collect] of inner) collect((value as AnyValues)[name], add);
  };
}
