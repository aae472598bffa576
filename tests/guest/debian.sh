# shellcheck shell=bash
# Kernels out of Debian's package archive, through apt, without touching the host's own apt.
#
# Sourced by kernel.sh, tree.sh and package.sh, which have a folder $cache and a function `fail`. apt gets a private
# configuration: its own sources list, its own state. The mirror is whichever one the host already uses; only the suite is
# ours, since the host's own release is often older than sched_ext. Debian turns CONFIG_SCHED_CLASS_EXT on from 6.16;
# trixie-backports keeps every series since then.

debian_suite=trixie-backports
debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The mirror that the host fetches its own packages from.
debian_mirror() {
    if [[ -n ${SCX_DOMAINS_MIRROR:-} ]]; then
        echo "$SCX_DOMAINS_MIRROR"
        return
    fi
    command -v apt-get >/dev/null || return 1
    apt-get indextargets --format '$(SITE)' 2>/dev/null | sort -u | sed -n '/\/debian\/*$/{p;q;}' | grep .
}

# Take packages of the host's own release from here on, where kernels come from a newer one; one script at a time.
# shellcheck disable=SC2154
debian_own_release() {
    # shellcheck source=/dev/null
    debian_suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [[ -n $debian_suite ]] || fail "/etc/os-release names no release; only Debian's packages can be fetched"
    mkdir -p "$cache"
    exec 9>"$cache/packages.lock"
    flock 9
}

# Write the private configuration under $1 and make apt use it from here on.
debian_apt_setup() {
    local dir=$1 mirror
    mirror=$(debian_mirror) || return 1
    mkdir -p "$dir"/{lists/partial,cache/archives/partial}
    touch "$dir/status"
    echo "deb [arch=amd64 signed-by=$debian_keyring] $mirror $debian_suite main" >"$dir/sources.list"
    cat >"$dir/apt.conf" <<END
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "";
APT::Architecture "amd64";
END
    export APT_CONFIG=$dir/apt.conf
}

# Refresh the package index, at most once a day; an index that cannot be refreshed is used as it is.
debian_refresh() {
    local dir=$1
    debian_apt_setup "$dir" || return 1
    [[ -n $(find "$dir/refreshed" -mmin -1440 2>/dev/null) ]] && return 0
    apt-get -qq -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o APT::Update::Error-Mode=any \
        update >/dev/null 2>"$dir/update.log" || return 1
    touch "$dir/refreshed"
}

# Versions that can be fetched, one a line: 7.3.4+deb13-cloud-amd64.
debian_versions() {
    apt-cache pkgnames linux- 2>/dev/null |
        sed -nE 's/^linux-(binary|image)-([0-9]+\.[0-9]+\.[0-9]+\+deb[0-9.]+-(cloud-)?amd64)$/\2/p' |
        sort -uV | while read -r version; do
            newer_or_same 6.16 "$version" && echo "$version"
        done || true
}

# Which of the packages of version $2 holds the kernel image ($1 = vmlinuz), its modules ($1 = modules) or its
# configuration ($1 = config). From 6.19 the image lies in linux-binary-*; from 7.2 the modules lie in
# linux-modules-* and the configuration in linux-base-*.
debian_package() {
    local first=linux-binary
    [[ $1 == modules ]] && first=linux-modules
    [[ $1 == config ]] && first=linux-base
    apt-cache pkgnames "$first-$2" | grep -Fx "$first-$2" || echo "linux-image-$2"
}

# Fetch the package that holds $1 (vmlinuz, modules or config) of version $2 and unpack the files that match $3 into $4.
debian_unpack() {
    local what=$1 version=$2 pattern=$3 into=$4 package
    package=$(debian_package "$what" "$version")
    (cd "$into" && apt-get -qq -o Acquire::Retries=3 download "$package" >/dev/null 2>"$into/download.log") || {
        cat "$into/download.log" >&2
        return 1
    }
    dpkg-deb --fsys-tarfile "$into/$package"_*.deb | tar -x -C "$into" --wildcards "$pattern"
    rm -f "$into/$package"_*.deb
}
