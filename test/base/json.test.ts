import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../src/base/diagnostic.ts';
import {
  decodeUtf8,
  describe as describeNode,
  duplicateKeys,
  member,
  parseJson,
  toPlain,
  type JsonNode,
  type JsonObject,
} from '../../src/base/json.ts';

const source = (text: string) => ({ file: 'f.json', text });

function parsed(text: string): JsonNode {
  const result = parseJson(source(text));
  if (!result.ok) throw new Error(formatDiagnostic(result.diagnostics[0]!));
  return result.value;
}

function problem(text: string): string {
  const result = parseJson(source(text));
  if (result.ok) throw new Error(`parsed: ${text}`);
  expect(result.diagnostics).toHaveLength(1);
  expect(result.diagnostics[0]).toMatchObject({ code: 'json/syntax', fault: 'definition' });
  return formatDiagnostic(result.diagnostics[0]!);
}

const slice = ({ at }: JsonNode): string => at.source.text.slice(at.start, at.end);

describe('values and their places', () => {
  test('every kind', () => {
    const text = ' {"a": [1, -2.50e+3, "x\\n\\u00e9", true, false, null], "b": {}} ';
    const root = parsed(text) as JsonObject;
    expect(slice(root)).toBe(text.trim());
    const [a, b] = root.members;
    expect([a!.key, b!.key]).toEqual(['a', 'b']);
    expect(text.slice(a!.keyAt.start, a!.keyAt.end)).toBe('"a"');
    expect(slice(b!.value)).toBe('{}');
    const { items } = a!.value as Extract<JsonNode, { kind: 'array' }>;
    expect(items.map(slice)).toEqual(['1', '-2.50e+3', '"x\\n\\u00e9"', 'true', 'false', 'null']);
    expect(items.map(({ kind }) => kind).join(' ')).toBe(
      'number number string boolean boolean null',
    );
    expect(toPlain(root)).toEqual({ a: [1, -2500, 'x\né', true, false, null], b: {} });
  });

  test.each([
    ['0', 0n],
    ['-0', 0n],
    ['9007199254740993', 9007199254740993n],
    ['-123456789012345678901234567890', -123456789012345678901234567890n],
    ['1.0', undefined],
    ['1e3', undefined],
    ['1e400', undefined],
  ])('the number %s keeps its spelling, and its value where it is whole', (text, integer) => {
    expect(parsed(text)).toMatchObject({ kind: 'number', text, integer });
  });

  test('a lone surrogate in an escape is kept', () => {
    expect(parsed('"\\ud800x"')).toMatchObject({ value: '\ud800x' });
  });
});

describe('what anybody writes', () => {
  test('parses exactly when JSON.parse does, to the same value', () => {
    const fragment = fc.constantFrom(
      ...'{}[]:,"\\ \n\t\r-+.eE019/\'',
      ...'true false null "a" "a": \\u00 \\n 1e5 -0.5 01 1. [] {} "\\u0041" NaN'.split(' '),
      ...'\0\ufeff\u2028é\u{1f600}',
      '\ud83d',
    );
    const text = fc.oneof(
      fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.json({ maxDepth: 3 }),
    );
    fc.assert(
      fc.property(text, (text) => {
        let expected: unknown;
        let valid = true;
        try {
          expected = JSON.parse(text);
        } catch {
          valid = false;
        }
        const result = parseJson(source(text));
        expect(result.ok).toBe(valid);
        if (result.ok) expect(JSON.stringify(toPlain(result.value))).toBe(JSON.stringify(expected));
        else expect(formatDiagnostic(result.diagnostics[0]!)).toMatch(/^f\.json:\d+:\d+: error: /);
      }),
      { numRuns: 3_000 },
    );
  });

  test('every value lies where its span says', () => {
    const check = (node: JsonNode): void => {
      expect(JSON.stringify(toPlain(parsed(slice(node))))).toBe(JSON.stringify(toPlain(node)));
      if (node.kind === 'array') node.items.forEach(check);
      if (node.kind !== 'object') return;
      for (const { key, keyAt, value } of node.members) {
        expect(JSON.parse(node.at.source.text.slice(keyAt.start, keyAt.end))).toBe(key);
        check(value);
      }
    };
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
        fc.nat(3),
        (value, indent) => {
          const node = parsed(JSON.stringify(value, null, indent));
          expect(JSON.stringify(toPlain(node))).toBe(JSON.stringify(value));
          check(node);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('__proto__ and constructor are keys like others', () => {
    const plain = toPlain(parsed('{"__proto__": {"polluted": 1}, "constructor": 2}'));
    expect(Object.keys(plain as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(plain)).toBeNull();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const node = parsed('{"a": 1}') as JsonObject;
    expect(member(node, 'constructor')).toBeUndefined();
    expect(member(node, '__proto__')).toBeUndefined();
  });

  test('of a key written twice the last one counts, in small objects and in large ones', () => {
    const small = parsed('{"a": 1, "b": 2, "a": 3}') as JsonObject;
    expect(slice(member(small, 'a')!.value)).toBe('3');
    expect(toPlain(small)).toEqual({ a: 3, b: 2 });
    const many = Array.from({ length: 100 }, (_, i) => `"k${i % 90}": ${i}`).join(',');
    const large = parsed(`{${many}}`) as JsonObject;
    expect(slice(member(large, 'k5')!.value)).toBe('95');
    expect(slice(member(large, 'k50')!.value)).toBe('50');
    expect(member(large, 'k95')).toBeUndefined();
  });
});

test('duplicate keys are told at any depth, with where they were first', () => {
  const text = '{"a": 1,\n "b": [{"x": 1, "x": 2}],\n "a": 3,\n "a": 4}';
  expect(duplicateKeys(parsed(text)).map(formatDiagnostic).join('\n')).toBe(
    [
      'f.json:2:17: warning: "x" is given twice; the last one counts',
      '  2 |  "b": [{"x": 1, "x": 2}],',
      '    |                 ~~~',
      '  f.json:2:9: note: first given here',
      'f.json:3:2: warning: "a" is given twice; the last one counts',
      '  3 |  "a": 3,',
      '    |  ~~~',
      '  f.json:1:2: note: first given here',
      'f.json:4:2: warning: "a" is given twice; the last one counts',
      '  4 |  "a": 4}',
      '    |  ~~~',
      '  f.json:1:2: note: first given here',
    ].join('\n'),
  );
});

describe('errors', () => {
  /** Input, message, and the squiggle's column and length on the last line. */
  const END = 'the file ends here, expected';
  const QUOTES = 'is not JSON; names and strings stand in double quotes';
  const errors: readonly (readonly [
    text: string,
    place: string,
    message: string,
    length: number,
  ])[] = [
    ['', '1:1', `${END} a value`, 0],
    [' \n\n', '3:1', `${END} a value`, 1],
    ['{', '1:2', `${END} a key in double quotes or "}"`, 1],
    ['[', '1:2', `${END} a value or "]"`, 1],
    ['[1', '1:3', `${END} "," or "]"`, 1],
    ['[1,', '1:4', `${END} a value`, 1],
    ['[1,\n]', '2:1', 'expected a value, found ] after a comma', 1],
    ['{"a"', '1:5', `${END} ":"`, 1],
    ['{"a":', '1:6', `${END} a value`, 1],
    ['{"a":}', '1:6', 'expected a value, found }', 1],
    ['{"a":1', '1:7', `${END} "," or "}"`, 1],
    ['{"a":1,', '1:8', `${END} a key in double quotes`, 1],
    ['{"a":1,}', '1:8', 'expected a key in double quotes, found } after a comma', 1],
    ['{,}', '1:2', 'expected a key in double quotes or "}", found ,', 1],
    ['[,]', '1:2', 'expected a value or "]", found ,', 1],
    ['{"a" 1}', '1:6', 'expected ":", found 1', 1],
    ['{"a":1 "b":2}', '1:8', 'expected "," or "}", found "b"', 3],
    ['{"a":1,\r\n"b"}', '2:4', 'expected ":", found }', 1],
    ['[1 2]', '1:4', 'expected "," or "]", found 2', 1],
    ['1 2', '1:3', 'expected the end of the file, found 2', 1],
    ['[1]]', '1:4', 'expected the end of the file, found ]', 1],
    ['}', '1:1', 'expected a value, found }', 1],
    ['[}', '1:2', 'expected a value or "]", found }', 1],
    ['{1:2}', '1:2', 'expected a key in double quotes or "}", found 1', 1],
    [`["${'x'.repeat(50)}" "y"]`, '1:55', 'expected "," or "]", found "y"', 3],
    [
      `{} "${'x'.repeat(50)}"`,
      '1:4',
      `expected the end of the file, found "${'x'.repeat(39)}…`,
      52,
    ],
    ['{a:1}', '1:2', `a ${QUOTES}`, 1],
    ["{'a':1}", '1:2', 'strings stand in double quotes', 1],
    ['[nul]', '1:2', `nul ${QUOTES}`, 3],
    ['True', '1:1', `True ${QUOTES}`, 4],
    ['NaN', '1:1', `NaN ${QUOTES}`, 3],
    ['-Infinity', '1:1', '-Infinity is not a JSON number', 9],
    ['01', '1:1', '01 is not a JSON number', 2],
    ['1.', '1:1', '1. is not a JSON number', 2],
    ['1e+', '1:1', '1e+ is not a JSON number', 3],
    ['-', '1:1', '- is not a JSON number', 1],
    ['0x10', '1:1', '0x10 is not a JSON number', 4],
    ['1.5.2', '1:1', '1.5.2 is not a JSON number', 5],
    ['.5', '1:1', `.5 ${QUOTES}`, 2],
    ['+1', '1:1', `+1 ${QUOTES}`, 2],
    ['9'.repeat(100_001), '1:1', 'a number of more than 100000 characters', 160],
    ['"abc', '1:1', 'this string does not end', 1],
    ['"abc\\', '1:1', 'this string does not end', 1],
    ['"a\nb"', '1:1', 'this string does not end on its line', 1],
    ['"a\r\nb"', '1:1', 'this string does not end on its line', 1],
    ['"a\tb"', '1:3', 'a control character in a string; write it as \\u00XX', 1],
    ['"a\0b"', '1:3', 'a control character in a string; write it as \\u00XX', 6],
    ['"\\x"', '1:2', '\\x is no escape that JSON knows', 2],
    ['"\\u12"', '1:2', 'an invalid \\u escape; it takes four hexadecimal digits', 2],
    ['// c\n1', '1:1', 'JSON has no comments', 1],
    ['[1, /* c */ 2]', '1:5', 'JSON has no comments', 1],
    ['# c', '1:1', `# ${QUOTES}`, 1],
    ['\u00a01', '1:1', `U+00A0 ${QUOTES}`, 1],
    ['[\ufeff]', '1:2', `U+FEFF ${QUOTES}`, 6],
    ['{\0"\0a', '1:2', 'a NUL character; JSON files are UTF-8 text, this may be UTF-16', 6],
    ['[\u{1f600}]', '1:2', `\u{1f600} ${QUOTES}`, 2],
    ['\ud800', '1:1', `\\ud800 ${QUOTES}`, 6],
    ['{"ключ": нет}', '1:10', `нет ${QUOTES}`, 3],
    ['["\u{1f600}世", 世界]', '1:8', `世界 ${QUOTES}`, 4],
    ['\u001b[31m', '1:1', `\\u001b ${QUOTES}`, 6],
    ['['.repeat(501), '1:501', 'nested deeper than 500 levels', 1],
    ['{"a":'.repeat(501), '1:2501', 'nested deeper than 500 levels', 1],
    ['['.repeat(100_000), '1:501', 'nested deeper than 500 levels', 1],
  ];

  for (const [text, place, message, length] of errors) {
    test(`${JSON.stringify(text.slice(0, 40))} (${text.length})`, () => {
      const [head, , squiggle] = problem(text).split('\n');
      expect(head).toBe(`f.json:${place}: error: ${message}`);
      expect(squiggle?.match(/~+$/)?.[0].length ?? 0).toBe(length);
    });
  }

  test('the whole text of some', () => {
    expect(problem('[\n  1,\n\t"two" x\n]')).toBe(
      [
        'f.json:3:8: error: x is not JSON; names and strings stand in double quotes',
        '  3 | \t"two" x',
        '    | \t      ~',
      ].join('\n'),
    );
    expect(problem('\ufeff{}')).toBe(
      [
        'f.json:1:1: error: the file begins with a byte order mark',
        '  1 | \\ufeff{}',
        '    | ~~~~~~',
        '  hint: save it as UTF-8 without a byte order mark',
      ].join('\n'),
    );
    expect(problem('["世界", 1}')).toBe(
      [
        'f.json:1:9: error: expected "," or "]", found }',
        '  1 | ["世界", 1}',
        '    |           ~',
      ].join('\n'),
    );
  });

  test('500 levels are fine', () => {
    const deep = parsed(`${'['.repeat(500)}${']'.repeat(500)}`);
    expect(JSON.stringify(toPlain(deep))).toHaveLength(1000);
  });
});

describe('large files take time in proportion to their size', () => {
  const MB = 1_000_000;

  test('a string of 100 MB', () => {
    expect(parsed(`"${'x'.repeat(100 * MB)}"`).at.end).toBe(100 * MB + 2);
  });

  test('50 MB of white space; 10 MB of digits, of letters, of line ends', () => {
    expect(problem(' '.repeat(50 * MB))).toContain('f.json:1:50000001: error: the file ends here');
    expect(problem('7'.repeat(10 * MB))).toContain('a number of more than 100000 characters');
    expect(problem('a'.repeat(10 * MB))).toContain(`${'a'.repeat(40)} is not JSON`);
    expect(problem('\n'.repeat(10 * MB))).toContain('f.json:10000001:1: error: the file ends here');
  });

  test('an array of 100 MB, and an object of many keys', () => {
    const item = `"${'x'.repeat(9_997)}",`;
    const array = parsed(`[${item.repeat(MB / 100)}1]`) as Extract<JsonNode, { kind: 'array' }>;
    expect(array.items).toHaveLength(MB / 100 + 1);
    const keys = Array.from({ length: 100_000 }, (_, i) => `"${i}":1`);
    const object = parsed(`{${keys.join(',')}}`) as JsonObject;
    for (let i = 0; i < keys.length; i++) expect(member(object, String(i))?.key).toBe(String(i));
    expect(duplicateKeys(object)).toEqual([]);
  });

  test('more values than memory has room for are refused', () => {
    const message = 'f.json:1:4000000: error: more than 2000000 values in one file';
    expect(problem(`[${'0,'.repeat(3 * MB)}0]`)).toContain(message);
  });

  test('errors are shown of one long line, without counting it anew for each', () => {
    const object = parsed(`{${'"a":1,'.repeat(300_000)}${'"b":1,'.repeat(3_000)}"b":1}`);
    const last = duplicateKeys(object).slice(-3_000).map(formatDiagnostic);
    expect(last[0]).toContain('f.json:1:1800008: warning: "b" is given twice');
    expect(last.at(-1)).toContain('f.json:1:1818002: warning: "b" is given twice');
    expect(last.at(-1)).toContain('f.json:1:1800002: note: first given here');
  });
});

describe('bytes', () => {
  const decode = (...bytes: number[]) => decodeUtf8('f.json', Uint8Array.from(bytes));
  const shown = (...bytes: number[]): string => {
    const result = decode(...bytes);
    if (result.ok) throw new Error('decoded');
    expect(result.diagnostics[0]!.code).toBe('json/encoding');
    return formatDiagnostic(result.diagnostics[0]!).split('\n')[0]!;
  };

  test('are text where they are UTF-8; a byte order mark stays', () => {
    const text = '\ufeff{"ä": "\u{1f600}\ufffd\0"}';
    expect(decode(...Buffer.from(text))).toEqual({ ok: true, value: { file: 'f.json', text } });
    expect(decode()).toMatchObject({ ok: true });
    expect(decode(0x31)).toMatchObject({ ok: true });
  });

  test('are refused where they are not, at the first that is wrong', () => {
    const notUtf8 = 'error: the file is not valid UTF-8:';
    expect(shown(0x7b, 0xff)).toBe(`f.json:1:2: ${notUtf8} byte 0xff at offset 1`);
    expect(shown(0x22, 0xc3, 0x22)).toBe(`f.json:1:2: ${notUtf8} byte 0xc3 at offset 1`);
    expect(shown(...Buffer.from('ä\ufffd\n '), 0xed, 0xa0, 0x80)).toBe(
      `f.json:2:2: ${notUtf8} byte 0xed at offset 7`,
    );
    expect(shown(0x31, 0x0a, 0xef, 0xbf)).toBe(`f.json:2:1: ${notUtf8} byte 0xef at offset 2`);
    expect(shown(0xc0, 0x80)).toBe(`f.json:1:1: ${notUtf8} byte 0xc0 at offset 0`);
  });

  test('of UTF-16 are called so', () => {
    const utf16 = 'f.json: error: the file is not UTF-8; it looks like UTF-16';
    expect(shown(0xff, 0xfe, 0x7b, 0)).toBe(utf16);
    expect(shown(0xfe, 0xff, 0, 0x7b)).toBe(utf16);
    expect(shown(...Buffer.from('{"é":1}', 'utf16le'))).toBe(utf16);
    expect(shown(...Buffer.from('{"é":1}', 'utf16le').swap16())).toBe(utf16);
    // Of ASCII it is text as well, for the parser to wonder at.
    expect(decode(...Buffer.from('{}', 'utf16le'))).toMatchObject({ ok: true });
  });

  test('any: decoded or refused with a place, never thrown', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.constantFrom('é', '\ufffd', '\u{1f600}', '\n').map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
        const bytes = Buffer.concat(chunks);
        const result = decodeUtf8('f', bytes);
        if (result.ok) expect(Buffer.from(result.value.text).equals(bytes)).toBe(true);
        else expect(formatDiagnostic(result.diagnostics[0]!)).toContain('UTF-');
      }),
      { numRuns: 2_000 },
    );
  });
});

test('what a value is called', () => {
  const called = (text: string): string => describeNode(parsed(text));
  expect(['null', 'true', '1.50', '"x"', '[1]', '{}'].map(called)).toEqual([
    'null',
    'true',
    'the number 1.50',
    'the string "x"',
    'an array',
    'an object',
  ]);
  expect(called(`"${'x'.repeat(41)}"`)).toBe('a string');
  expect(called('1'.repeat(41))).toBe(`the number ${'1'.repeat(40)}…`);
});
