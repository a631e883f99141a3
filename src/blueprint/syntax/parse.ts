// Text to syntax tree, by recursive descent with a limit on depth. Knows nothing of scopes. An error
// does not end it: what is broken is left out of the tree, and parsing goes on at the next comma,
// closing bracket or definition, so that one run tells most of what is wrong.
import type { Source } from '../../base/span.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { parseInt64 } from './int.ts';
import { Parser } from './parser.ts';
import { parseSelect } from './select.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  CLOSE_PAREN,
  COLON,
  COMMA,
  END,
  EQUALS,
  INT,
  MINUS,
  NAME,
  OPEN_BRACE,
  OPEN_BRACKET,
  OPEN_PAREN,
  PLUS,
  RAW_STRING,
  STRING,
} from './token.ts';
import { MAX_DEPTH } from './tree.ts';
import type {
  Assignment,
  Definition,
  Dialect,
  Expression,
  File,
  Module,
  Node,
  Property,
} from './tree.ts';

export interface ParseOptions {
  /** `2025` unless given. */
  readonly dialect?: Dialect;
}

/** A tree, and what is wrong with the text: with errors, the tree lacks what was broken. */
export interface Parsed {
  readonly file: File;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Parses a file. Never throws, whatever the text. Diagnostics have the code `blueprint/syntax` and
 * stand in the order of the text; a few hundred at most.
 */
export function parse(source: Source, options: ParseOptions = {}): Parsed {
  const parser = new Parser(source, options.dialect ?? '2025', parseExpression);
  const definitions: Definition[] = [];
  parser.next();
  while (parser.kind !== END) {
    if (parser.kind === NAME) {
      const definition = parseDefinition(parser);
      if (definition !== undefined) definitions.push(definition);
    } else {
      parser.unexpected('expected assignment or module definition, found');
      parser.skipToDefinition();
    }
  }
  const { dialect, comments, diagnostics } = parser;
  return {
    file: { source, dialect, definitions, comments },
    diagnostics: diagnostics.toSorted((a, b) => startOf(a) - startOf(b)),
  };
}

function startOf({ at }: Diagnostic): number {
  return at !== undefined && 'start' in at ? at.start : 0;
}

function parseDefinition(parser: Parser): Definition | undefined {
  const { value: name, start, line } = parser;
  parser.next();
  switch (parser.kind) {
    case EQUALS:
    case PLUS:
      return parseAssignment(parser, name, start, line);
    case OPEN_BRACE:
    case OPEN_PAREN:
      return parseModule(parser, name, start, line);
    default:
      parser.unexpected('expected "=" or "+=" or "{" or "(", found');
      parser.skipToDefinition();
      return undefined;
  }
}

function parseAssignment(
  parser: Parser,
  name: string,
  start: number,
  line: number,
): Assignment | undefined {
  const { source } = parser;
  const operator = parser.kind === PLUS ? '+=' : '=';
  if (operator === '+=') {
    parser.next();
    if (!parser.expect(EQUALS)) {
      parser.skipToDefinition();
      return undefined;
    }
  }
  const { start: equals, line: equalsLine } = parser;
  if (parser.dialect === '2025' && (name === 'default' || name === 'unset')) {
    parser.report(
      "'default' and 'unset' are reserved keywords, and cannot be used as variable names",
      parser.span(start, start + name.length),
    );
  }
  parser.next();
  const value = parseExpression(parser);
  if (value === undefined) {
    parser.skipToDefinition();
    return undefined;
  }
  const { end } = value;
  return {
    kind: 'assignment',
    source,
    start,
    end,
    line,
    name,
    operator,
    equals,
    equalsLine,
    value,
  };
}

function parseModule(parser: Parser, type: string, start: number, line: number): Module {
  const { source, start: open, line: openLine } = parser;
  const old = parser.kind === OPEN_PAREN;
  const properties = parseProperties(parser, old ? EQUALS : COLON, old ? CLOSE_PAREN : CLOSE_BRACE);
  const { lastEnd: end, lastLine: closeLine } = parser;
  return { kind: 'module', source, start, end, line, type, open, openLine, closeLine, properties };
}

const QUOTED_NAME = { hint: 'names of properties stand without quotes' };

/** From the opening bracket to behind the closing one. */
function parseProperties(parser: Parser, separator: number, close: number): Property[] {
  const properties: Property[] = [];
  const named = separator === EQUALS || parser.dialect === '2016';
  parser.open(close);
  for (;;) {
    if (parser.kind === NAME && !parser.atDefinition(named)) {
      const property = parseProperty(parser, separator);
      if (property !== undefined) properties.push(property);
      if (parser.kind === COMMA) {
        parser.next();
        continue;
      }
    }
    if (!parser.closeOrRecover(close, QUOTED_NAME)) return properties;
  }
}

function parseProperty(parser: Parser, separator: number): Property | undefined {
  const { source, value: name, start, line } = parser;
  parser.next();
  // At first, `=` could stand between the braces of a module too.
  const either = separator === COLON && parser.dialect === '2016' && parser.depth === 0;
  if (!(either && parser.kind === EQUALS) && !parser.expect(separator)) return undefined;
  const { start: colon, line: colonLine } = parser;
  parser.next();
  const value = parseExpression(parser);
  if (value === undefined) return undefined;
  const { end } = value;
  return {
    kind: 'property',
    source,
    start,
    end,
    line,
    name,
    colon,
    colonLine,
    value,
    written: value,
  };
}

/** An expression, or undefined after an error: then the broken token is still there. */
export function parseExpression(parser: Parser): Expression | undefined {
  const first = parseValue(parser);
  if (first === undefined) return undefined;
  if (parser.kind === MINUS) {
    parser.report('subtraction not supported', parser.node());
    return undefined;
  }
  return parser.kind === PLUS ? parseOperator(parser, first) : first;
}

function parseOperator(parser: Parser, first: Expression): Expression | undefined {
  const operands = [first];
  const pluses: Node[] = [];
  while (parser.kind === PLUS) {
    pluses.push(parser.node());
    parser.next();
    const operand = parseValue(parser);
    if (operand === undefined) return undefined;
    operands.push(operand);
    if (parser.kind === MINUS) {
      parser.report('subtraction not supported', parser.node());
      return undefined;
    }
  }
  const { source, start, line } = first;
  const { end } = operands.at(-1)!;
  return { kind: 'operator', source, start, end, line, operands, pluses };
}

function parseValue(parser: Parser): Expression | undefined {
  const { source, start, end, line } = parser;
  switch (parser.kind) {
    case STRING: {
      const { value } = parser;
      parser.next();
      return { kind: 'string', source, start, end, line, value };
    }
    case NAME:
      return parseName(parser);
    case OPEN_BRACKET:
      return parseNested(parser, parseList);
    case OPEN_BRACE:
      return parseNested(parser, parseMap);
    case INT:
    case MINUS:
      return parseInt64(parser);
    case RAW_STRING:
      if (parser.dialect === '2025') {
        const { value } = parser;
        parser.next();
        return { kind: 'string', source, start, end, line, value };
      }
  }
  parser.unexpected('expected bool, list, or string value; found');
  return undefined;
}

function parseName(parser: Parser): Expression | undefined {
  const { source, start, end, line, value: name } = parser;
  if (name === 'select' && parser.dialect === '2025') return parseNested(parser, parseSelect);
  parser.next();
  if (name === 'true' || name === 'false') {
    return { kind: 'bool', source, start, end, line, value: name === 'true' };
  }
  return { kind: 'variable', source, start, end, line, name };
}

function parseNested(
  parser: Parser,
  nested: (parser: Parser) => Expression | undefined,
): Expression | undefined {
  if (parser.depth >= MAX_DEPTH) {
    parser.report(`nested deeper than ${MAX_DEPTH} levels`, parser.node());
    parser.skipNested();
    return undefined;
  }
  parser.depth++;
  const value = nested(parser);
  parser.depth--;
  return value;
}

function parseList(parser: Parser): Expression {
  const { source, start, line } = parser;
  const values: Expression[] = [];
  parser.open(CLOSE_BRACKET);
  // An empty list, and the comma after the last value, leave the bracket as the next token.
  let more = parser.kind !== CLOSE_BRACKET;
  for (;;) {
    if (more && !parser.atDefinition()) {
      const value = parseExpression(parser);
      if (value !== undefined) values.push(value);
      if (parser.kind === COMMA && value !== undefined) {
        parser.next();
        more = parser.kind !== CLOSE_BRACKET;
        continue;
      }
    }
    if (!parser.closeOrRecover(CLOSE_BRACKET)) break;
    more = parser.kind !== CLOSE_BRACKET;
  }
  const { lastEnd: end, lastLine: closeLine } = parser;
  return { kind: 'list', source, start, end, line, closeLine, values };
}

function parseMap(parser: Parser): Expression {
  const { source, start, line } = parser;
  const properties = parseProperties(parser, COLON, CLOSE_BRACE);
  const { lastEnd: end, lastLine: closeLine } = parser;
  return { kind: 'map', source, start, end, line, closeLine, properties };
}
