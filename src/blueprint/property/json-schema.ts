// Property schemas as JSON Schema (draft 2020-12), for tools that know that.
import { fallbackOf, type Property } from './property.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

export function jsonSchema(property: Property): JsonSchema {
  const { doc } = property;
  return { ...shape(property), ...(doc === '' ? {} : { description: doc }) };
}

function shape(property: Property): JsonSchema {
  switch (property.kind) {
    case 'string':
    case 'path':
    case 'module':
      return { type: 'string', default: property.fallback };
    case 'bool':
      return { type: 'boolean', default: property.fallback };
    case 'int':
      return {
        type: 'integer',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
        default: property.fallback,
      };
    case 'enum':
      return { type: 'string', enum: property.words, default: property.fallback };
    case 'list':
      return { type: 'array', items: jsonSchema(property.element), default: fallbackOf(property) };
    case 'map':
      return { type: 'object', additionalProperties: jsonSchema(property.element) };
    case 'nested': {
      const { fields, requires } = property;
      const settable = Object.entries(fields).filter(([, field]) => field.kind !== 'mutated');
      return {
        type: 'object',
        properties: Object.fromEntries(settable.map(([name, field]) => [name, jsonSchema(field)])),
        ...(requires.length === 0 ? {} : { required: requires }),
        additionalProperties: false,
      };
    }
    case 'optional': {
      const { default: _, ...inner } = jsonSchema(property.inner);
      return inner;
    }
    case 'configurable':
      return jsonSchema(property.inner);
    case 'mutated':
      return { ...jsonSchema(property.inner), readOnly: true };
  }
}
