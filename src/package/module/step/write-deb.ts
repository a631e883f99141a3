// `write_deb`: a package for machines that are kept with dpkg. It holds the files below the prefix.
import { DEB_CODECS, writeDeb as write } from '../../../format/deb.ts';
import { controlFields, debianFileName } from '../../../format/control.ts';
import { onlyOutput, type StepKind } from './kind.ts';
import { metadataOf, parametersOf, payloadOf } from './metadata.ts';
import { treeOf } from './write-tar.ts';

export const writeDeb: StepKind = debianStep('deb');

/** Packages of both kinds differ in names of machines, and in how they are compressed. */
export function debianStep(kind: 'deb' | 'ipk'): StepKind {
  const codecs = DEB_CODECS[kind];
  return {
    version: 2,
    codecs,
    fileName: (one) => debianFileName(one, kind),
    prepare(setup) {
      const metadata = metadataOf(setup, kind);
      const codec = setup.codec ?? codecs[0]!;
      return {
        parameters: parametersOf(setup, kind, codec),
        run: (context) =>
          write(
            payloadOf(setup.package, context.locate(treeOf(setup))),
            context.locate(onlyOutput(setup).at),
            {
              control: controlFields(metadata, kind),
              scripts: metadata.scripts,
              kind,
              codec,
              signal: context.signal,
            },
          ),
      };
    },
  };
}
