// One attempt to get a URL's bytes into a part: range or whole, watched for stalls, and what came of
// it in words. Knows nothing of checksums, other candidates or how often to try.
import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { errnoOf } from '../../base/fs.ts';
import { contentRange, judge, lengthOf, rangeFor, validatorOf } from './answer.ts';
import type { Clock } from './clock.ts';
import { get, networkProblem } from '../../base/http/request.ts';
import { again, refused, type Outcome } from './outcome.ts';
import { DiskFailure, type Part } from './part.ts';
import type { Environment, ProxyChoice } from '../../base/http/proxy.ts';
import { filePath, parseHttpUrl } from './url.ts';
import { Watch } from './watch.ts';

/** What a URL names, and how to get there. */
export interface Candidate {
  readonly url: string;
  /** Overrides what the environment says. */
  readonly proxy?: ProxyChoice;
}

export interface TransferOptions {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  /** Less than `STALL_BYTES` in such a span is a stall. */
  readonly stallMs: number;
  readonly maxBytes: number;
  /** Whether bytes of another URL, or of no known version, may be continued: only where a checksum judges. */
  readonly pinned: boolean;
  readonly onBytes: (received: number, total: number | undefined) => void;
}

/** A slower server than this, in bytes per `stallMs`, counts as stalled. */
export const STALL_BYTES = 4_096;

/** Tries once. Throws only `DiskFailure` (and bugs). */
export async function transfer(
  candidate: Candidate,
  part: Part,
  options: TransferOptions,
): Promise<Outcome> {
  const path = filePath(candidate.url);
  if (path !== undefined) return copy(path, part, options);
  const url = parseHttpUrl(candidate.url);
  if (!url.ok) return refused(url.diagnostics[0]!.message);

  const { clock, stallMs, signal } = options;
  using watch = new Watch({ clock, spanMs: stallMs, least: STALL_BYTES, signal });
  try {
    const range = rangeFor(part, candidate.url, options.pinned);
    const answer = await get(url.value, {
      headers: { 'accept-encoding': 'identity', 'user-agent': 'ashlar', accept: '*/*', ...range },
      environment: options.environment,
      proxy: candidate.proxy,
      signal: watch.signal,
    });
    if (answer.kind === 'refused') return refused(answer.reason);
    watch.seen(STALL_BYTES);
    try {
      return await take(answer.response, candidate.url, part, watch, options);
    } finally {
      answer.response.destroy();
    }
  } catch (error) {
    if (error instanceof DiskFailure) throw error;
    if (options.signal?.aborted === true) return { kind: 'aborted' };
    if (watch.stalled) return again('it stopped sending');
    const problem = networkProblem(error);
    return problem.transient ? again(problem.reason) : refused(problem.reason);
  }
}

/** Judges the status and takes the body. */
async function take(
  response: IncomingMessage,
  url: string,
  part: Part,
  watch: Watch,
  options: TransferOptions,
): Promise<Outcome> {
  const { statusCode: status = 0, headers } = response;
  let end: number | undefined;
  if (status === 200) {
    part.restart(validatorOf(url, headers));
    end = lengthOf(headers);
    if (end === undefined && !options.pinned && headers['transfer-encoding'] === undefined) {
      return refused('it tells neither the length nor the end of the file, and nothing pins it');
    }
  } else if (status === 206) {
    const range = contentRange(headers['content-range']);
    if (range === undefined || range.start !== part.size) {
      const had = part.size > 0;
      part.restart();
      return again('it sent another part than the one asked for', had);
    }
    if (part.size === 0) part.restart(validatorOf(url, headers));
    else part.resume();
    end = range.total;
  } else if (status === 416 && part.size > 0) {
    part.restart();
    return again('it has no bytes beyond those of an earlier download', true);
  } else {
    return judge(status, headers, options.clock);
  }
  if (end !== undefined && end > options.maxBytes) return tooLarge(options.maxBytes);

  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (part.size + chunk.length > options.maxBytes) {
      part.restart();
      return tooLarge(options.maxBytes);
    }
    part.append(chunk);
    watch.seen(chunk.length);
    options.onBytes(part.size, end);
  }
  if (end !== undefined && part.size < end) {
    return again(`it sent ${part.size} of ${end} bytes`);
  }
  const encoding = headers['content-encoding'];
  return { kind: 'complete', encoding: encoding === 'identity' ? undefined : encoding };
}

/** Copies a local file: the same checks as for the network, and nothing to resume. */
async function copy(path: string, part: Part, options: TransferOptions): Promise<Outcome> {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return refused('it is not a regular file');
    if (stat.size > options.maxBytes) return tooLarge(options.maxBytes);
    part.restart();
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
      if (options.signal?.aborted === true) return { kind: 'aborted' };
      part.append(chunk as Buffer);
      options.onBytes(part.size, stat.size);
    }
    return { kind: 'complete', encoding: undefined };
  } catch (error) {
    if (error instanceof DiskFailure) throw error;
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') return refused(`it cannot be read (${errno})`);
    return { kind: 'refused', missing: true, reason: 'there is no such file' };
  }
}

function tooLarge(maxBytes: number): Outcome {
  return refused(`it is larger than ${maxBytes} bytes`);
}
