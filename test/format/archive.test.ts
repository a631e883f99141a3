import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { digestFile } from '../../src/base/digest.ts';
import { PACKAGE_LIMITS } from '../../src/base/unpack/limits.ts';
import { packArchive, unpackArchive, type ArchiveOptions } from '../../src/format/archive.ts';
import { picture, scratch, type Scratch } from '../rig/scratch.ts';

/** A package as a build leaves it. */
function plant(work: Scratch, umask = 0o022): string {
  const before = process.umask(umask);
  try {
    mkdirSync(work.at('tree/bin'), { recursive: true });
    mkdirSync(work.at('tree/lib'));
    writeFileSync(work.at('tree/bin/hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    writeFileSync(work.at('tree/lib/data'), Buffer.alloc(100_000, 'data '));
    writeFileSync(work.at('tree/pkginfo.json'), '{}');
    symlinkSync('/opt/pkg/bin/hello', work.at('tree/lib/absolute'));
    symlinkSync('../bin/hello', work.at('tree/lib/relative'));
  } finally {
    process.umask(before);
  }
  return work.at('tree');
}

/** Size and digest are part of the format; only xz and gzip may differ between their releases. */
const KNOWN: Partial<Record<ArchiveOptions['codec'], string>> = {
  none: '78978aed83e0e48216bc9940256ab9b2159644933f026e855b950e87b1c3d120 105984',
  zstd: 'e9f464d5c1f9fd0be45ce95cb23ab2de97c427c8a43cb41026645cb4e49157d9 282',
};

describe.each(['none', 'zstd', 'xz', 'gzip'] as const)('%s', (codec) => {
  test('packs to one digest, whatever the umask, and unpacks to the same tree', async () => {
    const digests: string[] = [];
    for (const umask of [0o022, 0o077, 0]) {
      using work = scratch();
      const tree = plant(work, umask);
      const packed = await packArchive(tree, work.at('it'), { codec });
      expect(packed.ok).toBe(true);
      if (!packed.ok) return;
      expect(packed.value).toEqual(digestFile(work.at('it')));
      digests.push(`${packed.value.hash} ${packed.value.size}`);
      const unpacked = await unpackArchive(work.at('it'), work.at('out'), { digest: packed.value });
      expect(unpacked).toEqual({
        ok: true,
        value: { files: 3, directories: 2, links: 2, bytes: 100_023 },
      });
      if (umask === 0o022) expect(picture(work.at('out'))).toEqual(picture(tree));
      expect(readdirSync(work.path).sort()).toEqual(['it', 'out', 'tree']);
    }
    expect(new Set(digests).size).toBe(1);
    if (KNOWN[codec] !== undefined) expect(digests[0]).toBe(KNOWN[codec]);
  });

  test('GNU tar reads it', async () => {
    using work = scratch();
    const tree = plant(work);
    await packArchive(tree, work.at('it'), { codec });
    mkdirSync(work.at('out'));
    const program = codec === 'none' ? [] : ['-I', codec];
    try {
      execFileSync('tar', ['-xf', work.at('it'), ...program, '-C', work.at('out')], {
        stdio: 'pipe',
      });
    } catch (error) {
      // Not every machine has the program zstd.
      if (String((error as { stderr?: unknown }).stderr).includes('Cannot exec')) return;
      throw error;
    }
    expect(picture(work.at('out'))).toEqual(picture(tree));
  });
});

test('special modes survive both ways on request', async () => {
  using work = scratch();
  const tree = plant(work);
  chmodSync(`${tree}/bin/hello`, 0o4755);
  chmodSync(`${tree}/lib/data`, 0o600);
  await packArchive(tree, work.at('it'), { codec: 'zstd', keepSpecialModes: true });
  await unpackArchive(work.at('it'), work.at('out'), { special: 'keep' });
  expect(picture(work.at('out'))).toEqual(picture(tree));
  await unpackArchive(work.at('it'), work.at('plain'));
  expect(picture(work.at('plain')).filter((line) => / (?:4755|0600) /.test(line))).toEqual([]);
});

test('levels change the bytes, not the tree', async () => {
  using work = scratch();
  const tree = plant(work);
  const sizes = new Set<number>();
  for (const level of [1, 19]) {
    const packed = await packArchive(tree, work.at('it'), { codec: 'zstd', level });
    if (packed.ok) sizes.add(packed.value.size);
    expect((await unpackArchive(work.at('it'), work.at(`out${level}`))).ok).toBe(true);
  }
  expect(sizes.size).toBe(2);
});

test('a file that is there is replaced only by a whole one', async () => {
  using work = scratch();
  const tree = plant(work);
  writeFileSync(work.at('it'), 'old');
  execFileSync('mkfifo', [`${tree}/pipe`]);
  const refused = await packArchive(tree, work.at('it'), { codec: 'xz' });
  expect(refused.ok ? [] : refused.diagnostics).toMatchObject([
    { code: 'archive/special-file', at: { file: tree } },
  ]);
  expect(readFileSync(work.at('it'), 'utf8')).toBe('old');
  execFileSync('rm', [`${tree}/pipe`]);
  expect((await packArchive(tree, work.at('it'), { codec: 'none', durable: true })).ok).toBe(true);
  expect(readdirSync(work.path).sort()).toEqual(['it', 'tree']);
});

test('an interruption leaves nothing', async () => {
  using work = scratch();
  const signal = AbortSignal.abort();
  const result = await packArchive(plant(work), work.at('it'), { codec: 'zstd', signal });
  expect(result.ok ? '' : result.diagnostics[0]!.code).toBe('archive/interrupted');
  expect(readdirSync(work.path)).toEqual(['tree']);
});

test('what could not be unpacked again is not packed', async () => {
  using work = scratch();
  mkdirSync(work.at('tree'));
  writeFileSync(work.at('tree/zeros'), Buffer.alloc(8 << 20));
  const limits = { ...PACKAGE_LIMITS, ratio: 100, ratioFrom: 1 << 20 };
  const result = await packArchive(work.at('tree'), work.at('it'), { codec: 'zstd', limits });
  expect(result.ok ? '' : result.diagnostics[0]!.code).toBe('archive/limit');
  expect(readdirSync(work.path)).toEqual(['tree']);
});

test('trees and places that are not there are told', async () => {
  using work = scratch();
  const tree = plant(work);
  const codes = async (from: string, to: string): Promise<unknown> => {
    const result = await packArchive(from, to, { codec: 'none' });
    return result.ok ? 'packed' : result.diagnostics.map(({ code }) => code);
  };
  expect(await codes(work.at('missing'), work.at('it'))).toEqual(['fs/enoent']);
  expect(await codes(tree, work.at('missing/it'))).toEqual(['fs/enoent']);
});
