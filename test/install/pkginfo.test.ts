import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePackageInfo } from '../../src/install/pkginfo.ts';
import { codes, messages, value } from './rig.ts';

const parse = (text: string) => parsePackageInfo({ file: 'pkginfo.json', text });

test('an empty object says nothing', () => {
  const info = value(parse('{}'));
  expect(info).toEqual({
    environment: new Map(),
    stateDirectory: false,
    username: undefined,
    group: undefined,
    requires: [],
    sysctl: new Map(),
    directories: [],
    variant: undefined,
  });
});

test('everything a build writes is read', () => {
  const info = value(
    parse(
      JSON.stringify({
        environment: { A: '1', N: 2, B: true },
        state_directory: true,
        username: 'dcos_a',
        group: 'adm',
        requires: ['b', { name: 'c', variant: 'ee' }, { name: 'd', variant: null }],
        sysctl: { s: { 'kernel.shmmax': 0, x: '1' } },
        variant: 'ee',
        a_key_of_a_later_version: 1,
      }).replace(':0', ':18446744073692774399'),
    ),
  );
  expect([...info.environment].map(([key, each]) => [key, each.value])).toEqual([
    ['A', '1'],
    ['N', '2'],
    ['B', 'True'],
  ]);
  expect(info).toMatchObject({ stateDirectory: true, username: 'dcos_a', variant: 'ee' });
  expect(info.group?.value).toBe('adm');
  expect(info.requires.map((each) => each.value)).toEqual([
    { name: 'b', variant: undefined },
    { name: 'c', variant: 'ee' },
    { name: 'd', variant: null },
  ]);
  // Wider than a double: kept as written.
  expect(info.sysctl.get('s')?.get('kernel.shmmax')?.value).toEqual({
    text: '18446744073692774399',
    quoted: false,
  });
  expect(info.sysctl.get('s')?.get('x')?.value).toEqual({ text: '1', quoted: true });
});

test.each([
  ['', 'json/syntax', '1:1'],
  ['{', 'json/syntax', '1:2'],
  ['[]', 'package/pkginfo', '1:1: error: expected an object, found an array'],
  ['"x"', 'package/pkginfo', 'expected an object, found the string "x"'],
  ['{"environment": []}', 'package/pkginfo', '1:17: error: expected an object, found an array'],
  ['{"environment": {"A": null}}', 'package/pkginfo', '1:23: error: expected a string, found null'],
  ['{"environment": {"A": 1.5}}', 'package/pkginfo', 'expected a string, found the number 1.5'],
  ['{"environment": {"A B": "1"}}', 'package/pkginfo', '"A B" cannot be the name'],
  ['{"environment": {"A;rm": "1"}}', 'package/pkginfo', 'cannot be the name'],
  ['{"environment": {"": "1"}}', 'package/pkginfo', '"" cannot be the name'],
  ['{"environment": {"A": "1\\nB=2"}}', 'package/pkginfo', 'has a line break'],
  ['{"state_directory": "yes"}', 'package/pkginfo', '1:21: error: expected true or false'],
  ['{"state_directory": 2}', 'package/pkginfo', 'expected true or false, found the number 2'],
  ['{"username": 1}', 'package/pkginfo', 'expected a string, found the number 1'],
  ['{"group": []}', 'package/pkginfo', 'expected a string, found an array'],
  ['{"requires": "b"}', 'package/pkginfo', 'expected an array, found the string "b"'],
  ['{"requires": [1]}', 'package/pkginfo', 'expected a package name or'],
  ['{"requires": [{"name": "b"}]}', 'package/pkginfo', 'expected a package name or'],
  ['{"sysctl": "x"}', 'package/pkginfo', 'expected an object, found the string "x"'],
  ['{"sysctl": {"s": 1}}', 'package/pkginfo', 'expected an object of kernel settings'],
  ['{"sysctl": {"s": {"k": null}}}', 'package/pkginfo', 'expected a string or an integer'],
  ['{"variant": 1}', 'package/pkginfo', 'expected a string, found the number 1'],
])('%s is refused where it is wrong', (text, code, message) => {
  const result = parse(text);
  expect(codes(result)).toEqual([code]);
  expect(messages(result)).toContain(message);
});

test('all mistakes of a file are told', () => {
  const result = parse('{"environment": 1, "requires": 2, "sysctl": 3, "state_directory": 4}');
  expect(codes(result)).toHaveLength(4);
});

test('names that reach into prototypes are names like others', () => {
  const info = value(parse('{"environment": {"__proto__": "1", "constructor": "2"}}'));
  expect([...info.environment.keys()]).toEqual(['__proto__', 'constructor']);
});

test('no text makes it throw', () => {
  const json = fc.json({ maxDepth: 4 });
  const near = fc.record(
    {
      environment: fc.dictionary(fc.string(), fc.jsonValue()),
      requires: fc.array(fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()))),
      sysctl: fc.dictionary(fc.string(), fc.dictionary(fc.string(), fc.jsonValue())),
      state_directory: fc.jsonValue(),
      variant: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const texts = fc.oneof(
    fc.string(),
    json,
    near.map((each) => JSON.stringify(each)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const result = parse(text);
      expect(result.ok || result.diagnostics.length > 0).toBe(true);
    }),
    { numRuns: 400 },
  );
});
