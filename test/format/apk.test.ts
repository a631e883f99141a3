// Packages of apk-tools 2 taken apart with other programs than those that wrote them: three things of the
// format are checked that apk itself checks, and one that only its upgrades need.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, utimesSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { apkFileName, apkName, pkginfoText, writeApk } from '../../src/format/apk.ts';
import type { PackageMetadata } from '../../src/format/metadata.ts';
import { HELLO, LONG, makePayload, payloadOf, SPACES } from '../rig/payload.ts';
import { scratch, type Scratch } from '../rig/scratch.ts';

async function written(
  directory: Scratch,
  more: Partial<PackageMetadata> = {},
  payload = makePayload(directory.at('tree')),
): Promise<Buffer> {
  const file = directory.at('a.apk');
  expect(await writeApk({ ...HELLO, ...more }, payload, file)).toMatchObject({ ok: true });
  return readFileSync(file);
}

/** The members that a file is put together of, each with its compressed bytes: gzip says where one ends. */
function members(file: Buffer): { compressed: Buffer; content: Buffer }[] {
  const found: { compressed: Buffer; content: Buffer }[] = [];
  for (let at = 0; at < file.length;) {
    const starts: number[] = [];
    for (let next = file.indexOf('\x1f\x8b\x08', at + 1, 'latin1'); next !== -1;) {
      starts.push(next);
      next = file.indexOf('\x1f\x8b\x08', next + 1, 'latin1');
    }
    const end = [...starts, file.length].find((one) => isWhole(file.subarray(at, one)))!;
    const compressed = file.subarray(at, end);
    found.push({ compressed, content: gunzipSync(compressed) });
    at = end;
  }
  return found;
}

function isWhole(bytes: Buffer): boolean {
  try {
    gunzipSync(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Fields of `.PKGINFO`, in order. */
function pkginfo(control: Buffer): string {
  return execFileSync('tar', ['-xO', '-f', '-', '.PKGINFO'], { input: control, encoding: 'utf8' });
}

interface Member {
  readonly type: string;
  /** Of a link, where it leads. */
  readonly content: Buffer;
  readonly checksum: string | undefined;
}

/** What a tar archive holds, by name; its pax headers read by hand. */
function records(tar: Buffer): Map<string, Member> {
  const found = new Map<string, Member>();
  let pax = new Map<string, string>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const text = (from: number, length: number): string =>
      tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const type = text(156, 1);
    const content = tar.subarray(at + 512, at + 512 + size);
    if (type === 'x') {
      pax = new Map(
        [...content.toString('utf8').matchAll(/^\d+ ([^=]+)=(.*)$/gm)].map(([, key, value]) => [
          key!,
          value!,
        ]),
      );
    } else {
      const prefix = text(345, 155);
      const name = pax.get('path') ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
      const link = Buffer.from(pax.get('linkpath') ?? text(157, 100));
      const checksum = pax.get('APK-TOOLS.checksum.SHA1');
      found.set(name, { type, content: type === '2' ? link : content, checksum });
      pax = new Map();
    }
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return found;
}

const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');

test('what it says of itself comes first, then its files, whose digest that holds', async () => {
  using directory = scratch();
  const [control, data, ...rest] = members(await written(directory, { version: '1.0~rc1-3' }));
  expect(rest).toEqual([]);
  const digest = createHash('sha256').update(data!.compressed).digest('hex');
  const machine = execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim();
  expect(pkginfo(control!.content)).toBe(
    [
      'pkgname = hello',
      'pkgver = 1.0_rc1-r3',
      'pkgdesc = says hello',
      'url = https://example.org/hello',
      'builddate = 315532800',
      'packager = A <a@example.org>',
      'size = 69',
      `arch = ${machine}`,
      'origin = hello',
      'maintainer = A <a@example.org>',
      'license = MIT',
      'depend = words',
      'depend = hello-data=1.0_rc1-r3',
      `datahash = ${digest}`,
      '',
    ].join('\n'),
  );
  // Together they are one archive: the first part has no end.
  expect(control!.content.subarray(-512).equals(Buffer.alloc(512))).toBe(false);
  expect(data!.content.subarray(-1024).equals(Buffer.alloc(1024))).toBe(true);
});

test('every file and link has its checksum, directories have none', async () => {
  using directory = scratch();
  const [, data] = members(await written(directory));
  const all = records(data!.content);
  for (const [name, { type, content, checksum }] of all) {
    expect([name, checksum]).toEqual([name, type === '5' ? undefined : sha1(content)]);
  }
  expect([...all.keys()]).toEqual(
    expect.arrayContaining(['opt/', 'opt/x/', 'opt/x/bin/hi', `opt/x/${LONG}`, `opt/x/${SPACES}`]),
  );
  expect([...all.keys()]).not.toContain('opt/x/pkginfo.json');
});

test('tar reads all of it, with modes, owners and links', async () => {
  using directory = scratch();
  await written(directory);
  const listed = execFileSync(
    'tar',
    ['-tvzf', directory.at('a.apk'), '--warning=no-unknown-keyword', '--quoting-style=literal'],
    { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } },
  ).replaceAll(/ {2,}/g, ' ');
  expect(listed).toContain('-rwsr-xr-x root/root 6 1980-01-01 00:00 opt/x/bin/suid\n');
  expect(listed).toContain('-rw-r--r-- daemon/adm 1 1980-01-01 00:00 opt/x/var/state\n');
  expect(listed).toContain('drwxrwxrwt root/root 0 1980-01-01 00:00 opt/x/share/sticky/\n');
  expect(listed).toContain('opt/x/bin/hi -> hello\n');
});

test('configuration outside of /etc is protected by a list of its own, inside of it by apk', async () => {
  using directory = scratch();
  const [, data] = members(await written(directory));
  const list = records(data!.content).get('etc/apk/protected_paths.d/hello.list');
  expect(list?.content.toString()).toBe('+opt/x/etc/hello.conf\n');
  using other = scratch();
  const [, second] = members(await written(other, {}, makePayload(other.at('tree'), '')));
  const names = [...records(second!.content).keys()];
  expect(names).toContain('etc/hello.conf');
  expect(names.filter((name) => name.startsWith('etc/apk'))).toEqual([]);
});

test('scripts are run for upgrades too, but for those of removals', async () => {
  using directory = scratch();
  const scripts = { postinst: 'echo "in $PREFIX"', prerm: 'echo going' };
  const [control] = members(await written(directory, { scripts }));
  const all = records(control!.content);
  expect([...all.keys()]).toEqual(['.PKGINFO', '.post-install', '.post-upgrade', '.pre-deinstall']);
  expect(all.get('.post-upgrade')?.content.toString()).toBe(
    '#!/bin/sh\nset -e\nPREFIX=\'/opt/x\'\necho "in $PREFIX"\n',
  );
});

test('a package without files is a description alone', async () => {
  using directory = scratch();
  mkdirSync(directory.at('empty'));
  const [control, data] = members(await written(directory, {}, payloadOf(directory.at('empty'))));
  expect(pkginfo(control!.content)).toContain('\nsize = 0\n');
  expect(data!.content.equals(Buffer.alloc(1024))).toBe(true);
});

test('the same files are the same bytes, and known ones', async () => {
  using directory = scratch();
  const payload = makePayload(directory.at('tree'));
  const first = await written(directory, {}, payload);
  utimesSync(directory.at('tree/bin/hello'), 1e9, 1e9);
  chmodSync(directory.at('tree', LONG), 0o664);
  expect((await written(directory, {}, payload)).equals(first)).toBe(true);
  // Compressed bytes are those of one version of Node.
  const [, data] = members(first);
  expect(createHash('sha256').update(data!.content).digest('hex')).toMatchInlineSnapshot(
    `"c1a964a7c8602053ed1021029857bff7ab193a90f6be4eb210d4dcb4424b03cf"`,
  );
});

test('names and values are spelled as apk has them', () => {
  expect(['zlib', 'GTK+_x', '@x'].map(apkName)).toEqual(['zlib', 'GTK+_x', 'x-x']);
  expect(apkFileName({ name: 'a', version: '1.2' })).toBe('a-1.2-r0');
  const odd = { ...HELLO, description: ' two\tparts \nmore', homepage: undefined, requires: [] };
  expect(pkginfoText(odd, 1, 'ff')).toContain('pkgdesc = two parts\nbuilddate');
});
