// Golden data of the Blueprint original, read where it lies. Missing data fails the test that needs it.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const directory = resolve(import.meta.dirname, '../../../shared/golden/blueprint');

/** The content of a golden file; callers know its shape. */
export function golden(path: string): unknown {
  return JSON.parse(readFileSync(resolve(directory, path), 'utf8'));
}
