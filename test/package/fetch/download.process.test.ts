// Downloads as processes: killed, many at once, on full and read-only disks, and over TLS.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { formatDiagnostic } from '../../../src/base/diagnostic.ts';
import type { DownloadRequest } from '../../../src/package/fetch/download.ts';
import { makeCertificate } from '../../rig/certificate.ts';
import { fileHandler, HttpServer, type Handler } from '../../rig/http.ts';
import { buildChild, startChild, type ChildResult } from '../../rig/httpchild.ts';

const content = randomBytes(400_000);
const sha256 = createHash('sha256').update(content).digest('hex');
let program: string;
let programs: string;
let work: string;

beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), 'ashlar-child-'));
  program = await buildChild(programs, 'download');
});
afterAll(() => rmSync(programs, { recursive: true }));
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-download-'));
});
afterEach(() => rmSync(work, { recursive: true }));

function request(url: string, fields: Partial<DownloadRequest> = {}): Partial<DownloadRequest> {
  return {
    candidates: [{ url }],
    checksums: { sha256 },
    destination: join(work, 'out/file'),
    partialDirectory: join(work, 'partial'),
    environment: {},
    ...fields,
  };
}

function codesOf(result: ChildResult | undefined): string[] | undefined {
  return result?.ok === false ? result.diagnostics.map(({ code }) => code) : undefined;
}

function expectRight(): void {
  expect(readFileSync(join(work, 'out/file')).equals(content)).toBe(true);
  expect(readdirSync(join(work, 'partial'))).toEqual([]);
}

/** Sends so much of the file and then nothing more. */
const stallAfter =
  (bytes: number): Handler =>
  async (_, reply) => {
    reply.head(200, { 'Content-Length': content.length, ETag: '"v1"' });
    await reply.body(content.subarray(0, bytes));
  };

const whole = fileHandler(content, { etag: '"v1"' });

test('a download killed at any point goes on in the next run', async () => {
  await using server = await HttpServer.start(whole);
  const points = [1, 65_536, 200_000, content.length - 1];
  for (const [index, point] of points.entries()) {
    server.handler = async (incoming, reply) => {
      if (incoming.headers['range'] === undefined) return stallAfter(point)(incoming, reply);
      reply.head(206, {
        'Content-Length': content.length,
        'Content-Range': `bytes ${points[index - 1]}-${content.length - 1}/${content.length}`,
        ETag: '"v1"',
      });
      await reply.body(content.subarray(points[index - 1], point));
    };
    const child = startChild(program, request(server.url('/a')));
    await child.received(point);
    child.process.kill('SIGKILL');
    expect(await child.result).toBeUndefined();
    expect(existsSync(join(work, 'out/file'))).toBe(false);
  }
  server.handler = whole;
  expect((await startChild(program, request(server.url('/a'))).result)?.ok).toBe(true);
  expectRight();
  expect(server.requests.map(({ headers }) => headers['range'])).toEqual([
    undefined,
    ...points.map((point) => `bytes=${point}-`),
  ]);
  expect(server.requests.at(-1)!.headers['if-range']).toBe('"v1"');
});

test('processes that want one file at once download it once', async () => {
  await using server = await HttpServer.start(whole);
  const children = Array.from({ length: 4 }, () => startChild(program, request(server.url('/a'))));
  const results = await Promise.all(children.map(({ result }) => result));
  expect(results.map((result) => result?.ok)).toEqual([true, true, true, true]);
  expect(server.requests).toHaveLength(1);
  expectRight();
});

test('a process that waits for a killed one takes over', async () => {
  await using server = await HttpServer.start(stallAfter(100_000));
  const first = startChild(program, request(server.url('/a')));
  await first.received(100_000);
  server.handler = whole;
  const second = startChild(program, request(server.url('/a')));
  first.process.kill('SIGKILL');
  expect((await second.result)?.ok).toBe(true);
  expect(server.requests[1]!.headers['range']).toBe('bytes=100000-');
  expectRight();
});

test('a process that must not wait for another name space still gets the right file', async ({
  skip,
}) => {
  // Another network name space does not see our locks: both work, on files of their own.
  const prefix = ['unshare', '-Urn'];
  skip(spawnSync(prefix[0]!, [...prefix.slice(1), 'true']).status !== 0, 'no name spaces here');
  mkdirSync(join(work, 'partial'));
  const source = join(work, 'source');
  writeFileSync(source, content);
  await using server = await HttpServer.start(stallAfter(100_000));
  const first = startChild(program, request(server.url('/a')));
  await first.received(100_000);
  const second = startChild(program, request(`file://${source}`), { prefix });
  expect((await second.result)?.ok).toBe(true);
  expect(readFileSync(join(work, 'out/file')).equals(content)).toBe(true);
  // The first one's part is not the second one's to take.
  expect(readdirSync(join(work, 'partial')).some((name) => !name.endsWith('.json'))).toBe(true);
  first.process.kill('SIGKILL');
  await first.result;
});

const inSmallDisk = (size: string): string[] => [
  'unshare',
  '-Urm',
  'sh',
  '-c',
  `mount -t tmpfs -o size=${size} none "$0" && exec "$@"`,
];

test('a full disk is told, and nothing half-written stays on it', async ({ skip }) => {
  const disk = join(work, 'disk');
  mkdirSync(disk);
  const prefix = [...inSmallDisk('200k'), disk];
  skip(spawnSync(prefix[0]!, [...prefix.slice(1), 'true']).status !== 0, 'no name spaces here');
  await using server = await HttpServer.start(whole);
  const full = request(server.url('/a'), {
    destination: join(disk, 'out/file'),
    partialDirectory: join(disk, 'partial'),
  });
  // The shell lists the disk after the download, while it is still mounted.
  const listing = ['sh', '-c', `"$@"; find "$0" -type f > ${work}/listing`, disk];
  const child = startChild(program, full, { prefix: [...prefix, ...listing] });
  const result = await child.result;
  expect(codesOf(result)).toEqual(['fs/enospc']);
  expect(server.requests).toHaveLength(1);
  if (result?.ok === false) expect(formatDiagnostic(result.diagnostics[0]!)).toContain(disk);
  expect(readFileSync(join(work, 'listing'), 'utf8')).toBe('');
});

test('a read-only cache is told', async ({ skip }) => {
  const disk = join(work, 'disk');
  mkdirSync(disk);
  const prefix = [...inSmallDisk('1m,ro'), disk];
  skip(spawnSync(prefix[0]!, [...prefix.slice(1), 'true']).status !== 0, 'no name spaces here');
  const readOnly = request('http://127.0.0.1:1/a', { partialDirectory: join(disk, 'partial') });
  expect(codesOf(await startChild(program, readOnly, { prefix }).result)).toEqual(['fs/erofs']);
});

test('over TLS: an accepted certificate, an unknown one, a downgrade, a tunnel', async () => {
  const certificate = makeCertificate(work);
  const trusting = { env: { NODE_EXTRA_CA_CERTS: certificate.path } };
  await using server = await HttpServer.start(whole, certificate);

  const unknown = await startChild(program, request(server.url('/a'))).result;
  expect(codesOf(unknown)).toEqual(['download/failed']);
  if (unknown?.ok === false) {
    expect(formatDiagnostic(unknown.diagnostics[0]!)).toContain('TLS certificate is not accepted');
  }

  await using plain = await HttpServer.start(whole);
  server.handler = (_, reply) => reply.send(302, '', { Location: plain.url('/a') });
  const downgrade = await startChild(program, request(server.url('/a')), trusting).result;
  if (downgrade?.ok !== false) throw new Error('a downgrade was followed');
  expect(formatDiagnostic(downgrade.diagnostics[0]!)).toContain('from https');
  expect(plain.requests).toHaveLength(0);

  server.handler = whole;
  await using proxy = await HttpServer.start(async ({ method, target, headers }, reply) => {
    expect(method).toBe('CONNECT');
    if (headers['proxy-authorization'] === undefined) return reply.send(407, '');
    const [host, port] = target.split(':');
    const onward = connect(Number(port), host);
    onward.on('error', () => reply.reset());
    await reply.body('HTTP/1.1 200 OK\r\n\r\n');
    reply.socket.pipe(onward).pipe(reply.socket);
  });
  const refused = request(server.url('/a'), { environment: { https_proxy: proxy.url('') } });
  const denied = await startChild(program, refused, trusting).result;
  if (denied?.ok !== false) throw new Error('the proxy was passed by');
  expect(formatDiagnostic(denied.diagnostics[0]!)).toContain('the proxy answered 407');
  const tunnelled = request(server.url('/a'), {
    environment: { https_proxy: proxy.url('', 'u:p@') },
  });
  expect(await startChild(program, tunnelled, trusting).result).toMatchObject({ ok: true });
  expectRight();
});
