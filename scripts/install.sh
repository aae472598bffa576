#!/usr/bin/env bash
# Put scx_domains where programs belong, or take it away again (make install, make uninstall).
#
#   install.sh install|uninstall [BINARY]
#
# PREFIX (/usr/local) is where it goes; DESTDIR is put in front, for who makes a package. Configuration goes to SYSCONFDIR (/etc),
# and is neither overwritten nor taken away. What .deb and .rpm hold is in Cargo.toml; tests/packages.rs
# holds the three to the same files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

action=${1:-} binary=${2:-${CARGO_TARGET_DIR:-target}/release/scx_domains}
prefix=${PREFIX:-/usr/local} dest=${DESTDIR:-} sysconf=${SYSCONFDIR:-/etc}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

[[ $prefix == /* ]] || fail "PREFIX '$prefix' is not an absolute path"

install_one() { # file $1 as $2, with mode $3 (644)
    [[ -f $1 ]] || fail "$1 is missing: run 'make build'"
    install -D -m "${3:-644}" "$1" "$dest$2"
    # Units and the like name paths as a package has them.
    case $2 in
    *.service) sed -i "s|/usr/bin/scx_domains|$prefix/bin/scx_domains|" "$dest$2" ;;
    esac
}

install_new() { # what an administrator may have changed stays as it is
    [[ -e $dest$2 ]] || install_one "$@"
}

uninstall_one() { rm -f "$dest$2"; }

each() { # do $1 with every file
    local page
    "$1" "$binary" "$prefix/bin/scx_domains" 755
    "$1" packaging/systemd/scx_domains.service "$prefix/lib/systemd/system/scx_domains.service"
    "$1" packaging/systemd/scx_domains.sysusers "$prefix/lib/sysusers.d/scx_domains.conf"
    "$1" packaging/systemd/scx_domains.tmpfiles "$prefix/lib/tmpfiles.d/scx_domains.conf"
    for page in man/*.[58]; do
        "$1" "$page" "$prefix/share/man/man${page##*.}/${page##*/}"
    done
    "$1" packaging/completions/scx_domains.bash "$prefix/share/bash-completion/completions/scx_domains"
    "$1" packaging/completions/_scx_domains "$prefix/share/zsh/site-functions/_scx_domains"
    "$1" packaging/completions/scx_domains.fish "$prefix/share/fish/vendor_completions.d/scx_domains.fish"
    "$1" README.md "$prefix/share/doc/scx_domains/README.md"
    "$1" CHANGELOG.md "$prefix/share/doc/scx_domains/CHANGELOG.md"
    "$1" docs/service.md "$prefix/share/doc/scx_domains/service.md"
    "$1" docs/policies.md "$prefix/share/doc/scx_domains/policies.md"
    "$1" docs/statistics.md "$prefix/share/doc/scx_domains/statistics.md"
    "$1" packaging/grafana/scx_domains.json "$prefix/share/doc/scx_domains/grafana.json"
    "$1" packaging/scx_loader.toml "$prefix/share/doc/scx_domains/scx_loader.toml"
    "$1" LICENSE "$prefix/share/licenses/scx_domains/LICENSE"
}

case $action in
install)
    each install_one
    install_new packaging/config.toml "$sysconf/scx_domains/config.toml"
    [[ -n $dest ]] || cat <<END
Installed. The group that may steer it is made by 'systemd-sysusers', the unit is read by 'systemctl daemon-reload'.
END
    ;;
uninstall)
    each uninstall_one
    rmdir -p "$dest$prefix/share/doc/scx_domains" "$dest$prefix/share/licenses/scx_domains" 2>/dev/null || true
    ;;
*) fail "usage: install.sh install|uninstall [BINARY]" ;;
esac
