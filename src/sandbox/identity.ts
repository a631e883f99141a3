// What identifies the programs of a machine: its architecture, the installed packages, the content of
// the tools that builds use, and what the alternatives point to. Independent of who asks, when, and
// from where. A hand-edited file that none of these shows is not seen, hence images are impure.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import { machine } from 'node:os';
import { join } from 'node:path';
import { byCodePoint, canonicalJson, digestFile, digestOf, hashFile } from '../base/digest.ts';
import { errnoOf, readIfExists, writeAtomic } from '../base/fs.ts';
import { run } from '../base/process.ts';

/** Compilers, interpreters and the programs that configure scripts and makefiles call. */
const TOOLS = [
  'sh bash cc gcc c++ g++ cpp clang ld as ar ranlib nm strip objcopy make cmake',
  'ninja meson pkg-config autoconf automake libtoolize m4 bison flex python3 perl',
  'git patch diff tar gzip bzip2 xz zstd awk sed grep find install cp',
].flatMap((line) => line.split(' '));

/** Where tools lie inside the sandbox; `/usr/local` is not visible there. */
const TOOL_DIRECTORIES = ['usr/bin', 'bin', 'usr/sbin', 'sbin'];

/** Files that hold the installed packages, and how to read each kind. */
const DATABASES = [
  { path: 'var/lib/dpkg/status', kind: 'dpkg' },
  { path: 'lib/apk/db/installed', kind: 'apk' },
  { path: 'usr/lib/sysimage/rpm/rpmdb.sqlite', kind: 'rpm' },
  { path: 'usr/lib/sysimage/rpm/Packages.db', kind: 'rpm' },
  { path: 'var/lib/rpm/rpmdb.sqlite', kind: 'rpm' },
  { path: 'var/lib/rpm/Packages', kind: 'rpm' },
] as const;

/** Bumped when the record below changes its meaning. */
const VERSION = 1;

/** Where an identity is remembered. */
export interface IdentityCache {
  readonly file: string;
  /** A directory for what identities are digests of, each under its own, to tell two apart later. */
  readonly records: string;
}

/** That of a store. */
export function identityCacheIn(directory: string): IdentityCache {
  return { file: join(directory, 'host-image.json'), records: identityRecords(directory) };
}

export function identityRecords(directory: string): string {
  return join(directory, 'images');
}

/**
 * 64 hexadecimal digits. With a cache it is worked out only when one of the files it is made from
 * changed; a cache that cannot be read or written only costs time. Throws node's own errors.
 */
export async function hostIdentity(root: string, cache?: IdentityCache): Promise<string> {
  const marks = marksOf(root);
  const key = digestOf(canonicalJson(marks)).hash;
  const known = cache && readCache(cache.file, key);
  if (known !== undefined && existsSync(join(cache!.records, known))) return known;
  const record = canonicalJson({
    version: VERSION,
    machine: machine(),
    packages: await packagesOf(root),
    tools: toolsOf(root),
    alternatives: alternativesOf(root),
  });
  const { hash } = digestOf(record);
  if (cache !== undefined) {
    keepIdentityRecord(cache.records, hash, record);
    if (settled(marks)) quietly(() => writeAtomic(cache.file, `${key}\n${hash}\n`));
  }
  return hash;
}

/** Machines change their packages often, and only the last states are compared. */
const KEPT_RECORDS = 32;

/** Keeps what an identity is the digest of. What cannot be kept is only not told of later. */
export function keepIdentityRecord(directory: string, identity: string, record: string): void {
  quietly(() => {
    if (!existsSync(directory)) mkdirSync(directory);
    const age = (name: string): bigint => statOrNothing(join(directory, name))?.mtimeNs ?? 0n;
    const oldestFirst = readdirSync(directory).toSorted((a, b) => Number(age(a) - age(b)));
    for (const name of oldestFirst.slice(0, 1 - KEPT_RECORDS)) {
      rmSync(join(directory, name), { force: true });
    }
    writeAtomic(join(directory, identity), record);
  });
}

/** Installed packages, sorted: `name version architecture`. */
async function packagesOf(root: string): Promise<string[]> {
  const database = DATABASES.find(({ path }) => fileExists(join(root, path)));
  if (database === undefined) return [`unpackaged ${release(root)}`];
  const path = join(root, database.path);
  const packages =
    database.kind === 'rpm'
      ? await rpmPackages(root, path)
      : (database.kind === 'dpkg' ? dpkgPackages : apkPackages)(
          readIfExists(path)?.toString('latin1') ?? '',
        );
  return [...new Set(packages)].sort(byCodePoint);
}

/** Installed packages of dpkg's status file, also those whose set-up is not finished. */
export function dpkgPackages(status: string): string[] {
  const found: string[] = [];
  for (const stanza of status.split(/\n\s*\n/)) {
    const state = field(stanza, 'Status')?.split(' ')[2];
    const name = field(stanza, 'Package');
    if (name === undefined || state === undefined) continue;
    if (state === 'not-installed' || state === 'config-files') continue;
    found.push(`${name} ${field(stanza, 'Version') ?? ''} ${field(stanza, 'Architecture') ?? ''}`);
  }
  return found;
}

function field(stanza: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, 'm').exec(stanza)?.[1]?.trim();
}

/** Installed packages of apk's database. */
export function apkPackages(installed: string): string[] {
  const found: string[] = [];
  for (const stanza of installed.split(/\n\s*\n/)) {
    const value = (letter: string): string | undefined =>
      new RegExp(`^${letter}:(.*)$`, 'm').exec(stanza)?.[1];
    const name = value('P');
    if (name !== undefined) found.push(`${name} ${value('V') ?? ''} ${value('A') ?? ''}`);
  }
  return found;
}

/** rpm's database is binary: rpm is asked, or without it the file itself stands for its content. */
async function rpmPackages(root: string, path: string): Promise<string[]> {
  const format = '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH}\\n';
  const argv = ['--root', root, '-qa', '--qf', format];
  const listed = await run('rpm', argv, { keep: 1 << 26, timeoutMs: 120_000 });
  if (listed.status === 0 && listed.stdout !== '') return listed.stdout.trim().split('\n');
  return [`rpmdb ${digestFile(path).hash}`];
}

/** Without a package database, the distribution's name for its state is all there is. */
function release(root: string): string {
  const text =
    readIfExists(join(root, 'etc/os-release')) ?? readIfExists(join(root, 'usr/lib/os-release'));
  return digestOf(text ?? '').hash;
}

/** Tool → digest of the program it leads to through all links; missing ones are left out. */
function toolsOf(root: string): Record<string, string> {
  const digests = new Map<string, string>();
  const found: Record<string, string> = {};
  for (const tool of TOOLS) {
    const path = toolPath(root, tool);
    if (path === undefined) continue;
    const real = realpathSync(path);
    let digest = digests.get(real);
    if (digest === undefined) {
      const hash = createHash('sha256');
      hashFile(real, hash);
      digest = hash.digest('hex');
      digests.set(real, digest);
    }
    found[tool] = digest;
  }
  return found;
}

function toolPath(root: string, tool: string): string | undefined {
  return TOOL_DIRECTORIES.map((directory) => join(root, directory, tool)).find(fileExists);
}

/** Alternative → target. */
function alternativesOf(root: string): Record<string, string> {
  const directory = join(root, 'etc/alternatives');
  const found: Record<string, string> = {};
  for (const name of listOrEmpty(directory)) {
    try {
      found[name] = readlinkSync(join(directory, name));
    } catch (error) {
      // Not a link: a README, say.
      if (errnoOf(error) !== 'EINVAL') throw error;
    }
  }
  return found;
}

/** A path below the root, and what changes when the file does. */
type Mark = readonly [path: string, size: string, mtimeNs: string, ctimeNs: string, ino: string];

/** Files and directories below a machine's root that its identity is made from, whether they are there or not. */
export function identityPaths(): string[] {
  return [
    ...DATABASES.map(({ path }) => path),
    'etc/alternatives',
    'etc/os-release',
    ...TOOLS.flatMap((tool) => TOOL_DIRECTORIES.map((directory) => join(directory, tool))),
  ];
}

/** Directories in which a tool that is not there could appear. */
export function toolDirectories(): readonly string[] {
  return TOOL_DIRECTORIES;
}

function marksOf(root: string): (Mark | string)[] {
  const paths = identityPaths();
  const marks: (Mark | string)[] = [`${VERSION} ${machine()} ${root}`];
  for (const path of paths) {
    const stat = statOrNothing(join(root, path));
    if (stat === undefined) continue;
    const { size, mtimeNs, ctimeNs, ino } = stat;
    marks.push([path, String(size), String(mtimeNs), String(ctimeNs), String(ino)]);
  }
  return marks;
}

const RACY_NS = 2_000_000_000n;

/** A file changed this very moment may change again without a change of its times: not remembered. */
function settled(marks: readonly (Mark | string)[]): boolean {
  const now = BigInt(Date.now()) * 1_000_000n;
  return marks.every((mark) => typeof mark === 'string' || BigInt(mark[3]) < now - RACY_NS);
}

function readCache(path: string, key: string): string | undefined {
  try {
    const [cachedKey, identity] = (readIfExists(path)?.toString() ?? '').split('\n');
    return cachedKey === key && /^[0-9a-f]{64}$/.test(identity ?? '') ? identity : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** A cache directory may be read-only, full, or missing. */
function quietly(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

function fileExists(path: string): boolean {
  return statOrNothing(path)?.isFile() === true;
}

function statOrNothing(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function listOrEmpty(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}
