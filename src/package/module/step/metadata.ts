// What steps that write packages for other package managers have in common: what the package says of
// itself, whose its files are, and what of that enters the key. Parameters are named as the properties are.
import type { WrittenCodec } from '../../../base/codec/compress.ts';
import type { Canonical } from '../../../base/digest.ts';
import { architectureOf, type Notation, type PackageMetadata } from '../../../format/metadata.ts';
import { ROOT_OWNER, type Payload } from '../../../format/payload.ts';
import { plainName } from '../../variant.ts';
import { claims } from '../subpackage.ts';
import type { StepPackage, StepSetup } from './kind.ts';

export function metadataOf(
  { package: pack, element }: StepSetup,
  notation: Notation,
): PackageMetadata {
  const one = pack.subpackages.find(({ name }) => name === element)!;
  const { variant } = pack;
  const ours = new Map(
    pack.subpackages.map(({ name }) => [name, { name: plainName({ name, variant }), exact: true }]),
  );
  // Of itself it requires the variant that it is, whatever is written.
  const required = one.requires.map((text) => {
    const [name, wanted = 'default'] = text.split(/:(.*)/s);
    const other = { name: name!, variant: wanted === 'default' ? null : wanted };
    return ours.get(name!) ?? { name: plainName(other), exact: false };
  });
  return {
    name: plainName({ name: one.name, variant }),
    source: pack.name,
    variantOf: variant === null ? undefined : one.name,
    version: pack.version,
    description: one.description ?? pack.description ?? one.name,
    homepage: oneLine(pack.homepage),
    license: oneLine(pack.license),
    maintainer: oneLine(pack.maintainer),
    requires: [...new Map(required.map((requirement) => [requirement.name, requirement])).values()],
    systemRequires: one.systemRequires[notation],
    scripts: one.scripts,
  };
}

/** Only a description may have several lines. */
function oneLine(text: string | undefined): string | undefined {
  return text?.replace(/\s+/g, ' ').trim();
}

export function payloadOf(pack: StepPackage, tree: string): Payload {
  const configuration = pack.conffiles.map(claims);
  const owners = pack.owners
    .map(({ files, user, group = user }) => ({ claims: files.map(claims), owner: { user, group } }))
    .reverse();
  return {
    tree,
    prefix: pack.prefix,
    // What a package says of itself to installations of Ashlar; others would have it twice.
    isLeftOut: (path) => path === 'pkginfo.json',
    isConfiguration: (path) => configuration.some((claim) => claim(path)),
    ownerOf: (path) =>
      owners.find((one) => one.claims.some((claim) => claim(path)))?.owner ?? ROOT_OWNER,
  };
}

/** All that decides a package beside its files. */
export function parametersOf(
  setup: StepSetup,
  notation: Notation,
  codec: WrittenCodec,
): Readonly<Record<string, Canonical | undefined>> {
  const { scripts, requires, systemRequires, description, ...said } = metadataOf(setup, notation);
  const { name: own, prefix, conffiles, owners } = setup.package;
  const ofItself = {
    description,
    requires: requires.map(({ name, exact }) => (exact ? `${name} of the same version` : name)),
    system_requires: systemRequires,
    maintainer_scripts: { ...scripts },
  };
  return {
    ...said,
    ...(setup.element === own ? ofItself : { split: ofItself }),
    conffiles,
    owners: owners.map(({ files, user, group }) => ({ files, user, group })),
    prefix,
    architecture: architectureOf(notation),
    compression: codec,
  };
}
