// Parsing of `select(…)`, and the checks that need nothing but its own text. Knows nothing of how a
// select is decided.
import { parseInt64 } from './int.ts';
import type { Parser } from './parser.ts';
import {
  AT,
  CLOSE_BRACE,
  CLOSE_PAREN,
  COLON,
  COMMA,
  INT,
  MINUS,
  NAME,
  OPEN_BRACE,
  OPEN_PAREN,
  RAW_STRING,
  STRING,
} from './token.ts';
import type {
  Condition,
  Node,
  Pattern,
  Select,
  SelectCase,
  StringLiteral,
  Unset,
  Expression,
  Variable,
} from './tree.ts';

/** Parses the select at the token; undefined after an error that leaves nothing of use. */
export function parseSelect(parser: Parser): Select | undefined {
  const keyword = parser.node();
  parser.next();
  if (!parser.expect(OPEN_PAREN)) return undefined;
  parser.open(CLOSE_PAREN);
  const conditions = parseConditions(parser);
  const body = conditions === undefined ? undefined : parseCases(parser, conditions.length);
  if (body !== undefined && parser.kind === COMMA) parser.next();
  while (parser.closeOrRecover(CLOSE_PAREN)) {
    // What stands between a broken part and the closing parenthesis is skipped.
    if (parser.kind === NAME) parser.next();
  }
  if (conditions === undefined || body === undefined) return undefined;
  const { source, start, line } = keyword;
  const select: Select = {
    kind: 'select',
    source,
    start,
    end: parser.lastEnd,
    line,
    conditions,
    ...body,
  };
  check(parser, select, keyword);
  return select;
}

/** One condition, or several in parentheses of their own; and the comma behind. */
function parseConditions(parser: Parser): Condition[] | undefined {
  let conditions: Condition[];
  if (parser.kind === OPEN_PAREN) {
    const parenthesis = parser.node();
    conditions = parseSequence(parser, parseCondition);
    if (conditions.length === 1) {
      complain(
        parser,
        parenthesis,
        'Expected multiple select conditions due to the extra parenthesis, but only found 1. Please remove the extra parenthesis.',
      );
    }
  } else {
    const condition = parseCondition(parser);
    if (condition === undefined) return undefined;
    conditions = [condition];
  }
  if (!parser.expect(COMMA)) return undefined;
  parser.next();
  return conditions;
}

/** `( element, … )` with at least one element. */
function parseSequence<T>(parser: Parser, element: (parser: Parser) => T | undefined): T[] {
  const elements: T[] = [];
  parser.open(CLOSE_PAREN);
  for (;;) {
    const parsed = element(parser);
    if (parsed !== undefined) elements.push(parsed);
    if (parsed !== undefined && parser.kind === COMMA) {
      parser.next();
      if (parser.kind !== CLOSE_PAREN) continue;
    }
    if (!parser.closeOrRecover(CLOSE_PAREN)) return elements;
  }
}

function parseCondition(parser: Parser): Condition | undefined {
  if (parser.kind !== NAME) {
    parser.unexpected('expected Ident, found', 'a condition is a function call, such as arch()');
    return undefined;
  }
  const { source, start, line, value: name } = parser;
  parser.next();
  if (!parser.expect(OPEN_PAREN)) return undefined;
  const args: StringLiteral[] = [];
  parser.open(CLOSE_PAREN);
  for (;;) {
    if (parser.kind === STRING || parser.kind === RAW_STRING) {
      args.push({ kind: 'string', ...parser.node(), value: parser.value });
      parser.next();
      if (parser.kind === COMMA) {
        parser.next();
        continue;
      }
    }
    if (!parser.closeOrRecover(CLOSE_PAREN)) break;
    // A name stands for a missing comma elsewhere; here it is no argument.
    if (parser.kind === NAME) parser.next();
  }
  return { source, start, end: parser.lastEnd, line, name, arguments: args };
}

type Body = Pick<Select, 'cases' | 'open' | 'openLine' | 'close' | 'closeLine'>;

function parseCases(parser: Parser, width: number): Body | undefined {
  if (!parser.expect(OPEN_BRACE)) return undefined;
  const { start: open, line: openLine } = parser;
  const cases: SelectCase[] = [];
  parser.open(CLOSE_BRACE);
  for (;;) {
    if (startsPattern(parser) && !(parser.broken && parser.atDefinition())) {
      const parsed = parseCase(parser, width);
      if (parsed !== undefined) cases.push(parsed);
      if (parser.kind === COMMA) {
        parser.next();
        continue;
      }
    }
    if (!parser.closeOrRecover(CLOSE_BRACE)) break;
  }
  return { cases, open, openLine, close: parser.lastEnd - 1, closeLine: parser.lastLine };
}

function startsPattern({ kind }: Parser): boolean {
  return (
    kind === NAME ||
    kind === STRING ||
    kind === RAW_STRING ||
    kind === INT ||
    kind === MINUS ||
    kind === OPEN_PAREN
  );
}

function parseCase(parser: Parser, width: number): SelectCase | undefined {
  const { source, start, line } = parser;
  const place = parser.node();
  const patterns = parsePatterns(parser);
  if (patterns === undefined) return undefined;
  if (patterns.length !== width) {
    complain(parser, place, `Expected ${width} select patterns, found ${patterns.length}`);
  }
  if (!parser.expect(COLON)) return undefined;
  const { start: colon, line: colonLine } = parser;
  parser.next();
  const value = parseCaseValue(parser);
  if (value === undefined) return undefined;
  return { source, start, end: value.end, line, patterns, colon, colonLine, value };
}

function parsePatterns(parser: Parser): Pattern[] | undefined {
  if (parser.kind === OPEN_PAREN) return parseSequence(parser, parsePattern);
  const pattern = parsePattern(parser);
  return pattern === undefined ? undefined : [pattern];
}

function parseCaseValue(parser: Parser): Expression | Unset | undefined {
  if (parser.kind === NAME && parser.value === 'unset') {
    const unset: Unset = { kind: 'unset', ...parser.node() };
    parser.next();
    return unset;
  }
  return parser.expression(parser);
}

function parsePattern(parser: Parser): Pattern | undefined {
  const at = parser.node();
  switch (parser.kind) {
    case STRING:
    case RAW_STRING: {
      const { value } = parser;
      parser.next();
      if (value.startsWith('__soong')) {
        complain(
          parser,
          at,
          'select branch patterns starting with __soong are reserved for internal use',
        );
      }
      return { kind: 'value', ...at, value: { kind: 'string', ...at, value } };
    }
    case INT:
    case MINUS: {
      const value = parseInt64(parser);
      return value === undefined ? undefined : { kind: 'value', ...at, end: value.end, value };
    }
    case NAME:
      return parseNamedPattern(parser, at);
  }
  parser.unexpected('Expected a string, true, false, or default, got');
  return undefined;
}

function parseNamedPattern(parser: Parser, at: Node): Pattern | undefined {
  const { value: name } = parser;
  parser.next();
  switch (name) {
    case 'default':
      return { kind: 'default', ...at };
    case 'true':
    case 'false':
      return { kind: 'value', ...at, value: { kind: 'bool', ...at, value: name === 'true' } };
    case 'any': {
      const binding = parseBinding(parser);
      return { kind: 'any', ...at, end: binding?.end ?? at.end, binding };
    }
  }
  parser.report('blueprint/syntax', `Expected a string, true, false, or default, got ${name}`, at);
  return undefined;
}

function parseBinding(parser: Parser): Variable | undefined {
  if (parser.kind !== AT) return undefined;
  parser.next();
  if (parser.kind !== NAME) {
    parser.unexpected(
      'expected Ident, found',
      'the value that any matches is bound to a name: any @ name',
    );
    return undefined;
  }
  const binding: Variable = { kind: 'variable', ...parser.node(), name: parser.value };
  parser.next();
  return binding;
}

function check(parser: Parser, { conditions, cases }: Select, keyword: Node): void {
  const seen = new Set<string>();
  for (const condition of conditions) {
    const { name, arguments: args } = condition;
    const key = JSON.stringify([name, ...args.map(({ value }) => value)]);
    const shown = `${name}(${args.map(({ value }) => JSON.stringify(value)).join(', ')})`;
    if (seen.has(key)) complain(parser, condition, `Duplicate select condition found: ${shown}`);
    seen.add(key);
  }
  checkCases(parser, cases);
  // With errors, the case that is missing here may be there in the text.
  if (cases.every(({ value }) => value.kind === 'unset') && !parser.broken) {
    complain(parser, keyword, 'This select statement is empty, remove it');
  }
}

function checkCases(parser: Parser, cases: readonly SelectCase[]): void {
  const seen = new Set<string>();
  for (const [index, { patterns }] of cases.entries()) {
    const shown = patterns.map(showPattern).join(', ');
    if (seen.has(shown)) {
      complain(parser, patterns[0]!, `Found duplicate select patterns: ${shown}`);
    }
    seen.add(shown);
    const names = new Set<string>();
    for (const pattern of patterns) {
      if (pattern.kind !== 'any' || pattern.binding === undefined) continue;
      const { name } = pattern.binding;
      if (names.has(name)) {
        complain(parser, pattern.binding, `Found duplicate select pattern binding: ${name}`);
      }
      names.add(name);
    }
    const last = cases.length - 1;
    if (index < last && patterns.length > 0 && patterns.every(({ kind }) => kind === 'default')) {
      complain(
        parser,
        patterns[0]!,
        `Found a default select branch at index ${index}, expected it to be last (index ${last})`,
      );
    }
  }
}

function showPattern(pattern: Pattern): string {
  if (pattern.kind !== 'value') return pattern.kind;
  const { value } = pattern.value;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function complain(parser: Parser, at: Node, message: string): void {
  parser.report('blueprint/syntax', message, parser.span(at.start, at.end));
}
