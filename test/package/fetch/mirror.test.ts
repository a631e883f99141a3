// Mirror names: those of the settings, and those of this machine's own apt and npm.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatDiagnostic, type Result } from '../../../src/base/diagnostic.ts';
import { run, type CommandResult } from '../../../src/base/process.ts';
import type { RunCommand } from '../../../src/package/fetch/apt.ts';
import { mirrorsOf } from '../../../src/package/fetch/mirror.ts';
import type { Candidate } from '../../../src/package/fetch/transfer.ts';

/** Answers commands by their first words. */
function machine(answers: Record<string, string>): RunCommand & { readonly calls: string[] } {
  const calls: string[] = [];
  const answer: RunCommand = (command, argv) => {
    const line = [command, ...argv].join(' ');
    calls.push(line);
    const key = Object.keys(answers).find((start) => line.startsWith(start));
    const missing: CommandResult = { status: 127, stdout: '', stderr: '', startError: 'ENOENT' };
    return Promise.resolve(
      key === undefined ? missing : { status: 0, stdout: answers[key]!, stderr: '' },
    );
  };
  return Object.assign(answer, { calls });
}

const BARE = machine({});

function codes(result: Result<readonly Candidate[]>): string[] {
  return result.ok ? [] : result.diagnostics.map(({ code }) => code);
}

test('other URLs are their own only place', async () => {
  expect(await mirrorsOf({}, BARE).candidates('https://h/a')).toEqual({
    ok: true,
    value: [{ url: 'https://h/a' }],
  });
});

test('a name of the settings gives its URLs in order', async () => {
  const mirrors = mirrorsOf({ gnu: ['https://a.example/gnu', 'file:///srv/gnu/'] }, BARE);
  expect(await mirrors.candidates('mirror://gnu/sed/sed.tar.xz?x')).toEqual({
    ok: true,
    value: [
      { url: 'https://a.example/gnu/sed/sed.tar.xz?x' },
      { url: 'file:///srv/gnu/sed/sed.tar.xz?x' },
    ],
  });
});

test('debian is what apt uses: each repository once, with its proxy', async () => {
  const commands = machine({
    'apt-get indextargets':
      'http://a.example/debian/\nhttp://a.example/debian/\nhttps://b.example/debian-security\ncdrom:[x]/\nfile:/srv/deb\ntor+http://c/\n',
    'apt-config dump':
      'Acquire::http::Proxy "http://proxy:3142";\nAcquire::http::Proxy::b.example "DIRECT";\nAcquire::https::Proxy "";\n',
  });
  const mirrors = mirrorsOf({}, commands);
  const expected = [
    { url: 'http://a.example/debian/pool/z.tar.gz', proxy: 'http://proxy:3142' },
    { url: 'https://b.example/debian-security/pool/z.tar.gz', proxy: 'DIRECT' },
    { url: 'file:///srv/deb/pool/z.tar.gz' },
  ];
  for (let i = 0; i < 2; i++) {
    expect(await mirrors.candidates('mirror://debian/pool/z.tar.gz')).toEqual({
      ok: true,
      value: expected,
    });
  }
  expect(commands.calls).toHaveLength(2);
});

test('a list of mirrors that apt reads from a file is read as well', async () => {
  const work = mkdtempSync(join(tmpdir(), 'ashlar-mirror-'));
  const list = join(work, 'debian.list');
  writeFileSync(list, 'https://a.example/debian\tpriority:1\n\nhttps://b.example/debian/\n');
  const commands = machine({ 'apt-get': `mirror+file:${list}\nmirror+file:${work}/none\n` });
  const found = await mirrorsOf({}, commands).candidates('mirror://debian/x');
  rmSync(work, { recursive: true });
  expect(found).toEqual({
    ok: true,
    value: [{ url: 'https://a.example/debian/x' }, { url: 'https://b.example/debian/x' }],
  });
});

test('npm is what npm uses', async () => {
  const commands = machine({
    npm: 'registry=https://npm.example/r\nhttps-proxy=http://p:1/\nproxy=null\n',
  });
  expect(await mirrorsOf({}, commands).candidates('mirror://npm/a/-/a-1.0.0.tgz')).toEqual({
    ok: true,
    value: [{ url: 'https://npm.example/r/a/-/a-1.0.0.tgz', proxy: 'http://p:1/' }],
  });
});

test('settings win over predefined names, and nothing is asked without need', async () => {
  const commands = machine({});
  const mirrors = mirrorsOf({ debian: ['https://own.example'] }, commands);
  expect(await mirrors.candidates('mirror://debian/x')).toEqual({
    ok: true,
    value: [{ url: 'https://own.example/x' }],
  });
  expect(commands.calls).toEqual([]);
});

test('mistakes are told with what is known', async () => {
  const mirrors = mirrorsOf(
    { gnu: ['https://a.example'], bad: ['mirror://gnu/x', 'relative'], none: [] },
    BARE,
  );
  const unknown = await mirrors.candidates('mirror://debain/x');
  expect(codes(unknown)).toEqual(['source/mirror-unknown']);
  const text = unknown.ok ? '' : unknown.diagnostics.map(formatDiagnostic).join();
  expect(text).toContain('known are gnu, bad, none, debian, npm');
  expect(text).toContain('did you mean "debian"?');
  for (const [url, code] of [
    ['mirror://', 'source/mirror-unknown'],
    ['mirror://__proto__/x', 'source/mirror-unknown'],
    ['mirror://gnu', 'source/mirror-path'],
    ['mirror://gnu/', 'source/mirror-path'],
    ['mirror://bad/x', 'source/mirror-url'],
    ['mirror://none/x', 'source/mirror-url'],
    ['mirror://debian/x', 'source/mirror-unavailable'],
    ['mirror://npm/x', 'source/mirror-unavailable'],
  ] as const) {
    expect(codes(await mirrors.candidates(url)), url).toEqual([code]);
  }
});

test("this machine's own apt names repositories", async ({ skip }) => {
  const { stdout, startError } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)']);
  skip(startError !== undefined || stdout.trim() === '', 'no apt here');
  const found = await mirrorsOf({}).candidates('mirror://debian/pool/main/z/zlib/zlib.tar.gz');
  if (!found.ok) throw new Error(found.diagnostics.map(formatDiagnostic).join());
  expect(found.value.length).toBeGreaterThan(0);
  for (const { url } of found.value) {
    expect(url).toMatch(/^(https?|file):\/\/.*[^/]\/pool\/main\/z\/zlib\/zlib\.tar\.gz$/);
  }
  expect(new Set(found.value.map(({ url }) => url)).size).toBe(found.value.length);
});
