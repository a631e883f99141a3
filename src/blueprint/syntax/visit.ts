// Goes through the values of a file. Knows nothing of what they mean.
import type { Expression, File, Module, Property, StringLiteral, Unset, Variable } from './tree.ts';

/** Where a value stands. */
export interface Inside {
  /** Absent in an assignment. */
  readonly module?: Module;
  /** Names from the module's property down to the one that has the value. */
  readonly path: readonly string[];
}

type Visit = (value: Variable | StringLiteral, inside: Inside) => void;

/** Calls back for every variable and string in the values of a file, with the module they stand in. */
export function visitValues({ definitions }: File, visit: Visit): void {
  for (const definition of definitions) {
    if (definition.kind === 'assignment') visitValue({ path: [] }, definition.value, visit);
    else visitProperties({ module: definition, path: [] }, definition.properties, visit);
  }
}

/** Likewise, for those of properties and what is in them. */
export function visitProperties(
  inside: Inside,
  properties: readonly Property[],
  visit: Visit,
): void {
  for (const { name, value } of properties) {
    visitValue({ ...inside, path: [...inside.path, name] }, value, visit);
  }
}

function visitValue(inside: Inside, value: Expression | Unset, visit: Visit): void {
  switch (value.kind) {
    case 'variable':
    case 'string':
      visit(value, inside);
      break;
    case 'map':
      visitProperties(inside, value.properties, visit);
      break;
    case 'list':
      for (const element of value.values) visitValue(inside, element, visit);
      break;
    case 'operator':
      for (const operand of value.operands) visitValue(inside, operand, visit);
      break;
    case 'select':
      for (const branch of value.cases) visitValue(inside, branch.value, visit);
      break;
    default:
  }
}
