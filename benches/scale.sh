#!/usr/bin/env bash
# What does the daemon cost beside 100 000 tasks, and does it balance 64 CPUs? In guests (tests/guest/run), ten minutes each; what
# came out is in docs/lab/scale.md. Builds nothing: `cargo build --release --bin scx_domains --example guest-load` first.
set -euo pipefail

usage() {
    echo "usage: benches/scale.sh tasks|cpus    100 000 tasks on 8 CPUs, or 96 hogs on 64 CPUs"
    exit 2
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

guest() { # $1: the script; the rest: arguments for tests/guest/run, which copies the newest programs that there are
    local script=$1
    shift
    "$root/tests/guest/run" --limit 3000 "$@" -- "$(cat "$root/tests/guest/scheduler.sh" - <<<"$script")"
}

# 1900 that always want to run and 98 000 that sleep for 20 s at a time, all born while the scheduler runs. The shell goes
# before them, so that it asks in time.
tasks='
    cost() { cat /proc/$scheduler/task/*/schedstat | awk "{ ns += \$1 } END { printf \"%.1f\", ns / 1e6 }"; }
    memory() { awk "/^VmRSS/ { print \$2 }" /proc/$scheduler/status; }
    now() { cut -d" " -f1 /proc/uptime; }
    report() { echo "at $(now) s: runnable/tasks $(cut -d" " -f4 /proc/loadavg), daemon $(cost) ms, $(memory) KiB"; }
    born() { until [ "$(awk "/^Threads/ { print \$2 }" /proc/$1/status)" -gt $2 ]; do sleep 1; done; }
    sysctl -q kernel.threads-max=200000 kernel.pid_max=400000 vm.max_map_count=1000000
    start --balance-interval 100ms && renice -n -20 $$ >/dev/null && report
    guest-load sleepers --threads 98000 --period-ms 20000 --work-us 0 --count 100 --limit-s 900 >/dev/null & born $! 98000
    guest-load hogs --threads 1900 --seconds 90 --limit-s 900 >/dev/null & born $! 1900
    report; sleep 20; report; sleep 10; report; sleep 10; report; health; stop'

cpus='
    start --stats 1 && guest-load hogs --threads 96 --cpus 0-15 --release --seconds 5 --warmup-ms 2000 && health && stop'

case ${1:-} in
tasks) guest "$tasks" --shape 2x2x2x1 --mem 8192 ;;
cpus) guest "$cpus" --shape 4x2x8x1 --mem 2048 ;;
*) usage ;;
esac
