import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../src/base/refusal.ts';
import type { TarEntry } from '../../../src/base/tar/entry.ts';
import { TarReader } from '../../../src/base/tar/reader.ts';
import { archive, END, pax, raw } from '../../rig/raw-tar.ts';

interface Read {
  readonly entries: readonly (TarEntry & { readonly content: string })[];
  readonly trailing: boolean;
}

function read(bytes: Buffer, chunk = bytes.length): Read {
  const entries: (TarEntry & { content: string })[] = [];
  const open: string[] = [];
  const reader = new TarReader({
    entry(entry) {
      entries.push({ ...entry, content: '' });
      open.push(entry.name);
    },
    content(part, from, to) {
      entries.at(-1)!.content += part.toString('latin1', from, to);
    },
    entryEnd() {
      open.pop();
    },
  });
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  reader.end();
  expect(open).toEqual([]);
  return { entries, trailing: reader.trailing };
}

function refusal(bytes: Buffer): { code: string; message: string } {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof Refusal) return error.diagnostic;
    throw error;
  }
  return { code: 'accepted', message: '' };
}

describe('names', () => {
  test('GNU long names and links', () => {
    const name = `${'d'.repeat(150)}/f`;
    const link = 't'.repeat(200);
    const long = raw({ name: '././@LongLink', type: 'L', content: `${name}\0` });
    const longLink = raw({ name: '././@LongLink', type: 'K', content: `${link}\0` });
    const { entries } = read(
      archive(
        longLink,
        long,
        { name: 'd', type: '2', link: 't', magic: 'ustar  \0' },
        { name: 'e' },
      ),
    );
    expect(entries).toMatchObject([
      { type: 'symlink', name, link },
      { type: 'file', name: 'e', link: '' },
    ]);
  });

  test('pax names win over all others, for one entry', () => {
    const long = raw({ name: 'x', type: 'L', content: 'gnu\0' });
    const records = pax([
      ['path', 'from-pax'],
      ['linkpath', 'to-pax'],
      ['hdrcharset', 'BINARY'],
      ['comment', 'whatever'],
    ]);
    const { entries } = read(archive(long, records, { type: '2', link: 'l' }, { name: 'next' }));
    expect(entries).toMatchObject([{ name: 'from-pax', link: 'to-pax' }, { name: 'next' }]);
  });

  test('an empty pax value means the header holds', () => {
    const { entries } = read(archive(pax([['path', '']]), { name: 'own' }));
    expect(entries).toMatchObject([{ name: 'own' }]);
  });

  test('bytes that are no UTF-8 come through', () => {
    const { entries } = read(
      archive({ name: '\xff\xfe' }, pax([['path', '\xc3\x28']]), { name: 'x' }),
    );
    expect(entries.map(({ name }) => name)).toEqual(['\xff\xfe', '\xc3\x28']);
  });

  test('v7 says directory with a slash', () => {
    const { entries } = read(
      archive({ name: 'd/', type: '\0', magic: '' }, { name: 'f', type: '\0' }),
    );
    expect(entries.map(({ type }) => type)).toEqual(['directory', 'file']);
  });
});

describe('numbers', () => {
  test('pax sizes and times win over the header, with their fractions', () => {
    const { entries } = read(
      archive(
        pax([
          ['size', '5'],
          ['mtime', '1700000000.25'],
        ]),
        { size: '00000000000\0', content: Buffer.from('hello') },
        { name: 'next' },
      ),
    );
    expect(entries).toMatchObject([
      { size: 5, content: 'hello', mtime: 1_700_000_000.25 },
      { name: 'next', mtime: 1_000_000_000 },
    ]);
  });

  test('a global time holds for entries without one of their own', () => {
    const { entries } = read(
      archive(
        pax(
          [
            ['mtime', '7'],
            ['comment', 'a commit'],
          ],
          'g',
        ),
        {},
        pax([['mtime', '8']]),
        {},
        {},
      ),
    );
    expect(entries.map(({ mtime }) => mtime)).toEqual([7, 8, 7]);
  });

  test('mode bits beyond permissions are dropped', () => {
    expect(read(archive({ mode: '0104755\0' })).entries[0]!.mode).toBe(0o4755);
  });

  test.each([
    ['a negative base-256 size', { size: Buffer.alloc(12, 0xff) }],
    ['a size of 2^63', { size: Buffer.from('800000008000000000000000', 'hex') }],
    ['a size that is text', { size: 'big file   \0' }],
    ['a mode that is text', { mode: 'rw-r--r\0' }],
  ])('%s is refused', (_, entry) => {
    expect(refusal(archive({ name: 'the-entry', ...entry }))).toMatchObject({
      code: 'archive/header',
      message: expect.stringContaining('the-entry'),
    });
  });

  test.each(['-1', '1e3', '0x10', '99999999999999999999', '9007199254740993', '1 '])(
    'the pax size %j is refused',
    (size) => {
      expect(refusal(archive(pax([['size', size]]), {})).code).toBe('archive/header');
    },
  );

  test('a pax time that is text is refused', () => {
    expect(refusal(archive(pax([['mtime', 'noon']]), {})).code).toBe('archive/header');
  });
});

describe('what readers could take differently is refused', () => {
  test.each([
    ['two pax headers for one entry', [pax([['path', 'a']]), pax([['path', 'b']]), raw({})]],
    [
      'two long names for one entry',
      [raw({ type: 'L', content: 'a' }), raw({ type: 'L', content: 'b' }), raw({})],
    ],
    ['a global path', [pax([['path', 'x']], 'g'), raw({})]],
    ['a global size', [pax([['size', '0']], 'g'), raw({})]],
    ['a malformed pax header', [raw({ type: 'x', content: '99 path=a\n' }), raw({})]],
    ['a malformed global header', [raw({ type: 'g', content: 'nonsense' }), raw({})]],
    ['a directory with content', [raw({ type: '5', name: 'd/', content: 'x' })]],
    ['a link with content', [raw({ type: '2', link: 'x', content: 'x' })]],
    ['a hard link with content', [raw({ type: '1', link: 'x', content: 'x' })]],
    ['a sparse file', [raw({ type: 'S', magic: 'ustar  \0' })]],
    ['a pax sparse file', [pax([['GNU.sparse.major', '1']]), raw({})]],
    ['another volume', [raw({ type: 'M' })]],
    ['an unknown type', [raw({ type: 'Z' })]],
    ['an extended header with nothing after it', [pax([['path', 'a']])]],
    ['a damaged header', [raw({}), raw({ checksum: '0' })]],
  ])('%s', (_, entries) => {
    expect(refusal(archive(...entries)).code).toBe('archive/header');
  });

  test('a long name of a gigabyte is refused before memory is taken', () => {
    const bytes = Buffer.concat([raw({ type: 'L', size: '10000000000\0' }), END]);
    expect(refusal(bytes)).toMatchObject({
      code: 'archive/header',
      message: expect.stringContaining('1073741824 bytes'),
    });
  });
});

describe('the end', () => {
  test('one block of zeros is enough, more than two are too', () => {
    expect(read(Buffer.concat([raw({}), Buffer.alloc(512)])).entries.length).toBe(1);
    expect(read(Buffer.concat([raw({}), Buffer.alloc(10_240)]))).toMatchObject({ trailing: false });
  });

  test('what follows it is noticed, and not read', () => {
    const bytes = Buffer.concat([archive({ name: 'a' }), archive({ name: 'b' })]);
    for (const chunk of [bytes.length, 512, 100]) {
      const { entries, trailing } = read(bytes, chunk);
      expect(entries.map(({ name }) => name)).toEqual(['a']);
      expect(trailing).toBe(true);
    }
  });

  test('an archive without entries is one', () => {
    expect(read(END).entries).toEqual([]);
  });

  test('every truncation is noticed', () => {
    const bytes = archive(pax([['path', 'long']]), { content: 'x'.repeat(700) }, { name: 'b' });
    const ended = bytes.length - 1024 + 512;
    for (let end = 0; end < bytes.length; end++) {
      const { code } = refusal(bytes.subarray(0, end));
      if (end < 512) expect(code, `${end}`).toBe('archive/not-tar');
      else expect(code, `${end}`).toBe(end < ended ? 'archive/truncated' : 'accepted');
    }
  });

  test('chunks may end anywhere', () => {
    const bytes = archive(pax([['path', 'long']]), { content: 'x'.repeat(700) }, { name: 'b' });
    const whole = read(bytes);
    for (const chunk of [1, 7, 511, 512, 513, 1000]) expect(read(bytes, chunk)).toEqual(whole);
  });
});

describe('what is no archive at all', () => {
  test('a page that was sent instead is recognised', () => {
    const page = Buffer.from('<!DOCTYPE html>\n<html><head>'.padEnd(2000));
    const found = refusal(page);
    expect(found).toMatchObject({ code: 'archive/not-tar' });
    expect(found).toHaveProperty('hint', expect.stringContaining('page instead of the file'));
  });

  test('nothing, and text shorter than a header', () => {
    expect(refusal(Buffer.alloc(0)).message).toContain('empty');
    expect(refusal(Buffer.from('hello\nworld')).message).toContain('begins with "hello"');
  });
});
