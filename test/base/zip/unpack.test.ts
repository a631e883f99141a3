import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formatDiagnostic } from '../../../src/base/diagnostic.ts';
import { SOURCE_LIMITS } from '../../../src/base/unpack/limits.ts';
import { unpackZip, type ZipOptions } from '../../../src/base/zip/unpack.ts';
import { zip, type RawZipEntry } from '../../rig/raw-zip.ts';
import { picture, scratch } from '../../rig/scratch.ts';

interface Attempt {
  readonly code: string;
  readonly text: string;
  readonly made: string[];
}

async function attempt(bytes: Buffer, options: ZipOptions = {}): Promise<Attempt> {
  using work = scratch();
  mkdirSync(work.at('outside'));
  writeFileSync(work.at('outside/secret'), 'secret');
  writeFileSync(work.at('it.zip'), bytes);
  const result = await unpackZip(work.at('it.zip'), work.at('out'), {
    label: 'it.zip',
    ...options,
  });
  expect(picture(work.at('outside')).length).toBe(1);
  if (result.ok) {
    const made = picture(work.at('out')).map((line) => line.replace(/ [0-9a-f]{16}$/, ''));
    return { code: 'unpacked', text: '', made };
  }
  expect(readdirSync(work.path)).toEqual(['it.zip', 'outside']);
  const [diagnostic] = result.diagnostics;
  return { code: diagnostic!.code, text: formatDiagnostic(diagnostic!), made: [] };
}

const file = (
  name: string,
  content: string | Buffer = name,
  more: Partial<RawZipEntry> = {},
): RawZipEntry => ({
  name,
  content,
  ...more,
});
const symlink = (name: string, target: string): RawZipEntry =>
  file(name, target, { mode: 0o120777 });

describe('what is unpacked', () => {
  test('stored and deflated files, directories and links', async () => {
    const { code, made } = await attempt(
      zip([
        { name: 'd/', mode: 0o040700 },
        file('d/stored', 'x'.repeat(100)),
        file('d/deflated', 'x'.repeat(100_000), { deflate: true }),
        file('d/large', 'xyz'.repeat(1_000_000), { deflate: true }),
        file('run', '#!/bin/sh', { mode: 0o100755 }),
        symlink('d/link', 'stored'),
        file('empty', '', { deflate: true }),
      ]),
    );
    expect(code).toBe('unpacked');
    expect(made).toEqual([
      'd/ 0755',
      'd/deflated 0644 100000',
      'd/large 0644 3000000',
      'd/link -> stored',
      'd/stored 0644 100',
      'empty 0644 0',
      'run 0755 9',
    ]);
  });

  test('what zip makes, as unzip unpacks it', async () => {
    using work = scratch();
    mkdirSync(work.at('tree/d/e'), { recursive: true });
    writeFileSync(work.at('tree/d/text'), 'text '.repeat(10_000));
    writeFileSync(work.at('tree/d/e/run'), '#!/bin/sh\n');
    chmodSync(work.at('tree/d/e/run'), 0o755);
    writeFileSync(work.at('tree/übung'), 'u');
    symlinkSync('d/text', work.at('tree/link'));
    try {
      execFileSync('zip', ['-qry', work.at('it.zip'), '.'], { cwd: work.at('tree') });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const result = await unpackZip(work.at('it.zip'), work.at('ours'));
    expect(result.ok).toBe(true);
    expect(picture(work.at('ours'))).toEqual(picture(work.at('tree')));
    execFileSync('unzip', ['-q', work.at('it.zip'), '-d', work.at('theirs')]);
    expect(picture(work.at('ours'))).toEqual(picture(work.at('theirs')));
    const times = [work.at('ours/d/text'), work.at('tree/d/text')].map(
      (path) => statSync(path).mtimeMs,
    );
    expect(Math.abs(times[0]! - times[1]!)).toBeLessThan(2000);
  });

  test('names in bytes, and the UTF-8 ones of Info-ZIP', async () => {
    const old = Buffer.from('\x81ber', 'latin1');
    const field = Buffer.concat([Buffer.alloc(9), Buffer.from('über')]);
    field.writeUInt16LE(0x7075, 0);
    field.writeUInt16LE(5 + 5, 2);
    field[4] = 1;
    field.writeUInt32LE(crc32(old), 5);
    const { made } = await attempt(
      zip([
        { name: old, content: '', extra: field },
        { name: Buffer.from('\xff', 'latin1'), content: '' },
      ]),
    );
    expect(made).toEqual(['\xc3\xbcber 0644 0', '\xff 0644 0']);
  });
});

describe('one top directory', () => {
  const top: ZipOptions = { top: 'directory' };

  test('is taken off', async () => {
    const { made } = await attempt(zip([file('pkg/a'), { name: 'pkg/' }, file('pkg/d/b')]), top);
    expect(made).toEqual(['a 0644 5', 'd/ 0755', 'd/b 0644 7']);
  });

  test('may hold an entry of its own name', async () => {
    const { made } = await attempt(zip([file('pkg/pkg/pkg'), file('./pkg/x')]), top);
    expect(made).toEqual(['pkg/ 0755', 'pkg/pkg 0644 11', 'x 0644 7']);
    expect((await attempt(zip([file('pkg/pkg', 'a file')]), top)).made).toEqual(['pkg 0644 6']);
  });

  test.each([
    ['two directories', [file('a/x'), file('b/x')], 'it holds 2 top directories (a, b'],
    ['a file beside it', [file('a/x'), file('README')], '"README" lies at its top'],
    ['a file alone', [file('a')], '"a" lies at its top'],
    ['nothing', [], 'it holds nothing'],
  ])('%s is refused', async (_, entries, text) => {
    const found = await attempt(zip(entries), top);
    expect(found.code).toBe('archive/zip-layout');
    expect(found.text).toContain(text);
  });
});

describe('what leads outside is refused', () => {
  test.each([['../up'], ['/abs'], ['a/../../up']])('%s', async (name) => {
    const { code, text } = await attempt(zip([file('fine'), file(name)]));
    expect(code).toBe('archive/outside');
    expect(text).toContain(`it.zip: error: the entry "${name}"`);
  });

  test.each([
    [symlink('l', '/etc/passwd'), 'archive/outside'],
    [symlink('l', '../outside'), 'archive/outside'],
    [symlink('l', ''), 'archive/link'],
    [symlink('l', 'x'.repeat(5000)), 'archive/link'],
    [file('a\\b'), 'archive/name'],
    [file('a\0b'), 'archive/name'],
    [file('p', '', { mode: 0o010644 }), 'archive/special-file'],
    [file('c', '', { mode: 0o020644 }), 'archive/special-file'],
  ])('entry %#', async (entry, code) => {
    expect((await attempt(zip([entry]))).code).toBe(code);
  });

  test('nothing goes through a link', async () => {
    const entries = [symlink('l', 'd'), file('d/f'), file('l/g')];
    expect((await attempt(zip(entries))).code).toBe('archive/conflict');
  });

  test('nothing comes twice', async () => {
    expect((await attempt(zip([file('a'), file('a')]))).code).toBe('archive/duplicate');
  });
});

describe('what two readers could take differently is refused', () => {
  test.each([
    ['another name', [file('a', 'a', { local: { name: 'b' } })], 'another name'],
    ['another size', [file('a', 'a', { local: { size: 7 } })], 'another size'],
    ['another checksum', [file('a', 'a', { local: { crc: 7 } })], 'another checksum'],
    ['another compression', [file('a', 'a', { local: { method: 8 } })], 'another compression'],
    ['encryption', [file('a', 'a', { flags: 1, size: 1 })], ''],
    ['bzip2 inside', [file('a', 'a', { method: 12 })], 'method 12'],
    [
      'overlapping entries',
      [file('a', 'x'.repeat(100)), file('b'), file('a', 'x'.repeat(100), { offset: 0 })],
      'overlaps',
    ],
    ['a directory with content', [file('d/', 'content')], 'directory with content'],
  ] satisfies [string, RawZipEntry[], string][])('%s', async (_, entries, text) => {
    const found = await attempt(zip(entries));
    expect(found.code).toBe('archive/zip');
    expect(found.text).toContain(text);
  });

  test('entries that reach into the directory', async () => {
    const bytes = zip([file('a', 'x'.repeat(50))]);
    const central = bytes.indexOf(Buffer.from('504b0102', 'hex'));
    for (const at of [18, 22]) bytes.writeUInt32LE(80, at);
    for (const at of [20, 24]) bytes.writeUInt32LE(80, central + at);
    const found = await attempt(bytes);
    expect(found).toMatchObject({
      code: 'archive/zip',
      text: expect.stringContaining('overlaps the directory'),
    });
  });

  test.each([
    ['less content than stated', file('a', 'abc', { deflate: true, size: 10 })],
    ['more content than stated', file('a', 'x'.repeat(5000), { deflate: true, size: 10 })],
    [
      'much more content than stated',
      file('a', 'x'.repeat(5_000_000), { deflate: true, size: 2_000_000 }),
    ],
    ['content with another checksum', file('a', 'abc', { crc: 1 })],
    ['damaged content', file('a', Buffer.alloc(50, 0xff), { method: 8, size: 60 })],
  ])('%s', async (_, entry) => {
    expect((await attempt(zip([entry]))).code).toBe('archive/corrupt');
  });
});

describe('what is no zip archive', () => {
  const good = zip([file('a', 'x'.repeat(100))]);

  test('empty, short and foreign files', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('PK'), Buffer.from('<html>'.padEnd(4000))]) {
      expect((await attempt(bytes)).code).toBe('archive/zip');
    }
  });

  test('a directory that lies elsewhere', async () => {
    for (const offset of [0, 1, 0xffff_fffe]) {
      expect((await attempt(zip([file('a')], { offset }))).code).toBe('archive/zip');
    }
    expect((await attempt(zip([file('a')], { count: 2 }))).code).toBe('archive/zip');
  });

  test('zip64 records that point beyond all bounds', async () => {
    const record = (offset: bigint): Buffer => {
      const end = good.subarray(-22);
      const locator = Buffer.alloc(20);
      locator.writeUInt32LE(0x07064b50, 0);
      locator.writeBigUInt64LE(offset, 8);
      return Buffer.concat([good.subarray(0, -22), locator, end]);
    };
    for (const offset of [2n ** 60n, 2n ** 53n, 2n ** 64n - 1n, 10_000n]) {
      expect((await attempt(record(offset))).code).toBe('archive/zip');
    }
  });

  test('every truncation', async () => {
    for (let end = 0; end < good.length; end += 3) {
      expect((await attempt(good.subarray(0, end))).code, `${end}`).toBe('archive/zip');
    }
  });
});

describe('limits', () => {
  test.each([
    ['entries', [file('a'), file('b')], { entries: 1 }],
    ['a file', [file('a', 'x'.repeat(100))], { fileBytes: 99 }],
    ['bytes', [file('a', 'x'.repeat(100)), file('b', 'x'.repeat(100))], { bytes: 150 }],
    ['depth', [file('a/b/c')], { depth: 2 }],
    [
      'expansion',
      [file('a', 'x'.repeat(1 << 20), { deflate: true })],
      { ratio: 100, ratioFrom: 1 << 16 },
    ],
  ])('%s', async (_, entries, limits) => {
    const { code } = await attempt(zip(entries), { limits: { ...SOURCE_LIMITS, ...limits } });
    expect(code).toBe('archive/limit');
  });
});

test('an interruption leaves nothing', async () => {
  expect((await attempt(zip([file('a')]), { signal: AbortSignal.abort() })).code).toBe(
    'archive/interrupted',
  );
});
