// The /etc of a sandbox: a small directory with the same bytes, modes and times on every machine, kept
// under a name made from its content. Knows nothing of the machine's own /etc.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson, digestOf } from '../base/digest.ts';
import { failed, ok, type Result } from '../base/diagnostic.ts';
import { errnoOf, readIfExists, removeTree, systemError, temporaryBeside } from '../base/fs.ts';
import { makeDirectory } from './directory.ts';

export const HOSTNAME = 'ashlar';
export const USER = { name: 'build', id: 1000, home: '/homeless' } as const;

const FILES: Readonly<Record<string, string>> = {
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    `${USER.name}:x:${USER.id}:${USER.id}:${USER.name}:${USER.home}:/bin/sh`,
    'nobody:x:65534:65534:nobody:/nonexistent:/bin/false',
    '',
  ].join('\n'),
  group: ['root:x:0:', `${USER.name}:x:${USER.id}:`, 'nogroup:x:65534:', ''].join('\n'),
  hosts: `127.0.0.1 localhost ${HOSTNAME}\n::1 localhost ip6-localhost\n`,
  'host.conf': 'multi on\n',
  hostname: `${HOSTNAME}\n`,
  'nsswitch.conf': [
    'passwd: files',
    'group: files',
    'shadow: files',
    'hosts: files dns',
    'networks: files',
    'protocols: files',
    'services: files',
    '',
  ].join('\n'),
  protocols: 'ip 0 IP\nicmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6 41 IPv6\nipv6-icmp 58 IPv6-ICMP\n',
  services: [
    'ftp 21/tcp',
    'ssh 22/tcp',
    'telnet 23/tcp',
    'smtp 25/tcp mail',
    'domain 53/tcp',
    'domain 53/udp',
    'http 80/tcp www',
    'pop3 110/tcp',
    'ntp 123/udp',
    'imap2 143/tcp imap',
    'https 443/tcp',
    '',
  ].join('\n'),
};

/** No mtab: the table of mounts tells users and machines apart. */
const LINKS: Readonly<Record<string, string>> = {
  'os-release': '../usr/lib/os-release',
};

/** Places for mounts inside /etc, relative to it: they must exist, as the directory is read-only. */
export interface MountPoints {
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** 1980-01-01, the earliest date that zip files can hold. */
const TIME = 315_532_800;

/**
 * The directory to mount as /etc, made below `parent` when it is not there or was changed. The mount
 * points are part of its name. Fails with `fs/…`.
 */
export function etcDirectory(parent: string, points: MountPoints): Result<string> {
  const name = digestOf(
    canonicalJson({
      files: FILES,
      links: LINKS,
      directories: [...points.directories].sort(),
      empty: [...points.files].sort(),
    }),
  ).hash.slice(0, 16);
  const path = join(parent, `etc-${name}`);
  try {
    if (intact(path, points)) return ok(path);
    makeDirectory(parent);
    const temporary = temporaryBeside(path);
    try {
      fill(temporary, points);
      place(temporary, path, points);
    } finally {
      removeTree(temporary);
    }
    return ok(path);
  } catch (error) {
    return failed(systemError('prepare the /etc of sandboxes in', error, parent));
  }
}

/** Other processes may be at the same: what they put there is kept, only what is damaged is set aside. */
function place(temporary: string, path: string, points: MountPoints): void {
  for (;;) {
    try {
      renameSync(temporary, path);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error;
    }
    if (intact(path, points)) return;
    const damaged = temporaryBeside(path);
    try {
      renameSync(path, damaged);
      removeTree(damaged);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}

function isOurs(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.mtimeMs === TIME * 1000;
}

function intact(path: string, { directories, files }: MountPoints): boolean {
  return (
    [...directories, ...files].every((name) => existsSync(join(path, name))) &&
    Object.entries(FILES).every(([name, text]) => {
      const file = join(path, name);
      return readIfExists(file)?.toString() === text && isOurs(file);
    })
  );
}

/** Modes are set apart from creation, so that no umask has a say. */
function fill(path: string, points: MountPoints): void {
  mkdirSync(path);
  chmodSync(path, 0o755);
  const write = (name: string, text: string): void => {
    const file = join(path, name);
    makeFixedDirectory(path, dirname(name));
    writeFileSync(file, text);
    chmodSync(file, 0o644);
    utimesSync(file, TIME, TIME);
  };
  for (const [name, text] of Object.entries(FILES)) write(name, text);
  for (const [name, target] of Object.entries(LINKS)) symlinkSync(target, join(path, name));
  for (const name of points.files) if (!existsSync(join(path, name))) write(name, '');
  for (const name of points.directories) makeFixedDirectory(path, name);
  setTimes(path);
}

function makeFixedDirectory(root: string, name: string): void {
  let at = root;
  for (const component of name.split('/').filter((part) => part !== '' && part !== '.')) {
    at = join(at, component);
    if (existsSync(at)) continue;
    mkdirSync(at);
    chmodSync(at, 0o755);
  }
}

function setTimes(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) setTimes(join(directory, entry.name));
  }
  utimesSync(directory, TIME, TIME);
}
