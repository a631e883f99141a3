// Git sources as processes: killed in the middle of a fetch, and many at once.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readIfExists } from '../../../src/base/fs.ts';
import { HttpServer, type Handler } from '../../rig/http.ts';
import { buildChild, startChild } from '../../rig/httpchild.ts';
import { Repository, snapshot } from '../../rig/repository.ts';

let program: string;
let programs: string;
let work: string;
let repository: Repository;
let commit: string;

beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), 'ashlar-child-'));
  program = await buildChild(programs, 'source');
});
afterAll(() => rmSync(programs, { recursive: true }));
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ashlar-source-'));
  repository = new Repository(join(work, 'upstream'));
  commit = repository.commit({ file: 'one' });
  repository.git('repack', '-q', '-a', '-d');
  repository.git('update-server-info');
});
afterEach(() => rmSync(work, { recursive: true }));

/** The repository over git's plain-file protocol. */
const files: Handler = ({ target }, reply) => {
  const path = target.replace(/^\/r\.git\//, '').replace(/\?.*/, '');
  const content = readIfExists(join(repository.path, '.git', path));
  if (content === undefined) reply.send(404, '');
  else reply.send(200, content);
};

function request(server: HttpServer, name: string): object {
  return {
    source: { kind: 'git', git: server.url('/r.git'), ref: commit, ref_origin: 'master' },
    cache: join(work, 'cache'),
    packageDirectory: work,
    destination: join(work, name),
  };
}

test('a fetch that was killed leaves nothing that counts', async () => {
  let stalled = (): void => undefined;
  const hasStalled = new Promise<void>((resolve) => (stalled = resolve));
  await using server = await HttpServer.start((incoming, reply) => {
    if (incoming.target.endsWith('.pack')) stalled();
    else return files(incoming, reply);
  });
  const child = startChild(program, request(server, 'first'));
  await hasStalled;
  child.process.kill('SIGKILL');
  expect(await child.result).toBeUndefined();
  const left = readdirSync(join(work, 'cache/git'));
  expect(left).toHaveLength(2);

  server.handler = files;
  expect(await startChild(program, request(server, 'second')).result).toMatchObject({ ok: true });
  expect(readFileSync(join(work, 'second/file'), 'utf8')).toBe('one');
  expect(readdirSync(join(work, 'cache/git'))).toEqual(
    left.filter((name) => name.endsWith('.git')),
  );
});

test('processes that want one commit at once get the same bytes', async () => {
  await using server = await HttpServer.start(files);
  mkdirSync(join(work, 'cache'));
  const names = ['a', 'b', 'c', 'd'];
  const children = names.map((name) => startChild(program, request(server, name)));
  const results = await Promise.all(children.map(({ result }) => result));
  expect(results.map((result) => result?.ok)).toEqual([true, true, true, true]);
  for (const name of names) {
    expect(snapshot(join(work, name))).toEqual(snapshot(join(work, 'a')));
  }
  const listings = server.requests.filter(({ target }) => target.includes('info/refs'));
  expect(listings).toHaveLength(1);
});
