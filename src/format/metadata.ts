// What a package says of itself, in words that all package managers share: each writer spells it in its
// own. Knows nothing of how packages are built, nor of their files.

export interface PackageMetadata {
  readonly name: string;
  /** The package that it is split off; its own name for itself. */
  readonly source: string;
  /** Of a variant the name of the default one, in whose place it can be: never are both installed. */
  readonly variantOf?: string | undefined;
  /** `[epoch:]upstream[-revision]`, see `version.ts`. */
  readonly version: string;
  /** A line, and further ones if there is more to say. */
  readonly description: string;
  readonly homepage: string | undefined;
  /** An SPDX expression. */
  readonly license: string | undefined;
  /** `Name <address>`. */
  readonly maintainer: string | undefined;
  readonly requires: readonly Requirement[];
  /** Packages of the system, as the format that is written spells them. */
  readonly systemRequires?: readonly string[] | undefined;
  readonly scripts: MaintainerScripts;
}

export interface Requirement {
  readonly name: string;
  /** Made by the same build: it must be of the same version. */
  readonly exact: boolean;
}

/**
 * What is run on the machine that a package is installed on, by `sh`: before and after its files are put in
 * place, for an upgrade too; before and after they are removed for good.
 */
export interface MaintainerScripts {
  readonly preinst?: string | undefined;
  readonly postinst?: string | undefined;
  readonly prerm?: string | undefined;
  readonly postrm?: string | undefined;
}

export const SCRIPT_NAMES = ['preinst', 'postinst', 'prerm', 'postrm'] as const;
export type ScriptName = (typeof SCRIPT_NAMES)[number];

/** The text of a script, in the notation of one package manager: `guard` ends it where it is not meant. */
export function scriptText(script: string, prefix: string, guard = ''): string {
  const lines = ['#!/bin/sh', 'set -e', `PREFIX='${prefix.replaceAll("'", "'\\''")}'`];
  if (guard !== '') lines.push(guard);
  return `${lines.join('\n')}\n${script.replace(/\n*$/, '\n')}`;
}

/** The first line of a description, which is all that some have room for. */
export function summaryOf({ description }: PackageMetadata): string {
  return description.trim().split('\n')[0]!.trim();
}

/** Names of kinds of machines, by Node's. */
const ARCHITECTURES: Readonly<Record<string, Readonly<Record<Notation, string>>>> = {
  x64: { deb: 'amd64', ipk: 'x86_64', rpm: 'x86_64', apk: 'x86_64' },
  arm64: { deb: 'arm64', ipk: 'aarch64', rpm: 'aarch64', apk: 'aarch64' },
  arm: { deb: 'armhf', ipk: 'armv7a', rpm: 'armv7hl', apk: 'armv7' },
  ia32: { deb: 'i386', ipk: 'i686', rpm: 'i686', apk: 'x86' },
  ppc64: { deb: 'ppc64el', ipk: 'ppc64le', rpm: 'ppc64le', apk: 'ppc64le' },
  riscv64: { deb: 'riscv64', ipk: 'riscv64', rpm: 'riscv64', apk: 'riscv64' },
  s390x: { deb: 's390x', ipk: 's390x', rpm: 's390x', apk: 's390x' },
  loong64: { deb: 'loong64', ipk: 'loongarch64', rpm: 'loongarch64', apk: 'loongarch64' },
};

export type Notation = 'deb' | 'ipk' | 'rpm' | 'apk';

/** The kind of machine that packages are made for: this one's. */
export function architectureOf(notation: Notation, machine: string = process.arch): string {
  return ARCHITECTURES[machine]?.[notation] ?? machine;
}
