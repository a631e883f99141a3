import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Collector, formatDiagnostic, warning } from '../../src/base/diagnostic.ts';
import { temporaryDirectory } from '../../src/base/fs.ts';
import { readBuildinfo } from '../../src/package/buildinfo.ts';
import {
  limited,
  MAX_DEFINITION_BYTES,
  MAX_REPORTED,
  namePath,
  parseDefinition,
  pathIn,
  readDefinition,
} from '../../src/package/file.ts';
import { collect, summary } from './located.ts';

function parse(text: string) {
  return collect((out) => parseDefinition({ file: 'f', text }, out));
}

function read(bytes: string | Uint8Array) {
  using root = temporaryDirectory(tmpdir(), 'ashlar-file');
  const path = join(root.path, 'f');
  writeFileSync(path, bytes);
  return collect((out) => readDefinition({ path, shown: 'f' }, out));
}

describe('white space around', () => {
  test.each(['', ' \n\t', '\u00a0', '\u001c\u2028', '\r\n\r\n'])(
    '%j is an empty object',
    (text) => {
      expect(parse(text).value?.members).toEqual([]);
    },
  );

  test('any that Python knows is left out, places stay', () => {
    const { value, out } = parse('\u00a0\u2003\n \u0085{"a":\n x}\u3000');
    expect(value).toBeUndefined();
    expect(summary(out.diagnostics)).toEqual(['f:3:2 json/syntax']);
    expect(parse('\u00a0{"a": 1}\u0085').value?.members).toHaveLength(1);
  });

  test('inside it is still an error', () => {
    expect(parse('{\u00a0}').out.failed).toBe(true);
  });
});

describe('bad bytes', () => {
  test.each([
    ['UTF-16, little end first', Buffer.from('\ufeff{}', 'utf16le'), 'f json/encoding'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'f:1:2 json/encoding'],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'f:1:2 json/encoding'],
    ['a byte order mark', '\ufeff{}', 'f:1:1 json/syntax'],
    ['a NUL', '{"a":\0}', 'f:1:6 json/syntax'],
    ['trailing commas', '{"a": [1,]}', 'f:1:10 json/syntax'],
    ['comments', '{} // no', 'f:1:4 json/syntax'],
    ['two values', '{}{}', 'f:1:3 json/syntax'],
    ['NaN', '{"a": NaN}', 'f:1:7 json/syntax'],
    ['no object', '[1]', 'f:1:1 definition/type'],
    ['nesting without end', `{"a":${'['.repeat(100_000)}`, 'f:1:505 json/syntax'],
    ['closed nesting', '[{"a":'.repeat(100_000), 'f:1:1501 json/syntax'],
  ])('%s', (_, bytes, expected) => {
    const { value, out } = read(bytes);
    expect(value).toBeUndefined();
    expect(summary(out.diagnostics)).toEqual([expected]);
    expect(out.diagnostics[0]!.hint ?? out.diagnostics[0]!.message).not.toBe('');
  });

  test('windows line ends are white space', () => {
    expect(read('{\r\n"a": 1\r\n}\r\n').value?.members).toHaveLength(1);
  });
});

test('what cannot be read is told of', () => {
  using root = temporaryDirectory(tmpdir(), 'ashlar-file');
  mkdirSync(join(root.path, 'd'));
  symlinkSync('loop', join(root.path, 'loop'));
  const codes = ['d', 'missing', 'loop'].map((name) => {
    const { out } = collect((out) =>
      readDefinition({ path: join(root.path, name), shown: name }, out),
    );
    return summary(out.diagnostics).join();
  });
  expect(codes).toEqual(['d fs/eisdir', 'missing fs/enoent', 'loop fs/eloop']);
});

test('a file beyond all measure is not parsed', () => {
  const { value, out } = read(Buffer.alloc(MAX_DEFINITION_BYTES + 1, ' '));
  expect(value).toBeUndefined();
  expect(summary(out.diagnostics)).toEqual(['f definition/size']);
});

test('duplicate keys are warned of at any depth', () => {
  const { value, out } = parse('{"a": 1, "b": [{"c": 1, "c": 2}], "a": 2}');
  expect(value?.members).toHaveLength(3);
  expect(summary(out.diagnostics, 'warning')).toEqual([
    'f:1:25 json/duplicate-key',
    'f:1:35 json/duplicate-key',
  ]);
});

test('hundreds of thousands of unknown keys end in a few errors', () => {
  const text = `{${Array.from({ length: 200_000 }, (_, i) => `"${i}":0`).join(',\n')}}`;
  expect(text.length).toBeLessThan(MAX_DEFINITION_BYTES);
  const { out } = collect((out) => {
    const object = parseDefinition({ file: 'f', text }, out)!;
    readBuildinfo(object, { name: 'p', variant: null, directory: '/p' }, out);
  });
  const shown = limited(out.diagnostics);
  expect(shown).toHaveLength(MAX_REPORTED);
  expect(formatDiagnostic(shown.at(-1)!)).toContain('199980 more errors like these follow');
});

test('errors are kept however many warnings there are', () => {
  const out = new Collector();
  for (let i = 0; i < 100; i++) out.add(warning({ code: 'a/b', message: String(i) }));
  parseDefinition({ file: 'f', text: '{' }, out);
  const shown = limited(out.diagnostics);
  expect(summary(shown)).toEqual(['f:1:2 json/syntax']);
  expect(summary(shown, 'warning')).toHaveLength(MAX_REPORTED);
});

test('no text crashes the reader of definitions', () => {
  const context = { name: 'p', variant: null, directory: '/p' };
  const keys = fc.constantFrom(
    'sources',
    'single_source',
    'requires',
    'build_script',
    'docker',
    'environment',
    'state_directory',
    'username',
    'group',
    'sysctl',
    'version_extra',
    'src_writable',
    'name',
    '__proto__',
    'constructor',
    'kind',
    'url',
    'git',
    'ref',
    'ref_origin',
    'rel_path',
    'sha1',
    'sha256',
    'variant',
  );
  const strings = fc.constantFrom('', 'url', 'git', 'a--1', '\ud800', 'https://h/a', '../..', '\0');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      strings,
      fc.constantFrom(null, true, false, 0, 1, 1.5, -0, 1e300, 2 ** 53),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(keys, tie('value')), { maxLength: 5 }).map(Object.fromEntries),
    ),
  }));
  fc.assert(
    fc.property(value, fc.nat(40), (any, cut) => {
      const whole = JSON.stringify(any);
      for (const text of [whole, whole.slice(0, cut)]) {
        const { out } = collect((out) => {
          const object = parseDefinition({ file: 'f', text }, out);
          return object && readBuildinfo(object, context, out);
        });
        for (const one of out.diagnostics) {
          expect(one.at).toBeDefined();
          expect(formatDiagnostic(one)).toMatch(/^f:\d+:\d+: (error|warning): /);
        }
      }
    }),
    { numRuns: 2000 },
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('paths are shown from where the user stands', () => {
  expect(namePath('/a/b/c', '/a/b').shown).toBe('c');
  expect(namePath('/a/x/c', '/a/b').shown).toBe('../x/c');
  expect(namePath('/x/y', '/a/b').shown).toBe('/x/y');
  expect(pathIn(namePath('/a/b', '/a/b'), 'c')).toEqual({ path: '/a/b/c', shown: 'c' });
  expect(pathIn(namePath('/a/b', '/a'), 'c')).toEqual({ path: '/a/b/c', shown: 'b/c' });
});
