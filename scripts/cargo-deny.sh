#!/usr/bin/env bash
# Run cargo-deny, the checker of licences and sources, building it once where it is not installed (about 3 minutes).
set -euo pipefail

if ! cargo deny --version >/dev/null 2>&1; then
    tools=${SCX_DOMAINS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/scx_domains}/cargo-deny
    [[ -x $tools/bin/cargo-deny ]] ||
        cargo install --quiet --locked --no-default-features --root "$tools" cargo-deny
    PATH=$tools/bin:$PATH
fi
exec cargo deny "$@"
