import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson, type JsonObject } from '../../src/base/json.ts';
import { activeBuildinfo } from '../../src/install/buildinfo.ts';
import type { Package } from '../../src/install/package.ts';
import { value } from './rig.ts';

function pack(name: string, text: string | undefined): Package {
  const buildinfo = text && (value(parseJson({ file: 'b', text })) as JsonObject);
  return { name, buildinfo: buildinfo || undefined } as Package;
}

test('a package without one is null; keys are sorted', () => {
  expect(activeBuildinfo([])).toBe('{}');
  expect(activeBuildinfo([pack('b', undefined), pack('a', '{"z":[],"name":"a","o":{}}')])).toBe(
    '{\n  "a":{\n    "name":"a",\n    "o":{},\n    "z":[]\n  },\n  "b":null\n}',
  );
});

test('numbers keep their spelling, text becomes ASCII, the last of two keys counts', () => {
  expect(activeBuildinfo([pack('a', '{"n":18446744073709551615,"é":"😀\u007f","n":1.0}')])).toBe(
    '{\n  "a":{\n    "n":1.0,\n    "\\u00e9":"\\ud83d\\ude00\\u007f"\n  }\n}',
  );
});

test('the text means what was put in', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (info) => {
      const text = activeBuildinfo([pack('a', JSON.stringify(info))]);
      expect(JSON.parse(text)).toEqual({ a: JSON.parse(JSON.stringify(info)) });
      expect(text).toMatch(/^[\n -~]*$/);
    }),
    { numRuns: 500 },
  );
});

test('python prints the same text, where there is a python', ({ skip }) => {
  const info = '{"b":[1,"é😀",{"x":null,"a":true}],"a":{},"\\u007f":"\\n\\t\\"\\\\/","Z":-0}';
  const program =
    'import json,sys; print(json.dumps({"p":json.loads(sys.argv[1])},indent=2,sort_keys=True,separators=(",",":")),end="")';
  let expected;
  try {
    expected = execFileSync('python3', ['-c', program, info], { encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') skip('no python3 here');
    throw error;
  }
  // Python's json reads -0 as the integer 0.
  expect(activeBuildinfo([pack('p', info)]).replace('-0', '0')).toBe(expected);
});
