// Two checkouts on two machines (stores) that share results through mirrors: a directory, nginx, a server
// that lies. The real program throughout.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ChaosMirror, MOODS, only } from '../rig/chaos.ts';
import { HttpServer } from '../rig/http.ts';
import { startNginx } from '../rig/nginx.ts';
import { createRig, type Rig, type Run } from '../rig/program.ts';
import { filesBelow } from '../rig/store.ts';

const TREE = {
  'base/buildinfo.json': '{}',
  'base/build': '#!/bin/bash\nmkdir -p $PKG_PATH/lib\nseq 1000 > $PKG_PATH/lib/numbers\n',
  'top/buildinfo.json': '{"requires": ["base"]}',
  'top/build':
    '#!/bin/bash\nmkdir -p $PKG_PATH/bin\nwc -l /opt/ashlar/packages/*/lib/numbers > $PKG_PATH/bin/count\n',
};

/** A machine of its own: another directory, store and home. */
function machine(settings: object = {}): Rig {
  const rig = createRig();
  rig.write({ ...TREE, 'ashlar.json': JSON.stringify(settings) });
  return rig;
}

function sharing(mirrors: unknown, more: object = {}): object {
  return { shared_state: { mirrors, ...more } };
}

/** As `run`, but lets a server in this process answer meanwhile. */
function build(rig: Rig, ...argv: string[]): Promise<Run> {
  return rig.start(['build', ...argv]).ended;
}

function archive(rig: Rig): Buffer {
  const [path] = filesBelow(join(rig.packages, 'cache/packages/top')).filter((name) =>
    name.endsWith('.tar.xz'),
  );
  return readFileSync(path!);
}

const ran = (run: Run): number =>
  run.stderr.split('\n').filter((line) => line.startsWith('ran ')).length;

test('what one machine built, another takes from nginx: nothing runs, and the bytes are the same', async () => {
  await using nginx = await startNginx();
  using one = machine(sharing([{ url: nginx.url, write: true }]));
  using other = machine(sharing([nginx.url]));
  const first = await build(one, 'top');
  expect(first.status, first.stderr).toBe(0);
  expect(ran(first)).toBe(4);
  const second = await build(other, 'top');
  expect(second.status, second.stderr).toBe(0);
  expect(ran(second)).toBe(0);
  expect(second.stderr).not.toContain('warning');
  expect(archive(other)).toEqual(archive(one));
  // And from its own store, without asking anybody.
  const third = await build(other, 'top', '--offline');
  expect(ran(third)).toBe(0);
});

test('a directory that several machines share, named in the environment', async () => {
  using one = machine();
  using other = machine();
  const shared = join(one.directory, 'shared');
  const env = { ASHLAR_MIRRORS: `rw:${shared}` };
  expect(one.run(['build', 'top'], { env }).status).toBe(0);
  const second = other.run(['build', 'top'], { env: { ASHLAR_MIRRORS: shared } });
  expect(second.status, second.stderr).toBe(0);
  expect(ran(second)).toBe(0);
});

/** All of them are tried in test/cache/mirror/chaos.test.ts; here, what the user sees of some. */
const SEEN = [
  'a web page in place of everything',
  'a connection that breaks in the middle',
  'one byte at a time',
  'too busy, for an hour',
] as const;

test.each(SEEN)('a mirror with %s costs one message and no build', async (name) => {
  await using chaos = await ChaosMirror.start(MOODS[name]);
  using rig = machine(sharing([{ url: chaos.url('user:very-secret@'), write: true }]));
  const started = rig.start(['build', 'base'], { env: { ASHLAR_MIRROR_PATIENCE: '1' } });
  const run = await started.ended;
  expect(run.status, run.stderr).toBe(0);
  expect(ran(run)).toBe(2);
  const told = run.stderr.split('\n').filter((line) => line.startsWith('warning: '));
  expect(told.length, run.stderr).toBe(1);
  expect(told[0]).toContain('is not asked any more');
  expect(run.stderr + run.stdout).not.toContain('secret');
});

test('a certificate that has expired ends the mirror, and is told as that', async () => {
  using rig = machine();
  const at = (name: string): string => join(rig.directory, name);
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { cwd: rig.directory, stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...ec,
    '-days',
    '9',
    '-subj',
    '/CN=ca',
    '-keyout',
    'ca.key',
    '-out',
    'ca',
  );
  openssl('req', ...ec, '-subj', '/CN=127.0.0.1', '-keyout', 'key', '-out', 'request');
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  const by = ['-CA', 'ca', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
  openssl('x509', '-req', '-in', 'request', ...by, '-days', '-1', '-out', 'cert');
  const [key, cert] = ['key', 'cert'].map((name) => readFileSync(at(name), 'utf8'));
  await using server = await HttpServer.start((_, reply) => reply.send(200, 'x'), {
    key: key!,
    cert: cert!,
  });
  const env = { ASHLAR_MIRRORS: server.url('/cache'), NODE_EXTRA_CA_CERTS: at('ca') };
  const built = await rig.start(['build', '--plain'], { env }).ended;
  expect(built.status, built.stderr).toBe(0);
  expect(built.stderr).toMatch(
    /is not asked any more: its TLS certificate is not accepted \(CERT_HAS_EXPIRED\)/,
  );
  expect(built.stderr.match(/^warning/gm)).toHaveLength(1);
  expect(server.requests).toEqual([]);
});

test('a task that is not to be shared stays here, and what needs it is made elsewhere', () => {
  const files = {
    Blueprints: `package { name: "p", version: "1", tasks: {
        secret: { script: "echo s > /out/s", outputs: { s: "/out/s" }, work: false, shared: false },
        install: { uses: ["s"], script: "install -Dm644 /pkg/in/s/s $DESTDIR$PREFIX/lib/s" },
    } }\n`,
  };
  using rig = createRig();
  rig.write(files);
  const mirror = join(rig.directory, 'mirror');
  expect(rig.run(['build', 'p'], { env: { ASHLAR_MIRRORS: `rw:${mirror}` } }).status).toBe(0);
  using taker = createRig();
  taker.write(files);
  const env = { ASHLAR_MIRRORS: mirror };
  expect(taker.run(['why', 'p:install'], { env }).stdout).toContain('would be restored');
  const run = taker.run(['build', 'p', '--force', 'p:install'], { env });
  expect(run.status, run.stderr).toBe(0);
  expect(run.stderr).toMatch(/^ran {6}p:secret /m);
});

test('what is good for this machine only is sent by nobody, asked for or not', () => {
  using rig = machine();
  const mirror = join(rig.directory, 'mirror');
  const host = ['--sandbox', 'host'];
  expect(rig.run(['build', 'base', ...host]).status).toBe(0);
  const all = rig.run(['cache', 'push', '--all', '--mirror', mirror]);
  // The archive is written by a step, which sees what it is given only.
  expect(all.stdout).toMatch(
    /^\d+ results? offered, 2 kept here: not shared, or made without a sandbox\n$/,
  );
  const one = rig.run(['cache', 'push', 'base', ...host, '--mirror', mirror]);
  expect(one.stdout).toContain('1 kept here: not shared, or made without a sandbox\n');
  using taker = machine();
  expect(
    taker.run(['cache', 'pull', '--all', '--mirror', rig.env['ASHLAR_STORE']!]).stdout,
  ).toMatch(/^2 of 4 results brought/);
});

test('a blob that is gone from the mirror is made again', async () => {
  await using chaos = await ChaosMirror.start();
  using one = machine(sharing([{ url: chaos.url(), write: true }]));
  using other = machine(sharing([chaos.url()]));
  expect((await build(one, 'top')).status).toBe(0);
  chaos.mood = only('GET cas', (_, response) => {
    response.writeHead(404).end();
    return true;
  });
  const run = await build(other, 'top');
  expect(run.status, run.stderr).toBe(0);
  expect(ran(run)).toBe(4);
  expect(archive(other)).toEqual(archive(one));
});

test('what a mirror did not get, because it was away, the next build sends', async () => {
  await using chaos = await ChaosMirror.start();
  using one = machine(sharing([{ url: chaos.url(), write: true }]));
  using other = machine(sharing([chaos.url()]));
  chaos.mood = (_, response) => (response.writeHead(500).end(), true);
  const first = await build(one, 'top');
  expect(first.status, first.stderr).toBe(0);
  expect(first.stderr).toContain('is not asked any more');
  expect(chaos.files.size).toBe(0);
  // Back, but not for writing: that is told, and nothing is lost.
  chaos.mood = only('PUT', (_, response) => (response.writeHead(403).end(), true));
  const second = await build(one, 'top');
  expect(second.stderr).toContain('nothing more is sent to the mirror');
  expect(chaos.files.size).toBe(0);
  chaos.mood = () => false;
  const third = await build(one, 'top');
  expect(third.status).toBe(0);
  expect(third.stderr).not.toContain('warning');
  expect(ran(third)).toBe(0);
  const taken = await build(other, 'top');
  expect(ran(taken), taken.stderr).toBe(0);
  expect(archive(other)).toEqual(archive(one));
  // Once: there is nothing left to send, and the next build is skipped again.
  chaos.requests.length = 0;
  expect((await build(one, 'base')).status).toBe(0);
  expect(chaos.count('PUT')).toBe(0);
});

test('what was built offline, the next build that is online sends, and only to mirrors that are written', async () => {
  await using chaos = await ChaosMirror.start();
  await using read = await ChaosMirror.start();
  using one = machine(sharing([{ url: chaos.url(), write: true }, read.url()]));
  using other = machine(sharing([chaos.url()]));
  const first = await build(one, 'top', '--offline');
  expect(first.status, first.stderr).toBe(0);
  expect(first.stderr).not.toContain('warning');
  const host = await build(one, 'base', '--offline', '--sandbox', 'host');
  expect(ran(host)).toBeGreaterThan(0);
  expect(chaos.requests).toEqual([]);
  const second = await build(one, 'top');
  expect(second.status, second.stderr).toBe(0);
  expect(second.stderr).not.toContain('warning');
  expect(ran(second)).toBe(0);
  expect(read.count('PUT')).toBe(0);
  const taken = await build(other, 'top');
  expect(ran(taken), taken.stderr).toBe(0);
  expect(archive(other)).toEqual(archive(one));
  // What was seen without isolation stays.
  expect(ran(await build(other, 'base', '--sandbox', 'host'))).toBe(ran(host));
});

test('an unsigned or poisoned result is ignored, named, and the task runs', async () => {
  await using chaos = await ChaosMirror.start();
  using builder = machine();
  const env = { ASHLAR_MIRRORS: `rw:${chaos.url()}` };
  const made = builder.run(['keys', 'generate', 'ci']).stdout.split('\n')[0]!;
  expect(made).toMatch(/^ashlar-public-1:ci:/);
  const trust = { keys: { ci: made } };
  // Somebody without the key fills the mirror.
  expect((await builder.start(['build', 'top'], { env }).ended).status).toBe(0);
  using reader = machine(sharing([chaos.url()], trust));
  const first = await build(reader, 'top');
  expect(first.status, first.stderr).toBe(0);
  expect(ran(first)).toBe(4);
  expect(first.stderr).toMatch(
    /warning: the result ac\/[0-9a-f]{64} of the mirror .* is not trusted: it is not signed/,
  );

  // The builder signs what it has, in place of what was there.
  using signer = machine(
    sharing([{ url: chaos.url(), write: true }], { ...trust, sign: { key: 'ci' } }),
  );
  writeFileSync(join(signer.directory, 'key'), '');
  const key = readFileSync(join(builder.directory, 'home/.config/ashlar/keys/ci.key'), 'utf8');
  const signed = await signer.start(['build', 'top'], { env: { ASHLAR_SIGNING_KEY: key } }).ended;
  expect(signed.status, signed.stderr).toBe(0);
  expect(ran(signed)).toBe(4);
  using trusting = machine(sharing([chaos.url()], trust));
  const second = await build(trusting, 'top');
  expect(ran(second), second.stderr).toBe(0);
  expect(second.stderr).not.toContain('warning');
  expect(second.stderr + signed.stderr).not.toContain(key.split(':')[2]!.trim());
});

test('push, then pull on another machine, which then builds without a network', async () => {
  await using chaos = await ChaosMirror.start();
  using one = machine();
  using other = machine();
  expect(one.run(['build', 'top']).status).toBe(0);
  const pushed = await one.start(['cache', 'push', 'top', '--mirror', chaos.url()]).ended;
  expect(pushed, pushed.stderr).toMatchObject({
    status: 0,
    stderr: '',
    stdout: '4 results offered\n',
  });
  const pulled = await other.start(['cache', 'pull', '--mirror', chaos.url(), 'top']).ended;
  expect(pulled, pulled.stderr).toMatchObject({ status: 0, stderr: '' });
  expect(pulled.stdout).toMatch(/^4 of 4 results brought/);
  const run = other.run(['build', 'top', '--offline']);
  expect(run.status, run.stderr).toBe(0);
  expect(ran(run)).toBe(0);
});
