// Computes the values of a file's modules: variables are looked up, operators applied. Knows nothing
// of properties' types. Selects stay, with the scope that their branches need when they are decided.
import {
  definitionError,
  didYouMean,
  failed,
  ok,
  type Diagnostic,
  type Note,
  type Result,
} from '../../base/diagnostic.ts';
import { unreachable } from '../../base/exhaustive.ts';
import { add } from './add.ts';
import { Scope, type Binding, type Value } from './scope.ts';
import {
  nameSpan,
  type Assignment,
  type Dialect,
  type Expression,
  type File,
  type List,
  type MapLiteral,
  type Module,
  type Node,
  type Operator,
  type Property,
  type SelectCase,
  type Unset,
  type Variable,
} from './tree.ts';

export interface Evaluated {
  /** In the order of the text; a module with an error in a value is left out. */
  readonly modules: readonly Module<Value>[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Evaluates a file's definitions in their order. Assignments change the scope. Error codes:
 * `blueprint/variable-not-set`, `blueprint/variable-already-set`, `blueprint/append`,
 * `blueprint/operator`. A variable whose value could not be computed stays unset without more errors.
 */
export function evaluate(file: File, scope: Scope): Evaluated {
  const evaluator: Evaluator = { scope, dialect: file.dialect, diagnostics: [], broken: new Set() };
  const modules: Module<Value>[] = [];
  for (const definition of file.definitions) {
    if (definition.kind === 'assignment') assign(evaluator, definition);
    else {
      const properties = evaluateProperties(evaluator, definition.properties);
      if (properties !== undefined) modules.push({ ...definition, properties });
    }
  }
  return { modules, diagnostics: evaluator.diagnostics };
}

/** Evaluates one expression. */
export function evaluateExpression(expression: Expression, scope: Scope): Result<Value> {
  const evaluator: Evaluator = { scope, dialect: '2025', diagnostics: [], broken: new Set() };
  const value = evaluateValue(evaluator, expression);
  return value === undefined ? failed(...evaluator.diagnostics) : ok(value);
}

/**
 * Evaluates the value of the case that a select came to, in the select's scope and with the names that
 * `any @ name` patterns bound.
 */
export function evaluateCase(
  { value }: SelectCase,
  scope: Scope,
  bound: ReadonlyMap<string, Value> = new Map(),
): Result<Value | Unset> {
  if (value.kind === 'unset') return ok(value);
  const inner = bound.size === 0 ? scope : new Scope(scope);
  for (const [name, bindingValue] of bound) inner.set(name, bindingValue);
  return evaluateExpression(value, inner);
}

interface Evaluator {
  readonly scope: Scope;
  readonly dialect: Dialect;
  readonly diagnostics: Diagnostic[];
  /** Variables whose own assignment failed. */
  readonly broken: Set<string>;
}

function assign(evaluator: Evaluator, assignment: Assignment): void {
  const { scope, dialect, broken } = evaluator;
  const { name, operator, value: expression } = assignment;
  const problem = operator === '=' ? alreadySet(scope, assignment) : undefined;
  if (problem !== undefined) evaluator.diagnostics.push(problem);
  if (operator === '=') {
    const value = evaluateValue(evaluator, expression);
    if (problem !== undefined) return;
    if (value === undefined) broken.add(name);
    else scope.set(name, value, assignment);
    return;
  }
  // In 2021 a variable that its own += refers to counts as referenced before.
  const early = dialect === '2021' ? undefined : cannotAppend(evaluator, assignment);
  const value = evaluateValue(evaluator, expression);
  const late = dialect === '2021' ? cannotAppend(evaluator, assignment) : early;
  if (late !== undefined) {
    if (!broken.has(name)) evaluator.diagnostics.push(late);
    return;
  }
  const binding = scope.get(name)?.binding;
  if (binding === undefined || value === undefined) return;
  const sum = add(binding.value, value, operatorSpan(assignment));
  if (sum.ok) binding.value = sum.value;
  else evaluator.diagnostics.push(...sum.diagnostics);
}

function operatorSpan({ source, equals, equalsLine }: Assignment): Node {
  return { source, start: equals, end: equals + 1, line: equalsLine };
}

function alreadySet(scope: Scope, assignment: Assignment): Diagnostic | undefined {
  const found = scope.get(assignment.name);
  if (found === undefined) return undefined;
  const where = found.local ? '' : ' in inherited scope';
  return definitionError({
    code: 'blueprint/variable-already-set',
    message: `variable already set${where}: "${assignment.name}"`,
    at: nameSpan(assignment),
    notes: setHere(found.binding),
    hint: found.local ? 'append to it with += or choose another name' : 'choose another name',
  });
}

function setHere({ assignment }: Binding): Note[] {
  return assignment === undefined
    ? []
    : [{ message: 'previous assignment', at: nameSpan(assignment) }];
}

function cannotAppend({ scope }: Evaluator, assignment: Assignment): Diagnostic | undefined {
  const { name } = assignment;
  const found = scope.get(name);
  const problem = (message: string, hint: string | undefined): Diagnostic =>
    definitionError({
      code: 'blueprint/append',
      message,
      at: nameSpan(assignment),
      ...(found === undefined ? {} : { notes: setHere(found.binding) }),
      ...(hint === undefined ? {} : { hint }),
    });
  if (found === undefined) {
    return problem(
      `modified non-existent variable "${name}" with +=`,
      didYouMean(name, scope.names()) ?? 'set it first with =',
    );
  }
  if (!found.local) {
    return problem(
      `modified non-local variable "${name}" with +=`,
      'only the file that sets a variable can append to it',
    );
  }
  if (!found.binding.referenced) return undefined;
  return problem(
    `modified variable "${name}" with += after referencing`,
    'move this before the first use of the variable',
  );
}

/** The value, or undefined after an error (which is in the evaluator's diagnostics). */
function evaluateValue(evaluator: Evaluator, expression: Expression): Value | undefined {
  switch (expression.kind) {
    case 'string':
    case 'bool':
    case 'int':
      return expression;
    case 'variable':
      return lookUp(evaluator, expression);
    case 'list':
      return evaluateList(evaluator, expression);
    case 'map':
      return evaluateMap(evaluator, expression);
    case 'operator':
      return evaluateOperator(evaluator, expression);
    case 'select':
      return { ...expression, scope: evaluator.scope };
    default:
      return unreachable(expression);
  }
}

function lookUp(evaluator: Evaluator, variable: Variable): Value | undefined {
  const { name } = variable;
  const found = evaluator.scope.get(name);
  if (found !== undefined) {
    found.binding.referenced = true;
    return found.binding.value;
  }
  if (!evaluator.broken.has(name)) {
    const hint = didYouMean(name, evaluator.scope.names());
    evaluator.diagnostics.push(
      definitionError({
        code: 'blueprint/variable-not-set',
        message: `variable "${name}" is not set`,
        at: variable,
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  }
  return undefined;
}

/** The list itself where nothing in it needs computing, which is nearly always. */
function evaluateList(evaluator: Evaluator, list: List): List<Value> | undefined {
  const values: Value[] = [];
  let same = true;
  let complete = true;
  for (const value of list.values) {
    const evaluated = evaluateValue(evaluator, value);
    if (evaluated !== value) same = false;
    if (evaluated === undefined) complete = false;
    else values.push(evaluated);
  }
  if (!complete) return undefined;
  return same ? (list as List<Value>) : { ...list, values };
}

function evaluateMap(evaluator: Evaluator, map: MapLiteral): MapLiteral<Value> | undefined {
  const properties = evaluateProperties(evaluator, map.properties);
  if (properties === undefined) return undefined;
  return properties === map.properties ? (map as MapLiteral<Value>) : { ...map, properties };
}

function evaluateProperties(
  evaluator: Evaluator,
  properties: readonly Property[],
): readonly Property<Value>[] | undefined {
  const evaluated: Property<Value>[] = [];
  let same = true;
  let complete = true;
  for (const property of properties) {
    const value = evaluateValue(evaluator, property.value);
    if (value === undefined) complete = false;
    else if (value === property.value) evaluated.push(property as Property<Value>);
    else {
      same = false;
      evaluated.push({ ...property, value });
    }
  }
  if (!complete) return undefined;
  return same ? (properties as readonly Property<Value>[]) : evaluated;
}

function evaluateOperator(evaluator: Evaluator, operator: Operator): Value | undefined {
  const { operands, pluses } = operator;
  const values = operands.map((operand) => evaluateValue(evaluator, operand));
  let sum = values.at(-1);
  for (let i = operands.length - 2; i >= 0; i--) {
    const left = values[i];
    if (left === undefined || sum === undefined) return undefined;
    const result = add(left, sum, pluses[i]!);
    if (!result.ok) {
      evaluator.diagnostics.push(...result.diagnostics);
      return undefined;
    }
    sum = result.value;
  }
  return sum;
}
