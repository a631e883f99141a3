// New modules from build logic: values given in code become those of a schema.
import type { AnyValues } from '../property/value.ts';
import { LogicError } from './exception.ts';
import type { ModuleTypeName } from './handle.ts';
import type { AnyModuleType } from './logic.ts';
import { freeze } from './provider.ts';
import { Group, type Definition } from './variant.ts';
import type { NestedProperty } from '../property/property.ts';

/** A group at the place of its creator. Throws LogicError for properties that the type does not have. */
export function createGroup(
  type: ModuleTypeName,
  values: AnyValues,
  by: Group,
  rank: number,
): {
  group: Group;
  values: AnyValues;
} {
  const complete = completeValues(type.schema, values);
  const { source, start, directory } = by.definition;
  const definition: Definition = {
    type: type as AnyModuleType,
    typeName: '',
    source,
    start,
    directory,
    createdBy: by,
  };
  return { group: new Group(String(complete['name']), definition, rank), values: complete };
}

/** Values with the defaults of all properties that are not given, at any depth. */
export function completeValues(schema: NestedProperty, values: AnyValues, path = ''): AnyValues {
  const complete: Record<string, unknown> = { ...schema.fallback };
  for (const [name, value] of Object.entries(values)) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (field === undefined) throw new LogicError(`there is no property ${path}${name}`);
    if (value === undefined) continue;
    complete[name] =
      field.kind === 'nested'
        ? completeValues(field, value as AnyValues, `${path}${name}.`)
        : freeze(value);
  }
  return Object.freeze(complete);
}
