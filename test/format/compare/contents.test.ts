// What two files differ in: text, bytes, sections, members of archives within archives.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeBytes, hexDump } from '../../../src/format/compare/bytes.ts';
import { compareFiles, type Located } from '../../../src/format/compare/contents.ts';
import { membersOf } from '../../../src/format/compare/members.ts';
import { scratch, type Scratch } from '../../rig/scratch.ts';

async function compare(first: Uint8Array | string, second: Uint8Array | string): Promise<Located> {
  using directory = scratch();
  writeFileSync(directory.at('a'), first);
  writeFileSync(directory.at('b'), second);
  return compareFiles(directory.at('a'), directory.at('b'));
}

/** A tar archive by the machine's own tar. */
function tarOf(
  directory: Scratch,
  files: Readonly<Record<string, string | Buffer>>,
  options: readonly string[] = [],
): Buffer {
  const root = directory.at('tree');
  mkdirSync(root, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(`${root}/${name}`, content);
  const fixed = ['--format=ustar', '--mtime=@1', '--owner=0', '--group=0', '--numeric-owner'];
  return execFileSync('tar', ['-cf', '-', '-C', root, ...fixed, ...options, ...Object.keys(files)]);
}

test('text differs as text', async () => {
  expect(await compare('a\nb\n', 'a\nc\n')).toEqual({
    within: [],
    difference: { kind: 'text', first: 'a\nb\n', second: 'a\nc\n' },
  });
});

test('bytes are told by their offset, with what is around them', async () => {
  const first = Buffer.alloc(100, 1);
  const second = Buffer.from(first);
  second[40] = 0xff;
  const { difference } = await compare(first, second);
  expect(difference).toMatchObject({ kind: 'bytes', offset: 40, firstSize: 100, from: 16 });
  const dump = hexDump(describeBytes(first, second));
  expect(dump[1]).toBe(`-00000020  ${'01 '.repeat(16).trim()}  ${'.'.repeat(16)}`);
  expect(dump[2]).toBe(
    `+00000020  ${'01 '.repeat(8)}ff ${'01 '.repeat(7).trim()}  ${'.'.repeat(16)}`,
  );
});

test('in a program, the section is told', () => {
  const program = readFileSync(process.execPath);
  const listed = execFileSync('readelf', ['-SW', process.execPath], { encoding: 'utf8' });
  for (const name of ['.rodata', '.text', '.dynstr']) {
    const row = new RegExp(`\\s${name.replace('.', '\\.')}\\s+\\S+\\s+\\S+\\s+(\\S+)`).exec(listed);
    const offset = Number.parseInt(row![1]!, 16) + 5;
    const other = Buffer.from(program);
    other[offset] = other[offset]! ^ 0xff;
    expect(describeBytes(program, other)).toMatchObject({ offset, section: name });
  }
});

describe('archives', () => {
  test('are looked into, also inside of each other', async () => {
    using directory = scratch();
    const inner = (text: string): Buffer => gzipSync(tarOf(directory, { x: text }));
    const outer = (text: string): Buffer => tarOf(directory, { a: 'same', 'in.tgz': inner(text) });
    expect(await compare(outer('1\n'), outer('2\n'))).toEqual({
      within: ['in.tgz', 'x'],
      difference: { kind: 'text', first: '1\n', second: '2\n' },
    });
  });

  test('tell times and modes of members, their order, and which came or went', async () => {
    using directory = scratch();
    const plain = tarOf(directory, { a: '1', b: '2' });
    const later = tarOf(directory, { a: '1', b: '2' }, ['--mtime=@2']);
    expect(await compare(plain, later)).toEqual({
      within: ['a'],
      difference: { kind: 'entry', what: 'mtime', first: '1', second: '2' },
    });
    const closed = tarOf(directory, { a: '1', b: '2' }, ['--mode=600']);
    expect((await compare(plain, closed)).difference).toMatchObject({ what: 'mode' });
    const reversed = tarOf(directory, { b: '2', a: '1' });
    expect((await compare(plain, reversed)).difference).toEqual({
      kind: 'entry',
      what: 'the order of its members',
      first: 'a',
      second: 'b',
    });
    const fewer = tarOf(directory, { a: '1' });
    expect((await compare(plain, fewer)).difference).toEqual({
      kind: 'entry',
      what: 'its members',
      first: 'b',
      second: '(its end)',
    });
  });

  test('that only are compressed otherwise are said to be', async () => {
    const text = 'some text\n'.repeat(100);
    const { difference } = await compare(
      gzipSync(text, { level: 1 }),
      gzipSync(text, { level: 9 }),
    );
    expect(difference).toEqual({
      kind: 'packing',
      what: 'the same content, compressed otherwise by gzip',
    });
  });

  test('a static library is one', async () => {
    using directory = scratch();
    const library = (name: string, text: string): Buffer => {
      writeFileSync(directory.at('a_member_with_a_long_name.o'), text);
      writeFileSync(directory.at('b.o'), 'b');
      execFileSync('ar', ['rcD', name, 'a_member_with_a_long_name.o', 'b.o'], {
        cwd: directory.path,
      });
      return readFileSync(directory.at(name));
    };
    expect(await compare(library('one.a', '1\n'), library('two.a', '2\n'))).toEqual({
      within: ['a_member_with_a_long_name.o'],
      difference: { kind: 'text', first: '1\n', second: '2\n' },
    });
  });

  test('of rubbish are none, and nothing is thrown', () => {
    const heads = ['!<arch>\n', 'PK\u0003\u0004', ''].map((head) => Buffer.from(head, 'latin1'));
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 600 }), (head, rest) => {
        const bytes = Buffer.concat([head, rest]);
        if (rest.length > 300) bytes.write('ustar', 257, 'latin1');
        membersOf(bytes);
        describeBytes(Buffer.concat([Buffer.from('\u007fELF', 'latin1'), rest]), bytes);
      }),
      { numRuns: 300 },
    );
  });
});
