// Pins: names for results that are never evicted, such as those of a release. One file each, so that any
// number of processes set and remove them at once. Knows nothing of what a result is.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { definitionError, failed, ok, type Result } from '../../base/diagnostic.ts';
import { isSha256Hex, type Sha256Hex } from '../../base/digest.ts';
import { errnoOf, namesIfExists, readIfExists, writeAtomic } from '../../base/fs.ts';
import type { Store } from '../store.ts';

export interface Pin {
  readonly name: string;
  readonly keys: readonly Sha256Hex[];
}

function directoryOf({ root }: Store): string {
  return join(root, 'pins');
}

/** A name that may be a file's. Error: `pin/name`. */
export function checkPinName(name: string): Result<string> {
  if (/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/.test(name)) return ok(name);
  return failed(
    definitionError({
      code: 'pin/name',
      message: `"${name}" cannot be the name of a pin`,
      hint: 'names begin with a letter or digit and are made of A-Z a-z 0-9 . _ @ + -',
    }),
  );
}

/** Pins results under a name, in place of those that it pinned. Throws node's own errors. */
export function setPin(store: Store, name: string, keys: readonly Sha256Hex[]): void {
  mkdirSync(directoryOf(store), { recursive: true });
  const lines = [...new Set(keys)].sort().map((key) => `${key}\n`);
  writeAtomic(join(directoryOf(store), name), lines.join(''), { durable: true });
}

/** False when there was no such pin. Throws node's own errors. */
export function removePin(store: Store, name: string): boolean {
  try {
    rmSync(join(directoryOf(store), name));
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** All pins, by name. Lines that are no key are skipped. Throws node's own errors. */
export function readPins(store: Store): Pin[] {
  return namesIn(directoryOf(store)).flatMap((name) => {
    const text = readIfExists(join(directoryOf(store), name))?.toString('latin1');
    return text === undefined ? [] : [{ name, keys: text.split('\n').filter(isSha256Hex) }];
  });
}

function namesIn(directory: string): string[] {
  // Not those that are just being written.
  return namesIfExists(directory)
    .filter((name) => checkPinName(name).ok && !name.includes('.tmp-'))
    .sort();
}
