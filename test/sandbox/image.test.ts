// The machine as an image: what is mounted, and what its identity does and does not depend on.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { hostImage, hostRoot } from '../../src/sandbox/image.ts';
import { isRoot, printed, scratch } from './rig.ts';

const STATUS = `Package: gcc
Status: install ok installed
Architecture: amd64
Version: 4:12.2.0-3

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: make
Status: install ok installed
Architecture: amd64
Version: 4.3-4.1
`;

/** A small machine of the merged kind. */
function machine(root: string): string {
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  for (const name of ['lib', 'lib64', 'sbin', 'local/bin']) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
  writeFileSync(join(root, 'usr/bin/gcc-12'), 'compiler');
  symlinkSync('gcc-12', join(root, 'usr/bin/gcc'));
  writeFileSync(join(root, 'usr/bin/sh'), 'shell');
  writeFileSync(join(root, 'usr/local/bin/cc'), 'local');
  mkdirSync(join(root, 'etc/alternatives'), { recursive: true });
  symlinkSync('/usr/bin/mawk', join(root, 'etc/alternatives/awk'));
  writeFileSync(join(root, 'etc/alternatives/README'), 'text');
  mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
  writeFileSync(join(root, 'var/lib/dpkg/status'), STATUS);
  return root;
}

async function identity(root: string, cache?: string): Promise<string> {
  const image = await hostImage({
    root,
    ...(cache === undefined ? {} : { cache: { file: cache, records: `${cache}.records` } }),
  });
  if (!image.ok) throw new Error(image.diagnostics[0]!.message);
  return image.value.identity;
}

describe('mounts', () => {
  test('of a merged system', () => {
    using work = scratch();
    const root = machine(work.path);
    expect(hostRoot(root)).toEqual({
      mounts: [
        { source: join(root, 'usr'), target: '/usr', writable: false },
        { source: join(root, 'etc/alternatives'), target: '/etc/alternatives', writable: false },
      ],
      links: { '/bin': 'usr/bin', '/sbin': 'usr/sbin', '/lib': 'usr/lib', '/lib64': 'usr/lib64' },
      hidden: ['/usr/local'],
    });
  });

  test('of a system that is not merged', () => {
    using work = scratch();
    const root = work.path;
    for (const name of ['usr/bin', 'bin', 'lib']) mkdirSync(join(root, name), { recursive: true });
    symlinkSync('../var/local', join(root, 'usr/local'));
    expect(hostRoot(root)).toEqual({
      mounts: ['usr', 'bin', 'lib'].map((name) => ({
        source: join(root, name),
        target: `/${name}`,
        writable: false,
      })),
      links: {},
      hidden: [],
    });
  });

  test('of no system', async () => {
    using work = scratch();
    expect(await hostImage({ root: work.path })).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'sandbox/no-usr', fault: 'environment' }],
    });
  });
});

describe('the identity', () => {
  test('is known for a known machine', async () => {
    using work = scratch();
    const image = await hostImage({ root: machine(work.path) });
    expect(image).toMatchObject({ ok: true, value: { name: 'host', impure: true } });
    const other = scratch();
    expect(await identity(machine(other.path))).toBe(await identity(work.path));
    other[Symbol.dispose]();
  });

  const file = (path: string, text: string) => (root: string) =>
    writeFileSync(join(root, path), text);
  const link = (path: string, target: string) => (root: string) => {
    rmSync(join(root, path), { force: true });
    symlinkSync(target, join(root, path));
  };

  test.each([
    ['a new version of a package', file('var/lib/dpkg/status', STATUS.replace('12.2', '12.3'))],
    ['a removed package', file('var/lib/dpkg/status', STATUS.slice(0, 100))],
    ['another architecture', file('var/lib/dpkg/status', STATUS.replace('amd64', 'arm64'))],
    ['a changed tool', file('usr/bin/gcc-12', 'other compiler')],
    ['a link to another tool', link('usr/bin/gcc', 'sh')],
    ['a new tool', file('usr/bin/cc', 'compiler')],
    ['a missing tool', (root: string) => rmSync(join(root, 'usr/bin/sh'))],
    ['another alternative', link('etc/alternatives/awk', '/usr/bin/gawk')],
    ['no package database', (root: string) => rmSync(join(root, 'var/lib/dpkg/status'))],
  ])('changes with %s', async (_, change) => {
    using work = scratch();
    const root = machine(work.path);
    const before = await identity(root);
    change(root);
    expect(await identity(root)).not.toBe(before);
  });

  test.each([
    [
      'the order of packages',
      file('var/lib/dpkg/status', STATUS.split('\n\n').reverse().join('\n\n')),
    ],
    [
      'leftover configuration',
      file('var/lib/dpkg/status', STATUS.replace(/Package: gone[^]*?\n\n/, '')),
    ],
    [
      'other fields',
      file('var/lib/dpkg/status', STATUS.replaceAll('Status', 'Essential: no\nStatus')),
    ],
    ['what lies in /usr/local', file('usr/local/bin/cc', 'other')],
    ['times', (root: string) => utimesSync(join(root, 'usr/bin/gcc-12'), 1, 1)],
    ['text beside the alternatives', file('etc/alternatives/README', 'other text')],
  ])('does not change with %s', async (_, change) => {
    using work = scratch();
    const root = machine(work.path);
    const before = await identity(root);
    change(root);
    expect(await identity(root)).toBe(before);
  });

  test('comes from whatever package database there is', async () => {
    using work = scratch();
    const root = machine(work.path);
    rmSync(join(root, 'var/lib/dpkg/status'));
    const none = await identity(root);
    writeFileSync(join(root, 'etc/os-release'), 'ID=x\nVERSION_ID=2\n');
    const released = await identity(root);
    mkdirSync(join(root, 'var/lib/rpm'), { recursive: true });
    writeFileSync(join(root, 'var/lib/rpm/rpmdb.sqlite'), 'no database that rpm could read');
    const rpm = await identity(root);
    rmSync(join(root, 'lib'));
    mkdirSync(join(root, 'lib/apk/db'), { recursive: true });
    writeFileSync(
      join(root, 'lib/apk/db/installed'),
      'P:musl\nV:1.2.4-r2\nA:x86_64\n\nP:gcc\nV:1\n',
    );
    const apk = await identity(root);
    writeFileSync(
      join(root, 'lib/apk/db/installed'),
      'P:musl\nV:1.2.4-r3\nA:x86_64\n\nP:gcc\nV:1\n',
    );
    expect(new Set([none, released, rpm, apk, await identity(root)]).size).toBe(5);
  });

  test('survives any bytes in the database', async () => {
    using work = scratch();
    const root = machine(work.path);
    for (const text of [
      '',
      '\0\xff\n\n\n',
      'Package\nStatus: x\n',
      'Package: a\n\nStatus: b c installed',
    ]) {
      writeFileSync(join(root, 'var/lib/dpkg/status'), text, 'latin1');
      expect(await identity(root)).toMatch(/^[0-9a-f]{64}$/);
    }
    rmSync(join(root, 'etc/alternatives'), { recursive: true });
    writeFileSync(join(root, 'etc/alternatives'), 'a file');
    expect(await identity(root)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('the cache', () => {
  /** Files that were changed a while ago. */
  function settled(root: string): string {
    for (const path of [
      'usr/bin/gcc-12',
      'usr/bin/sh',
      'var/lib/dpkg/status',
      'etc/alternatives',
    ]) {
      utimesSync(join(root, path), 1_600_000_000, 1_600_000_000);
    }
    return root;
  }

  test('is not trusted with what changed a moment ago', async () => {
    using work = scratch();
    const root = settled(machine(join(work.path, 'root')));
    const cache = join(work.path, 'identity');
    await identity(root, cache);
    // The change of the times above is itself a change.
    expect(existsSync(cache)).toBe(false);
  });

  test('holds on this machine, whose programs are older, and only saves time', async () => {
    using work = scratch();
    const cache = join(work.path, 'identity');
    const fresh = await identity('/');
    expect(await identity('/', cache)).toBe(fresh);
    expect(await identity('/', cache)).toBe(fresh);
    if (!existsSync(cache)) return;
    const [key] = readFileSync(cache, 'utf8').split('\n');
    // What it is the digest of is kept beside it; without, it would be worked out again.
    const record = readFileSync(join(`${cache}.records`, fresh));
    expect(digestOf(record).hash).toBe(fresh);
    writeFileSync(join(`${cache}.records`, '0'.repeat(64)), record);
    writeFileSync(cache, `${key}\n${'0'.repeat(64)}\n`);
    expect(await identity('/', cache)).toBe('0'.repeat(64));
    for (const text of ['', 'x', `${key}\n`, `${key}\nnonsense\n`, `other\n${'0'.repeat(64)}\n`]) {
      writeFileSync(cache, text);
      expect(await identity('/', cache)).toBe(fresh);
    }
    writeFileSync(cache, `${key}\n${'0'.repeat(64)}\n`);
    expect(statSync(cache).mode & 0o777).toBe(0o644);
  });

  test('may be anywhere, also where nothing can be', async () => {
    using work = scratch();
    writeFileSync(join(work.path, 'file'), '');
    const fresh = await identity('/');
    for (const cache of [join(work.path, 'none/identity'), join(work.path, 'file/x'), work.path]) {
      expect(await identity('/', cache)).toBe(fresh);
    }
  });
});

test.runIf(isRoot)('an ordinary user finds the same identity', async () => {
  const { buildSync } = await import('esbuild');
  using work = scratch();
  const outfile = join(work.path, 'identity.mjs');
  const path = join(import.meta.dirname, '../../src/sandbox/image.ts');
  buildSync({
    stdin: {
      contents: `import { hostImage } from ${JSON.stringify(path)};
        process.stdout.write((await hostImage()).value.identity);`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const found = await printed([...user, process.execPath, outfile], { cwd: '/', env: {} });
  expect(found).toBe(await identity('/'));
});
