#!/usr/bin/env bash
# Make a small Debian with systemd, of the host's own release, and print the path of the archive that it is in.
#
#   tree.sh        prints ~/.cache/scx_domains/trees/bookworm-0123456789ab.cpio
#
# `tests/guest/run --tree ARCHIVE` boots it. It takes neither root nor debootstrap: packages are unpacked side by side below
# /debian, their configuration scripts are not run, and dpkg's database says that they are installed. That is enough for
# systemd to boot, and for dpkg to install our package on top. The archive's name changes with the versions of the packages,
# so it is made once, then taken from the cache.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${SCX_DOMAINS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scx_domains}
trees=$cache/trees

# What a Debian has at the least, and what our package depends on: apt finds the rest. usr-is-merged instead of usrmerge, which
# drags Perl in.
packages=(base-files base-passwd bash coreutils dash diffutils dpkg grep init-system-helpers libc-bin login mount passwd
    perl-base sed systemd-sysv tar usr-is-merged util-linux libhwloc15 libelf1 zlib1g)
# What nobody looks at in there; most of the size.
unwanted=(usr/share/{doc,info,locale,man,i18n,zoneinfo,perl5} usr/lib/x86_64-linux-gnu/{gconv,perl-base/unicore}
    usr/lib/{locale,udev,systemd/boot} usr/share/{bash-completion,zsh,bug,lintian})

fail() {
    echo "tree.sh: $*" >&2
    exit 1
}

# shellcheck source=tests/guest/debian.sh
source "$here/debian.sh"
debian_own_release
mkdir -p "$trees"

if ! debian_refresh "$cache/apt-$debian_suite"; then
    # Without network what was made before still serves.
    archive=$(find "$trees" -maxdepth 1 -name "$debian_suite-*.cpio" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)
    [[ -n $archive ]] || fail "the Debian mirror is out of reach, and no tree was made before"
    echo "$archive"
    exit
fi

# apt knows of no installed package (its private status is empty), so it names all that these need.
wanted=$(apt-get -qq --no-install-recommends --print-uris install "${packages[@]}" | cut -d' ' -f2 | sort) ||
    fail "Debian $debian_suite has not all of: ${packages[*]}"
id=$({ echo "$wanted"; cat "${BASH_SOURCE[0]}"; } | sha256sum | cut -c1-12)
archive=$trees/$debian_suite-$id.cpio
if [[ -f $archive ]]; then
    echo "$archive"
    exit
fi

tmp=$(mktemp -d "$trees/.make.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/debs/partial"
apt-get -qq -o Acquire::Retries=3 -o Dir::Cache::archives="$tmp/debs" --yes --no-install-recommends --download-only \
    install "${packages[@]}" >"$tmp/log" 2>&1 || fail "could not fetch Debian's packages: $(cat "$tmp/log")"

root=$tmp/tree/debian
info=$root/var/lib/dpkg/info
mkdir -p "$root"/usr/{bin,sbin,lib,lib32,lib64,libx32} "$info"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
for deb in "$tmp"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner -C "$root" || fail "could not unpack $deb"
    dpkg-deb --field "$deb" Package Version Architecture Multi-Arch Depends Pre-Depends Provides Maintainer Description >"$tmp/fields"
    sed '/^Package:/a Status: install ok installed' "$tmp/fields"
    echo
    # Whose files these are is not asked in there: empty lists keep dpkg from wondering.
    name=$(sed -n 's/^Package: //p' "$tmp/fields")
    if grep -q '^Multi-Arch: same' "$tmp/fields"; then name+=:$(sed -n 's/^Architecture: //p' "$tmp/fields"); fi
    : >"$info/$name.list"
done >"$tmp/status"
mv "$tmp/status" "$root/var/lib/dpkg/status"
for path in "${unwanted[@]}"; do rm -rf "${root:?}/$path"; done

# What the configuration scripts would have made.
cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
mkdir -p "$root"/{dev,proc,run,sys,tmp}
ln -s /run "$root/var/run"
echo scx-domains-guest >"$root/etc/hostname"
# An id that is known: no first boot, the same at each.
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"

# The command of a guest is a service that comes when all others are there.
units=$root/etc/systemd/system
cp "$here/systemd/guest.target" "$here/systemd/guest.service" "$units"
mkdir "$units/guest.target.wants"
ln -s ../guest.service "$units/guest.target.wants/guest.service"
# Of no use in there, and slow.
for unit in getty.target systemd-random-seed.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-journal-catalog-update.service ldconfig.service systemd-update-done.service systemd-firstboot.service \
    systemd-modules-load.service systemd-pcrphase.service systemd-pcrphase-sysinit.service modprobe@.service; do
    ln -sf /dev/null "$units/$unit"
done

find "$tmp/tree" -exec touch --no-dereference --date=@0 {} +
(cd "$tmp/tree" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
    cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) >"$tmp/cpio"
mv "$tmp/cpio" "$archive"
find "$trees" -maxdepth 1 -name '*.cpio' ! -path "$archive" -mtime +30 -delete
echo "$archive"
