#!/usr/bin/env bash
# Fetch a package of the host's own Debian release into the cache, unpack it there, and print the folder.
#
#   package.sh rt-tests        prints ~/.cache/scx_domains/packages/rt-tests_2.4-1
#
# Nothing is installed: the programs in it run in guests, with libraries of the host. That is why its release must be
# the host's, where tests/guest/kernel.sh takes a newer one.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SCX_DOMAINS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scx_domains}
packages=$cache/packages

fail() {
    echo "package.sh: $*" >&2
    exit 1
}

[[ $# == 1 && $1 =~ ^[a-z0-9][a-z0-9.+-]+$ ]] || fail "usage: package.sh PACKAGE"
package=$1

# shellcheck source=tests/guest/debian.sh
source "$here/debian.sh"
debian_own_release
mkdir -p "$packages"

if debian_refresh "$cache/apt-$debian_suite"; then
    version=$(apt-cache show --no-all-versions "$package" 2>/dev/null | sed -n 's/^Version: //p') || true
    [[ -n $version ]] || fail "Debian $debian_suite has no package '$package'"
    folder=$packages/${package}_$version
else
    # Without network what was fetched before still serves.
    folder=$(find "$packages" -maxdepth 1 -name "${package}_*" | sort -V | tail -n 1)
    [[ -n $folder ]] || fail "the Debian mirror is out of reach, and $package was not fetched before"
fi

if [[ ! -d $folder ]]; then
    tmp=$(mktemp -d "$packages/.fetch.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    (cd "$tmp" && apt-get -qq -o Acquire::Retries=3 download "$package=$version") >"$tmp/log" 2>&1 ||
        fail "could not fetch $package: $(cat "$tmp/log")"
    dpkg-deb -x "$tmp/$package"_*.deb "$tmp/root"
    # ldd fails for scripts, of which there may be some.
    missing=$({ find "$tmp/root/usr/bin" -type f -exec ldd {} + 2>/dev/null || true; } |
        sed -n 's/ => not found//p' | sort -u | xargs)
    [[ -z $missing ]] || fail "$package needs $missing, which this host lacks: install it"
    mv "$tmp/root" "$folder"
fi
echo "$folder"
