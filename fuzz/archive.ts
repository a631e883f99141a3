// Damages archives at random and watches what unpacking them does: it either fails as it should or gives
// what went in, and never touches anything beside its destination. Bounded by rounds; a seed repeats a run.
import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { compress, type WrittenCodec } from '../src/base/codec/compress.ts';
import { removeTree } from '../src/base/fs.ts';
import { packTree } from '../src/base/tar/pack.ts';
import { unpackTar } from '../src/base/tar/unpack.ts';
import { SOURCE_LIMITS } from '../src/base/unpack/limits.ts';
import { unpackZip } from '../src/base/zip/unpack.ts';
import { archive, pax, raw } from '../test/rig/raw-tar.ts';
import { zip } from '../test/rig/raw-zip.ts';
import { picture, scratch } from '../test/rig/scratch.ts';

export type Subject = 'tar' | 'zip' | 'gzip' | 'xz' | 'zstd' | 'bzip2';

export interface FuzzReport {
  readonly rounds: number;
  /** Rounds whose archive was still unpacked. */
  readonly unpacked: number;
}

/** Throws, with the seed and the round, when something happened that must not. */
export async function fuzzArchive(
  subject: Subject,
  options: { readonly seed: number; readonly rounds: number },
): Promise<FuzzReport> {
  using work = scratch();
  mkdirSync(work.at('outside'));
  writeFileSync(work.at('outside/secret'), 'secret');
  const outside = picture(work.at('outside'), { times: true });
  const random = generator(options.seed);
  const { bytes, original } = await sample(subject, work.path);
  let unpacked = 0;
  for (let round = 0; round < options.rounds; round++) {
    const where = `${subject}, seed ${options.seed}, round ${round}`;
    const hostile = mutate(bytes, random, subject);
    const ok = await unpack(subject, hostile, work.path, where);
    check(
      where,
      picture(work.at('outside'), { times: true }).join() === outside.join(),
      'it wrote outside',
    );
    const left = readdirSync(work.path).filter(
      (name) => name.startsWith('out') && name !== 'outside',
    );
    check(where, left.join() === (ok ? 'out' : ''), `it left ${left.join()}`);
    if (!ok) continue;
    unpacked++;
    const made = picture(work.at('out'));
    if (original !== undefined)
      check(where, made.join('\n') === original, 'it made something else');
    checkLinks(work.at('out'), where);
    removeTree(work.at('out'));
  }
  return { rounds: options.rounds, unpacked };
}

async function unpack(
  subject: Subject,
  bytes: Buffer,
  path: string,
  where: string,
): Promise<boolean> {
  const limits = { ...SOURCE_LIMITS, entries: 1000, bytes: 32 << 20, ratioFrom: 8 << 20 };
  try {
    if (subject !== 'zip') return (await unpackTar([bytes], `${path}/out`, { limits })).ok;
    writeFileSync(`${path}/it.zip`, bytes);
    return (await unpackZip(`${path}/it.zip`, `${path}/out`, { limits })).ok;
  } catch (error) {
    throw new Error(`${where}: it threw`, { cause: error });
  }
}

/** Every link that leads anywhere leads inside. */
function checkLinks(root: string, where: string): void {
  const inside = realpathSync(root);
  const visit = (directory: Buffer): void => {
    for (const name of readdirSync(directory, { encoding: 'buffer' })) {
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const stat = lstatSync(path);
      if (stat.isDirectory()) visit(path);
      if (!stat.isSymbolicLink()) continue;
      const target = realpathIfExists(path);
      const fine = target === undefined || `${target}/`.startsWith(`${inside}/`);
      check(where, fine, `a link leads to ${target}`);
    }
  };
  visit(Buffer.from(root));
}

function realpathIfExists(path: Buffer): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function check(where: string, holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`${where}: ${otherwise}`);
}

/** An honest archive, and the tree it must give where its codec has checksums. */
async function sample(
  subject: Subject,
  path: string,
): Promise<{ bytes: Buffer; original: string | undefined }> {
  if (subject === 'tar') return { bytes: tarSample(), original: undefined };
  if (subject === 'zip') return { bytes: zipSample(), original: undefined };
  mkdirSync(`${path}/tree/d`, { recursive: true });
  writeFileSync(`${path}/tree/d/file`, 'some text, '.repeat(300));
  writeFileSync(`${path}/tree/run`, '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('d/file', `${path}/tree/link`);
  const original = picture(`${path}/tree`).join('\n');
  const content = Buffer.concat(Array.from(packTree(`${path}/tree`), (part) => Buffer.from(part)));
  removeTree(`${path}/tree`);
  if (subject === 'bzip2') {
    return { bytes: execFileSync('bzip2', ['-c'], { input: content }), original };
  }
  const parts: Uint8Array[] = [];
  for await (const part of compress(subject satisfies WrittenCodec, [content])) parts.push(part);
  return { bytes: Buffer.concat(parts), original };
}

function tarSample(): Buffer {
  return archive(
    pax([['mtime', '5']], 'g'),
    { name: 'd/', type: '5', mode: '0000755\0' },
    { name: 'd/f', content: 'x'.repeat(700) },
    { name: 'd/up', type: '2', link: '../d/f' },
    { name: 'l', type: '2', link: 'd' },
    { name: 'h', type: '1', link: 'd/f' },
    pax([
      ['path', 'a/long/one'],
      ['size', '3'],
    ]),
    { name: 'x', content: 'abc' },
    raw({ name: '././@LongLink', type: 'L', content: 'gnu/long/name\0', magic: 'ustar  \0' }),
    { name: 'gnu', content: 'y', magic: 'ustar  \0' },
    { name: 'v7', type: '\0', magic: '', content: 'z' },
  );
}

function zipSample(): Buffer {
  return zip([
    { name: 'd/', mode: 0o040755 },
    { name: 'd/f', content: 'x'.repeat(700), deflate: true },
    { name: 'd/up', content: '../d/f', mode: 0o120777 },
    { name: 'l', content: 'd', mode: 0o120777 },
    { name: 'stored', content: 'stored' },
  ]);
}

type Random = (below: number) => number;

/** mulberry32: small, and the same everywhere. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Pieces that matter to parsers of paths and numbers. */
const TOKENS = [
  '..',
  '../',
  '/',
  '../../outside/secret',
  'l/',
  '\0',
  '\xff',
  '7777777',
  '-1',
  '\x80',
  ' ',
  'd/../..',
];

function mutate(bytes: Buffer, random: Random, subject: Subject): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let left = 1 + random(4); left > 0; left--) result = once(result, random, subject);
  // Half of the damaged tar headers get a checksum that fits, to come past it.
  return subject === 'tar' && random(2) === 0 ? withChecksums(result) : result;
}

function once(bytes: Buffer, random: Random, subject: Subject): Buffer {
  if (bytes.length === 0) return bytes;
  const at = random(bytes.length);
  switch (random(subject === 'tar' || subject === 'zip' ? 9 : 7)) {
    case 0:
    case 1:
    case 2:
      bytes[at]! ^= 1 << random(8);
      return bytes;
    case 3:
      bytes[at] = random(256);
      return bytes;
    case 4:
      return bytes.subarray(0, at);
    case 5: {
      const to = Math.min(bytes.length, at + 1 + random(600));
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    }
    case 6: {
      const piece = bytes.subarray(at, at + 1 + random(1100));
      const into = random(bytes.length);
      return Buffer.concat([bytes.subarray(0, into), piece, bytes.subarray(into)]);
    }
    default:
      bytes.write(TOKENS[random(TOKENS.length)]!, field(bytes, at, random, subject), 'latin1');
      return bytes;
  }
}

/** Somewhere; for tar mostly where a field of a header begins. */
function field(bytes: Buffer, at: number, random: Random, subject: Subject): number {
  if (subject !== 'tar') return at;
  const fields = [0, 100, 124, 136, 156, 157, 257, 345];
  const start = Math.floor(at / 512) * 512 + fields[random(fields.length)]!;
  return Math.min(start, bytes.length - 1);
}

function withChecksums(bytes: Buffer): Buffer {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const block = bytes.subarray(at, at + 512);
    if (block.every((byte) => byte === 0)) continue;
    block.write('        ', 148, 'latin1');
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return bytes;
}
