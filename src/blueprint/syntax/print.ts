// A tree as text, in the one format there is. What stood on lines of its own stays so, by the line
// numbers of the nodes; all else is laid out here.
import { unreachable } from '../../base/exhaustive.ts';
import { Printer } from './printer.ts';
import { quote } from './quote.ts';
import type {
  Assignment,
  Condition,
  Expression,
  File,
  List,
  MapLiteral,
  Module,
  Operator,
  Pattern,
  Select,
  SelectCase,
  Unset,
} from './tree.ts';

/** Prints a whole file, comments included. The text ends in exactly one line end. */
export function print(file: File): string {
  return printOnce(file).text;
}

/** Also says whether printing the text again may give another, which is so for few files. */
export function printOnce(file: File): { readonly text: string; readonly unsettled: boolean } {
  const printer = new Printer(file.comments, file.dialect);
  for (const definition of file.definitions) {
    if (definition.kind === 'module') printModule(printer, definition);
    else printAssignment(printer, definition);
  }
  const text = printer.finish();
  return { text, unsettled: printer.unsettled };
}

/** Prints one expression, without the comments in it. */
export function printExpression(expression: Expression): string {
  const printer = new Printer([], '2025');
  printValue(printer, expression);
  return printer.finish().slice(0, -1);
}

function printAssignment(printer: Printer, assignment: Assignment): void {
  printer.token(assignment.name, assignment.start, assignment.line);
  printer.space();
  printer.token(assignment.operator, assignment.equals, assignment.equalsLine);
  printer.space();
  printValue(printer, assignment.value);
  printer.newline();
}

function printModule(printer: Printer, module: Module): void {
  printer.token(module.type, module.start, module.line);
  printProperties(printer, module, module.open, module.openLine);
  printer.blankLine();
}

function printValue(printer: Printer, value: Expression): void {
  switch (value.kind) {
    case 'string':
      return printer.token(quote(value.value), value.start, value.line);
    case 'bool':
    case 'int':
      return printer.token(String(value.value), value.start, value.line);
    case 'variable':
      return printer.token(value.name, value.start, value.line);
    case 'list':
      return printList(printer, value);
    case 'map':
      return printProperties(printer, value, value.start, value.line);
    case 'operator':
      return printOperator(printer, value);
    case 'select':
      return printSelect(printer, value);
    default:
      return unreachable(value);
  }
}

function printList(printer: Printer, list: List): void {
  const { values, start, line, end, closeLine } = list;
  const long = values.length > 1 || (values[0]?.kind === 'map' && printer.dialect === '2025');
  printer.space();
  printer.token('[', start, line);
  if (long || line !== closeLine) {
    printer.newline();
    printer.indent();
    for (const value of values) {
      printValue(printer, value);
      printer.mark(',');
      printer.newline();
    }
    printer.unindent(closeLine);
  } else if (values.length === 1) {
    const value = values[0]!;
    // It may come out on several lines, and then the list has several the next time.
    if (NESTING.has(value.kind)) printer.unsettled = true;
    printValue(printer, value);
  }
  printer.token(']', end - 1, closeLine);
}

const NESTING: ReadonlySet<Expression['kind']> = new Set(['list', 'map', 'operator', 'select']);

/** The part of a map or module from its opening brace on. */
function printProperties(
  printer: Printer,
  { properties, end, closeLine }: MapLiteral | Module,
  open: number,
  openLine: number,
): void {
  printer.space();
  printer.token('{', open, openLine);
  if (properties.length > 0 || openLine !== closeLine) {
    printer.newline();
    printer.indent();
    for (const { name, start, line, colon, colonLine, value } of properties) {
      printer.token(name, start, line);
      printer.token(':', colon, colonLine);
      printer.space();
      printValue(printer, value);
      printer.mark(',');
      printer.newline();
    }
    printer.unindent(closeLine);
  }
  printer.token('}', end - 1, closeLine);
}

/** Where an operand stood on a new line it does so again. Only the first break indents, for all. */
function printOperator(printer: Printer, { operands, pluses }: Operator): void {
  printValue(printer, operands[0]!);
  let indented = false;
  for (const [index, plus] of pluses.entries()) {
    const [left, right] = [operands[index]!, operands[index + 1]!];
    printer.space();
    printer.token('+', plus.start, plus.line);
    if (endLine(left) === right.line) printer.space();
    else {
      if (index === 0) {
        indented = true;
        printer.indent();
      }
      printer.newline();
    }
    printValue(printer, right);
  }
  if (indented) printer.unindentHere();
}

/** A raw string of several lines comes out on one. */
function endLine(value: Expression | Unset): number {
  switch (value.kind) {
    case 'list':
    case 'map':
    case 'select':
      return value.closeLine;
    case 'operator':
      return endLine(value.operands.at(-1)!);
    default:
      return value.line;
  }
}

function printSelect(printer: Printer, select: Select): void {
  const { conditions, cases, start, line, open, openLine, close, closeLine } = select;
  const only = cases.length === 1 ? cases[0]! : undefined;
  if (only !== undefined && isDefault(only) && only.value.kind !== 'unset') {
    printer.unsettled = true;
    printValue(printer, only.value);
    printer.moveTo(close, closeLine);
    return;
  }
  // Comments in front of the first case are indented only the next time.
  if (printer.commented) printer.unsettled = true;
  printer.space();
  printer.token('select(', start, line);
  if (conditions.length === 1) printCondition(printer, conditions[0]!);
  else printConditions(printer, conditions, start, line);
  printer.token(', {', open, openLine);
  printer.newline();
  printer.indent();
  for (const branch of cases) printCase(printer, branch);
  printer.newline();
  printer.unindent(closeLine);
  printer.token('})', close, closeLine);
}

function isDefault({ patterns }: SelectCase): boolean {
  return patterns.length === 1 && patterns[0]!.kind === 'default';
}

function printConditions(
  printer: Printer,
  conditions: readonly Condition[],
  start: number,
  line: number,
): void {
  printer.token('(', start, line);
  const multiline = conditions.at(-1)!.line > line;
  if (multiline) {
    printer.unsettled = true;
    printer.newline();
    printer.indent();
  }
  for (const [index, condition] of conditions.entries()) {
    printCondition(printer, condition);
    if (multiline) {
      printer.mark(',');
      printer.newline();
    } else if (index < conditions.length - 1) {
      printer.mark(',');
      printer.space();
    }
  }
  if (multiline) printer.unindentHere();
  printer.mark(')');
}

function printCondition(printer: Printer, condition: Condition): void {
  const { name, start, line, arguments: args } = condition;
  printer.token(name, start, line);
  printer.token('(', start, line);
  for (const [index, argument] of args.entries()) {
    printer.token(quote(argument.value), argument.start, argument.line);
    if (index < args.length - 1) {
      printer.mark(',');
      printer.space();
    }
  }
  printer.mark(')');
}

function printCase(printer: Printer, { patterns, colon, colonLine, value }: SelectCase): void {
  printer.newline();
  if (patterns.length > 1) printer.mark('(');
  for (const [index, pattern] of patterns.entries()) {
    printPattern(printer, pattern);
    if (index < patterns.length - 1) {
      printer.mark(',');
      printer.space();
    }
  }
  if (patterns.length > 1) printer.mark(')');
  printer.token(':', colon, colonLine);
  printer.space();
  if (value.kind === 'unset') printer.token('unset', value.start, value.line);
  else printValue(printer, value);
  printer.token(',', value.end, endLine(value));
}

function printPattern(printer: Printer, pattern: Pattern): void {
  if (pattern.kind === 'value') printValue(printer, pattern.value);
  else printer.token(pattern.kind, pattern.start, pattern.line);
  if (pattern.kind !== 'any' || pattern.binding === undefined) return;
  const { name, start, line } = pattern.binding;
  printer.space();
  printer.token('@', start, line);
  printer.space();
  printer.token(name, start, line);
}
