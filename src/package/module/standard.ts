// The pipeline that packages have unless they say otherwise: data like any other, which modules, defaults
// and variants extend. That a task is called `compile` means nothing to anyone but its reader.
import { packageValues, type PackageValues } from './properties.ts';

export const STANDARD: PackageValues = packageValues({
  variables: {
    CFLAGS: '-O2',
    CXXFLAGS: '${CFLAGS}',
    LDFLAGS: '-Wl,-rpath,${INSTALL_ROOT}/lib',
  },
  functions: {
    // What is installed elsewhere would be lost without a word.
    check_destdir: [
      'local stray',
      'stray=$(find "$DESTDIR" \\( -type f -o -type l \\) ! -path "$DESTDIR$PREFIX/*" | sed "s|^$DESTDIR||")',
      'if [ -n "$stray" ]; then',
      '  printf "installed outside of %s:\\n%s\\n" "${PREFIX:-/}" "$stray" >&2',
      '  return 1',
      'fi',
    ].join('\n'),
  },
  tasks: {
    fetch: { step: 'fetch', each: 'source', only_with: ['sources'], outputs: { source: '/out/' } },
    unpack: {
      step: 'unpack',
      after: ['fetch'],
      takes: ['sources'],
      only_with: ['sources'],
      work: true,
    },
    patch: {
      after: ['unpack'],
      takes: ['patches'],
      only_with: ['patches'],
      script: [
        'while read -r name; do',
        '  echo "applying $name"',
        '  patch -p1 < "$PATCHES/$name" || { echo "the patch $name does not apply" >&2; exit 1; }',
        'done < "$PATCHES/series"',
      ].join('\n'),
    },
    configure: { after: ['patch'], takes: ['packages'] },
    compile: { after: ['configure'], takes: ['packages'] },
    install: {
      after: ['compile'],
      takes: ['packages'],
      append: ['check_destdir'],
      outputs: { package: '${DESTDIR}${PREFIX}/' },
    },
    split: { step: 'split', uses: ['package'], outputs: { split: '/out/' } },
    qa: { step: 'qa', uses: ['split'], outputs: { qa: '/out/report' } },
    write_tar: {
      step: 'write_tar',
      format: 'tar',
      each: 'package',
      uses: ['split', 'qa'],
      before: ['deploy'],
      outputs: { tar: '/out/*.tar.xz' },
    },
    write_deb: {
      step: 'write_deb',
      format: 'deb',
      each: 'package',
      uses: ['split', 'qa'],
      before: ['deploy'],
      outputs: { deb: '/out/*.deb' },
    },
    write_rpm: {
      step: 'write_rpm',
      format: 'rpm',
      each: 'package',
      uses: ['split', 'qa'],
      before: ['deploy'],
      outputs: { rpm: '/out/*.rpm' },
    },
    write_ipk: {
      step: 'write_ipk',
      format: 'ipk',
      each: 'package',
      uses: ['split', 'qa'],
      before: ['deploy'],
      outputs: { ipk: '/out/*.ipk' },
    },
    write_apk: {
      step: 'write_apk',
      format: 'apk',
      each: 'package',
      uses: ['split', 'qa'],
      before: ['deploy'],
      outputs: { apk: '/out/*.apk' },
    },
    deploy: { step: 'deploy', outputs: { deploy: '/out/' } },
  },
  targets: ['deploy'],
});
