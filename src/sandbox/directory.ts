// Directories that their owner can use, whatever the umask says.
import { chmodSync, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from '../base/mkdir.ts';

/** Makes a directory and those above it that are missing. Throws node's own errors. */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  makeDirectories(path);
  const { mode } = statSync(path);
  if ((mode & 0o700) !== 0o700) chmodSync(path, (mode & 0o777) | 0o700);
}
