// The symbols of a file: variables, and modules with their properties.
import {
  nameSpan,
  typeSpan,
  type File,
  type Node,
  type Property,
} from '../../blueprint/syntax/tree.ts';
import { nameOf } from '../../blueprint/syntax/modify.ts';

export interface Outline {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'variable' | 'module' | 'property';
  readonly at: Node;
  readonly nameAt: Node;
  readonly children: readonly Outline[];
}

export function outlineOf({ definitions }: File): Outline[] {
  return definitions.map((definition) => {
    if (definition.kind === 'assignment') {
      const { name, operator } = definition;
      const detail = operator === '=' ? '' : operator;
      return {
        name,
        detail,
        kind: 'variable',
        at: definition,
        nameAt: nameSpan(definition),
        children: [],
      };
    }
    const { type, properties } = definition;
    return {
      name: nameOf(definition) ?? type,
      detail: type,
      kind: 'module',
      at: definition,
      nameAt: typeSpan(definition),
      children: outlineProperties(properties),
    };
  });
}

function outlineProperties(properties: readonly Property[]): Outline[] {
  return properties.map((property) => ({
    name: property.name,
    detail: '',
    kind: 'property',
    at: property,
    nameAt: nameSpan(property),
    children: property.value.kind === 'map' ? outlineProperties(property.value.properties) : [],
  }));
}
