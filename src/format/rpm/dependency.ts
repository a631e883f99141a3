// What an rpm provides, requires and conflicts with, with the flags that say how versions compare and what for. Each list is
// in the order of names.
import { byCodePoint } from '../../base/digest.ts';
import type { WrittenCodec } from '../../base/codec/compress.ts';
import { SCRIPT_NAMES, type PackageMetadata, type ScriptName } from '../metadata.ts';
import { rpmEvr, rpmVersion } from '../version.ts';

export interface Dependency {
  readonly name: string;
  readonly version: string;
  readonly flags: number;
}

const LESS = 1 << 1;
const GREATER = 1 << 2;
const EQUAL = 1 << 3;
const INTERPRETER = 1 << 8;
const RPMLIB = 1 << 24;
const CONFIGURATION = 1 << 28;
const WHEN: Readonly<Record<ScriptName, number>> = {
  preinst: 1 << 9,
  postinst: 1 << 10,
  prerm: 1 << 11,
  postrm: 1 << 12,
};

/** What the archive needs of the rpm that reads it. */
export interface Features {
  readonly codec: WrittenCodec;
  /** Files of 4 GiB or more. */
  readonly large: boolean;
}

export function provides(metadata: PackageMetadata, hasConfiguration: boolean): Dependency[] {
  const name = rpmName(metadata.name);
  const version = rpmEvr(rpmVersion(metadata.version));
  const { variantOf } = metadata;
  const own = [
    ...(hasConfiguration
      ? [{ name: `config(${name})`, version, flags: CONFIGURATION | EQUAL }]
      : []),
    { name, version, flags: EQUAL },
  ];
  if (variantOf === undefined) return own;
  const all = [...own, { name: rpmName(variantOf), version, flags: EQUAL }];
  return all.sort((a, b) => byCodePoint(a.name, b.name));
}

/** What must not be installed beside it. A package does not conflict with what it provides itself. */
export function conflicts({ variantOf }: PackageMetadata): Dependency[] {
  return variantOf === undefined ? [] : [{ name: rpmName(variantOf), version: '', flags: 0 }];
}

export function requires(
  metadata: PackageMetadata,
  hasConfiguration: boolean,
  features: Features,
): Dependency[] {
  const version = rpmEvr(rpmVersion(metadata.version));
  const found: Dependency[] = [
    ...rpmlib(features),
    ...metadata.requires.map(({ name, exact }) =>
      exact
        ? { name: rpmName(name), version, flags: EQUAL }
        : { name: rpmName(name), version: '', flags: 0 },
    ),
  ];
  found.push(...(metadata.systemRequires ?? []).map(parseDependency));
  const scripts = SCRIPT_NAMES.filter((name) => metadata.scripts[name] !== undefined);
  if (scripts.length > 0) {
    const flags = scripts.reduce((all, name) => all | WHEN[name], INTERPRETER);
    found.push({ name: '/bin/sh', version: '', flags });
  }
  if (hasConfiguration) {
    const name = `config(${rpmName(metadata.name)})`;
    found.push({ name, version, flags: CONFIGURATION | EQUAL });
  }
  return found.sort((a, b) => byCodePoint(a.name, b.name));
}

/** `name`, or `name >= version`; rpm takes what is in parentheses apart itself. */
function parseDependency(text: string): Dependency {
  const [, name, relation, version] = /^(\S+)\s*([<>=]+)\s*(\S+)$/.exec(text.trim()) ?? [];
  if (name === undefined || text.startsWith('('))
    return { name: text.trim(), version: '', flags: 0 };
  const signs = { '<': LESS, '>': GREATER, '=': EQUAL };
  const flags = Object.entries(signs).reduce(
    (all, [sign, flag]) => (relation!.includes(sign) ? all | flag : all),
    0,
  );
  return { name, version: version!, flags };
}

function rpmlib({ codec, large }: Features): Dependency[] {
  const needed: [name: string, version: string][] = [
    ['CompressedFileNames', '3.0.4-1'],
    ['FileDigests', '4.6.0-1'],
    ['PayloadFilesHavePrefix', '4.0-1'],
  ];
  if (codec === 'xz') needed.push(['PayloadIsXz', '5.2-1']);
  if (codec === 'zstd') needed.push(['PayloadIsZstd', '5.4.18-1']);
  if (large) needed.push(['LargeFiles', '4.12.0-1']);
  return needed.map(([name, version]) => ({
    name: `rpmlib(${name})`,
    version,
    flags: RPMLIB | LESS | EQUAL,
  }));
}

/** A name that rpm takes. */
export function rpmName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._+-]/g, '-');
  return /^[A-Za-z0-9]/.test(plain) ? plain : `x${plain}`;
}
