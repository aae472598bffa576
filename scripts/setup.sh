#!/usr/bin/env bash
# Install what scx_domains needs from the distribution, where it is missing.
#
#   setup.sh build    to build the program
#   setup.sh test     to build it and run all tests, guests included
#
# Debian and its relatives; elsewhere install what the two lists below name by hand. Rust comes from rustup.
set -euo pipefail

# scx_cargo: clang compiles the BPF programs, libclang reads their headers. libbpf-sys: builds libbpf against libelf
# and zlib. hwlocality: hwloc, which wants libudev.
build=(clang-19 gcc libc6-dev libclang1-19 libelf-dev libhwloc-dev libudev-dev make pkg-config zlib1g-dev)
# tests/guest: QEMU boots kernels out of Debian's archive, which the keyring vouches for. The lab's hybrid machines need
# iasl, of acpica-tools.
test=(acpica-tools binutils busybox-static cpio debian-archive-keyring qemu-system-x86 util-linux xz-utils)

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
[[ ${#missing[@]} -gt 0 ]] || exit 0

if [[ $EUID == 0 ]]; then
    as_root=(env)
elif command -v sudo >/dev/null; then
    as_root=(sudo)
else
    fail "these packages are missing and there is neither root nor sudo to install them: ${missing[*]}"
fi

echo "setup.sh: installing ${missing[*]}"
"${as_root[@]}" sh -ec '
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 install --yes --no-install-recommends "$@" >/dev/null
' setup "${missing[@]}" || fail "apt could not install: ${missing[*]}"
