// What packages of the dpkg family say of themselves: fields, names, dependencies, and scripts that are run
// when something is done to them. Knows nothing of archives.
import {
  architectureOf,
  scriptText,
  type PackageMetadata,
  type Requirement,
  type ScriptName,
} from './metadata.ts';
import { debianVersion, withoutEpoch } from './version.ts';

/** Fields of the control file, in order; those without a value are left out. */
export type ControlFields = readonly (readonly [name: string, value: string | undefined])[];

/** The fields of a package, but for those that its files decide. */
export function controlFields(metadata: PackageMetadata, kind: 'deb' | 'ipk'): ControlFields {
  const { name, source, version, maintainer, homepage, license, description } = metadata;
  const { systemRequires = [] } = metadata;
  const requirement = (one: Requirement): string =>
    `${debianName(one.name)}${one.exact ? ` (= ${debianVersion(version)})` : ''}`;
  const other = metadata.variantOf === undefined ? undefined : debianName(metadata.variantOf);
  // opkg knows no versions of what is provided.
  const provided = kind === 'ipk' ? other : other && `${other} (= ${debianVersion(version)})`;
  return [
    ['Package', debianName(name)],
    ['Source', source === name ? undefined : debianName(source)],
    ['Version', debianVersion(version)],
    ['Architecture', architectureOf(kind)],
    ['Maintainer', maintainer ?? 'unknown <unknown@localhost>'],
    ['Depends', [...metadata.requires.map(requirement), ...systemRequires].join(', ')],
    ['Provides', provided],
    ['Conflicts', other],
    ['Replaces', other],
    ['Section', 'misc'],
    ['Priority', 'optional'],
    ['Homepage', homepage],
    ['License', kind === 'ipk' ? license : undefined],
    ['Description', description],
  ];
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

/** What the first argument is where the script is meant: it is called to undo things as well. */
const MEANT: Readonly<Record<ScriptName, string>> = {
  preinst: 'install | upgrade',
  postinst: 'configure',
  prerm: 'remove',
  postrm: 'remove',
};

export function debianScript(name: ScriptName, script: string, prefix: string): string {
  return scriptText(script, prefix, `case "$1" in ${MEANT[name]}) ;; *) exit 0 ;; esac`);
}

/** A name that a Debian package can have. */
export function debianName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9+.-]/g, '-');
  return /^[a-z0-9][a-z0-9+.-]+$/.test(plain) ? plain : `x-${plain.replace(/^[^a-z0-9]+/, '')}`;
}

/** How a file of the package is called: `name_version_architecture`, and its kind behind it. */
export function debianFileName(
  { name, version }: Pick<PackageMetadata, 'name' | 'version'>,
  kind: 'deb' | 'ipk',
): string {
  return `${debianName(name)}_${withoutEpoch(version)}_${architectureOf(kind)}`;
}
