// A system program as a filter: bytes in, bytes out, with its own memory limit and its own processor.
// Knows nothing of compression. What it starts ends with the generator, however that ends.
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errnoOf } from '../fs.ts';
import { interrupted } from '../refusal.ts';
import { copies, type ByteStream } from '../stream.ts';

/** How a filter failed: it could not be started, or it ended with a complaint. */
export class FilterFailure extends Error {
  readonly missing: boolean;

  constructor(message: string, missing: boolean) {
    super(message);
    this.missing = missing;
  }
}

const KEPT_COMPLAINT = 2_000;

/**
 * Pipes a stream through a program. Throws `FilterFailure`, or what the source threw. Only PATH is
 * handed on: variables such as XZ_OPT would change the bytes. An aborted signal ends the program at once.
 */
export async function* filter(
  program: string,
  argv: readonly string[],
  source: ByteStream,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const child = spawn(program, argv, {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<{ status: number | null; error?: Error }>((resolve) => {
    child.on('error', (error) => resolve({ status: null, error }));
    child.on('close', (status) => resolve({ status }));
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < KEPT_COMPLAINT) complaint += chunk.toString('latin1');
  });
  const feeding = feed(source, child.stdin);
  const abort = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    if (signal?.aborted === true) throw interrupted();
    const sourceError = await feeding;
    if (sourceError !== undefined) throw sourceError;
    const { status, error } = await ended;
    if (error !== undefined) throw new FilterFailure(error.message, errnoOf(error) === 'ENOENT');
    if (status !== 0) {
      const said = complaint.trim().split('\n')[0]!;
      throw new FilterFailure(
        said === '' ? `it ended with status ${status ?? 'signal'}` : said,
        false,
      );
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    child.kill('SIGKILL');
    // Its pipes must be gone before the caller goes on, for instance to remove what it reads.
    child.stdin.destroy();
    await ended;
    await feeding;
  }
}

/** Feeds until the source or the program's interest ends; returns what the source threw. */
async function feed(source: ByteStream, stdin: NodeJS.WritableStream): Promise<Error | undefined> {
  let thrown: Error | undefined;
  const guarded = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* copies(source);
    } catch (error) {
      thrown = error as Error;
    }
  };
  try {
    await pipeline(Readable.from(guarded(), { objectMode: false }), stdin);
  } catch {
    // EPIPE: the program stopped reading. Its exit status says why.
  }
  return thrown;
}
