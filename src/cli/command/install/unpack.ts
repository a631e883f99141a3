// Unpacks package archives with the machine's own tar.
import { definitionError, environmentError, failed, ok } from '../../../base/diagnostic.ts';
import { run } from '../../../base/process.ts';
import type { Unpack } from '../../../install/source.ts';

/** An `Unpack` that stops when the signal says so. Error codes `install/no-tar` and `install/bad-archive`. */
export function unpackWithTar(signal: AbortSignal): Unpack {
  return async (archive, destination) => {
    const argv = ['-xf', archive, '-C', destination, '--no-same-owner'];
    const { status, stderr, startError, ended } = await run('tar', argv, { signal });
    if (startError !== undefined) {
      return failed(
        environmentError({
          code: 'install/no-tar',
          message: `cannot start tar: ${startError}`,
          hint: 'install tar, and xz and zstd for the archives that need them',
        }),
      );
    }
    if (status === 0) return ok(undefined);
    const problem = ended ?? (stderr.trim().split('\n')[0] || `tar ended with status ${status}`);
    return failed(
      definitionError({
        code: 'install/bad-archive',
        message: `cannot be unpacked: ${problem}`,
        at: { file: archive },
      }),
    );
  };
}
