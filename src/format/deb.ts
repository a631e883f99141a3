// Packages as `.deb` and `.ipk`: an `ar` archive of a version, of what the package says of itself, and of
// its files. Written without any program of the machine's; the same files give the same bytes.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { compress, type WrittenCodec } from '../base/codec/compress.ts';
import { bytesOfName } from '../base/bytename.ts';
import type { Result } from '../base/diagnostic.ts';
import { removeTree, temporaryBeside } from '../base/fs.ts';
import { settle } from '../base/refusal.ts';
import { writeWhole, type ByteStream } from '../base/stream.ts';
import { FIXED_MTIME } from '../base/tar/pack.ts';
import { walkTree } from '../base/tree.ts';
import { GNU_END, gnuHeader, gnuPadding, gnuTar } from './gnutar.ts';

/** Fields of the control file, in order; those without a value are left out. */
export type ControlFields = readonly (readonly [name: string, value: string | undefined])[];

export interface DebOptions {
  readonly control: ControlFields;
  /** Where the files go, without a slash at the end. */
  readonly prefix: string;
  /** Paths of configuration files, absolute: they are kept as their owner changed them. */
  readonly conffiles?: readonly string[];
  /** `deb` compresses with xz, `ipk` with gzip, which is all that small machines have. */
  readonly kind: 'deb' | 'ipk';
  readonly signal?: AbortSignal | undefined;
}

/**
 * Packs everything below `tree` into `file`, which appears only when it is whole. Errors:
 * `archive/special-file`, `archive/changed`, `archive/no-xz`, `fs/*`.
 */
export function writeDeb(tree: string, file: string, options: DebOptions): Promise<Result<void>> {
  return settle('pack', tree, async (): Promise<void> => {
    const codec: WrittenCodec = options.kind === 'deb' ? 'xz' : 'gzip';
    const suffix = codec === 'xz' ? 'xz' : 'gz';
    const [control, data, whole] = [0, 1, 2].map(() => temporaryBeside(file));
    try {
      const { size, sums } = summary(tree, options.prefix);
      const fields: ControlFields =
        options.kind === 'deb'
          ? [...options.control, ['Installed-Size', String(Math.ceil(size / 1024))]]
          : options.control;
      const conffiles = (options.conffiles ?? []).map((path) => `${path}\n`).join('');
      await write(
        control!,
        compress(
          codec,
          controlTar([
            ['control', controlText(fields)],
            ['md5sums', sums],
            ['conffiles', conffiles],
          ]),
          undefined,
          options.signal,
        ),
      );
      const files = gnuTar(tree, options.prefix.replace(/^\/+/, ''), FIXED_MTIME);
      await write(data!, compress(codec, files, undefined, options.signal));
      await write(
        whole!,
        ar([
          { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
          { name: `control.tar.${suffix}`, file: control! },
          { name: `data.tar.${suffix}`, file: data! },
        ]),
      );
      renameSync(whole!, file);
    } finally {
      for (const temporary of [control!, data!, whole!]) removeTree(temporary);
    }
  });
}

/** The text of a control file. Further lines of a value are indented, empty ones marked with a dot. */
export function controlText(fields: ControlFields): string {
  return fields
    .flatMap(([name, value]) => {
      if (value === undefined || value === '') return [];
      const [first, ...rest] = value.trim().split('\n');
      return [`${name}: ${first}`, ...rest.map((line) => (line.trim() === '' ? ' .' : ` ${line}`))];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** Bytes of all files, and their MD5 sums as `md5sums` has them: against accidents, not against people. */
function summary(tree: string, prefix: string): { size: number; sums: string } {
  let size = 0;
  const sums: Buffer[] = [];
  const chunk = Buffer.allocUnsafe(1 << 18);
  for (const entry of walkTree(tree)) {
    if (entry.type !== 'file') continue;
    size += entry.size;
    const md5 = createHash('md5');
    for (let read = 1; read > 0;) {
      read = readSync(entry.fd, chunk, 0, chunk.length, null);
      md5.update(chunk.subarray(0, read));
    }
    const name = `${prefix.replace(/^\/+/, '')}/${entry.path}`.replace(/^\/+/, '');
    sums.push(Buffer.from(`${md5.digest('hex')}  `), bytesOfName(name), Buffer.from('\n'));
  }
  return { size, sums: Buffer.concat(sums).toString('latin1') };
}

/** `contents`: bytes as characters. Empty files are left out. */
function* controlTar(
  contents: readonly (readonly [name: string, bytes: string])[],
): Generator<Buffer> {
  const directory = { name: './', type: '5', mode: 0o755, size: 0, link: '' } as const;
  yield gnuHeader(directory, FIXED_MTIME);
  for (const [name, text] of contents) {
    if (text === '') continue;
    const bytes = name === 'control' ? Buffer.from(text, 'utf8') : Buffer.from(text, 'latin1');
    const member = {
      name: `./${name}`,
      type: '0',
      mode: 0o644,
      size: bytes.length,
      link: '',
    } as const;
    yield gnuHeader(member, FIXED_MTIME);
    yield bytes;
    yield gnuPadding(bytes.length);
  }
  yield GNU_END;
}

type ArMember = { readonly name: string } & (
  | { readonly bytes: Buffer }
  | { readonly file: string }
);

function* ar(members: readonly ArMember[]): Generator<Buffer> {
  yield Buffer.from('!<arch>\n');
  for (const member of members) {
    const size = 'bytes' in member ? member.bytes.length : statSync(member.file).size;
    const fields = [
      member.name.padEnd(16),
      String(FIXED_MTIME).padEnd(12),
      '0'.padEnd(6),
      '0'.padEnd(6),
      '100644'.padEnd(8),
      String(size).padEnd(10),
    ];
    yield Buffer.from(`${fields.join('')}\`\n`, 'latin1');
    if ('bytes' in member) yield member.bytes;
    else yield* chunksOf(member.file);
    if (size % 2 === 1) yield Buffer.from('\n');
  }
}

function* chunksOf(file: string): Generator<Buffer> {
  const fd = openSync(file, 'r');
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(1 << 18);
      const read = readSync(fd, chunk, 0, chunk.length, null);
      if (read === 0) return;
      yield chunk.subarray(0, read);
    }
  } finally {
    closeSync(fd);
  }
}

async function write(file: string, bytes: ByteStream): Promise<void> {
  const fd = openSync(file, 'wx', 0o644);
  try {
    for await (const chunk of bytes) writeWhole(fd, chunk);
  } finally {
    closeSync(fd);
  }
}

/** Whether a name can be that of a Debian package. */
export function debianName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9+.-]/g, '-');
  return /^[a-z0-9][a-z0-9+.-]+$/.test(plain) ? plain : `x-${plain.replace(/^[^a-z0-9]+/, '')}`;
}

/** A version that Debian's tools take: it begins with a digit. */
export function debianVersion(version: string): string {
  const plain = version.replace(/[^A-Za-z0-9.+~:-]/g, '+');
  return /^\d/.test(plain) ? plain : `0+${plain}`;
}
