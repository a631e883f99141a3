// A file as it is written from a stream. Whoever reads it meanwhile sees a part; name it when it is whole.
import { closeSync, fchmodSync, openSync } from 'node:fs';
import { writeWhole, type ByteStream } from '../base/stream.ts';

/** Makes a file that was not there, for everybody to read. Throws node's own errors. */
export async function writeStream(file: string, bytes: ByteStream): Promise<void> {
  const fd = openSync(file, 'wx', 0o644);
  try {
    // Repositories are read by others, whatever the umask.
    fchmodSync(fd, 0o644);
    for await (const chunk of bytes) writeWhole(fd, chunk);
  } finally {
    closeSync(fd);
  }
}
