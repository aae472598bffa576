#!/usr/bin/env bash
# Find a kernel to boot, fetch it if need be, and print its path.
#
#   kernel.sh 7.3        the newest of a series (7.3.4 names one version)
#   kernel.sh newest     the newest that can load a sched_ext scheduler
#   kernel.sh PATH       that file
#   kernel.sh --list     what there is
#   kernel.sh --module acpi-cpufreq 6.18    the path of one of its modules
#   kernel.sh --config 7.3                  the path of its configuration
#
# Looked for, in this order: a folder of vmlinuz-VERSION files that SCX_DOMAINS_KERNELS names (else
# ../shared/kernels beside the repository), then Debian's packages, then the cache when the mirror is out of reach.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SCX_DOMAINS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scx_domains}
kernels=$cache/kernels
own=${SCX_DOMAINS_KERNELS:-$here/../../../shared/kernels}

# Debian's 7.1.13 has malformed BTF for its kfuncs: no sched_ext scheduler loads on it.
broken_series=7.1

fail() {
    echo "kernel.sh: $*" >&2
    exit 1
}

newer_or_same() { # is $2 at least $1?
    [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]
}

# Does version $2 belong to what was asked for, $1? 7.3 takes 7.3, 7.3.4 and 7.3.4+deb13, not 7.30.
matches() { [[ $2 == "$1" || $2 == "$1".* || $2 == "$1"+* || $2 == "$1"-* ]]; }

# shellcheck source=tests/guest/debian.sh
source "$here/debian.sh"

versions_in() { # the versions of the vmlinuz-* files in folder $1
    [[ -d $1 ]] || return 0
    find "$1" -maxdepth 1 -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V
}

# From the versions on stdin the best match of $1: the small cloud flavour before the full one, then the newest.
best() {
    local version plain='' cloud=''
    while read -r version; do
        matches "$1" "$version" || continue
        if [[ $version == *-cloud-* ]]; then cloud=$version; else plain=$version; fi
    done < <(sort -V)
    echo "${cloud:-$plain}"
}

series() { sed -E 's/^([0-9]+\.[0-9]+).*/\1/' | sort -uV | tr '\n' ' '; }

fetch() { # put vmlinuz-$1 into the cache
    local version=$1 tmp
    [[ -e $kernels/vmlinuz-$version ]] && return
    tmp=$(mktemp -d "$kernels/.fetch.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    debian_unpack vmlinuz "$version" '*/vmlinuz*' "$tmp" || fail "could not fetch Linux $version from Debian"
    mv "$(find "$tmp" -name 'vmlinuz*' -type f)" "$kernels/vmlinuz-$version"
    rm -rf "$tmp"
    trap - EXIT
}

fetch_module() { # print the path of module $1 of version $2, unpacked
    local module=$1 version=$2 dir tmp
    dir=$kernels/modules-$version
    if [[ ! -d $dir ]]; then
        tmp=$(mktemp -d "$kernels/.fetch.XXXXXX")
        trap 'rm -rf "$tmp"' EXIT
        debian_unpack modules "$version" '*.ko*' "$tmp" || fail "could not fetch the modules of Linux $version"
        mkdir "$tmp/flat"
        # A few names occur twice in the tree; nothing here wants those.
        find "$tmp" -path "$tmp/flat" -prune -o -name '*.ko*' -type f -exec mv -t "$tmp/flat" --backup=none {} +
        mv "$tmp/flat" "$dir"
        rm -rf "$tmp"
        trap - EXIT
    fi
    [[ -e $dir/$module.ko.xz ]] && xz -d "$dir/$module.ko.xz"
    [[ -e $dir/$module.ko ]] || fail "Linux $version has no module $module"
    echo "$dir/$module.ko"
}

fetch_config() { # print the path of the configuration of version $1
    local version=$1 tmp
    if [[ ! -e $kernels/config-$version ]]; then
        tmp=$(mktemp -d "$kernels/.fetch.XXXXXX")
        trap 'rm -rf "$tmp"' EXIT
        debian_unpack config "$version" '*/config*' "$tmp" || fail "could not fetch the configuration of Linux $version"
        mv "$(find "$tmp" \( -path '*/boot/config-*' -o -path '*/lib/modules/*/config' \) -type f | head -n 1)" \
            "$kernels/config-$version"
        rm -rf "$tmp"
        trap - EXIT
    fi
    echo "$kernels/config-$version"
}

module='' config=''
if [[ ${1:-} == --module ]]; then
    module=${2:-}
    shift 2 || fail "--module needs a NAME"
elif [[ ${1:-} == --config ]]; then
    config=yes
    shift
fi
[[ $# == 1 ]] || fail "usage: kernel.sh [--module NAME | --config] SERIES|newest|PATH, or kernel.sh --list"
wanted=$1

if [[ $wanted == */* ]]; then
    [[ -f $wanted ]] || fail "$wanted: no such kernel image"
    realpath "$wanted"
    exit
fi

if [[ -z $module && $wanted != newest && $wanted != --list ]]; then
    version=$(versions_in "$own" | best "$wanted")
    if [[ -n $version && -n $config ]]; then
        [[ -e $own/config-$version.xz ]] || fail "there is no config-$version.xz beside vmlinuz-$version"
        mkdir -p "$kernels"
        xz -dc "$own/config-$version.xz" >"$kernels/config-$version"
        echo "$kernels/config-$version"
        exit
    elif [[ -n $version ]]; then
        realpath "$own/vmlinuz-$version"
        exit
    fi
fi

# One at a time from here on: apt's state and the cache are shared by all runs.
mkdir -p "$kernels"
exec 9>"$cache/kernels.lock"
flock 9

# Without network a machine that fetched its kernels before can still test.
if debian_refresh "$cache/apt"; then
    available=$(debian_versions)
else
    echo "kernel.sh: the Debian mirror is out of reach, using the kernels that were fetched before" >&2
    available=$(versions_in "$kernels")
fi
case $wanted in
--list)
    { versions_in "$own"; echo "$available"; } | grep . | sort -uV
    exit
    ;;
newest)
    wanted=$(grep -E '^7\.' <<<"$available" | series | tr ' ' '\n' | grep -vFx "$broken_series" | grep . | tail -n 1) ||
        fail "no 7.x kernel in Debian or in $kernels; connect to the network, or give --kernel PATH"
    ;;
esac

version=$(best "$wanted" <<<"$available")
[[ -n $version ]] || fail "no kernel '$wanted'; there are: $({ versions_in "$own"; echo "$available"; } | grep . | series)(or give a PATH)"

if [[ -n $module ]]; then
    fetch_module "$module" "$version"
elif [[ -n $config ]]; then
    fetch_config "$version"
else
    fetch "$version"
    echo "$kernels/vmlinuz-$version"
fi
