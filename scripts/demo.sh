#!/usr/bin/env bash
# make demo: scx_domains at work, on this machine's kernel if it can and you agree, else in an emulated machine.
#
#   DEMO=vm scripts/demo.sh    do not ask, use the emulated machine
#
# The emulated machine needs neither root nor KVM, and leaves no trace but a kernel image in ~/.cache/scx_domains.
# Nobody's scheduler is switched without a yes typed at a terminal.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}
programs=("$target/release/scx_domains" "$target/release/examples/guest-load")
# Far more than the demo takes on a slow host.
limit=900

say() { echo "demo: $*"; }
fail() {
    echo "demo: $*" >&2
    exit 1
}

tmp=$(mktemp -d)
guest='' clock=''
stop_clock() {
    [[ -n $clock ]] || return 0
    kill "$clock" 2>/dev/null || true
    wait "$clock" 2>/dev/null || true
    clock=''
    printf '\r\033[K'
}
cleanup() {
    stop_clock
    if [[ -n $guest ]]; then
        kill "$guest" 2>/dev/null || true
        wait "$guest" 2>/dev/null || true
    fi
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- on this machine --------------------------------------------------------------------------------------------

as_root() {
    if [[ $EUID == 0 ]]; then "$@"; else sudo "$@"; fi
}

# Can this kernel run it, and does its user want that? Says why where it cannot.
may_run_here() {
    local answer
    [[ ${DEMO:-} != vm && -d /sys/kernel/sched_ext ]] || return 1
    if [[ $(cat /sys/kernel/sched_ext/state) != disabled ]]; then
        say "a sched_ext scheduler runs here already ($(cat /sys/kernel/sched_ext/root/ops 2>/dev/null)); it stays"
        return 1
    fi
    if [[ ! -t 0 || ! -t 1 ]]; then
        say "this kernel has sched_ext, but there is no terminal to ask on whether it may be used"
        return 1
    fi
    cat <<END_OF_QUESTION

This kernel, Linux $(uname -r), has sched_ext. The demo can run on it: for about 15 seconds all CPUs are kept busy
and scx_domains schedules this machine, then the kernel does again. It needs root. Otherwise the demo boots another
kernel in an emulated machine, and this one is left alone.
END_OF_QUESTION
    read -r -p "Run it on this machine? [y/N] " answer || return 1
    [[ $answer == [yY] || $answer == [yY][eE][sS] ]] || return 1
    as_root "${programs[0]}" check >"$tmp/check" 2>&1 && return
    say "scx_domains cannot run on this kernel:"
    grep '^no ' "$tmp/check" || cat "$tmp/check"
    return 1
}

run_here() {
    local path
    path=$(cd "$target/release" && pwd)
    as_root timeout --foreground --kill-after=10 120 env PATH="$path:$path/examples:$PATH" sh scripts/demo-guest.sh
}

# --- in an emulated machine -------------------------------------------------------------------------------------

# Seconds that go by, until the first line comes; on a terminal only.
start_clock() {
    [[ -t 1 ]] || return 0
    (while sleep 1; do printf '\r  %d s ' "$SECONDS"; done) &
    clock=$!
}

run_in_guest() {
    local kernel status=0
    say "looking for a Debian kernel with sched_ext"
    kernel=$(tests/guest/kernel.sh 7.3 2>/dev/null || tests/guest/kernel.sh newest) || fail "there is no kernel to boot"
    say "booting Linux ${kernel##*/vmlinuz-} in QEMU: 2 nodes x 2 LLCs x 2 cores, emulated. Takes about half a minute"
    SECONDS=0
    mkfifo "$tmp/console"
    tests/guest/run --kernel "$kernel" --shape 2x2x2x1 --limit "$limit" --copy "${programs[0]}" --copy "${programs[1]}" \
        --copy scripts/demo-guest.sh:/demo.sh -- 'DEMO_EMULATED=yes sh /demo.sh' >"$tmp/console" &
    guest=$!
    start_clock
    while IFS= read -r line; do
        stop_clock
        printf '%s\n' "$line"
    done <"$tmp/console"
    wait "$guest" || status=$?
    guest=''
    [[ $status == 0 ]] || fail "it failed (status $status)"
    echo
    say "done in $SECONDS s"
}

scripts/setup.sh test
say "building scx_domains and its load program"
cargo build --release --locked --bin scx_domains --example guest-load

if may_run_here; then
    run_here
else
    run_in_guest
fi
