import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/base/json.ts';
import {
  hashCheckout,
  hashItems,
  hashMembers,
  hashStrings,
  hashText,
} from '../../src/package/identity.ts';
import { readGolden } from './golden.ts';
import { parse, summary } from './located.ts';

interface GoldenHash {
  readonly json?: string;
  readonly python?: string;
  readonly ok: boolean;
  readonly sha1?: string;
}

/** Python values that are no JSON: sets hash as lists of their elements; the others cannot come up here. */
const PYTHON: Record<string, string | undefined> = {
  "{'a', 'b'}": '["a","b"]',
  "{'b', 'a', 'c'}": '["b","a","c"]',
  'set()': '[]',
  '{1, 2}': '[1,2]',
  "{'a': {'x', 'y'}}": '{"a":["x","y"]}',
  "b'foo'": undefined,
  "('a', 'b')": undefined,
  "{1: 'a'}": undefined,
  "[b'a']": undefined,
  "frozenset(['a'])": undefined,
};

const golden = (readGolden('hash_checkout.json') as { cases: GoldenHash[] }).cases;

test('there are as many golden cases as there were', () => {
  expect(golden).toHaveLength(119);
});

test.each(golden)('$json$python', ({ json, python, ok, sha1 }) => {
  if (python !== undefined) expect(Object.keys(PYTHON)).toContain(python);
  const text = json ?? PYTHON[python!];
  if (text === undefined) {
    expect(ok).toBe(false);
    return;
  }
  const node = parseJson({ file: 'golden.json', text });
  // NaN and Infinity are Python's own; here they are no JSON, which is an error as well.
  const result = node.ok ? hashCheckout(node.value) : node;
  expect(result.ok ? result.value : undefined).toBe(ok ? sha1 : undefined);
  if (!result.ok) expect(result.diagnostics[0]!.at).toBeDefined();
});

describe('places of what cannot be hashed', () => {
  test.each([
    ['{"a": [1, null]}', ['test.json:1:11 identity/unhashable']],
    ['[1.5]', ['test.json:1:2 identity/unhashable']],
    ['[1.5, 2]', ['test.json:1:2 identity/unhashable']],
    ['{"a":\n ["x", 1]}', ['test.json:2:8 identity/unordered']],
    [
      '{"\\ud800": "\\udc00"}',
      ['test.json:1:2 identity/unhashable', 'test.json:1:12 identity/unhashable'],
    ],
    ['[{}, {}]', ['test.json:1:6 identity/unordered']],
    ['[[1], "a", 2]', ['test.json:1:7 identity/unordered']],
  ])('%s', (text, expected) => {
    const result = hashCheckout(parse(text));
    expect(result.ok ? [] : summary(result.diagnostics)).toEqual(expected);
  });
});

test('lists of equal unsortable items still compare, as in Python', () => {
  // [{}] == [{}], so nothing has to decide between {} and {}.
  expect(hashCheckout(parse('[[{}],[{}]]')).ok).toBe(true);
  expect(hashCheckout(parse('[[{"a":1}],[{"a":true}]]')).ok).toBe(true);
  expect(hashCheckout(parse('[[{"a":1}],[{"a":2}]]')).ok).toBe(false);
});

test('integers keep every digit', () => {
  const digits = '9'.repeat(1_000);
  expect(hashCheckout(parse(digits))).toEqual({ ok: true, value: hashText(digits) });
  expect(hashCheckout(parse('9007199254740993'))).toEqual({
    ok: true,
    value: hashText('9007199254740993'),
  });
});

test('keys that JavaScript treats specially are keys like others', () => {
  const keys = ['__proto__', 'constructor', 'toString', '10', '9', 'é', '～', '😀'];
  const object = `{${keys.map((key) => `${JSON.stringify(key)}:"v"`).join(',')}}`;
  // A second spelling of the same order: by the bytes of the keys' UTF-8.
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const text = sorted.map((key) => `${key}=${hashText('v')}`).join(',');
  const expected = createHash('sha1').update(text).digest('hex');
  expect(hashCheckout(parse(object))).toEqual({ ok: true, value: expected });
});

test('the pieces agree with the whole', () => {
  expect(hashCheckout(parse('{"a":["y","x"]}'))).toEqual({
    ok: true,
    value: hashMembers(new Map([['a', hashStrings(['x', 'y'])]])),
  });
  expect(hashStrings([])).toBe(hashItems([]));
});

test('values nested as deeply as the parser allows are hashed', () => {
  const nested = `${'['.repeat(500)}${']'.repeat(500)}`;
  expect(hashCheckout(parse(nested)).ok).toBe(true);
  const deeper = parseJson({ file: 'x', text: '['.repeat(100_000) });
  expect(deeper.ok).toBe(false);
});

test('a hundred thousand members are hashed', () => {
  const members = Array.from({ length: 100_000 }, (_, i) => `"k${i}":1`);
  const hashes = new Map(members.map((_, i) => [`k${i}`, hashText('1')]));
  expect(hashCheckout(parse(`{${members.join(',')}}`))).toEqual({
    ok: true,
    value: hashMembers(hashes),
  });
});

test('of duplicate keys only the last one counts, and can be wrong', () => {
  expect(hashCheckout(parse('{"a":null,"a":1}'))).toEqual(hashCheckout(parse('{"a":1}')));
  expect(hashCheckout(parse('{"a":1,"a":null}')).ok).toBe(false);
});

const PYTHON_HASH = `
import hashlib, json, sys
def h(s): return hashlib.sha1(s.encode()).hexdigest()
def checkout(v):
    if isinstance(v, str): return h(v)
    if isinstance(v, bool): return h(str(v))
    if isinstance(v, int): return h(str(v))
    if isinstance(v, dict): return h(','.join(k + '=' + checkout(v[k]) for k in sorted(v)))
    if isinstance(v, list): return h(','.join(checkout(i) for i in sorted(v)))
    raise NotImplementedError()
out = []
for v in json.load(sys.stdin):
    try: out.append(checkout(v))
    except (TypeError, NotImplementedError, UnicodeEncodeError): out.append(None)
print(json.dumps(out))
`;

test('any value hashes as Python hashes it', () => {
  const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String);
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom('', 'a', 'b', 'True', '1', '～', '😀'),
  );
  const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
    list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    object: fc
      .array(fc.tuple(text, tie('value')), { maxLength: 4 })
      .map((all) => `{${all.map(([key, item]) => `${JSON.stringify(key)}:${item}`).join(',')}}`),
    value: fc.oneof(
      { maxDepth: 4 },
      text.map((one) => JSON.stringify(one)),
      fc.constantFrom('true', 'false', '0', '1', '-0', '-1', '10', '9'),
      integer,
      tie('list'),
      tie('list'),
      tie('object'),
      fc.constantFrom('null', '1.5'),
    ),
  }));
  const values = fc.sample(value, { numRuns: 3000, seed: 20_240_501 });
  const ours = values.map((one) => {
    const result = hashCheckout(parse(one));
    return result.ok ? result.value : null;
  });
  let python: (string | null)[];
  try {
    const output = execFileSync('python3', ['-c', PYTHON_HASH], {
      input: `[${values.join(',')}]`,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    python = JSON.parse(output) as (string | null)[];
  } catch (error) {
    // The golden cases say the same where there is no Python; this only says more.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  expect(python.filter((hash) => hash !== null).length).toBeGreaterThan(1000);
  ours.forEach((hash, i) => expect([values[i], hash]).toEqual([values[i], python[i]]));
});
