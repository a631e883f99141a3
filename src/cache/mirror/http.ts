// An HTTP server as a mirror, in the protocol that Bazel's clients and servers share: GET, HEAD and PUT on
// /ac/<sha256> and /cas/<sha256>. Any server that keeps files will do. Knows what an answer means, not
// whether its bytes are right. Many questions are under way at once over connections that stay open.
import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Digest } from '../../base/digest.ts';
import { errnoOf } from '../../base/fs.ts';
import { Connections, get, networkProblem, type GetOptions } from '../../base/http/request.ts';
import { Refusal } from '../../base/refusal.ts';
import { readBlocks } from '../../base/stream.ts';
import type { Address } from './address.ts';
import { MAX_ENTRY_BYTES } from './directory.ts';
import { loginFor } from './netrc.ts';
import { Patience, type Times } from './patience.ts';
import { MirrorFault, type Mirror } from './port.ts';

/** Connections to one server. */
export const PER_HOST = 32;

/** Files up to this size are sent from memory. */
const SMALL = 1 << 18;

/** Bodies that nobody wants are read up to here, so that the connection can be used again. */
const DRAINED = 1 << 16;

type Body = Pick<GetOptions, 'body' | 'method'> & {
  readonly headers?: Readonly<Record<string, string>>;
};

/** Opens a server as a mirror. Nothing is asked before the first question. */
export function httpMirror(
  { url, name }: Address & { kind: 'http' },
  env: NodeJS.ProcessEnv,
  times: Times,
): Mirror {
  const base = withLogin(url, env);
  const connections = new Connections(PER_HOST);
  /** It said that it takes zstd (RFC 7694). */
  let takesZstd = false;

  const ask = async (
    path: string,
    patience: Patience,
    { headers, ...body }: Body,
  ): Promise<IncomingMessage> => {
    const answer = await get(new URL(path, base), {
      headers: { 'user-agent': 'ashlar', 'accept-encoding': 'identity', ...headers },
      environment: env,
      signal: patience.signal,
      connections,
      redirects: 3,
      ...body,
    });
    if (answer.kind === 'refused')
      throw new MirrorFault('lasting', `it leads elsewhere: ${answer.reason}`);
    patience.began();
    const accepts = answer.response.headers['accept-encoding'];
    if (typeof accepts === 'string' && /\bzstd\b/.test(accepts)) takesZstd = true;
    return answer.response;
  };

  /** Asks, once more where a kept connection was closed while the question was on its way. */
  const exchange = async <T>(
    path: string,
    signal: AbortSignal,
    body: Body,
    use: (response: IncomingMessage, patience: Patience) => Promise<T>,
  ): Promise<T> => {
    const patience = new Patience(times, signal);
    let response: IncomingMessage | undefined;
    try {
      response = await ask(path, patience, body);
      return await use(response, patience);
    } catch (error) {
      response?.destroy();
      throw faultOf(error, patience, signal);
    } finally {
      patience[Symbol.dispose]();
    }
  };

  const put = (
    path: string,
    size: number,
    content: () => Readable | Uint8Array,
    signal: AbortSignal,
    encoding?: 'zstd',
  ): Promise<void> => {
    const body = content();
    const patience = new Patience(times, signal);
    return (async () => {
      try {
        const response = await ask(path, patience, {
          method: 'PUT',
          headers: {
            'content-type': 'application/octet-stream',
            ...(encoding === undefined
              ? { 'content-length': String(size) }
              : { 'content-encoding': encoding }),
          },
          body: body instanceof Readable ? () => counted(body, patience) : body,
        });
        const { statusCode: status = 0, headers } = response;
        await drain(response);
        if (status < 200 || status > 299) throw refusalToTake(status, headers);
      } catch (error) {
        throw faultOf(error, patience, signal);
      } finally {
        patience[Symbol.dispose]();
      }
    })();
  };

  return {
    name,
    entry: (key, signal) =>
      exchange(`ac/${key}`, signal, {}, async (response, patience) => {
        if (!(await isThere(response))) return undefined;
        refuseOddities(response, undefined);
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of response as AsyncIterable<Buffer>) {
          patience.seen(chunk.length);
          size += chunk.length;
          // No result is so long: what it is shows when it is read.
          if (size > MAX_ENTRY_BYTES) throw new MirrorFault('lasting', 'its results never end');
          chunks.push(chunk);
        }
        return Buffer.concat(chunks, size);
      }),
    read: async (digest, signal) => {
      const patience = new Patience(times, signal);
      try {
        const response = await ask(`cas/${digest.hash}`, patience, {
          headers: { 'accept-encoding': 'zstd' },
        });
        if (!(await isThere(response))) {
          patience[Symbol.dispose]();
          return undefined;
        }
        try {
          refuseOddities(response, digest);
        } catch (error) {
          response.destroy();
          throw error;
        }
        return bodyOf(response, patience, signal);
      } catch (error) {
        patience[Symbol.dispose]();
        throw faultOf(error, patience, signal);
      }
    },
    has: (digest, signal) =>
      exchange(`cas/${digest.hash}`, signal, { method: 'HEAD' }, async (response) => {
        if (!(await isThere(response))) return false;
        // An answer without a body also keeps its connection until it has been read.
        await drain(response);
        const length = response.headers['content-length'];
        return length === undefined || Number(length) === digest.size;
      }),
    putBlob: (digest, file, signal) => {
      const path = `cas/${digest.hash}`;
      if (digest.size <= SMALL) return put(path, digest.size, () => readFileSync(file), signal);
      if (!takesZstd) {
        const { size } = statSync(file);
        return put(path, size, () => createReadStream(file, { highWaterMark: 1 << 18 }), signal);
      }
      return put(path, digest.size, () => compressed(file), signal, 'zstd');
    },
    putEntry: (key, entry, signal) => put(`ac/${key}`, entry.length, () => entry, signal),
    [Symbol.asyncDispose]: () => {
      connections[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function withLogin(url: URL, env: NodeJS.ProcessEnv): URL {
  const base = new URL(url);
  const login = base.username === '' ? loginFor(base.hostname, env) : undefined;
  if (login !== undefined) {
    base.username = encodeURIComponent(login.login);
    base.password = encodeURIComponent(login.password);
  }
  return base;
}

/** Judges the status of an answer to GET or HEAD: false where there is no such thing. */
async function isThere(response: IncomingMessage): Promise<boolean> {
  const { statusCode: status = 0, headers } = response;
  if (status === 200) return true;
  await drain(response);
  if (status === 404 || status === 410) return false;
  throw statusFault(status, headers) ?? new MirrorFault('lasting', `it answered ${status}`);
}

function statusFault(status: number, headers: IncomingHttpHeaders): MirrorFault | undefined {
  if (status === 401 || status === 407) {
    return new MirrorFault('lasting', `it wants credentials (${status})`);
  }
  if (status === 403) return new MirrorFault('lasting', 'it denies access (403)');
  if (status === 429 || status === 503) {
    const waitMs = retryAfter(headers['retry-after']);
    if (waitMs !== undefined) return new MirrorFault('busy', `it is too busy (${status})`, waitMs);
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new MirrorFault('passing', `it answered ${status}`);
  }
}

/** Why a server does not take what it is sent. */
function refusalToTake(status: number, headers: IncomingHttpHeaders): MirrorFault {
  const fault = statusFault(status, headers);
  if (fault?.kind === 'busy') return fault;
  if (fault?.kind === 'passing' && status !== 501 && status !== 507) return fault;
  const meaning =
    status === 413 ? ' (too large for it)' : status === 507 ? ' (it has no space)' : '';
  return new MirrorFault('unwritable', `it answered ${status}${meaning}`);
}

/** Milliseconds that a `Retry-After` header (seconds or a date) asks for. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Finds out what cannot be right before any of the body is read. */
function refuseOddities({ headers }: IncomingMessage, digest: Digest | undefined): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  const length = headers['content-length'];
  const wrongLength =
    digest !== undefined &&
    encoding === 'identity' &&
    length !== undefined &&
    Number(length) !== digest.size;
  if (
    headers['content-type']?.startsWith('text/html') === true &&
    (wrongLength || digest === undefined)
  ) {
    throw new MirrorFault('lasting', 'it answers with a web page');
  }
  if (encoding !== 'identity' && !(encoding === 'zstd' && digest !== undefined)) {
    throw new MirrorFault(
      'lasting',
      `it answers in ${encoding.slice(0, 20)}, which nobody asked for`,
    );
  }
}

async function* bodyOf(
  response: IncomingMessage,
  patience: Patience,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const raw = (async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      patience.seen(chunk.length);
      yield chunk;
    }
  })();
  try {
    if (response.headers['content-encoding'] === 'zstd') {
      const { unzstd } = await import('../../base/codec/unzstd.ts');
      yield* unzstd(raw);
    } else yield* raw;
  } catch (error) {
    throw faultOf(error, patience, signal);
  } finally {
    patience[Symbol.dispose]();
    // Where not all was read, the connection is of no use to others.
    if (!response.complete) response.destroy();
  }
}

function compressed(file: string): Readable {
  return Readable.from(
    (async function* (): AsyncGenerator<Uint8Array> {
      const { zstd } = await import('../../base/codec/zstd.ts');
      yield* zstd(readBlocks(file), 3);
    })(),
    { objectMode: false },
  );
}

function counted(source: Readable, patience: Patience): Readable {
  source.on('data', (chunk: Buffer) => patience.seen(chunk.length));
  return source;
}

/** Reads a body that nobody wants. */
async function drain(response: IncomingMessage): Promise<void> {
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > DRAINED) break;
  }
}

/** What is thrown, as what the mirror did; bugs stay what they are. */
function faultOf(error: unknown, patience: Patience, signal: AbortSignal): unknown {
  if (error instanceof MirrorFault) return error;
  if (signal.aborted) return new MirrorFault('passing', 'it was interrupted');
  if (patience.over) return new MirrorFault('passing', 'it takes too long to answer');
  if (error instanceof Refusal)
    return new MirrorFault('passing', `its answer is damaged: ${error.message}`);
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const { reason, transient } = networkProblem(error);
  const gone = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'].includes(errno);
  return new MirrorFault(transient && !gone ? 'passing' : 'lasting', reason);
}
