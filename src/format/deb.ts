// Packages as `.deb` and `.ipk`: an `ar` archive of a version, of what the package says of itself, and of
// its files. Written without any program of the machine's but xz; the same files give the same bytes.
import { renameSync, statSync } from 'node:fs';
import { bytesOfName } from '../base/bytename.ts';
import { compress, type WrittenCodec } from '../base/codec/compress.ts';
import { buildError, type Result } from '../base/diagnostic.ts';
import { removeTree, temporaryBeside } from '../base/fs.ts';
import { Refusal, settle } from '../base/refusal.ts';
import { readBlocks } from '../base/stream.ts';
import { FIXED_MTIME } from '../base/tar/pack.ts';
import { fileDigest } from './content.ts';
import { controlText, debianScript, type ControlFields } from './control.ts';
import { GNU_END, gnuHeader, gnuPadding, gnuTar } from './gnutar.ts';
import { SCRIPT_NAMES, type MaintainerScripts } from './metadata.ts';
import { writeStream } from './output.ts';
import { walkPayload, type Payload } from './payload.ts';

export interface DebOptions {
  readonly control: ControlFields;
  readonly scripts?: MaintainerScripts;
  readonly kind: 'deb' | 'ipk';
  /** Of both archives; the first that the kind takes unless given. */
  readonly codec?: WrittenCodec | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the kinds take. Small machines often have gzip alone, so that is what an `ipk` is compressed with. */
export const DEB_CODECS: Readonly<Record<DebOptions['kind'], readonly WrittenCodec[]>> = {
  deb: ['xz', 'zstd', 'gzip'],
  ipk: ['gzip', 'xz', 'zstd'],
};

const SUFFIXES: Readonly<Record<WrittenCodec, string>> = {
  none: '',
  gzip: '.gz',
  xz: '.xz',
  zstd: '.zst',
};

/**
 * Packs a payload into `file`, which appears only when it is whole. Errors: `archive/special-file`,
 * `archive/changed`, `archive/no-xz`, `archive/limit`, `fs/*`.
 */
export function writeDeb(
  payload: Payload,
  file: string,
  options: DebOptions,
): Promise<Result<void>> {
  return settle('pack', payload.tree, async (): Promise<void> => {
    const { kind, signal, scripts = {} } = options;
    const codec = options.codec ?? DEB_CODECS[kind][0]!;
    const suffix = SUFFIXES[codec];
    const [control, data, whole] = [0, 1, 2].map(() => temporaryBeside(file));
    try {
      const { kibibytes, sums, conffiles } = summary(payload);
      const fields: ControlFields =
        kind === 'deb'
          ? [...options.control, ['Installed-Size', String(kibibytes)]]
          : options.control;
      const members: ControlMember[] = [
        { name: 'conffiles', bytes: conffiles, mode: 0o644 },
        { name: 'control', bytes: Buffer.from(controlText(fields)), mode: 0o644 },
        { name: 'md5sums', bytes: sums, mode: 0o644 },
        ...SCRIPT_NAMES.flatMap((name): ControlMember[] => {
          const script = scripts[name];
          if (script === undefined) return [];
          const bytes = Buffer.from(debianScript(name, script, payload.prefix));
          return [{ name, bytes, mode: 0o755 }];
        }),
      ];
      await writeStream(control!, compress(codec, controlTar(members), undefined, signal));
      const files = gnuTar(payload, FIXED_MTIME);
      await writeStream(data!, compress(codec, files, undefined, signal));
      await writeStream(
        whole!,
        ar([
          { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
          { name: `control.tar${suffix}`, file: control! },
          { name: `data.tar${suffix}`, file: data! },
        ]),
      );
      renameSync(whole!, file);
    } finally {
      for (const temporary of [control!, data!, whole!]) removeTree(temporary);
    }
  });
}

interface Summary {
  /** What it takes on a disk, as Debian reckons: each file rounded up, and one for anything else. */
  readonly kibibytes: number;
  /** MD5 sums as `md5sums` has them: against accidents, not against people. */
  readonly sums: Buffer;
  readonly conffiles: Buffer;
}

function summary(payload: Payload): Summary {
  let kibibytes = 0;
  const sums: Buffer[] = [];
  const conffiles: Buffer[] = [];
  for (const { entry, name, isConfiguration } of walkPayload(payload)) {
    kibibytes += entry.type === 'file' ? Math.ceil(entry.size / 1024) : 1;
    // Both lists have a line for each file, and no notation for a name of several.
    if (entry.type !== 'file' || name.includes('\n')) continue;
    const line = [bytesOfName(name), Buffer.from('\n')];
    sums.push(Buffer.from(`${fileDigest(payload.tree, entry, 'md5')}  `), ...line);
    if (isConfiguration) conffiles.push(Buffer.from('/'), ...line);
  }
  return { kibibytes, sums: Buffer.concat(sums), conffiles: Buffer.concat(conffiles) };
}

interface ControlMember {
  readonly name: string;
  readonly bytes: Buffer;
  readonly mode: number;
}

/** Empty files are left out. */
function* controlTar(members: readonly ControlMember[]): Generator<Buffer> {
  const directory = { name: './', type: '5', mode: 0o755, size: 0, link: '' } as const;
  yield gnuHeader(directory, FIXED_MTIME);
  for (const { name, bytes, mode } of members) {
    if (bytes.length === 0) continue;
    const size = bytes.length;
    yield gnuHeader({ name: `./${name}`, type: '0', mode, size, link: '' }, FIXED_MTIME);
    yield bytes;
    yield gnuPadding(size);
  }
  yield GNU_END;
}

type ArMember = { readonly name: string } & (
  | { readonly bytes: Buffer }
  | { readonly file: string }
);

/** More digits than these do not fit into a header. */
const SIZE_DIGITS = 10;

function* ar(members: readonly ArMember[]): Generator<Buffer> {
  yield Buffer.from('!<arch>\n');
  for (const member of members) {
    const size = 'bytes' in member ? member.bytes.length : statSync(member.file).size;
    if (String(size).length > SIZE_DIGITS) {
      throw new Refusal(
        buildError({
          code: 'archive/limit',
          message: `${member.name} has ${size} bytes; these packages hold less than 10^${SIZE_DIGITS}`,
          hint: 'split the package, or write it in another format',
        }),
      );
    }
    const fields = [
      member.name.padEnd(16),
      String(FIXED_MTIME).padEnd(12),
      '0'.padEnd(6),
      '0'.padEnd(6),
      '100644'.padEnd(8),
      String(size).padEnd(SIZE_DIGITS),
    ];
    yield Buffer.from(`${fields.join('')}\`\n`, 'latin1');
    if ('bytes' in member) yield member.bytes;
    else yield* readBlocks(member.file);
    if (size % 2 === 1) yield Buffer.from('\n');
  }
}
