// New modules from build logic: values given in code become those of a schema.
import type { AnyValues } from '../property/value.ts';
import { LogicError } from './exception.ts';
import { shownKind } from '../ninja/name.ts';
import type { ModuleTypeName } from './handle.ts';
import type { AnyModuleType } from './logic.ts';
import { freeze } from './provider.ts';
import { Group, type Definition } from './variant.ts';
import { misfitWithin } from '../property/fits.ts';
import { configurableOf, type NestedProperty, type Property } from '../property/property.ts';

/**
 * A group at the place of its creator. Throws LogicError for properties that the type does not have, and for values
 * that they cannot have.
 */
export function createGroup(
  type: ModuleTypeName,
  values: AnyValues,
  by: Group,
  rank: number,
): {
  group: Group;
  values: AnyValues;
} {
  if ((type as { kind?: string } | undefined)?.kind !== 'module type') {
    throw new LogicError(`expected a module type, found ${shownKind(type)}`);
  }
  const problem = misfitWithin(type.schema, values);
  if (problem !== undefined) throw new LogicError(`a ${type.name} cannot be made: ${problem}`);
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

function completeValue(field: Property, value: unknown, path: string): unknown {
  if (field.kind === 'nested') return completeValues(field, value as AnyValues, path);
  if (field.kind === 'configurable') return configurableOf(field.inner, freeze(value));
  return freeze(value);
}

/** Values with the defaults of all properties that are not given, at any depth. */
export function completeValues(schema: NestedProperty, values: AnyValues, path = ''): AnyValues {
  const complete: Record<string, unknown> = { ...schema.fallback };
  for (const [name, value] of Object.entries(values)) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
    if (field === undefined) throw new LogicError(`there is no property ${path}${name}`);
    if (value === undefined) continue;
    complete[name] = completeValue(field, value, `${path}${name}.`);
  }
  return Object.freeze(complete);
}
