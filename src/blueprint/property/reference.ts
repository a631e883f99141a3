// What documentation and editors need to know of a schema, as plain data. Knows nothing of HTML or of
// the editor's protocol.
import { describeType } from './extend.ts';
import { type Fields, type NestedProperty, type Property } from './property.ts';

export interface PropertyReference {
  readonly name: string;
  /** In words: `list of string`. */
  readonly type: string;
  readonly doc: string;
  readonly required: boolean;
  /** As it would be written in a file; undefined where nothing is the same as leaving it out. */
  readonly fallback: string | undefined;
  /** Values that it can have, where those are few; as written in a file. */
  readonly values: readonly string[];
  readonly properties: readonly PropertyReference[];
}

/** The properties that a file can set, in the order of the schema. */
export function referenceOf({ fields }: NestedProperty): PropertyReference[] {
  return Object.entries(fields)
    .filter(([, field]) => field.kind !== 'mutated')
    .map(([name, field]) => ({
      name,
      type: describeType(field),
      doc: field.doc,
      required: field.required,
      fallback: writtenFallback(field),
      values: valuesOf(field),
      properties: innerReference(field),
    }));
}

function writtenFallback(property: Property): string | undefined {
  switch (property.kind) {
    case 'string':
    case 'path':
    case 'module':
      return property.fallback === '' ? undefined : JSON.stringify(property.fallback);
    case 'enum':
      return JSON.stringify(property.fallback);
    case 'bool':
    case 'int':
      return String(property.fallback);
    default:
      return undefined;
  }
}

function valuesOf(property: Property): readonly string[] {
  switch (property.kind) {
    case 'enum':
      return property.words.map((word) => JSON.stringify(word));
    case 'bool':
      return ['true', 'false'];
    case 'list':
      return property.element.kind === 'enum' ? valuesOf(property.element) : [];
    case 'optional':
    case 'configurable':
      return valuesOf(property.inner);
    default:
      return [];
  }
}

function nestedOf(property: Property): NestedProperty | undefined {
  switch (property.kind) {
    case 'nested':
      return property;
    case 'optional':
    case 'configurable':
      return nestedOf(property.inner);
    case 'list':
    case 'map':
      return nestedOf(property.element);
    default:
      return undefined;
  }
}

function innerReference(property: Property): PropertyReference[] {
  const nested = nestedOf(property);
  return nested === undefined ? [] : referenceOf(nested);
}

export interface Completion {
  readonly label: string;
  readonly kind: 'property' | 'value';
  readonly detail: string;
  readonly doc: string;
}

/**
 * What can be written at a place inside a module: names of properties below a path of names (`[]` is
 * the module itself), or the values of the property that the path leads to, if those are few.
 */
export function completionsAt(schema: NestedProperty, path: readonly string[]): Completion[] {
  let at: Property = schema;
  for (const name of path) {
    const fields: Fields | undefined = nestedOf(at)?.fields;
    if (fields === undefined || !Object.hasOwn(fields, name)) return [];
    at = fields[name]!;
  }
  const nested = nestedOf(at);
  if (nested !== undefined) {
    return referenceOf(nested).map(({ name, type, doc }) => ({
      label: name,
      kind: 'property',
      detail: type,
      doc,
    }));
  }
  const detail = describeType(at);
  return valuesOf(at).map((label) => ({ label, kind: 'value', detail, doc: at.doc }));
}
