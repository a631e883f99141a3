#!/bin/sh
# Prepares a build directory for a source tree that embeds Ashlar: writes the manifest of the first stage from its
# template, and the wrapper that builds. Needs a POSIX shell with its tools, Node and, to build, Ninja.
#
# A tree around this one calls this script from one of its own, with SRCDIR and BOOTSTRAP set.
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
TYPESCRIPT for the programs and packages to use.
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

# Called by Ninja or the wrapper, to fill in a template again: with what was said the last time.
if [ -n "$input" ] && [ -z "$BOOTSTRAP$SRCDIR" ] && [ -f "$state" ]; then
  # shellcheck disable=SC1090
  . "$state"
  tests=${RUN_TESTS:+-t}
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
  fail "there is no package $1: run npm install in $here" 3
}
[ -n "$ESBUILD" ] || ESBUILD=$(package esbuild)
[ -n "$TYPESCRIPT" ] || TYPESCRIPT=$(package typescript)

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
substitute Esbuild "$(in_source "$ESBUILD")"
substitute TypeScript "$(in_source "$TYPESCRIPT")"

# Replaces a file only by something else: Ninja goes by times.
replace() {
  if cmp -s "$1" "$2"; then rm -f "$1"; else mv -f "$1" "$2"; fi
}

mkdir -p "$BUILDDIR/.minibootstrap"
if [ -n "$regenerate" ]; then
  minibp=$BUILDDIR/.bootstrap/bin/minibp
  [ -x "$minibp" ] || fail "there is no $minibp: build once before the template can be written anew"
  echo "Regenerating $BOOTSTRAP_MANIFEST"
  fresh=$BUILDDIR/.minibootstrap/regenerate/build.ninja.in
  mkdir -p "${fresh%/*}"
  (
    cd "$SRCDIR"
    "$minibp" ${tests:+"$tests"} -m "$(in_source "$BOOTSTRAP_MANIFEST")" -b "$(in_source "$BUILDDIR")" \
      --bootstrap "$command" -o "$fresh" "$TOPNAME"
  )
  cp "$fresh" "$BOOTSTRAP_MANIFEST.tmp-$$"
  replace "$BOOTSTRAP_MANIFEST.tmp-$$" "$BOOTSTRAP_MANIFEST"
fi
[ -f "$input" ] || fail "there is no template $input" 2

filled=$BUILDDIR/.minibootstrap/build.ninja
# Values that only other languages have may be missing: their words are empty.
sed -e "$commands" -e 's|@@[A-Za-z]*:word?@@||g' "$input" >"$filled.tmp-$$"
if grep -q '@@[A-Za-z]*\(:word\)\{0,1\}@@' "$filled.tmp-$$"; then
  names=$(grep -o '@@[A-Za-z]*\(:word\)\{0,1\}@@' "$filled.tmp-$$" | sort -u | tr '\n' ' ')
  rm -f "$filled.tmp-$$"
  fail "$input names $names, for which there is no value" 2
fi
replace "$filled.tmp-$$" "$filled"
if [ "$input" = "$BOOTSTRAP_MANIFEST" ]; then : >"$BUILDDIR/.minibootstrap/template.time"; fi

{
  for name in BOOTSTRAP BOOTSTRAP_MANIFEST SRCDIR TOPNAME NODE ESBUILD TYPESCRIPT; do
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
