#!/bin/sh
# Prepares a build directory for a source tree: writes the manifest of the first stage from its template, and the
# wrapper that builds. Needs a POSIX shell with its tools, Node and, to build, Ninja.
#
# A tree that embeds Ashlar as source calls this script from one of its own, with SRCDIR and BOOTSTRAP set. For a
# tree elsewhere, SRCDIR alone says which; Ashlar as it is built here then makes its manifests.
set -e

usage() {
  cat <<'TEXT'
usage: bootstrap.bash [-b DIR] [-h] [-i FILE] [-r] [-t]
  -b DIR   the build directory (the working directory, unless BUILDDIR says otherwise)
  -h       this text
  -i FILE  the template of the first manifest
  -r       write that template anew, with the minibp that was built
  -t       run tests, and build nothing that depends on one that fails
Environment: BUILDDIR, SRCDIR, BOOTSTRAP, WRAPPER, TOPNAME, BOOTSTRAP_MANIFEST, RUN_TESTS, and NODE, ESBUILD,
TYPESCRIPT, GOROOT for the programs and packages to use; GOOS and GOARCH choose among the tools of Go.
TEXT
}

fail() {
  echo "error: $1" >&2
  exit "${2:-1}"
}

directory_of() {
  case $1 in
    */*) (cd "${1%/*}/" && pwd -P) ;;
    *) pwd -P ;;
  esac
}

absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

here=$(directory_of "$0")
regenerate=
input=
tests=${RUN_TESTS:+-t}
while getopts b:hi:rt option; do
  case $option in
    b) BUILDDIR=$OPTARG ;;
    h) usage && exit 0 ;;
    i) input=$(absolute "$OPTARG") ;;
    r) regenerate=yes ;;
    t) tests=-t ;;
    *) usage >&2 && exit 2 ;;
  esac
done

mkdir -p "${BUILDDIR:=.}"
BUILDDIR=$(cd "$BUILDDIR" && pwd -P)
state=$BUILDDIR/.blueprint.bootstrap

# Called by Ninja or the wrapper, to fill in a template again: with what was said the last time. The tree's own script
# may have said again what it always says.
if [ -n "$input" ] && [ -f "$state" ]; then
  bootstrap=$BOOTSTRAP
  source=$SRCDIR
  # shellcheck disable=SC1090
  . "$state"
  : "${tests:=${RUN_TESTS:+-t}}"
  BOOTSTRAP=${bootstrap:-$BOOTSTRAP}
  SRCDIR=${source:-$SRCDIR}
fi
if [ -z "$BOOTSTRAP" ]; then
  BOOTSTRAP=$here/bootstrap.bash
  : "${WRAPPER=$here/blueprint.bash}"
fi
BOOTSTRAP=$(absolute "$BOOTSTRAP")
SRCDIR=$(cd "${SRCDIR:-$(directory_of "$BOOTSTRAP")}" && pwd -P) || fail "SRCDIR is no directory"
: "${TOPNAME:=Blueprints}"
BOOTSTRAP_MANIFEST=$(absolute "${BOOTSTRAP_MANIFEST:-$SRCDIR/build.ninja.in}")
: "${input:=$BOOTSTRAP_MANIFEST}"
[ -f "$SRCDIR/$TOPNAME" ] || fail "there is no $SRCDIR/$TOPNAME" 2

: "${NODE:=$(command -v node || true)}"
[ -n "$NODE" ] || fail 'there is no node in the path: install Node 20.19 or later, or set NODE' 3
NODE=$(absolute "$NODE")

# Where this script is no part of the tree, the engine is that of the bundle beside it.
ENGINE=
case $here/ in
  "$SRCDIR"/*) ;;
  *)
    [ -f "$here/dist/minibp.js" ] || fail "there is no $here/dist/minibp.js: run npm run build in $here" 3
    ENGINE=yes
    ;;
esac

# The nearest node_modules, at or above the tree or this script, that holds a package.
package() {
  for start in "$SRCDIR" "$here"; do
    while :; do
      if [ -f "$start/node_modules/$1/package.json" ]; then
        printf '%s\n' "$start/node_modules/$1"
        return
      fi
      [ -n "$start" ] || break
      start=${start%/*}
    done
  done
  # An engine may not need it.
  [ -n "$ENGINE" ] || fail "there is no package $1: run npm install in $here" 3
}
[ -n "$ESBUILD" ] || ESBUILD=$(package esbuild)
[ -n "$TYPESCRIPT" ] || TYPESCRIPT=$(package typescript)

# Go, as src/bootstrap/go/toolchain.ts finds it. Only trees with tools in Go need one.
GOVERSION=
gocompile=
golink=
nogo='there is no go in the path'
go=go
if [ -n "$GOROOT" ]; then
  export GOROOT
  go=$GOROOT/bin/go
  nogo="there is no $go, as GOROOT has it"
fi
if command -v "$go" >/dev/null 2>&1; then
  if found=$(GOOS='' GOARCH='' GOTOOLCHAIN=local "$go" env GOROOT GOTOOLDIR GOVERSION 2>&1); then
    # Three lines; the last one is empty before Go 1.16.
    {
      read -r GOROOT
      read -r tools
      read -r GOVERSION || true
    } <<TEXT
$found
TEXT
    if [ -z "$GOVERSION" ] && [ -r "$GOROOT/VERSION" ]; then read -r GOVERSION <"$GOROOT/VERSION" || true; fi
    chosen=$GOROOT/pkg/tool/${GOOS}_${GOARCH}
    if [ -f "$chosen/compile" ]; then tools=$chosen; fi
    gocompile=$tools/compile
    golink=$tools/link
    : "${GOVERSION:=unknown}"
  else
    nogo="\`$go env\` failed: $found"
  fi
fi

# All stages run in the source root: what is inside is named relative to it, and the tree can be moved.
in_source() {
  case $1 in
    "$SRCDIR") printf '.\n' ;;
    "$SRCDIR"/*) printf '%s\n' "${1#"$SRCDIR"/}" ;;
    *) printf '%s\n' "$1" ;;
  esac
}

quote() {
  case $1 in
    *[!A-Za-z0-9_+=.,/-]*)
      printf "'"
      printf '%s\n' "$1" | sed "s/'/'\\\\''/g" | tr -d '\n'
      printf "'"
      ;;
    *) printf '%s' "$1" ;;
  esac
}

# A value as the value of a variable of Ninja, inside of the replacement of a sed command.
escape() {
  printf '%s\n' "$1" | sed -e 's/\$/$$/g' -e 's/^ /$ /' -e 's/[\\&|]/\\&/g'
}

commands=
substitute() {
  case $2 in
    *'
'*) fail "$1 has a line break, which Ninja cannot read: $2" ;;
  esac
  commands=$commands"s|@@$1@@|$(escape "$2")|g
s|@@$1:word?\{0,1\}@@|$(escape "$(quote "$2")")|g
"
}

substitute SrcDir .
substitute BuildDir "$(in_source "$BUILDDIR")"
substitute TopFile "$TOPNAME"
# A word without a slash would be looked for in the path.
case $(in_source "$BOOTSTRAP") in
  */*) command=$(in_source "$BOOTSTRAP") ;;
  *) command=./$(in_source "$BOOTSTRAP") ;;
esac
substitute Bootstrap "$command"
substitute BootstrapManifest "$(in_source "$BOOTSTRAP_MANIFEST")"
substitute RunTests "$tests"
substitute Node "$NODE"
if [ -n "$ESBUILD" ]; then substitute Esbuild "$(in_source "$ESBUILD")"; fi
if [ -n "$TYPESCRIPT" ]; then substitute TypeScript "$(in_source "$TYPESCRIPT")"; fi
if [ -n "$GOVERSION" ]; then
  substitute GoRoot "$GOROOT"
  substitute GoCompile "$gocompile"
  substitute GoLink "$golink"
  substitute GoVersion "$GOVERSION"
fi
if [ -n "$ENGINE" ]; then
  ENGINE="$(quote "$NODE") $(quote "$here/dist/minibp.js")"
  substitute Engine "$ENGINE"
  substitute Ashlar "$here/dist"
fi

# Replaces a file only by something else: Ninja goes by times.
replace() {
  if cmp -s "$1" "$2"; then rm -f "$1"; else mv -f "$1" "$2"; fi
}

# Makes the template of the tree, in a file of the build directory.
make_template() {
  (
    cd "$SRCDIR"
    if [ -n "$ENGINE" ]; then
      "$NODE" "$here/dist/minibp.js" ${tests:+"$tests"} -b "$(in_source "$BUILDDIR")" --engine "$ENGINE" \
        --tool "Node=$NODE" --tool "Ashlar=$here/dist" -o "$1" "$TOPNAME"
    else
      "$BUILDDIR/.bootstrap/bin/minibp" ${tests:+"$tests"} -m "$(in_source "$BOOTSTRAP_MANIFEST")" \
        -b "$(in_source "$BUILDDIR")" --bootstrap "$command" -o "$1" "$TOPNAME"
    fi
  )
}

mkdir -p "$BUILDDIR/.minibootstrap"
if [ -n "$regenerate" ]; then
  minibp=$BUILDDIR/.bootstrap/bin/minibp
  if [ -z "$ENGINE" ] && [ ! -x "$minibp" ]; then
    fail "there is no $minibp: build once before the template can be written anew"
  fi
  echo "Regenerating $BOOTSTRAP_MANIFEST"
  fresh=$BUILDDIR/.minibootstrap/regenerate/build.ninja.in
  mkdir -p "${fresh%/*}"
  make_template "$fresh"
  # Not even the time of the directory changes for nothing.
  if ! cmp -s "$fresh" "$BOOTSTRAP_MANIFEST"; then
    cp "$fresh" "$BOOTSTRAP_MANIFEST.tmp-$$"
    mv -f "$BOOTSTRAP_MANIFEST.tmp-$$" "$BOOTSTRAP_MANIFEST"
  fi
fi
# A tree may come without a template for this engine, or with that of another.
given=$input
if [ -n "$ENGINE" ] && ! grep -q '@@Engine' "$input" 2>/dev/null; then
  input=$BUILDDIR/.minibootstrap/build.ninja.in
  make_template "$input"
fi
[ -f "$input" ] || fail "there is no template $input" 2

filled=$BUILDDIR/.minibootstrap/build.ninja
# Values that only other languages have may be missing: their words are empty.
sed -e "$commands" -e 's|@@[A-Za-z]*:word?@@||g' "$input" >"$filled.tmp-$$"
if grep -q '@@[A-Za-z]*\(:word\)\{0,1\}@@' "$filled.tmp-$$"; then
  names=$(grep -o '@@[A-Za-z]*\(:word\)\{0,1\}@@' "$filled.tmp-$$" | sort -u | tr '\n' ' ')
  rm -f "$filled.tmp-$$"
  case $names in
    *@@Go*) fail "the tools of this tree are in Go, and $nogo: install Go 1.8 or later, or set GOROOT" 3 ;;
  esac
  fail "$input names $names, for which there is no value" 2
fi
replace "$filled.tmp-$$" "$filled"
if [ "$given" = "$BOOTSTRAP_MANIFEST" ]; then : >"$BUILDDIR/.minibootstrap/template.time"; fi

{
  for name in BOOTSTRAP BOOTSTRAP_MANIFEST SRCDIR TOPNAME NODE ESBUILD TYPESCRIPT GOROOT GOOS GOARCH GOVERSION; do
    eval "value=\$$name"
    printf '%s=%s\n' "$name" "$(quote "$value")"
  done
  printf 'RUN_TESTS=%s\n' "$tests"
} >"$state.tmp-$$"
replace "$state.tmp-$$" "$state"

if [ -n "$WRAPPER" ]; then
  cp "$WRAPPER" "$BUILDDIR/blueprint.bash.tmp-$$"
  replace "$BUILDDIR/blueprint.bash.tmp-$$" "$BUILDDIR/blueprint.bash"
  chmod +x "$BUILDDIR/blueprint.bash"
fi
