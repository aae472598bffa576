#!/usr/bin/env bash
# Run a tool that cargo is extended with, building it once where it is not installed (one to three minutes).
#
#   cargo-tool.sh deny check licenses     the checker of licences and sources
#   cargo-tool.sh deb ARG...              the maker of Debian packages
#   cargo-tool.sh generate-rpm ARG...     that of RPM packages
set -euo pipefail

tool=${1:-}
case $tool in
# What is left out of two is for static linking. They run seldom and for seconds, so they are not optimised: that builds in
# half the time.
deny) options=(--no-default-features --debug) ;;
deb) options=(--no-default-features --debug) ;;
generate-rpm) options=(--debug) ;;
*)
    echo "cargo-tool.sh: usage: cargo-tool.sh deny|deb|generate-rpm ARG..." >&2
    exit 1
    ;;
esac

if ! cargo "$tool" --version >/dev/null 2>&1; then
    tools=${SCX_DOMAINS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scx_domains}/cargo-$tool
    [[ -x $tools/bin/cargo-$tool ]] ||
        cargo install --quiet --locked --root "$tools" "${options[@]}" "cargo-$tool"
    PATH=$tools/bin:$PATH
fi
exec cargo "$@"
