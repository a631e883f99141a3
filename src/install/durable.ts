// Puts a whole directory tree on the disk, so that a power cut cannot leave a package that is there by
// name and empty inside. Knows nothing of packages.
import { closeSync, constants, fsyncSync, openSync, readdirSync } from 'node:fs';
import { errnoOf } from '../base/fs.ts';

/** Flushes every file and directory of a tree, and its top. Links lead nowhere here. Throws node's own errors. */
export function flushTree(directory: string): void {
  const open: Buffer[] = [Buffer.from(directory)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const entry of readdirSync(path, { withFileTypes: true, encoding: 'buffer' })) {
      const child = Buffer.concat([path, Buffer.from('/'), entry.name]);
      if (entry.isDirectory()) open.push(child);
      else if (entry.isFile()) flushOne(child);
    }
    flushOne(path);
  }
}

function flushOne(path: Buffer): void {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    // A file that its owner may not read cannot be opened to be flushed.
    if (errnoOf(error) === 'EACCES') return;
    throw error;
  }
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
