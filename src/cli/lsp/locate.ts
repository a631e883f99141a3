// What stands at a place in a tree. Knows nothing of the protocol or of other files.
import {
  typeSpan,
  type Assignment,
  type Expression,
  type File,
  type Module,
  type Node,
  type Property,
  type StringLiteral,
  type Unset,
  type Variable,
} from '../../blueprint/syntax/tree.ts';
import type { Inside } from '../../blueprint/syntax/visit.ts';

export type Found =
  | { readonly kind: 'assignment'; readonly assignment: Assignment }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'type'; readonly module: Module }
  | {
      readonly kind: 'property';
      readonly module: Module;
      /** Names from the module's property down to this one. */
      readonly path: readonly string[];
      readonly property: Property;
    }
  | {
      readonly kind: 'string';
      readonly string: StringLiteral;
      /** Absent in an assignment. */
      readonly module?: Module;
      readonly path: readonly string[];
    };

/** What an offset touches, its end included: editors ask with the cursor behind a name. */
export function locate({ definitions }: File, offset: number): Found | undefined {
  const definition = definitions.find((node) => touches(node, offset));
  if (definition === undefined) return undefined;
  if (definition.kind === 'assignment') {
    if (offset <= definition.start + definition.name.length) {
      return { kind: 'assignment', assignment: definition };
    }
    return inValue({ path: [] }, definition.value, offset);
  }
  if (touches(typeSpan(definition), offset)) return { kind: 'type', module: definition };
  return inProperties({ module: definition, path: [] }, definition.properties, offset);
}

function touches({ start, end }: Node, offset: number): boolean {
  return offset >= start && offset <= end;
}

function inProperties(
  inside: Inside,
  properties: readonly Property[],
  offset: number,
): Found | undefined {
  const property = properties.find((node) => touches(node, offset));
  if (property === undefined) return undefined;
  const path = [...inside.path, property.name];
  if (offset <= property.start + property.name.length) {
    const { module } = inside;
    return module === undefined ? undefined : { kind: 'property', module, path, property };
  }
  return inValue({ ...inside, path }, property.value, offset);
}

function inValue(inside: Inside, value: Expression | Unset, offset: number): Found | undefined {
  if (!touches(value, offset)) return undefined;
  switch (value.kind) {
    case 'variable':
      return { kind: 'variable', variable: value };
    case 'string':
      return { kind: 'string', string: value, ...inside };
    case 'map':
      return inProperties(inside, value.properties, offset);
    case 'list':
      return inFirst(inside, value.values, offset);
    case 'operator':
      return inFirst(inside, value.operands, offset);
    case 'select':
      return inFirst(
        inside,
        value.cases.map((branch) => branch.value),
        offset,
      );
    default:
      return undefined;
  }
}

function inFirst(
  inside: Inside,
  values: readonly (Expression | Unset)[],
  offset: number,
): Found | undefined {
  for (const value of values) {
    const found = inValue(inside, value, offset);
    if (found !== undefined) return found;
  }
  return undefined;
}
