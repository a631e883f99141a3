// Packages as `.rpm`: a lead that nobody reads, digests, what the package says of itself, and its files.
// Written without any program of the machine's but xz; the same files give the same bytes. Not signed.
import { createHash } from 'node:crypto';
import { renameSync, statSync } from 'node:fs';
import { compress, DEFAULT_LEVEL, type WrittenCodec } from '../../base/codec/compress.ts';
import type { Result } from '../../base/diagnostic.ts';
import { removeTree, temporaryBeside } from '../../base/fs.ts';
import { settle } from '../../base/refusal.ts';
import { readBlocks } from '../../base/stream.ts';
import { FIXED_MTIME } from '../../base/tar/pack.ts';
import { architectureOf, type PackageMetadata } from '../metadata.ts';
import { writeStream } from '../output.ts';
import type { Payload } from '../payload.ts';
import { rpmEvr, rpmVersion } from '../version.ts';
import { cpio, TOO_LARGE } from './cpio.ts';
import { rpmName } from './dependency.ts';
import { rpmFiles } from './files.ts';
import { rpmHeader, type HeaderValue } from './header.ts';
import { mainHeader } from './main.ts';

export interface RpmOptions {
  /** `zstd` unless given. */
  readonly codec?: WrittenCodec;
  /** Files of this size and more are indexes in the payload; 4 GiB, which the format needs, unless given. */
  readonly largeFrom?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What rpm compresses with, by the names that it has for it. The first is written unless asked otherwise. */
export const RPM_CODECS: readonly WrittenCodec[] = ['zstd', 'xz', 'gzip'];

/**
 * Packs a payload into `file`, which appears only when it is whole. Errors: `archive/special-file`,
 * `archive/changed`, `archive/no-xz`, `fs/*`.
 */
export function writeRpm(
  metadata: PackageMetadata,
  payload: Payload,
  file: string,
  options: RpmOptions = {},
): Promise<Result<void>> {
  return settle('pack', payload.tree, async (): Promise<void> => {
    const { codec = RPM_CODECS[0]!, largeFrom = TOO_LARGE, signal } = options;
    const [packed, whole] = [temporaryBeside(file), temporaryBeside(file)];
    try {
      const files = rpmFiles(payload);
      const large = files.some(({ size }) => size >= largeFrom);
      const plain = createHash('sha256');
      let archiveSize = 0;
      const archive = function* (): Generator<Buffer> {
        for (const chunk of cpio(payload, files, { mtime: FIXED_MTIME, stripped: large })) {
          plain.update(chunk);
          archiveSize += chunk.length;
          yield chunk;
        }
      };
      const level = DEFAULT_LEVEL[codec];
      await writeStream(packed, compress(codec, archive(), level, signal));
      const header = mainHeader(metadata, files, {
        codec,
        level,
        large,
        mtime: FIXED_MTIME,
        payloadDigest: sha256(packed),
        archiveDigest: plain.digest('hex'),
        prefix: payload.prefix,
      });
      const signature = signatureHeader(header, packed, archiveSize);
      await writeStream(
        whole,
        (function* (): Generator<Buffer> {
          yield lead(metadata);
          yield signature;
          yield header;
          yield* readBlocks(packed);
        })(),
      );
      renameSync(whole, file);
    } finally {
      for (const temporary of [packed, whole]) removeTree(temporary);
    }
  });
}

/** How a file of the package is called: `name-version-release.arch.rpm` without `.rpm`. */
export function rpmFileName({ name, version }: Pick<PackageMetadata, 'name' | 'version'>): string {
  const evr = rpmEvr({ ...rpmVersion(version), epoch: 0 });
  return `${rpmName(name)}-${evr}.${architectureOf('rpm')}`;
}

function sha256(file: string): string {
  const hash = createHash('sha256');
  for (const block of readBlocks(file)) hash.update(block);
  return hash.digest('hex');
}

const LEAD_SIZE = 96;
const LEAD_NAME = 66;
const LINUX = 1;
const HEADER_SIGNATURES = 5;

/** What `file` goes by. rpm itself reads no more than that it is there. */
function lead(metadata: PackageMetadata): Buffer {
  const bytes = Buffer.alloc(LEAD_SIZE);
  bytes.writeUInt32BE(0xedabeedb, 0);
  bytes.writeUInt8(3, 4);
  bytes.writeUInt16BE(1, 8);
  const { version, release } = rpmVersion(metadata.version);
  bytes.write(`${rpmName(metadata.name)}-${version}-${release}`.slice(0, LEAD_NAME - 1), 10);
  bytes.writeUInt16BE(LINUX, 76);
  bytes.writeUInt16BE(HEADER_SIGNATURES, 78);
  return bytes;
}

const SIGNATURES = 62;
const SHA1_OF_HEADER = 269;
const LONG_SIZE = 270;
const LONG_ARCHIVE_SIZE = 271;
const SHA256_OF_HEADER = 273;
const SIZE = 1000;
const MD5 = 1004;
const ARCHIVE_SIZE = 1007;

/** Digests of what follows. */
function signatureHeader(header: Buffer, packed: string, archiveSize: number): Buffer {
  const size = header.length + statSync(packed).size;
  const md5 = createHash('md5').update(header);
  for (const block of readBlocks(packed)) md5.update(block);
  const digest = (algorithm: string): string => createHash(algorithm).update(header).digest('hex');
  const sized = (value: number, tag: number, long: number): [number, HeaderValue] =>
    value < TOO_LARGE
      ? [tag, { kind: 'int32', values: [value] }]
      : [long, { kind: 'int64', values: [BigInt(value)] }];
  const bytes = rpmHeader(
    SIGNATURES,
    new Map<number, HeaderValue>([
      [SHA1_OF_HEADER, { kind: 'text', value: digest('sha1') }],
      [SHA256_OF_HEADER, { kind: 'text', value: digest('sha256') }],
      sized(size, SIZE, LONG_SIZE),
      [MD5, { kind: 'bytes', value: md5.digest() }],
      sized(archiveSize, ARCHIVE_SIZE, LONG_ARCHIVE_SIZE),
    ]),
  );
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}
