// A script that runs a Go compiler or linker so that it finds the standard library. Up to Go 1.19 the
// toolchain has it compiled; from 1.20 on it does not, and `go list` compiles what is asked for into the cache
// that it has anyway. Its archives are copied, since that cache forgets them, and only those of packages that
// something imports: all of them take minutes. The script needs nothing but POSIX tools.

/**
 * Lines. Arguments: the toolchain's version, `-I` or `-L`, the tool, the tool's own arguments; GOROOT is in the
 * environment.
 */
export const WITH_STANDARD_LIBRARY: readonly string[] = [
  '# Made by Ashlar: runs a tool of Go ($3 of version $1) with the standard library to look in ($2).',
  'set -eu',
  'version=$1 flag=$2 tool=$3',
  'shift 3',
  // What is built must run here, whatever the caller builds for elsewhere.
  'unset GOOS GOARCH',
  'platform=${tool%/*} platform=${platform##*/}',
  'if [ -e "$GOROOT/pkg/$platform/runtime.a" ]; then exec "$tool" "$@"; fi',
  // A directory for each toolchain: what another one compiled does not fit.
  'key=$(printf %s "$version-$platform" | tr -c A-Za-z0-9.- _)',
  'std=${0%/*}/std/$key',
  'mkdir -p "$std"',
  'missing=',
  'if [ "$flag" = -I ]; then',
  '  for path in runtime $(',
  '    for source in "$@"; do',
  "      case $source in (*.go) awk '",
  '        /^(func|type|var|const)[ \\t(]/ { exit }',
  '        { while (match($0, /["`][^"`]*["`]/)) {',
  '          print substr($0, RSTART + 1, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH) } }',
  '      \' "$source" ;; esac',
  '    done | grep -x "[A-Za-z0-9_][A-Za-z0-9_./-]*" | sort -u',
  '  ); do',
  '    [ "$path" != unsafe ] && [ -d "$GOROOT/src/$path" ] && [ ! -e "$std/$path.a" ] || continue',
  '    missing="$missing $path"',
  '  done',
  'fi',
  'if [ -n "$missing" ]; then',
  '  if [ -z "${GOCACHE-}${XDG_CACHE_HOME-}${HOME-}" ]; then',
  '    GOCACHE=$(cd "$std" && pwd).cache; export GOCACHE',
  '  fi',
  '  list=$std/.list.$$',
  '  trap \'rm -f "$list"\' EXIT',
  // Without cgo, so that no C compiler is needed.
  '  GO111MODULE=off GOFLAGS= GOTOOLCHAIN=local CGO_ENABLED=0 "$GOROOT/bin/go" list -e -export -deps \\',
  '    -f \'{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}\' $missing > "$list"',
  '  while read -r path archive; do',
  '    [ ! -e "$std/$path.a" ] || continue',
  '    case $path in (*/*) mkdir -p "$std/${path%/*}" ;; esac',
  '    cp "$archive" "$std/$path.a.$$"',
  '    mv "$std/$path.a.$$" "$std/$path.a"',
  '  done < "$list"',
  '  rm -f "$list"',
  '  trap - EXIT',
  'fi',
  // The tool's own options come before its files.
  'exec "$tool" "$flag" "$std" "$@"',
];
