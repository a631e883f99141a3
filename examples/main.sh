#!/bin/sh
# The main job of the README: builds real software from source, installs it below a root, runs it, and
# shows that a second build has nothing to do.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ashlar=$here/../bin/ashlar
root=$here/debian/root

bold='' plain=''
[ ! -t 1 ] || { bold=$(printf '\033[1m') plain=$(printf '\033[0m'); }

show() {
  printf '\n%s$ %s%s\n' "$bold" "$(echo "$*" | sed "s|$ashlar|ashlar|; s|$here/||g")" "$plain"
  "$@"
}

cd "$here/debian/packages"
show "$ashlar" build --variant plain
show "$ashlar" install --root "$root" --activate curl:plain bzip2 lua xz
show "$root/bin/curl" --version
show "$root/bin/lua" -e 'print("hello from " .. _VERSION)'
show "$ashlar" build --variant plain
