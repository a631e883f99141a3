// Downloads against a server that behaves in every way but well.
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatDiagnostic, type Diagnostic } from '../../../src/base/diagnostic.ts';
import type { Checksums } from '../../../src/package/fetch/checksum.ts';
import { download, type DownloadRequest } from '../../../src/package/fetch/download.ts';
import { fileHandler, HttpServer, rangeStart, type Handler } from '../../rig/http.ts';
import { FakeClock, STALL_MS } from '../../rig/httpclock.ts';

const hex = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex');
const pin = (bytes: Uint8Array): Checksums => ({ sha256: hex('sha256', bytes) });

const content = randomBytes(300_000);
let work: string;
let clock: FakeClock;
let warnings: Diagnostic[];

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-download-'));
  clock = new FakeClock();
  warnings = [];
});
afterEach(() => rmSync(work, { recursive: true }));

function request(fields: Partial<DownloadRequest> & { url?: string }): DownloadRequest {
  return {
    candidates: fields.url === undefined ? [] : [{ url: fields.url }],
    checksums: pin(content),
    destination: join(work, 'out/file'),
    partialDirectory: join(work, 'partial'),
    environment: {},
    clock,
    stallMs: STALL_MS,
    onWarning: (diagnostic) => warnings.push(diagnostic),
    ...fields,
  };
}

/** One handler per request, the last one for all that follow. */
function inTurn(...handlers: readonly Handler[]): Handler {
  let count = 0;
  return (incoming, reply) => handlers[Math.min(count++, handlers.length - 1)]!(incoming, reply);
}

/** Answers properly up to some bytes of the body, then resets. */
const cutAfter =
  (bytes: number, etag = '"v1"'): Handler =>
  async (_, reply) => {
    reply.head(200, { 'Content-Length': content.length, ETag: etag });
    await reply.body(content.subarray(0, bytes));
    reply.end();
  };

const whole = fileHandler(content, { etag: '"v1"' });
const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_, reply) =>
    reply.send(code, 'no', headers);

const expectRight = (destination = join(work, 'out/file')): void => {
  expect(readFileSync(destination).equals(content)).toBe(true);
  expect(readdirSync(join(work, 'partial'))).toEqual([]);
};

function codesOf(result: Awaited<ReturnType<typeof download>>): string[] {
  return result.ok ? [] : result.diagnostics.map(({ code }) => code);
}

function textOf(result: Awaited<ReturnType<typeof download>>): string {
  return result.ok ? '' : result.diagnostics.map(formatDiagnostic).join('\n');
}

test('a file is verified by all its checksums and then appears', async () => {
  await using server = await HttpServer.start(whole);
  const seen: number[] = [];
  const result = await download(
    request({
      url: server.url('/a.tar.gz'),
      checksums: {
        sha1: hex('sha1', content).toUpperCase(),
        sha256: hex('sha256', content),
        sha512: hex('sha512', content),
      },
      onProgress: ({ received, total }) => {
        expect(total).toBe(content.length);
        seen.push(received);
      },
    }),
  );
  expect(result).toEqual({
    ok: true,
    value: {
      digest: { hash: hex('sha256', content), size: content.length },
      url: server.url('/a.tar.gz'),
    },
  });
  expectRight();
  expect(seen.at(-1)).toBe(content.length);
  expect(statSync(join(work, 'out/file')).mode & 0o777).toBe(0o644);
  expect(server.requests[0]!.headers['accept-encoding']).toBe('identity');
  expect(warnings).toEqual([]);
});

test('a file that is there and right is not asked for', async () => {
  await using server = await HttpServer.start(whole);
  const asked = request({ url: server.url('/a') });
  await download(asked);
  const again = await download(asked);
  expect(again).toMatchObject({ ok: true, value: { url: undefined } });
  expect(server.requests).toHaveLength(1);
});

test('a file that is there and wrong is kept aside and replaced', async () => {
  await using server = await HttpServer.start(whole);
  mkdirSync(join(work, 'out'));
  writeFileSync(join(work, 'out/file'), 'old');
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  expect(readFileSync(join(work, 'out/file.corrupt'), 'utf8')).toBe('old');
  expect(warnings.map(({ code }) => code)).toEqual(['download/replaced']);
});

test('each given checksum counts, and malformed ones are refused', async () => {
  await using server = await HttpServer.start(whole);
  const wrong = await download(
    request({
      url: server.url('/a'),
      checksums: { sha1: hex('sha1', content), sha512: hex('sha512', Buffer.from('x')) },
    }),
  );
  expect(codesOf(wrong)).toEqual(['download/mismatch']);
  expect(existsSync(join(work, 'out/file'))).toBe(false);
  const malformed = await download(
    request({ url: server.url('/a'), checksums: { sha1: 'abc', sha256: 'g'.repeat(64) } }),
  );
  expect(codesOf(malformed)).toEqual(['source/bad-checksum', 'source/bad-checksum']);
});

test('a broken download goes on where it ended', async () => {
  await using server = await HttpServer.start(inTurn(cutAfter(200_000), whole));
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  expect(server.requests[1]!.headers).toMatchObject({
    range: 'bytes=200000-',
    'if-range': '"v1"',
  });
  expect(warnings).toEqual([]);
});

test('a reset in the middle is as good as an end', async () => {
  const resets: Handler = async (_, reply) => {
    reply.head(200, { 'Content-Length': content.length });
    await reply.body(content.subarray(0, 1_000));
    reply.reset();
  };
  await using server = await HttpServer.start(inTurn(resets, whole));
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
});

test('bytes that outlive a run are used by the next, from another mirror too', async () => {
  await using first = await HttpServer.start(inTurn(cutAfter(100_000), status(404)));
  await using second = await HttpServer.start(whole);
  const failed = await download(request({ url: first.url('/a') }));
  expect(codesOf(failed)).toEqual(['download/not-found']);
  expect(codesOf(await download(request({ url: second.url('/a') })))).toEqual([]);
  expectRight();
  expect(second.requests[0]!.headers['range']).toBe('bytes=100000-');
  expect(second.requests[0]!.headers['if-range']).toBeUndefined();
});

test('a whole file left by a killed run needs no server', async () => {
  mkdirSync(join(work, 'partial'));
  writeFileSync(join(work, `partial/sha256-${hex('sha256', content)}.part`), content);
  expect(codesOf(await download(request({ url: 'http://127.0.0.1:1/a' })))).toEqual([]);
  expectRight();
});

test('a server that ignores ranges restarts cleanly', async () => {
  const deaf = fileHandler(content, { ranges: false });
  await using server = await HttpServer.start(inTurn(cutAfter(150_000), deaf));
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
});

test('a file that changed meanwhile is taken whole', async () => {
  await using server = await HttpServer.start(
    inTurn(
      async (_, reply) => {
        reply.head(200, { 'Content-Length': content.length, ETag: '"old"' });
        await reply.body(randomBytes(5_000));
        reply.end();
      },
      fileHandler(content, { etag: '"new"' }),
    ),
  );
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  expect(server.requests).toHaveLength(2);
});

test('a mixture of two versions is mended by taking it whole once', async () => {
  await using server = await HttpServer.start(
    inTurn(async (_, reply) => {
      reply.head(200, { 'Content-Length': content.length });
      await reply.body(randomBytes(5_000));
      reply.end();
    }, fileHandler(content)),
  );
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  expect(server.requests.map(({ headers }) => headers['range'])).toEqual([
    undefined,
    'bytes=5000-',
    undefined,
  ]);
});

test.each<[string, Handler]>([
  ['another start', (_, reply) => reply.send(206, content, { 'Content-Range': 'bytes 0-9/10' })],
  ['no range', (_, reply) => reply.send(206, content)],
  ['nonsense', (_, reply) => reply.send(206, content, { 'Content-Range': 'bytes x' })],
  ['416', status(416)],
])('a wrong answer to a range (%s) leads to a fresh start', async (_, wrong) => {
  await using server = await HttpServer.start(inTurn(cutAfter(100_000), wrong, whole));
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  expect(server.requests[2]!.headers['range']).toBeUndefined();
  expect(clock.waits).toHaveLength(1);
});

test('a part that nobody asked for is taken only if it is all', async () => {
  const all: Handler = (_, reply) =>
    reply.send(206, content, {
      'Content-Range': `bytes 0-${content.length - 1}/${content.length}`,
    });
  await using server = await HttpServer.start(all);
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  await using liar = await HttpServer.start((_, reply) =>
    reply.send(206, content.subarray(9), { 'Content-Range': `bytes 9-20/${content.length}` }),
  );
  const other = join(work, 'out/other');
  expect(codesOf(await download(request({ url: liar.url('/a'), destination: other })))).toEqual([
    'download/failed',
  ]);
});

test('a login page instead of the file: both checksums, size, kind, and the file kept', async () => {
  const page = '<!DOCTYPE html><html><title>Sign in</title></html>';
  await using server = await HttpServer.start(inTurn((_, reply) => reply.send(200, page), whole));
  const asked = request({ url: server.url('/a.tar.gz') });
  const result = await download(asked);
  expect(codesOf(result)).toEqual(['download/mismatch']);
  const text = textOf(result);
  expect(text).toContain(hex('sha256', content));
  expect(text).toContain(hex('sha256', Buffer.from(page)));
  expect(text).toContain(server.url('/a.tar.gz'));
  expect(text).toContain(`HTML page (a login or an error page?), ${page.length} bytes`);
  expect(text).toContain(join(work, 'out/file.corrupt'));
  expect(readFileSync(join(work, 'out/file.corrupt'), 'utf8')).toBe(page);
  expect(existsSync(join(work, 'out/file'))).toBe(false);
  expect(codesOf(await download(asked))).toEqual([]);
  expectRight();
});

test('a mirror with other bytes is told of, and the next one is used in the same run', async () => {
  await using bad = await HttpServer.start(fileHandler(randomBytes(content.length)));
  await using good = await HttpServer.start(whole);
  const result = await download(
    request({ candidates: [{ url: bad.url('/a') }, { url: good.url('/a') }] }),
  );
  expect(result).toMatchObject({ ok: true, value: { url: good.url('/a') } });
  expectRight();
  expect(warnings.map(({ code }) => code)).toEqual(['download/candidate']);
  expect(formatDiagnostic(warnings[0]!)).toContain(bad.url('/a'));
});

test('a dead mirror costs no wait when another one works', async () => {
  await using good = await HttpServer.start(whole);
  const result = await download(
    request({ candidates: [{ url: 'http://127.0.0.1:1/a' }, { url: good.url('/a') }] }),
  );
  expect(codesOf(result)).toEqual([]);
  expect(clock.waits).toEqual([]);
});

test('errors of the server are retried with growing waits, and then told', async () => {
  await using server = await HttpServer.start(
    inTurn(status(500), status(502), status(503), status(408), whole),
  );
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  expect(clock.waits).toEqual([750, 1_500, 3_000, 6_000]);
  await using dead = await HttpServer.start(status(500));
  const failed = await download(
    request({ url: dead.url('/a'), destination: join(work, 'out/other') }),
  );
  expect(codesOf(failed)).toEqual(['download/failed']);
  expect(textOf(failed)).toContain('500');
  expect(dead.requests).toHaveLength(5);
});

test('Retry-After is honoured in seconds and as a date, within bounds', async () => {
  const date = new Date(clock.time + 60_000).toUTCString();
  await using server = await HttpServer.start(
    inTurn(status(429, { 'Retry-After': '40' }), status(503, { 'Retry-After': date }), whole),
  );
  const started = clock.time;
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expect(clock.waits[0]).toBeGreaterThanOrEqual(40_000);
  expect(clock.time).toBeGreaterThanOrEqual(started + 60_000);
  await using busy = await HttpServer.start(status(429, { 'Retry-After': '86400' }));
  const other = join(work, 'out/other');
  const failed = await download(request({ url: busy.url('/a'), destination: other }));
  expect(textOf(failed)).toContain('429 (too many requests) and asks to come back in 86400 s');
  expect(busy.requests).toHaveLength(1);
});

test('while one mirror wants to be left alone, others are asked', async () => {
  await using busy = await HttpServer.start(status(429, { 'Retry-After': '100' }));
  await using shaky = await HttpServer.start(inTurn(status(500), whole));
  const result = await download(
    request({ candidates: [{ url: busy.url('/a') }, { url: shaky.url('/a') }] }),
  );
  expect(codesOf(result)).toEqual([]);
  expect(busy.requests).toHaveLength(1);
  expect(clock.waits).toHaveLength(1);
});

test.each([
  [404, 'download/not-found'],
  [410, 'download/not-found'],
  [401, 'download/failed'],
  [403, 'download/failed'],
  [204, 'download/failed'],
])('status %i ends it at once as %s', async (code, expected) => {
  await using server = await HttpServer.start(status(code));
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([expected]);
  expect(server.requests).toHaveLength(1);
});

test('redirects are followed, to other places and by relative paths', async () => {
  await using target = await HttpServer.start(whole);
  await using server = await HttpServer.start(({ target: path }, reply) =>
    path === '/a'
      ? reply.send(302, '', { Location: '../b?c=1' })
      : reply.send(307, '', { Location: target.url('/d') }),
  );
  expect(codesOf(await download(request({ url: server.url('/a') })))).toEqual([]);
  expectRight();
  expect(server.requests[1]!.target).toBe('/b?c=1');
});

test.each([
  ['/a', 'more than 10 redirects'],
  ['file:///etc/passwd', 'neither http nor https'],
  ['http://169.254.169.254/latest', 'link-local'],
  ['http://[fe80::1]/', 'link-local'],
  ['http://', 'not a URL'],
])('a redirect to %s is refused', async (location, reason) => {
  await using server = await HttpServer.start((_, reply) =>
    reply.send(302, '', { Location: location }),
  );
  const result = await download(request({ url: server.url('/a') }));
  expect(codesOf(result)).toEqual(['download/failed']);
  expect(textOf(result)).toContain(reason);
  expect(clock.waits).toEqual([]);
});

test('a redirect without a target is refused', async () => {
  await using server = await HttpServer.start(status(302));
  expect(textOf(await download(request({ url: server.url('/a') })))).toContain('where to');
});

test('too long a Content-Length does not matter, too short a one gives a wrong file', async () => {
  await using long = await HttpServer.start(async (_, reply) => {
    reply.head(200, { 'Content-Length': content.length + 5 });
    await reply.body(content);
    reply.end();
  });
  expect(codesOf(await download(request({ url: long.url('/a') })))).toEqual([]);
  expectRight();
  await using short = await HttpServer.start(async (_, reply) => {
    reply.head(200, { 'Content-Length': content.length - 5 });
    await reply.body(content);
    reply.end();
  });
  const other = request({ url: short.url('/a'), destination: join(work, 'out/other') });
  expect(codesOf(await download(other))).toEqual(['download/mismatch']);
});

test('bytes that a server compressed in transit are those that are pinned, after decoding', async () => {
  for (const [encoding, packed] of [
    ['gzip', gzipSync(content)],
    ['br', brotliCompressSync(content)],
  ] as const) {
    await using server = await HttpServer.start((_, reply) =>
      reply.send(200, packed, { 'Content-Encoding': encoding }),
    );
    const destination = join(work, `out/${encoding}`);
    expect(codesOf(await download(request({ url: server.url('/a'), destination })))).toEqual([]);
    expectRight(destination);
  }
});

test('an archive that is merely labelled as compressed is taken as it is', async () => {
  const archive = gzipSync(content);
  await using server = await HttpServer.start((_, reply) =>
    reply.send(200, archive, { 'Content-Encoding': 'gzip' }),
  );
  const result = await download(request({ url: server.url('/a.gz'), checksums: pin(archive) }));
  expect(codesOf(result)).toEqual([]);
  expect(readFileSync(join(work, 'out/file')).equals(archive)).toBe(true);
});

test('a compression bomb is a mismatch, in bounded space', async () => {
  const bomb = gzipSync(Buffer.alloc(64 << 20));
  await using server = await HttpServer.start((_, reply) =>
    reply.send(200, bomb, { 'Content-Encoding': 'gzip' }),
  );
  const zeros = pin(Buffer.alloc(64 << 20));
  const result = await download(request({ url: server.url('/a'), checksums: zeros }));
  expect(codesOf(result)).toEqual(['download/mismatch']);
  expect(readdirSync(join(work, 'partial'))).toEqual([]);
});

test('an endless body ends at the limit', async () => {
  await using server = await HttpServer.start(async (_, reply) => {
    reply.head(200);
    const block = Buffer.alloc(65_536);
    while (!reply.socket.destroyed && reply.socket.writable) await reply.body(block);
  });
  const result = await download(request({ url: server.url('/a'), maxBytes: 500_000 }));
  expect(codesOf(result)).toEqual(['download/failed']);
  expect(textOf(result)).toContain('larger than 500000 bytes');
  expect(readdirSync(join(work, 'partial'))).toEqual([]);
});

test('a server that falls silent is given up after a span, and resumed', async () => {
  let silent = (): void => undefined;
  const fellSilent = new Promise<void>((resolve) => (silent = resolve));
  const stalls: Handler = async (_, reply) => {
    reply.head(200, { 'Content-Length': content.length, ETag: '"v1"' });
    await reply.body(content.subarray(0, 50_000));
    silent();
  };
  await using server = await HttpServer.start(inTurn(stalls, whole));
  let arrived = (): void => undefined;
  const allArrived = new Promise<void>((resolve) => (arrived = resolve));
  const running = download(
    request({
      url: server.url('/a'),
      onProgress: ({ received }) => received === 50_000 && arrived(),
    }),
  );
  await Promise.all([fellSilent, allArrived]);
  clock.passSpan();
  clock.passSpan();
  expect(codesOf(await running)).toEqual([]);
  expectRight();
  expect(server.requests[1]!.headers['range']).toBe('bytes=50000-');
});

test('a server that never answers is given up after a span', async () => {
  let asked = (): void => undefined;
  const wasAsked = new Promise<void>((resolve) => (asked = resolve));
  await using server = await HttpServer.start(inTurn(() => asked(), status(404)));
  const running = download(request({ url: server.url('/a') }));
  await wasAsked;
  clock.passSpan();
  expect(codesOf(await running)).toEqual(['download/not-found']);
});

test('a server that trickles counts as silent', async () => {
  const trickle: Handler = async (_, reply) => {
    reply.head(200, { 'Content-Length': content.length });
    await reply.body(content.subarray(0, 10));
  };
  await using server = await HttpServer.start(inTurn(trickle, status(404)));
  const running = download(
    request({
      url: server.url('/a'),
      onProgress: () => {
        clock.passSpan();
        clock.passSpan();
      },
    }),
  );
  expect(codesOf(await running)).toEqual(['download/not-found']);
});

test('offline, what is not there is named with its checksum', async () => {
  const result = await download(request({ url: 'http://127.0.0.1:1/a.tar.gz', offline: true }));
  expect(codesOf(result)).toEqual(['download/offline']);
  expect(textOf(result)).toContain('http://127.0.0.1:1/a.tar.gz');
  expect(textOf(result)).toContain(hex('sha256', content));
});

test('local files are copied and checked, also offline', async () => {
  const path = join(work, 'a file?x#y.tgz');
  writeFileSync(path, content);
  const result = await download(request({ url: `file://${path}`, offline: true }));
  expect(codesOf(result)).toEqual([]);
  expectRight();
  const cases = [
    [`file://${work}/missing`, 'download/not-found'],
    [`file://${work}`, 'download/failed'],
  ] as const;
  for (const [url, code] of cases) {
    const destination = join(work, 'out/other');
    expect(codesOf(await download(request({ url, destination })))).toEqual([code]);
  }
});

test('unfinished files may lie on another file system', async ({ skip }) => {
  const elsewhere = '/dev/shm';
  skip(
    !existsSync(elsewhere) || statSync(elsewhere).dev === statSync(work).dev,
    'there is only one file system here',
  );
  const partialDirectory = mkdtempSync(join(elsewhere, 'ashlar-download-'));
  await using server = await HttpServer.start(whole);
  const result = await download(request({ url: server.url('/a'), partialDirectory }));
  expect(readdirSync(partialDirectory)).toEqual([]);
  rmSync(partialDirectory, { recursive: true });
  expect(codesOf(result)).toEqual([]);
  expect(readdirSync(join(work, 'out'))).toEqual(['file']);
  expect(readFileSync(join(work, 'out/file')).equals(content)).toBe(true);
});

test('stopping keeps what has arrived', async () => {
  const controller = new AbortController();
  await using server = await HttpServer.start(
    inTurn(async (_, reply) => {
      reply.head(200, { 'Content-Length': content.length, ETag: '"v1"' });
      await reply.body(content.subarray(0, 80_000));
    }, whole),
  );
  const asked = request({ url: server.url('/a') });
  const stopped = await download({
    ...asked,
    signal: controller.signal,
    onProgress: ({ received }) => received === 80_000 && controller.abort(),
  });
  expect(codesOf(stopped)).toEqual(['download/aborted']);
  expect(codesOf(await download(asked))).toEqual([]);
  expect(server.requests[1]!.headers['range']).toBe('bytes=80000-');
  const late = request({ url: server.url('/a'), destination: join(work, 'out/late') });
  expect(codesOf(await download({ ...late, signal: controller.signal }))).toEqual([
    'download/aborted',
  ]);
});

test('no secret of a URL is shown or stored, yet the server gets it', async () => {
  await using server = await HttpServer.start(
    inTurn(cutAfter(90_000), (_, reply) => reply.send(200, '<html>')),
  );
  const seen: string[] = [];
  const result = await download(
    request({
      url: server.url('/a.tgz?token=hunter2&x=1', 'user:s3cret@'),
      onProgress: ({ url }) => seen.push(url),
    }),
  );
  expect(codesOf(result)).toEqual(['download/mismatch']);
  expect(server.requests[0]!.headers['authorization']).toBe(
    `Basic ${Buffer.from('user:s3cret').toString('base64')}`,
  );
  expect(server.requests[0]!.target).toBe('/a.tgz?token=hunter2&x=1');
  expect(textOf(result)).toContain('/a.tgz?token=…&x=…');
  expect(textOf(result) + seen.join('')).not.toMatch(/hunter2|s3cret/);

  // What lies on the disk between two runs.
  server.handler = inTurn(cutAfter(90_000), status(404));
  await download(request({ url: server.url('/b?token=hunter2', 'user:s3cret@') }));
  const left = readdirSync(join(work, 'partial'));
  expect(left.filter((name) => name.endsWith('.json'))).toHaveLength(1);
  for (const name of left) {
    expect(name + readFileSync(join(work, 'partial', name), 'latin1')).not.toMatch(
      /hunter2|s3cret/,
    );
  }
});

test('credentials do not follow a redirect to another place', async () => {
  await using other = await HttpServer.start(whole);
  await using server = await HttpServer.start((_, reply) =>
    reply.send(302, '', { Location: other.url('/b') }),
  );
  expect(codesOf(await download(request({ url: server.url('/a', 'u:p@') })))).toEqual([]);
  expect(other.requests[0]!.headers['authorization']).toBeUndefined();
});

test('without checksums a file must come whole, and only an unchanged one is resumed', async () => {
  await using server = await HttpServer.start(inTurn(cutAfter(100_000), whole));
  const unpinned = request({ url: server.url('/a'), checksums: {} });
  expect(await download(unpinned)).toMatchObject({
    ok: true,
    value: { digest: { hash: hex('sha256', content) } },
  });
  expect(server.requests[1]!.headers['if-range']).toBe('"v1"');

  await using tagless = await HttpServer.start(
    inTurn(async (_, reply) => {
      reply.head(200, { 'Content-Length': content.length });
      await reply.body(content.subarray(0, 9));
      reply.end();
    }, fileHandler(content)),
  );
  expect(
    codesOf(await download({ ...unpinned, candidates: [{ url: tagless.url('/a') }] })),
  ).toEqual([]);
  expect(tagless.requests[1]!.headers['range']).toBeUndefined();

  const shifted: Handler = (_, reply) =>
    reply.send(206, content.subarray(50_000), {
      'Content-Range': `bytes 50000-${content.length - 1}/${content.length}`,
      ETag: '"v1"',
    });
  await using liar = await HttpServer.start(inTurn(cutAfter(100_000), shifted, whole));
  expect(codesOf(await download({ ...unpinned, candidates: [{ url: liar.url('/a') }] }))).toEqual(
    [],
  );
  expect(readFileSync(join(work, 'out/file')).equals(content)).toBe(true);

  await using endless = await HttpServer.start(async (_, reply) => {
    reply.head(200);
    await reply.body(content);
    reply.end();
  });
  const open = await download({ ...unpinned, candidates: [{ url: endless.url('/a') }] });
  expect(textOf(open)).toContain('neither the length nor the end');
});

test('proxies of the environment and of a candidate are used, and exceptions kept', async () => {
  await using server = await HttpServer.start(whole);
  await using proxy = await HttpServer.start(whole);
  const environment = { http_proxy: proxy.url('', 'me:pw@') };
  const ask = async (fields: Partial<DownloadRequest>): Promise<void> => {
    rmSync(join(work, 'out'), { recursive: true, force: true });
    expect(codesOf(await download(request({ url: server.url('/a'), ...fields })))).toEqual([]);
  };
  await ask({ environment });
  expect(proxy.requests[0]).toMatchObject({
    target: server.url('/a'),
    headers: {
      host: `127.0.0.1:${server.port}`,
      'proxy-authorization': `Basic ${Buffer.from('me:pw').toString('base64')}`,
    },
  });
  expect(server.requests).toHaveLength(0);
  await ask({ environment: { ...environment, no_proxy: 'example.org, 127.0.0.1' } });
  await ask({ environment, candidates: [{ url: server.url('/a'), proxy: 'DIRECT' }] });
  expect(server.requests).toHaveLength(2);
  await ask({ candidates: [{ url: server.url('/a'), proxy: `127.0.0.1:${proxy.port}` }] });
  expect(proxy.requests).toHaveLength(2);
  const bad = await download(
    request({
      url: server.url('/a'),
      environment: { http_proxy: 'socks5://u:p4ss@h:1' },
      destination: join(work, 'x'),
    }),
  );
  expect(textOf(bad)).toContain('socks5://h:1 is not an http or https proxy');
});

test('many requests for one file in one process download it once', async () => {
  await using server = await HttpServer.start(whole);
  const asked = request({ url: server.url('/a') });
  const results = await Promise.all(Array.from({ length: 8 }, () => download(asked)));
  expect(results.flatMap(codesOf)).toEqual([]);
  expect(server.requests).toHaveLength(1);
  expectRight();
});

test('whatever servers do, a file that appears is the right one', async () => {
  const fault = fc.oneof(
    fc.record({ kind: fc.constant('cut'), at: fc.nat(content.length - 1) }),
    fc.record({ kind: fc.constant('lie'), at: fc.nat(content.length - 1) }),
    fc.record({ kind: fc.constant('shift'), at: fc.nat(content.length - 1) }),
    fc.record({
      kind: fc.constantFrom('deaf', 'whole', 'error', 'page', '416'),
      at: fc.constant(0),
    }),
  );
  const behave = ({ kind, at }: { kind: string; at: number }): Handler => {
    return async (incoming, reply) => {
      const start = rangeStart(incoming.headers) ?? 0;
      if (kind === 'error') return reply.send(503, '');
      if (kind === 'page') return reply.send(200, '<html>');
      if (kind === '416') return reply.send(416, '');
      if (kind === 'deaf') return fileHandler(content, { ranges: false })(incoming, reply);
      if (kind === 'whole') return whole(incoming, reply);
      const body = Buffer.from(content.subarray(start));
      if (kind === 'lie') body[Math.min(at, body.length - 1)]! ^= 1;
      const from = kind === 'shift' ? start + 1 : start;
      reply.head(start === 0 ? 200 : 206, {
        'Content-Length': body.length,
        ...(start === 0
          ? {}
          : { 'Content-Range': `bytes ${from}-${content.length - 1}/${content.length}` }),
      });
      await reply.body(kind === 'cut' ? body.subarray(0, at) : body);
      reply.end();
    };
  };
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 6 }),
      fc.array(fault, { minLength: 1, maxLength: 6 }),
      async (first, second) => {
        const destination = join(work, `out/${run++}`);
        await using a = await HttpServer.start(inTurn(...first.map(behave)));
        await using b = await HttpServer.start(inTurn(...second.map(behave), whole));
        const asked = request({
          candidates: [{ url: a.url('/a') }, { url: b.url('/a') }],
          destination,
        });
        const result = await download(asked);
        expect(existsSync(destination)).toBe(result.ok);
        if (result.ok) expect(readFileSync(destination).equals(content)).toBe(true);
        // Whatever the first run left, the next one with a good server recovers.
        await using good = await HttpServer.start(whole);
        const next = await download({ ...asked, candidates: [{ url: good.url('/a') }] });
        expect(codesOf(next)).toEqual([]);
        expectRight(destination);
      },
    ),
    { numRuns: 60 },
  );
});
