// `write_apk`: a package for machines that are kept with apk-tools. It holds the files below the prefix.
import { apkFileName, writeApk as write } from '../../../format/apk.ts';
import { apkVersion } from '../../../format/version.ts';
import { onlyOutput, type StepKind } from './kind.ts';
import { metadataOf, parametersOf, payloadOf } from './metadata.ts';
import { treeOf } from './write-tar.ts';

export const writeApk: StepKind = {
  version: 1,
  codecs: ['gzip'],
  fileName: apkFileName,
  unable: (version) =>
    apkVersion(version) === undefined
      ? {
          message: `"${version}" is no version that apk has a notation for`,
          hint: hintFor(version),
        }
      : undefined,
  prepare(setup) {
    const metadata = metadataOf(setup, 'apk');
    return {
      parameters: parametersOf(setup, 'apk', 'gzip'),
      run: (context) =>
        write(
          metadata,
          payloadOf(setup.package, context.locate(treeOf(setup))),
          context.locate(onlyOutput(setup).at),
          { signal: context.signal },
        ),
    };
  },
};

function hintFor(version: string): string {
  const early = version.replace(/[-._+]?(alpha|beta|pre|rc)[-._]?(\d*)/, '~$1$2');
  if (early !== version && apkVersion(early) !== undefined) {
    return `what comes before a version is written with ~, for all formats: "${early}"`;
  }
  return version.includes(':')
    ? 'it has no epochs; leave "apk" out of the formats, or the epoch out of the version'
    : 'it has numbers with dots, a letter, ~alpha ~beta ~pre ~rc, +git +svn +hg +cvs +p, each with a number, ' +
        'and a - with a number: "1.2b~rc3+git20240131-4"';
}
