// The mark of a directory that holds nothing but what can be made again (bford.info/cachedir): programs
// that go through a tree leave it out. So do our own wildcards, which would find their results there.
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { writeIfChanged } from './fs.ts';

export const CACHE_TAG = 'CACHEDIR.TAG';

const CONTENT = [
  'Signature: 8a477f597d28d172789f06886806bc55',
  '# Everything here was made by Ashlar, and is made again where it is missing.',
  '# Patterns in Blueprints files do not look into it.',
  '',
].join('\n');

/** Marks a directory, unless something of that name is there. Throws node's own errors. */
export function tagDirectory(directory: string): void {
  const path = join(directory, CACHE_TAG);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) writeIfChanged(path, CONTENT);
}
