// Makes directories with their parents. Node's own recursive mkdir reports a full or read-only disk as
// "no such file or directory" (it stats the path after any failure and returns that error instead).
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './fs.ts';

/** Makes a directory and what is missing above it; fine when it is there. Throws node's own errors. */
export function makeDirectories(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' && dirname(path) !== path) {
      makeDirectories(dirname(path));
      // Another process may have been quicker.
      makeDirectories(path);
      return;
    }
    // On a read-only disk the complaint comes even where the directory exists.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
