#!/bin/sh
# Builds what bootstrap.bash has prepared: three stages, one after the other, the first two of which do nothing
# when nothing has changed. Arguments go to Ninja in the third.
#
# Environment: BUILDDIR (where this file is), NINJA, SKIP_NINJA (stop before the third stage).
set -e

case $0 in
  */*) here=${0%/*} ;;
  *) here=. ;;
esac
BUILDDIR=$(cd "${BUILDDIR:-$here}" && pwd -P)
export BUILDDIR
: "${NINJA:=ninja}"

if [ ! -f "$BUILDDIR/.blueprint.bootstrap" ]; then
  echo 'Please run bootstrap.bash (.blueprint.bootstrap missing)' >&2
  exit 1
fi
# shellcheck disable=SC1091
. "$BUILDDIR/.blueprint.bootstrap"

if [ ! -x "$BOOTSTRAP" ] || [ ! -d "$SRCDIR" ]; then
  echo "Please run bootstrap.bash again ($BOOTSTRAP is gone)" >&2
  exit 1
fi
# The template in the tree is newer than what was made of it, or another Go is where the last one was.
made=$BUILDDIR/.minibootstrap
go=$GOVERSION
if [ -n "$go" ] && [ -r "$GOROOT/VERSION" ]; then read -r go <"$GOROOT/VERSION" || true; fi
if [ ! -f "$made/build.ninja.in" ] || [ "$BOOTSTRAP_MANIFEST" -nt "$made/template.time" ] ||
  [ "$go" != "$GOVERSION" ]; then
  script=$BOOTSTRAP
  template=$BOOTSTRAP_MANIFEST
  (unset BOOTSTRAP SRCDIR && "$script" -i "$template")
fi

version=$("$NINJA" --version) || {
  echo "error: cannot run $NINJA: let NINJA name a Ninja, or put one in the path" >&2
  exit 3
}
# Two rules for one output must be an error. Up to 1.8 that takes the flag; 1.12 does not know it any more.
case $version in
  0.* | 1.[0-9] | 1.[0-9].* | 1.1[01] | 1.1[01].*) duplicates='-w dupbuild=err' ;;
  *) duplicates= ;;
esac

case $BUILDDIR in
  "$SRCDIR") build=. ;;
  "$SRCDIR"/*) build=${BUILDDIR#"$SRCDIR"/} ;;
  *) build=$BUILDDIR ;;
esac
cd "$SRCDIR"
# shellcheck disable=SC2086
{
  "$NINJA" $duplicates -f "$build/.minibootstrap/build.ninja" "$build/.bootstrap/build.ninja"
  "$NINJA" $duplicates -f "$build/.bootstrap/build.ninja"
  if [ -z "$SKIP_NINJA" ]; then exec "$NINJA" $duplicates -f "$build/build.ninja" "$@"; fi
}
