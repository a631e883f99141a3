// What an rpm says of itself: the header that rpm's database keeps. Every tag has a reason beside it.
import { bytesOfName } from '../../base/bytename.ts';
import type { WrittenCodec } from '../../base/codec/compress.ts';
import {
  architectureOf,
  scriptText,
  summaryOf,
  type PackageMetadata,
  type ScriptName,
} from '../metadata.ts';
import { rpmVersion } from '../version.ts';
import { conflicts, provides, requires, rpmName, type Dependency } from './dependency.ts';
import { installedSize, type RpmFile } from './files.ts';
import { rpmHeader, type HeaderValue } from './header.ts';
import { TOO_LARGE } from './cpio.ts';

export interface Archived {
  readonly codec: WrittenCodec;
  readonly level: number;
  /** Whether entries of the archive are indexes into the list of files. */
  readonly large: boolean;
  /** Seconds since 1970, of the build and of every file. */
  readonly mtime: number;
  /** SHA-256 of the payload as it is, and before it was compressed. */
  readonly payloadDigest: string;
  readonly archiveDigest: string;
  /** Where the files go; scripts know it as `$PREFIX`. */
  readonly prefix: string;
}

const IMMUTABLE = 63;
const SHA256 = 8;
const CONFIGURATION = 1 << 0;
/** Its owner's version stays; what a new package brings goes beside it as `.rpmnew`. */
const NO_REPLACE = 1 << 4;
const VERIFY_ALL = 0xffff_ffff;

const SCRIPTS: Readonly<Record<ScriptName, readonly [script: number, program: number]>> = {
  preinst: [1023, 1085],
  postinst: [1024, 1086],
  prerm: [1025, 1087],
  postrm: [1026, 1088],
};

export function mainHeader(
  metadata: PackageMetadata,
  files: readonly RpmFile[],
  archived: Archived,
): Buffer {
  const { codec, level, large, mtime, payloadDigest, archiveDigest, prefix } = archived;
  const { epoch, version, release } = rpmVersion(metadata.version);
  const hasConfiguration = files.some((file) => file.isConfiguration);
  const size = installedSize(files);
  const compressor = codec === 'none' ? undefined : codec;
  return rpmHeader(
    IMMUTABLE,
    new Map<number, HeaderValue | undefined>([
      [100, texts(['C'])], // The languages of translated texts.
      [1000, text(rpmName(metadata.name))],
      [1001, text(version)],
      [1002, text(release)],
      [1003, epoch === 0 ? undefined : int32([epoch])],
      [1004, translated(summaryOf(metadata))],
      [1005, translated(metadata.description.trim())],
      [1006, int32([mtime])], // Of the build.
      ...sizes(size),
      [1014, text(metadata.license ?? 'unknown')],
      [1015, metadata.maintainer === undefined ? undefined : text(metadata.maintainer)],
      [1016, translated('Unspecified')], // A group, which old versions insist on.
      [1020, metadata.homepage === undefined ? undefined : text(metadata.homepage)],
      [1021, text('linux')],
      [1022, text(architectureOf('rpm'))],
      // What has no source package is taken for one.
      [1044, text(`${rpmName(metadata.source)}-${version}-${release}.src.rpm`)],
      [1064, text('4.18.0')], // The version of rpm that this is the format of.
      [1124, text('cpio')],
      [1125, compressor === undefined ? undefined : text(compressor)],
      [1126, text(String(level))],
      [5062, text('utf-8')],
      [5092, texts([payloadDigest])],
      [5093, int32([SHA256])],
      [5097, texts([archiveDigest])],
      ...dependencies([1047, 1112, 1113], provides(metadata, hasConfiguration)),
      ...dependencies([1049, 1048, 1050], requires(metadata, hasConfiguration, { codec, large })),
      ...dependencies([1054, 1053, 1055], conflicts(metadata)),
      ...scripts(metadata, prefix),
      ...(files.length === 0 ? [] : list(files, mtime)),
    ]),
  );
}

type Tagged = [tag: number, value: HeaderValue | undefined];

function scripts({ scripts: given }: PackageMetadata, prefix: string): Tagged[] {
  return Object.entries(SCRIPTS).flatMap(([name, [script, program]]): Tagged[] => {
    const written = given[name as ScriptName];
    if (written === undefined) return [];
    // How many of the package there are then: none, unless it is upgraded.
    const guard = name.endsWith('rm') ? 'case "$1" in 0) ;; *) exit 0 ;; esac' : '';
    return [
      [script, text(scriptText(written, prefix, guard))],
      [program, text('/bin/sh')],
    ];
  });
}

function dependencies(
  [name, flags, version]: readonly [name: number, flags: number, version: number],
  all: readonly Dependency[],
): Tagged[] {
  if (all.length === 0) return [];
  return [
    [name, texts(all.map((one) => one.name))],
    [flags, int32(all.map((one) => one.flags))],
    [version, texts(all.map((one) => one.version))],
  ];
}

function sizes(size: number): Tagged[] {
  return [
    size < TOO_LARGE ? [1009, int32([size])] : [5009, { kind: 'int64', values: [BigInt(size)] }],
  ];
}

/** The files: lists of equal length, with names in two parts. */
function list(files: readonly RpmFile[], mtime: number): Tagged[] {
  const directories = new Map<string, number>();
  const indexes = files.map(({ path }) => {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    const index = directories.get(directory) ?? directories.size;
    directories.set(directory, index);
    return index;
  });
  const long = files.some(({ size }) => size >= TOO_LARGE);
  const flagsOf = ({ isConfiguration }: RpmFile): number =>
    isConfiguration ? CONFIGURATION | NO_REPLACE : 0;
  return [
    long
      ? [5008, { kind: 'int64', values: files.map(({ size }) => BigInt(size)) }]
      : [1028, int32(files.map(({ size }) => size))],
    [1030, { kind: 'int16', values: files.map(({ mode }) => mode) }],
    [1033, { kind: 'int16', values: files.map(() => 0) }], // Devices that they are.
    [1034, int32(files.map(() => mtime))],
    [1035, texts(files.map(({ digest }) => digest))],
    [1036, texts(files.map(({ target }) => bytesOfName(target)))],
    [1037, int32(files.map(flagsOf))],
    [1039, texts(files.map(({ owner }) => owner.user))],
    [1040, texts(files.map(({ owner }) => owner.group))],
    [1045, int32(files.map(() => VERIFY_ALL))],
    [1095, int32(files.map(() => 1))], // Devices that they are on: one for all.
    [1096, int32(files.map((_, index) => index + 1))],
    [1097, texts(files.map(() => ''))], // Languages.
    [1116, int32(indexes)],
    [1117, texts(files.map(({ path }) => bytesOfName(path.slice(path.lastIndexOf('/') + 1))))],
    [1118, texts([...directories.keys()].map(bytesOfName))],
    [5011, int32([SHA256])],
  ];
}

function text(value: string): HeaderValue {
  return { kind: 'text', value };
}

function translated(value: string): HeaderValue {
  return { kind: 'translated', value };
}

function texts(values: readonly (string | Buffer)[]): HeaderValue {
  return { kind: 'texts', values };
}

function int32(values: readonly number[]): HeaderValue {
  return { kind: 'int32', values };
}
