// Sources that come as archives: what kind one is, by pkgpanda's rule for names, and how it is laid out
// when it is extracted. Knows nothing of downloads and checksums.
import { basename } from 'node:path';
import { closeSync, openSync, readSync } from 'node:fs';
import { identifyCodec, MAGIC_LENGTH } from '../base/codec/magic.ts';
import { definitionError, failed, type Diagnostic, type Result } from '../base/diagnostic.ts';
import { Refusal, settle } from '../base/refusal.ts';
import { unpackTar } from '../base/tar/unpack.ts';
import type { UnpackOptions, Unpacked } from '../base/unpack/options.ts';
import { unpackZip } from '../base/zip/unpack.ts';

export type ArchiveKind = 'tar' | 'zip' | 'unknown';

/**
 * The kind of an archive by its file name, exactly as pkgpanda has it: `.tgz` is tar, `.zip` is zip, and
 * `.tar.<anything else>` is tar. Upper and lower case differ.
 */
export function identifyArchive(name: string): ArchiveKind {
  const parts = name.split('.');
  const last = parts.at(-1);
  if (parts.length < 2) return 'unknown';
  if (last === 'tgz') return 'tar';
  if (last === 'zip') return 'zip';
  return parts.length > 2 && parts.at(-2) === 'tar' ? 'tar' : 'unknown';
}

export interface ExtractOptions extends Pick<UnpackOptions, 'limits' | 'label' | 'signal'> {}

/**
 * Extracts a source archive to `destination`, where there must be nothing or an empty directory. A tar
 * archive loses the first component of every name (files at its top are dropped, several top directories
 * merged, the later of two entries wins), a zip archive its one top directory. Links must stay inside,
 * modes become 0755 and 0644, times are the archive's. Names that pkgpanda's rule does not know are
 * recognised by content. Errors: `archive/*`, among them `archive/unknown-kind` and `archive/nothing-left`
 * for one that only has files at its top, and `fs/*`.
 *
 * @param file where the archive lies
 * @param name what it is called in its URL
 */
export async function extractSource(
  file: string,
  name: string,
  destination: string,
  options: ExtractOptions = {},
): Promise<Result<Unpacked>> {
  const label = options.label ?? name;
  const kind = await settle('read', file, async () => kindOf(file, name, label));
  if (!kind.ok) return kind;
  const common = {
    ...options,
    label,
    links: 'inside',
    modes: 'canonical',
    special: 'clear',
  } as const;
  if (kind.value === 'zip') return unpackZip(file, destination, { ...common, top: 'directory' });
  const unpacked = await unpackTar(file, destination, {
    ...common,
    strip: 1,
    duplicates: 'replace',
  });
  const isEmpty =
    unpacked.ok && unpacked.value.files + unpacked.value.directories + unpacked.value.links === 0;
  return isEmpty ? failed(nothingLeft(label)) : unpacked;
}

/** Whatever builds from nothing would fail for some other reason, or build nothing. */
function nothingLeft(label: string): Diagnostic {
  return definitionError({
    code: 'archive/nothing-left',
    message: 'all in it lies at its top, and nothing is left without the top directory',
    at: { file: label },
    hint: 'fetch it without extracting it, and unpack it in a script',
  });
}

function kindOf(file: string, name: string, label: string): 'tar' | 'zip' {
  const byName = identifyArchive(name);
  if (byName !== 'unknown') return byName;
  const head = headOf(file);
  const identified = identifyCodec(head);
  if ('unsupported' in identified) {
    if (identified.unsupported === 'zip') return 'zip';
  } else if (identified.codec !== 'none' || isTar(head)) return 'tar';
  throw new Refusal(
    definitionError({
      code: 'archive/unknown-kind',
      message: `"${basename(name)}" is no archive that can be extracted: expected a name that ends in .tgz, .zip or .tar.*, or the content of one`,
      at: { file: label },
      hint: 'fetch it without extracting it, if it is not meant to be an archive',
    }),
  );
}

const TAR_MAGIC_AT = 257;

function isTar(head: Buffer): boolean {
  return head.toString('latin1', TAR_MAGIC_AT, TAR_MAGIC_AT + 5) === 'ustar';
}

/** Enough for every magic. Throws node's own errors. */
function headOf(file: string): Buffer {
  const head = Buffer.alloc(Math.max(MAGIC_LENGTH, TAR_MAGIC_AT + 8));
  const fd = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}
