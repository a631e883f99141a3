import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextToken } from '../../src/base/token.ts';

function tokens(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; ;) {
    const token = nextToken(text, at);
    if ('problem' in token) return [...found, `!${token.problem}`];
    if (token.start === token.end) return found;
    found.push(text.slice(token.start, token.end));
    at = token.end;
  }
}

test('the tokens of a text, whatever their order', () => {
  expect(tokens(' {"a\\"b" :[-1.5e-3,0\t]\r\n} true false,null 7:"" ')).toEqual(
    '{ "a\\"b" : [ -1.5e-3 , 0 ] } true false , null 7 : ""'.split(' '),
  );
  expect(tokens('')).toEqual([]);
  expect(tokens(' \n')).toEqual([]);
  expect(tokens('[}]]')).toEqual(['[', '}', ']', ']']);
  expect(tokens('1 2x')).toEqual(['1', '!2x is not a JSON number']);
  expect(tokens('[truest')).toEqual([
    '[',
    '!truest is not JSON; names and strings stand in double quotes',
  ]);
});

test('between tokens is nothing but white space', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      let at = 0;
      for (;;) {
        const token = nextToken(text, at);
        if ('problem' in token) throw new Error(token.problem);
        expect(text.slice(at, token.start)).toMatch(/^[ \n]*$/);
        if (token.start === token.end) break;
        expect(token.end).toBeGreaterThan(token.start);
        at = token.end;
      }
      expect(at).toBe(text.length);
    }),
    { numRuns: 300 },
  );
});
