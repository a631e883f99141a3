import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byCodePoint, digestOf, type Digest } from '../../src/base/digest.ts';
import { decodeActionResult, decodeDirectory, decodeTree } from '../../src/remote/decode.ts';
import { encodeActionResult, encodeDirectory, encodeTree } from '../../src/remote/encode.ts';
import { MalformedMessage, type ActionResult, type Directory } from '../../src/remote/message.ts';
import { field, message, number } from '../rig/protobuf.ts';

/** As objects are written, not with a null prototype. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const digest: fc.Arbitrary<Digest> = fc
  .tuple(fc.string(), fc.nat(Number.MAX_SAFE_INTEGER))
  .map(([text, size]) => ({ ...digestOf(text), size }));
const wellFormed = (longest: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: longest })
    .filter((text) => Buffer.from(text).toString() === text);
const name = wellFormed(12).filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..');
const mode = fc.option(fc.nat(0o7777), { nil: undefined });
const optional = (key: string, value: unknown): object =>
  value === undefined ? {} : { [key]: value };

const directory: fc.Arbitrary<Directory> = fc
  .record({
    nodes: fc.uniqueArray(
      fc.record({
        name,
        kind: fc.nat(2),
        digest,
        executable: fc.boolean(),
        mode,
        target: wellFormed(20).filter((text) => !text.includes('\0')),
      }),
      { selector: (node) => node.name, maxLength: 8 },
    ),
    mode,
  })
  .map(({ nodes, mode }) => {
    const sorted = nodes.toSorted((a, b) => byCodePoint(a.name, b.name));
    return {
      files: sorted
        .filter(({ kind }) => kind === 0)
        .map(({ name, digest, executable, mode }) => ({
          name,
          digest,
          executable,
          ...optional('mode', mode),
        })),
      directories: sorted
        .filter(({ kind }) => kind === 1)
        .map(({ name, digest }) => ({ name, digest })),
      symlinks: sorted
        .filter(({ kind }) => kind === 2)
        .map(({ name, target }) => ({ name, target })),
      ...optional('mode', mode),
    };
  });

const result: fc.Arbitrary<ActionResult> = fc
  .record({
    files: fc.array(plain({ path: wellFormed(20), digest, executable: fc.boolean() }), {
      maxLength: 3,
    }),
    directories: fc.array(plain({ path: wellFormed(20), tree: digest, root: digest }), {
      maxLength: 3,
    }),
    exitCode: fc.integer(),
    log: fc.option(digest, { nil: undefined }),
    worker: fc.string(),
    startedMs: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    completedMs: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    task: fc.option(wellFormed(20), { nil: undefined }),
    local: fc.option(fc.constant(true), { nil: undefined }),
  })
  .map(({ log, task, local, ...rest }) => ({
    ...rest,
    ...optional('log', log),
    ...optional('task', task),
    ...optional('local', local),
  }));

describe('what was encoded is decoded as it was', () => {
  test('directories, with every mode and name', () => {
    fc.assert(
      fc.property(directory, (directory) => {
        expect(decodeDirectory(encodeDirectory(directory))).toStrictEqual(directory);
      }),
      { numRuns: 500 },
    );
  });

  test('trees: the bytes of their directories', () => {
    fc.assert(
      fc.property(directory, fc.array(directory, { maxLength: 4 }), (root, children) => {
        const decoded = decodeTree(encodeTree({ root, children }));
        expect(Buffer.from(decoded.root)).toEqual(Buffer.from(encodeDirectory(root)));
        expect(decoded.children.map((child) => digestOf(child))).toEqual(
          children.map((child) => digestOf(encodeDirectory(child))),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('action results', () => {
    fc.assert(
      fc.property(result, (result) => {
        expect(decodeActionResult(encodeActionResult(result))).toStrictEqual(result);
      }),
      { numRuns: 500 },
    );
  });

  test('a mode of zero is not no mode', () => {
    const zero: Directory = {
      files: [{ name: 'f', digest: digestOf(''), executable: false, mode: 0 }],
      directories: [],
      symlinks: [],
      mode: 0,
    };
    expect(decodeDirectory(encodeDirectory(zero))).toStrictEqual(zero);
  });
});

const hash = digestOf('x').hash;
const DIGEST = message(field(1, hash), number(2, 1));
const file = (name: string | Uint8Array, ...more: Uint8Array[]): Buffer =>
  field(1, field(1, name), field(2, DIGEST), ...more);
const child = (name: string): Buffer => field(2, field(1, name), field(2, DIGEST));
const link = (name: string, target: string): Buffer => field(3, field(1, name), field(2, target));
const node = (name: string, size = 1) => ({ name, digest: { hash, size } });

test('unknown fields are skipped, wherever they are and of whatever type', () => {
  const unknown = message(
    number(99, 5),
    field(1000, 'text'),
    Buffer.from([((98 << 3) & 0x7f) | 0x80 | 1, 98 >> 4, 1, 2, 3, 4, 5, 6, 7, 8]),
    Buffer.from([0x7d, 1, 2, 3, 4]),
    // A group, as old protobuf had them, with a field inside.
    Buffer.from([0x7b, 0x08, 0x01, 0x7c]),
  );
  const bytes = message(
    unknown,
    field(1, unknown, field(1, 'f'), field(2, unknown, DIGEST, unknown), unknown),
    unknown,
    link('l', 't'),
    field(5, unknown, field(1, 'property'), field(3, unknown, number(1, 0o700))),
    unknown,
  );
  expect(decodeDirectory(bytes)).toEqual({
    files: [{ ...node('f'), executable: false }],
    directories: [],
    symlinks: [{ name: 'l', target: 't' }],
    mode: 0o700,
  });
  const result = message(field(12, link('l', 't')), field(5, 'raw'), number(4, 1), unknown);
  expect(decodeActionResult(result)).toMatchObject({ exitCode: 1, files: [], worker: '' });
});

describe('refused directories', () => {
  const refused: readonly (readonly [string, Uint8Array])[] = [
    ...[
      '',
      '.',
      '..',
      '/',
      'a/b',
      '/a',
      'a/',
      '../x',
      'a\0b',
      'x'.repeat(256),
      'ä'.repeat(128),
    ].flatMap((name): [string, Uint8Array][] => [
      [`a file named ${JSON.stringify(name.slice(0, 20))}`, file(name)],
      [`a directory named ${JSON.stringify(name.slice(0, 20))}`, child(name)],
      [`a link named ${JSON.stringify(name.slice(0, 20))}`, link(name, 't')],
    ]),
    ['a file without a name', field(1, field(2, DIGEST))],
    ['a name that is not UTF-8', file(Buffer.from([0x61, 0xff]))],
    ['a name in surrogates', file(Buffer.from([0xed, 0xa0, 0x80]))],
    ['a name twice among files', message(file('a'), file('a'))],
    ['a name of a file and of a directory', message(file('a'), child('a'))],
    ['a name of a directory and of a link', message(child('a'), link('a', 't'))],
    ['names out of order', message(file('b'), file('a'))],
    ['names in the order of UTF-16', message(file('\u{1f600}'), file('\ue000'))],
    ['a link to nowhere', link('a', '')],
    ['a link with NUL', link('a', 'b\0c')],
    ['a link too long for any system', link('a', 'x'.repeat(4096))],
    ['a file without a digest', field(1, field(1, 'a'))],
    ['a digest without a hash', field(1, field(1, 'a'), field(2, number(2, 1)))],
    ['a short hash', field(1, field(1, 'a'), field(2, field(1, hash.slice(1))))],
    ['a hash in capitals', field(1, field(1, 'a'), field(2, field(1, hash.toUpperCase())))],
    ['a negative size', field(1, field(1, 'a'), field(2, field(1, hash), number(2, -1)))],
    [
      'a size beyond what is exact',
      field(1, field(1, 'a'), field(2, field(1, hash), number(2, 2n ** 53n))),
    ],
    ['a mode that is none', file('a', field(6, field(3, number(1, 0o100644))))],
    ['a name as a number', field(1, number(1, 5), field(2, DIGEST))],
    ['a digest as a number', field(1, field(1, 'a'), number(2, 5))],
    ['an executable bit as text', file('a', field(4, 'yes'))],
    ['a file as a number', number(1, 0)],
    ['a tag of field zero', Buffer.from([0x02, 0x00])],
    ['an unknown wire type', Buffer.from([0x0f, 0x00])],
    ['an unfinished tag', Buffer.from([0x80])],
    ['an unfinished field', Buffer.from([0x0a, 0x05, 0x61])],
    ['an endless group', Buffer.alloc(1_000_000, 0x0b)],
    ['a length beyond 4 GiB', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])],
  ];

  test.each(refused)('%s', (_, bytes) => {
    expect(() => decodeDirectory(bytes)).toThrow(MalformedMessage);
  });

  test('names that only look like paths are fine', () => {
    for (const name of [
      '...',
      '..a',
      'a..',
      '~',
      '-',
      '\\',
      'a\\b',
      '\n',
      'CON',
      '\ufeffx',
      'x'.repeat(255),
    ]) {
      expect(decodeDirectory(file(name)).files[0]!.name).toBe(name);
    }
    expect(decodeDirectory(link('l', '/../../etc')).symlinks[0]!.target).toBe('/../../etc');
  });
});

describe('refused results and trees', () => {
  const time = (field7: Buffer): Buffer => field(9, field(7, field7));
  test.each([
    ['an output file without a digest', field(2, field(1, 'p'))],
    ['an output directory without a tree', field(3, field(1, 'p'), field(5, DIGEST))],
    ['an output directory without a root', field(3, field(1, 'p'), field(3, DIGEST))],
    ['a time after the year 9999', time(number(1, 253_402_300_800))],
    ['a time before the year 1', time(number(1, -62_135_596_801))],
    ['more than a second of nanoseconds', time(number(2, 1_000_000_000))],
    ['nanoseconds below zero', time(number(2, -1))],
    ['seconds beyond what is exact', time(number(1, 2n ** 62n))],
    ['an exit code as text', field(4, 'one')],
    ['a log that is no digest', field(6, 'x')],
  ])('%s', (_, bytes) => {
    expect(() => decodeActionResult(bytes)).toThrow(MalformedMessage);
  });

  test('a tree without a root', () => {
    expect(() => decodeTree(field(2, file('a')))).toThrow(MalformedMessage);
    expect(() => decodeTree(new Uint8Array())).toThrow(MalformedMessage);
  });
});

test('any bytes are a message, or malformed: nothing else is thrown, and what is read can be written', () => {
  const whole = fc.oneof(
    directory.map((value) => encodeDirectory(value)),
    result.map((value) => encodeActionResult(value)),
    fc.tuple(directory, directory).map(([root, only]) => encodeTree({ root, children: [only] })),
  );
  const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), kind: fc.nat(3) });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.tuple(whole, fc.array(edit, { maxLength: 3 })).map(([bytes, edits]) => {
      let edited = [...bytes];
      for (const { at, byte, kind } of edits) {
        const index = edited.length === 0 ? 0 : at % edited.length;
        if (kind === 0) edited[index] = byte;
        else if (kind === 1) edited.splice(index, 1);
        else if (kind === 2) edited.splice(index, 0, byte);
        else edited = edited.slice(0, index);
      }
      return Uint8Array.from(edited);
    }),
  );
  const read = <T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined => {
    try {
      return decode(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedMessage);
      return undefined;
    }
  };
  fc.assert(
    fc.property(bytes, (bytes) => {
      const directory = read(decodeDirectory, bytes);
      if (directory !== undefined) {
        expect(decodeDirectory(encodeDirectory(directory))).toStrictEqual(directory);
      }
      const result = read(decodeActionResult, bytes);
      if (result !== undefined) expect(() => encodeActionResult(result)).not.toThrow();
      read(decodeTree, bytes);
    }),
    { numRuns: 2_000 },
  );
});
