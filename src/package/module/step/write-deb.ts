// `write_deb`: a package for machines that are kept with dpkg. It holds the files below the prefix.
import {
  debianName,
  debianVersion,
  writeDeb as write,
  type ControlFields,
} from '../../../format/deb.ts';
import { onlyOutput, type PreparedStep, type StepKind, type StepSetup } from './kind.ts';
import { treeOf } from './write-tar.ts';

export const writeDeb: StepKind = { version: 1, prepare: (setup) => prepareDeb(setup, 'deb') };

/** Debian's names of kinds of machines; those of OpenEmbedded are uname's. */
const ARCHITECTURES: Readonly<Record<string, { readonly deb: string; readonly ipk: string }>> = {
  x64: { deb: 'amd64', ipk: 'x86_64' },
  arm64: { deb: 'arm64', ipk: 'aarch64' },
  arm: { deb: 'armhf', ipk: 'armv7a' },
  ia32: { deb: 'i386', ipk: 'i686' },
  ppc64: { deb: 'ppc64el', ipk: 'ppc64le' },
  riscv64: { deb: 'riscv64', ipk: 'riscv64' },
  s390x: { deb: 's390x', ipk: 's390x' },
};

export function prepareDeb(setup: StepSetup, kind: 'deb' | 'ipk'): PreparedStep {
  const { package: pack, element } = setup;
  const { requires, description } = pack.subpackages.find(({ name }) => name === element)!;
  const architecture = ARCHITECTURES[process.arch]?.[kind] ?? process.arch;
  const depends = requires.map((one) => debianName(one.replace(/:.*$/, '')));
  const control: ControlFields = [
    ['Package', debianName(element!)],
    ['Source', element === pack.name ? undefined : debianName(pack.name)],
    ['Version', debianVersion(pack.version)],
    ['Architecture', architecture],
    ['Maintainer', pack.maintainer ?? 'unknown <unknown@localhost>'],
    ['Depends', depends.join(', ')],
    ['Section', 'misc'],
    ['Priority', 'optional'],
    ['Homepage', pack.homepage],
    ['License', kind === 'ipk' ? pack.license : undefined],
    ['Description', description ?? pack.description ?? element],
  ];
  const { prefix } = pack;
  return {
    parameters: { control: control.map(([name, value]) => [name, value ?? null]), prefix },
    run: (context) =>
      write(context.locate(treeOf(setup)), context.locate(onlyOutput(setup).at), {
        control,
        prefix,
        kind,
        signal: context.signal,
      }),
  };
}
