// Makes directories with their parents. Node's own recursive mkdir reports a full or read-only disk as
// "no such file or directory", and never returns where that is what the system says of a new name.
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './fs.ts';

/**
 * Makes a directory and what is missing above it; fine when it is there. The umask applies to `mode`.
 * Throws node's own errors.
 */
export function makeDirectories(path: string, mode = 0o777): void {
  try {
    makeDirectory(path, mode);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectories(dirname(path), mode);
    // Not again from the top: some places, such as /proc, say so however often they are asked.
    makeDirectory(path, mode);
  }
}

function makeDirectory(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw error;
    // Another process may have been quicker; on a read-only disk the complaint comes even where it exists.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
