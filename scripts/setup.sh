#!/usr/bin/env bash
# Install what scx_domains needs from the distribution, where it is missing.
#
#   setup.sh build    to build the program
#   setup.sh test     to build it and run all tests, guests included
#
# Debian and its relatives; elsewhere install what the two lists below name by hand. Rust comes from rustup.
# SCX_DOMAINS_MIRROR names another Debian mirror than the one that apt uses, for what comes from backports.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# scx_cargo: clang compiles the BPF programs, libclang reads their headers. libbpf-sys: builds libbpf against libelf
# and zlib. hwlocality: hwloc, which wants libudev.
build=(clang-19 gcc libc6-dev libclang1-19 libelf-dev libhwloc-dev libudev-dev make pkg-config zlib1g-dev)
# tests/guest: QEMU boots kernels out of Debian's archive, which the keyring vouches for. The lab's hybrid machines need
# iasl, of acpica-tools. mandoc reads the manual pages for faults; `scx_domains top` is looked at in tmux. dbus-daemon: a private
# bus for what `--profile auto` follows.
test=(acpica-tools binutils busybox-static cpio dbus-daemon debian-archive-keyring mandoc qemu-system-x86 tmux util-linux xz-utils)

# Before 8.1, one emulated CPU could keep the others from running until the next timer, for tens of milliseconds, and
# guests died of code that the kernel patches while it boots. Debian 12 has 7.2, and 10.0 in its backports.
oldest_qemu=8.1

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

case ${1:-} in
build) wanted=("${build[@]}") ;;
test) wanted=("${build[@]}" "${test[@]}") ;;
*) fail "usage: setup.sh build|test" ;;
esac

command -v cargo >/dev/null || fail "cargo is missing: install Rust with rustup (https://rustup.rs)"
command -v dpkg-query >/dev/null || fail "this is no Debian-like system; install by hand what these packages hold: ${wanted[*]}"

missing=()
for package in "${wanted[@]}"; do
    # The status of a package that was removed or never known is not "installed".
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] ||
        missing+=("$package")
done

# Is version $1 of Debian's package at least oldest_qemu? "1:10.0.2+ds-2" is.
new_enough() { dpkg --compare-versions "${1:-0}" ge "1:$oldest_qemu"; }

qemu_version() { # of the package that is installed
    dpkg-query -W -f '${Version}' qemu-system-x86 2>/dev/null || true
}

old_qemu=no
if [[ $1 == test ]] && ! new_enough "$(qemu_version)"; then old_qemu=yes; fi
[[ ${#missing[@]} -gt 0 || $old_qemu == yes ]] || exit 0

if [[ $EUID == 0 ]]; then
    as_root=(env)
elif command -v sudo >/dev/null; then
    as_root=(sudo)
else
    fail "there is neither root nor sudo to install: ${missing[*]} qemu-system-x86 $oldest_qemu or newer"
fi

install() { # the packages "$@", which options of apt-get may go before
    "${as_root[@]}" sh -ec '
        export DEBIAN_FRONTEND=noninteractive
        apt-get -qq "$@"
    ' setup -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "$@" >/dev/null
}

# QEMU from backports, where the distribution's own is too old. The host's sources stay as they are: apt gets a private
# list that has backports in it, for this one time.
install_newer_qemu() {
    local suite mirror
    # shellcheck source=/dev/null
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}-backports")
    # shellcheck source=tests/guest/debian.sh
    source "$here/../tests/guest/debian.sh"
    mirror=$(debian_mirror) || return 1
    tmp=$(mktemp -d) # not local: the trap outlives the function
    trap 'rm -rf "$tmp"' EXIT
    mkdir -p "$tmp/parts" "$tmp/lists/partial"
    chmod -R a+rX "$tmp"
    cp /etc/apt/sources.list.d/*.{list,sources} "$tmp/parts" 2>/dev/null || true
    echo "deb [signed-by=$debian_keyring] $mirror $suite main" >"$tmp/parts/backports.list"
    echo "setup.sh: installing QEMU $oldest_qemu or newer from $suite"
    local private=(-o Dir::Etc::sourceparts="$tmp/parts" -o Dir::State::lists="$tmp/lists" -o APT::Sandbox::User=root)
    "${as_root[@]}" apt-get -qq "${private[@]}" update && install "${private[@]}" -t "$suite" qemu-system-x86
}

if [[ ${#missing[@]} -gt 0 ]]; then
    echo "setup.sh: installing ${missing[*]}"
    { "${as_root[@]}" apt-get -qq update && install "${missing[@]}"; } || fail "apt could not install: ${missing[*]}"
fi
if [[ $1 == test ]] && ! new_enough "$(qemu_version)"; then
    install_newer_qemu || true
    new_enough "$(qemu_version)" ||
        fail "the tests need QEMU $oldest_qemu or newer, apt has only $(qemu_version): install it by hand"
fi
