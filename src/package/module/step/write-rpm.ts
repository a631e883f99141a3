// `write_rpm`: a package for machines that are kept with rpm, dnf or zypper. It holds the files below the prefix.
import { RPM_CODECS, rpmFileName, writeRpm as write } from '../../../format/rpm/package.ts';
import { onlyOutput, type StepKind } from './kind.ts';
import { metadataOf, parametersOf, payloadOf } from './metadata.ts';
import { treeOf } from './write-tar.ts';

export const writeRpm: StepKind = {
  version: 1,
  codecs: RPM_CODECS,
  fileName: rpmFileName,
  prepare(setup) {
    const metadata = metadataOf(setup, 'rpm');
    const codec = setup.codec ?? RPM_CODECS[0]!;
    return {
      parameters: parametersOf(setup, 'rpm', codec),
      run: (context) =>
        write(
          metadata,
          payloadOf(setup.package, context.locate(treeOf(setup))),
          context.locate(onlyOutput(setup).at),
          { codec, signal: context.signal },
        ),
    };
  },
};
