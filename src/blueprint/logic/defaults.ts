// `defaults`: properties that several modules have in common. What a module sets itself comes after what
// it takes over: lists grow, single values are the module's own where it has them.
import {
  bottomUp,
  dependencyTag,
  list,
  moduleName,
  moduleType,
  properties,
  type AnyModuleType,
  type Fields,
  type Logic,
  type NestedProperty,
} from '../api.ts';

const defaultsTag = dependencyTag('defaults');

/**
 * Logic for modules of type `defaults`, which have the properties of all the given types. These types
 * take the names of such modules in a property `defaults`. Throws for properties of one name that are
 * not the same.
 */
export function defaultsLogic(types: readonly AnyModuleType[]): Logic {
  const shared = properties(sharedFields(types));
  const taking = list(moduleName(), {
    doc: 'Further modules of this type to take properties from.',
  });
  const type = moduleType({
    name: 'defaults',
    doc:
      'Properties for other modules, which name it in `defaults`. Of the properties here, each module ' +
      'takes those that its type has.',
    properties: { ...shared.fields, defaults: taking },
  });
  return {
    moduleTypes: [type],
    earlyMutators: [
      bottomUp('defaults_deps', (ctx) => {
        if (!('defaults' in ctx.properties)) return;
        ctx.addDependency(defaultsTag, ...(ctx.properties['defaults'] as readonly string[]));
      }),
      bottomUp('defaults', (ctx) => {
        const taken = ctx.directDependencies().filter(({ tag }) => tag === defaultsTag);
        // Each goes in front of what is there, so the last one named comes first.
        for (const { module } of taken.toReversed()) {
          if (module.typeName !== type.name) {
            ctx.propertyError('defaults', `${module.toString()} is not of type ${type.name}`);
          } else ctx.extendProperties(shared, module.properties, 'prepend', { matching: true });
        }
      }),
    ],
  };
}

function sharedFields(types: readonly AnyModuleType[]): Fields {
  const fields: Record<string, NestedProperty['fields'][string]> = {};
  for (const { name: typeName, schema } of types) {
    for (const [name, field] of Object.entries(schema.fields)) {
      if (name === 'name' || name === 'defaults') continue;
      const other = fields[name];
      if (other !== undefined && JSON.stringify(other) !== JSON.stringify(field)) {
        throw new Error(`property ${name} of ${typeName} is another one elsewhere`);
      }
      fields[name] = field;
    }
  }
  return fields;
}
