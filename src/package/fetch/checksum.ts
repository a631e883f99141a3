// The checksums a source is pinned by, and the hashing of what arrives. Knows nothing of where bytes
// come from. All given checksums must hold; a SHA-256 is always computed because the store needs one.
import { createHash, type Hash } from 'node:crypto';
import { hashFile, type Digest, type Sha256Hex } from '../../base/digest.ts';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';

export type Algorithm = 'sha1' | 'sha256' | 'sha512';

/** Expected checksums in hexadecimal digits, of which any number may be given. */
export interface Checksums {
  readonly sha1?: string;
  readonly sha256?: string;
  readonly sha512?: string;
}

/** From the strongest down. */
const ALGORITHMS: readonly Algorithm[] = ['sha512', 'sha256', 'sha1'];
const LENGTHS: Record<Algorithm, number> = { sha1: 40, sha256: 64, sha512: 128 };

/** Lower-cased checksums. Error: `source/bad-checksum`, one per malformed one. */
export function checkChecksums(checksums: Checksums): Result<Checksums> {
  const bad = ALGORITHMS.filter((algorithm) => {
    const text = checksums[algorithm];
    return text !== undefined && !isHex(text, LENGTHS[algorithm]);
  });
  if (bad.length > 0) {
    return failed(
      ...bad.map((algorithm) =>
        definitionError({
          code: 'source/bad-checksum',
          message: `${JSON.stringify(checksums[algorithm])} is no ${algorithm}: that takes ${LENGTHS[algorithm]} hexadecimal digits`,
        }),
      ),
    );
  }
  return ok(
    Object.fromEntries(
      ALGORITHMS.flatMap((algorithm) => {
        const text = checksums[algorithm];
        return text === undefined ? [] : [[algorithm, text.toLowerCase()]];
      }),
    ),
  );
}

function isHex(text: string, length: number): boolean {
  return text.length === length && /^[0-9a-fA-F]*$/.test(text);
}

/** `sha256-<hex>`: a file name for the content, by its strongest checksum; undefined when there is none. */
export function checksumName(checksums: Checksums): string | undefined {
  const algorithm = ALGORITHMS.find((candidate) => checksums[candidate] !== undefined);
  return algorithm === undefined ? undefined : `${algorithm}-${checksums[algorithm]!}`;
}

export interface Mismatch {
  readonly algorithm: Algorithm;
  readonly expected: string;
  readonly found: string;
}

/** Hashes a growing file; what it has so far can be asked for at any time. */
export class Hasher {
  readonly #expected: Checksums;
  readonly #hashes = new Map<Algorithm, Hash>();
  #size = 0;

  constructor(expected: Checksums) {
    this.#expected = expected;
    for (const algorithm of ALGORITHMS) {
      if (algorithm === 'sha256' || expected[algorithm] !== undefined) {
        this.#hashes.set(algorithm, createHash(algorithm));
      }
    }
  }

  /** The hasher of a whole file. Throws node's own errors. */
  static ofFile(path: string, expected: Checksums): Hasher {
    const hasher = new Hasher(expected);
    hasher.#size = hashFile(path, ...hasher.#hashes.values());
    return hasher;
  }

  update(bytes: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(bytes);
    this.#size += bytes.length;
  }

  digest(): Digest {
    return { hash: this.#hex('sha256') as Sha256Hex, size: this.#size };
  }

  mismatches(): Mismatch[] {
    return ALGORITHMS.flatMap((algorithm) => {
      const expected = this.#expected[algorithm];
      if (expected === undefined) return [];
      const found = this.#hex(algorithm);
      return found === expected ? [] : [{ algorithm, expected, found }];
    });
  }

  #hex(algorithm: Algorithm): string {
    return this.#hashes.get(algorithm)!.copy().digest('hex');
  }
}
