// What presets say, as their author writes it: plain data that those may look at who have not loaded the
// module engine.
import type { PackageData } from './properties.ts';

export interface PresetData {
  readonly doc: string;
  readonly data: PackageData;
}

function preset(doc: string, data: PackageData): PresetData {
  return { doc, data };
}

const RUN_NINJA = [
  '# It takes part in a jobserver from 1.13 on.',
  'case $(ninja --version) in',
  '  1.[0-9].* | 1.1[0-2].*) ninja -C "$BUILD" -j"$JOBS" ;;',
  '  *) MAKEFLAGS="$JOBSERVER_NAMED" ninja -C "$BUILD" ;;',
  'esac',
].join('\n');

/** By the name that `preset` takes. */
export const PRESET_DATA: Readonly<Record<string, PresetData>> = {
  autotools: preset('`./configure && make && make install`, without libtool archives.', {
    variables: { CONFIGURE_ARGS: '', MAKE_ARGS: '', INSTALL_ARGS: '' },
    tasks: {
      configure: {
        script:
          './configure --prefix="$PREFIX" CFLAGS="$CFLAGS" CXXFLAGS="$CXXFLAGS" LDFLAGS="$LDFLAGS" $CONFIGURE_ARGS',
      },
      compile: { script: 'make $JOBSERVER $MAKE_ARGS' },
      install: {
        // They name libraries where they were built, and nothing but libtool reads them.
        script: [
          'make install DESTDIR="$DESTDIR" $INSTALL_ARGS',
          'find "$DESTDIR" -name "*.la" -delete',
        ].join('\n'),
      },
    },
  }),
  cmake: preset('CMake, out of the sources, with Ninja.', {
    variables: { CMAKE_ARGS: '' },
    functions: { run_ninja: RUN_NINJA },
    tasks: {
      configure: {
        script: [
          'cmake -S . -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release \\',
          '  -DCMAKE_INSTALL_PREFIX="$PREFIX" -DCMAKE_INSTALL_LIBDIR=lib \\',
          '  -DCMAKE_PREFIX_PATH="$ROOT" -DCMAKE_INSTALL_RPATH="$INSTALL_ROOT/lib" \\',
          '  -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$CXXFLAGS" $CMAKE_ARGS',
        ].join('\n'),
      },
      compile: { script: 'run_ninja' },
      install: { script: 'DESTDIR="$DESTDIR" cmake --install "$BUILD"' },
    },
  }),
  meson: preset('Meson, with Ninja.', {
    variables: { MESON_ARGS: '' },
    functions: { run_ninja: RUN_NINJA },
    tasks: {
      configure: {
        script: [
          'export CFLAGS CXXFLAGS LDFLAGS',
          'meson setup "$BUILD" . --prefix="${PREFIX:-/}" --libdir=lib --buildtype=plain --wrap-mode=nodownload $MESON_ARGS',
        ].join('\n'),
      },
      compile: { script: 'run_ninja' },
      install: { script: 'DESTDIR="$DESTDIR" meson install -C "$BUILD" --no-rebuild' },
    },
  }),
  make: preset('`make && make install`, with PREFIX and DESTDIR.', {
    variables: { MAKE_ARGS: '', INSTALL_ARGS: '' },
    tasks: {
      compile: {
        script: 'make $JOBSERVER PREFIX="$PREFIX" CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" $MAKE_ARGS',
      },
      install: {
        script:
          'make install PREFIX="$PREFIX" DESTDIR="$DESTDIR" CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS" $INSTALL_ARGS',
      },
    },
  }),
  cargo: preset('`cargo build --release`, with the crates that the sources bring in `vendor`.', {
    variables: { CARGO_ARGS: '' },
    functions: {
      // Paths of the build must not be in what is built.
      cargo_environment: [
        'export CARGO_HOME="$WORK/.cargo" CARGO_TARGET_DIR="$BUILD" CARGO_NET_OFFLINE=true CARGO_MAKEFLAGS="$JOBSERVER"',
        'export RUSTFLAGS="--remap-path-prefix=$WORK=/build"',
        'mkdir -p "$CARGO_HOME"',
        'if [ -d vendor ]; then',
        '  printf \'[source.crates-io]\\nreplace-with = "vendored"\\n[source.vendored]\\ndirectory = "%s/vendor"\\n\' "$PWD" > "$CARGO_HOME/config.toml"',
        'fi',
      ].join('\n'),
    },
    tasks: {
      compile: { script: 'cargo_environment\ncargo build --release $CARGO_ARGS' },
      install: {
        script: [
          'cargo_environment',
          'cargo install --path . --root "$DESTDIR$PREFIX" --no-track $CARGO_ARGS',
        ].join('\n'),
      },
    },
  }),
  go: preset('`go build`, with the modules that the sources bring in `vendor`.', {
    variables: { GO_ARGS: '', GO_PACKAGES: './...' },
    functions: {
      go_environment: [
        'export GOCACHE="$WORK/.gocache" GOPATH="$WORK/.gopath" GOFLAGS=-trimpath GOPROXY=off GOTOOLCHAIN=local',
        'export CGO_ENABLED=0',
      ].join('\n'),
    },
    tasks: {
      compile: {
        script: [
          'go_environment',
          'mkdir -p "$BUILD/bin"',
          'go build -p "$JOBS" -buildvcs=false -ldflags=-buildid= -o "$BUILD/bin/" $GO_ARGS $GO_PACKAGES',
        ].join('\n'),
      },
      install: {
        script: 'mkdir -p "$DESTDIR$PREFIX/bin"\ncp -a "$BUILD"/bin/. "$DESTDIR$PREFIX/bin/"',
      },
    },
  }),
  npm: preset(
    '`npm pack`, installed below `lib/node_modules` with links in `bin`; nothing is downloaded.',
    {
      tasks: {
        compile: {
          script: [
            'export HOME="$WORK" npm_config_offline=true npm_config_audit=false npm_config_update_notifier=false',
            'npm run build --if-present',
            'mkdir -p "$BUILD"',
            'npm pack --pack-destination "$BUILD"',
          ].join('\n'),
        },
        install: {
          script: [
            'export HOME="$WORK" npm_config_offline=true npm_config_audit=false npm_config_update_notifier=false',
            'mkdir -p "$DESTDIR$PREFIX"',
            'npm install --global --ignore-scripts --prefix "$DESTDIR$PREFIX" "$BUILD"/*.tgz',
          ].join('\n'),
        },
      },
    },
  ),
  copy: preset('The files of the sources as they are, below `share/NAME`, or where COPY_TO says.', {
    variables: { COPY_TO: 'share/${NAME}' },
    tasks: {
      install: {
        script:
          'mkdir -p "$DESTDIR$PREFIX/$COPY_TO"\ncp -a --no-preserve=ownership . "$DESTDIR$PREFIX/$COPY_TO"',
      },
    },
  }),
};
