// Packages as `.apk` of apk-tools 2: what the package says of itself, and its files, each a tar archive
// that is compressed apart. Not signed. The same files give the same bytes.
import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { bytesOfName, nameOfText, type ByteName } from '../base/bytename.ts';
import { compress } from '../base/codec/compress.ts';
import type { Result } from '../base/diagnostic.ts';
import { removeTree, temporaryBeside } from '../base/fs.ts';
import { settle } from '../base/refusal.ts';
import { readBlocks } from '../base/stream.ts';
import { FIXED_MTIME } from '../base/tar/pack.ts';
import { paddingLength, TAR_END, tarHeader, type WriteEntry } from '../base/tar/write.ts';
import { fileContent, fileDigest } from './content.ts';
import {
  architectureOf,
  scriptText,
  summaryOf,
  type PackageMetadata,
  type ScriptName,
} from './metadata.ts';
import { writeStream } from './output.ts';
import {
  directoriesTo,
  leadingDirectories,
  ROOT_OWNER,
  walkPayload,
  type Payload,
} from './payload.ts';
import { apkVersion } from './version.ts';

/**
 * Packs a payload into `file`, which appears only when it is whole. The version must be one that apk has a
 * notation for. Errors: `archive/special-file`, `archive/changed`, `fs/*`.
 */
export function writeApk(
  metadata: PackageMetadata,
  payload: Payload,
  file: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Result<void>> {
  return settle('pack', payload.tree, async (): Promise<void> => {
    const { signal } = options;
    const [data, whole] = [temporaryBeside(file), temporaryBeside(file)];
    try {
      const held = { size: 0 };
      await writeStream(
        data,
        compress('gzip', dataTar(metadata, payload, held), undefined, signal),
      );
      const dataHash = createHash('sha256');
      for (const block of readBlocks(data)) dataHash.update(block);
      const control = controlTar(metadata, payload.prefix, held.size, dataHash.digest('hex'));
      await writeStream(
        whole,
        (async function* () {
          yield* compress('gzip', [control], undefined, signal);
          yield* readBlocks(data);
        })(),
      );
      renameSync(whole, file);
    } finally {
      for (const temporary of [data, whole]) removeTree(temporary);
    }
  });
}

/** How a file of the package is called, which its repository relies on: `name-version` without `.apk`. */
export function apkFileName({ name, version }: Pick<PackageMetadata, 'name' | 'version'>): string {
  return `${apkName(name)}-${apkVersion(version)}`;
}

/** A name that apk takes. */
export function apkName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._+-]/g, '-');
  return /^[A-Za-z0-9]/.test(plain) ? plain : `x${plain}`;
}

/** The text of `.PKGINFO`. */
export function pkginfoText(metadata: PackageMetadata, size: number, dataHash: string): string {
  const version = apkVersion(metadata.version)!;
  const fields: [name: string, value: string | undefined][] = [
    ['pkgname', apkName(metadata.name)],
    ['pkgver', version],
    ['pkgdesc', summaryOf(metadata)],
    ['url', metadata.homepage],
    ['builddate', String(FIXED_MTIME)],
    ['packager', metadata.maintainer],
    ['size', String(size)],
    ['arch', architectureOf('apk')],
    ['origin', apkName(metadata.source)],
    ['maintainer', metadata.maintainer],
    ['license', metadata.license],
    ...metadata.requires.map(({ name, exact }): [string, string] => [
      'depend',
      `${apkName(name)}${exact ? `=${version}` : ''}`,
    ]),
    ...(metadata.systemRequires ?? []).map((text): [string, string] => ['depend', text]),
    // Of those that provide one name with a version, apk installs one.
    ['provides', metadata.variantOf && `${apkName(metadata.variantOf)}=${version}`],
    ['datahash', dataHash],
  ];
  return fields
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} = ${value.replace(/\s+/g, ' ').trim()}\n`],
    )
    .join('');
}

/** What apk calls the scripts: one text may be run at several times. */
const SCRIPTS: Readonly<Record<ScriptName, readonly string[]>> = {
  preinst: ['.pre-install', '.pre-upgrade'],
  postinst: ['.post-install', '.post-upgrade'],
  prerm: ['.pre-deinstall'],
  postrm: ['.post-deinstall'],
};

/** Without an end: the data goes on from here. */
function controlTar(
  metadata: PackageMetadata,
  prefix: string,
  size: number,
  dataHash: string,
): Buffer {
  const parts: Buffer[] = [];
  const add = (name: string, text: string, mode: number): void => {
    const content = Buffer.from(text, 'utf8');
    parts.push(
      tarHeader({ ...member(nameOfText(name), mode), type: 'file', size: content.length }),
      content,
      Buffer.alloc(paddingLength(content.length)),
    );
  };
  add('.PKGINFO', pkginfoText(metadata, size, dataHash), 0o644);
  const scripts = Object.entries(SCRIPTS)
    .flatMap(([kind, names]) =>
      names.map((name) => ({ name, text: metadata.scripts[kind as ScriptName] })),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, text } of scripts) {
    if (text !== undefined) add(name, scriptText(text, prefix), 0o755);
  }
  return Buffer.concat(parts);
}

function member(name: ByteName, mode: number, owner = ROOT_OWNER): Omit<WriteEntry, 'type'> {
  return { name, mode, mtime: FIXED_MTIME, uname: owner.user, gname: owner.group };
}

/** Where apk reads which files it must not overwrite; those in `/etc` it does not overwrite anyway. */
const PROTECTED = 'etc/apk/protected_paths.d';

function* dataTar(
  { name: own }: PackageMetadata,
  payload: Payload,
  held: { size: number },
): Generator<Buffer> {
  const made = new Set<string>();
  const directory = (name: ByteName): Buffer => {
    made.add(name);
    return tarHeader({ ...member(name, 0o755), type: 'directory' });
  };
  for (const name of leadingDirectories(payload)) yield directory(name);
  const isProtected: ByteName[] = [];
  for (const { entry, name, owner, isConfiguration } of walkPayload(payload)) {
    if (entry.type === 'directory') {
      made.add(name);
      yield tarHeader({ ...member(name, entry.mode, owner), type: 'directory' });
    } else if (entry.type === 'symlink') {
      const pax = checksum(sha1(bytesOfName(entry.target)));
      yield tarHeader({ ...member(name, 0o777, owner), type: 'symlink', link: entry.target, pax });
    } else {
      const { mode, size } = entry;
      held.size += size;
      if (isConfiguration && !name.startsWith('etc/')) isProtected.push(name);
      // Its checksum goes before it, so it is read twice.
      const digest = fileDigest(payload.tree, entry, 'sha1');
      yield tarHeader({ ...member(name, mode, owner), type: 'file', size, pax: checksum(digest) });
      yield* fileContent(payload.tree, entry, { algorithm: 'sha1', digest });
      yield Buffer.alloc(paddingLength(size));
    }
  }
  if (isProtected.length > 0) {
    for (const name of directoriesTo(PROTECTED)) {
      if (!made.has(name)) yield directory(name);
    }
    const content = Buffer.concat(
      isProtected.flatMap((name) => [Buffer.from('+'), bytesOfName(name), Buffer.from('\n')]),
    );
    const size = content.length;
    held.size += size;
    const name = nameOfText(`${PROTECTED}/${apkName(own)}.list`);
    yield tarHeader({ ...member(name, 0o644), type: 'file', size, pax: checksum(sha1(content)) });
    yield content;
    yield Buffer.alloc(paddingLength(size));
  }
  yield TAR_END;
}

function checksum(digest: string): ReadonlyMap<string, string> {
  return new Map([['APK-TOOLS.checksum.SHA1', digest]]);
}

function sha1(content: Buffer): string {
  return createHash('sha1').update(content).digest('hex');
}
