// xz by the system's program, in both directions: liblzma has no peer in JavaScript. The options are
// pinned: blocks of 8 MiB compressed by two threads, so that neither the number of cores nor XZ_OPT
// changes the bytes. (Another release of liblzma may.)
import { environmentError } from '../diagnostic.ts';
import { Refusal } from '../refusal.ts';
import type { ByteStream } from '../stream.ts';
import { corrupt } from './corrupt.ts';
import { filter, FilterFailure } from './filter.ts';

/** Enough for every preset (-9 needs 65 MiB for each thread), and a bound for hostile headers. */
const MEMORY = '400MiB';

/** Decompresses. Throws a `Refusal`: `archive/corrupt`, `archive/limit` (memory), `archive/no-xz`. */
export async function* unxz(source: ByteStream, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const argv = ['--decompress', '--stdout', '--format=xz', '--threads=2', '--no-sparse'];
  try {
    yield* filter('xz', [...argv, `--memlimit-decompress=${MEMORY}`], source, signal);
  } catch (error) {
    if (!(error instanceof FilterFailure)) throw error;
    if (error.missing) throw noXz();
    const what = error.message.replace(/^xz: (?:\(stdin\): )?/, '');
    if (!/memory usage limit/i.test(what)) throw corrupt('xz', what);
    throw new Refusal(
      environmentError({
        code: 'archive/limit',
        message: `the xz data asks for more than ${MEMORY} of memory`,
        hint: 'compress it again with xz -9 or less',
      }),
    );
  }
}

/** Compresses at preset 0 to 9. Throws a `Refusal` (`archive/no-xz`). */
export async function* xz(
  source: ByteStream,
  preset: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const argv = ['--compress', '--stdout', '--format=xz', '--check=crc64', '--no-adjust'];
  try {
    yield* filter(
      'xz',
      [...argv, `-${preset}`, '--block-size=8MiB', '--threads=2'],
      source,
      signal,
    );
  } catch (error) {
    if (!(error instanceof FilterFailure)) throw error;
    if (error.missing) throw noXz();
    throw new Refusal(
      environmentError({ code: 'archive/compress', message: `xz failed: ${error.message}` }),
    );
  }
}

function noXz(): Refusal {
  return new Refusal(
    environmentError({
      code: 'archive/no-xz',
      message: 'the program xz is not on the PATH; .tar.xz archives need it',
      hint: 'install it (package xz-utils on Debian, xz on Fedora and Alpine)',
    }),
  );
}
