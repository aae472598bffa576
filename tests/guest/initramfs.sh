#!/usr/bin/env bash
# Build the guest's root file system, an initramfs, and write it to a file.
#
#   initramfs.sh OUT INIT-FILE COMMAND-FILE [FILE[:/PATH/IN/GUEST]]...
#
# It holds busybox, INIT-FILE as /init, COMMAND-FILE as /command, and the given files with the libraries that they load.
# Without a path in the guest an executable goes to /bin, any other file to /. The result depends on the contents
# alone (sorted, no times, no inode numbers): the guest's determinism starts here.
set -euo pipefail

fail() {
    echo "initramfs.sh: $*" >&2
    exit 1
}

[[ $# -ge 3 ]] || fail "usage: initramfs.sh OUT INIT-FILE COMMAND-FILE [FILE[:/PATH]]..."
out=$1 init_file=$2 command_file=$3
shift 3

busybox=$(command -v busybox) || fail "busybox is missing: run 'make setup'"
command -v cpio >/dev/null || fail "cpio is missing: run 'make setup'"
file_is_static() { ! ldd "$1" >/dev/null 2>&1; }
file_is_static "$busybox" || fail "$busybox needs libraries; install busybox-static"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# Shared libraries land at the paths where the loader will look for them.
copy_libraries() {
    local library
    ldd "$1" | grep -oE '/[^ ]+' | while read -r library; do
        [[ -e $root$library ]] && continue
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
}

copy() {
    local from=${1%%:/*} to
    [[ -e $from ]] || fail "$from: no such file to copy into the guest"
    if [[ $1 == *:/* ]]; then
        to=/${1#*:/}
    elif [[ -f $from && -x $from ]]; then
        to=/bin/$(basename "$from")
    else
        to=/$(basename "$from")
    fi
    mkdir -p "$root$(dirname "$to")"
    cp -rL --remove-destination "$from" "$root$to" # one of busybox's names may be in the way
    [[ -f $from && -x $from ]] || return 0
    file_is_static "$from" || copy_libraries "$from"
    # Debug information is most of a binary and of no use in a guest; scripts are not for strip.
    strip --strip-debug "$root$to" 2>/dev/null || true
}

mkdir -p "$root"/{bin,dev,etc,proc,run,sys,tmp}
cp "$busybox" "$root/bin/busybox"
"$busybox" --list | while read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
done
cp "$init_file" "$root/init"
cp "$command_file" "$root/command"
chmod 755 "$root/init"
for file in "$@"; do copy "$file"; done

find "$root" -exec touch --no-dereference --date=@0 {} +
# Not compressed: unpacking costs the emulated CPU more than loading.
(cd "$root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
    cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) >"$out"
