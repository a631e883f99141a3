// Integer literals: decimal, 64 bits, with a minus that may stand apart. What other languages write as
// numbers (0x10, 1_000) is scanned whole, so that one message is about all of it.
import type { Parser } from './parser.ts';
import { INT, MINUS } from './token.ts';
import type { IntLiteral } from './tree.ts';

/** Parses the int at the token, a number or a minus; undefined after an error. */
export function parseInt64(parser: Parser): IntLiteral | undefined {
  const { source, start, line } = parser;
  const negative = parser.kind === MINUS;
  if (negative) {
    parser.next();
    if (parser.kind !== INT) {
      parser.unexpected('expected int; found');
      return undefined;
    }
  }
  const { end } = parser;
  const digits = source.text.slice(parser.start, end);
  parser.next();
  if (!/^[0-9]+$/.test(digits)) {
    parser.report(
      'blueprint/syntax',
      `couldn't parse int: "${digits}" is not a decimal number`,
      parser.span(start, end),
    );
    return { kind: 'int', source, start, end, line, value: 0n };
  }
  return { kind: 'int', source, start, end, line, value: int64(parser, digits, negative, start) };
}

const MAX = 2n ** 63n;

function int64(parser: Parser, digits: string, negative: boolean, start: number): bigint {
  // 15 digits are exact as a number; conversion of megabytes of digits would take minutes.
  const significant = digits.replace(/^0+(?=.)/, '');
  const value = significant.length > 19 ? MAX + 1n : BigInt(significant);
  if (value > MAX || (value === MAX && !negative)) {
    const shown = digits.length > 40 ? `${digits.slice(0, 40)}…` : digits;
    parser.report(
      'blueprint/syntax',
      `couldn't parse int: "${negative ? '-' : ''}${shown}" does not fit in 64 bits`,
      parser.span(start, parser.lastEnd),
    );
    return 0n;
  }
  return negative ? -value : value;
}
