#!/bin/sh
# The demo itself: an uneven load, scx_domains on it, and a summary read from the kernel and from scx_domains.
#
# scripts/demo.sh runs it, as root: in an emulated machine, or on this one after asking. It wants scx_domains and
# guest-load on the PATH, and runs under dash and busybox alike. It ends by itself within two minutes, and whatever
# happens the scheduler ends with it.
#
#   DEMO_EMULATED=yes   the summary says that speed is not real here
set -eu

# One busy task in two is of nice 5, which the kernel gives 335 of weight where nice 0 has 1024.
light_nice=5
light_weight=335
# Reports (one a second) to let the load settle once it may run anywhere, then to measure.
settle=2
measure=5

rule() { printf '\n--- %s ---\n' "$*"; }
fail() {
    echo "demo: $*" >&2
    exit 1
}

tmp=$(mktemp -d)
load='' scheduler=''
cleanup() {
    trap '' INT TERM HUP
    [ -z "$scheduler" ] || { kill "$scheduler" && wait "$scheduler"; } 2>/dev/null || true
    [ -z "$load" ] || kill "$load" 2>/dev/null || true
    rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

sched_ext=/sys/kernel/sched_ext
sched_ext_state() { cat $sched_ext/state; }

# Pass on what scx_domains prints up to and with the next report: a line with [1.0s] and one for each domain. Blocks in
# read, so that watching takes next to no CPU time from the load.
pass_on_a_report() {
    left=1
    while [ $left -gt 0 ]; do
        IFS= read -r line <&3 || fail "scx_domains ended before it was told to"
        printf '%s\n' "$line"
        printf '%s\n' "$line" >>"$tmp/output"
        case $line in
        '['*) left=$domains ;;
        '  domain '*) left=$((left - 1)) ;;
        esac
    done
}

# Of each task of the load: its id, its nice value, and the CPU time in ns that it has had, as the kernel counts it.
cpu_times() {
    for tid in $busy; do
        read -r ns _ <"/proc/$load/task/$tid/schedstat"
        read -r stat <"/proc/$load/task/$tid/stat"
        # Of the fields after the name in parentheses the 17th is the nice value.
        # shellcheck disable=SC2086
        set -- ${stat##*) }
        echo "$tid ${17} $ns"
    done
}

[ "$(sched_ext_state)" = disabled ] || fail "a sched_ext scheduler is loaded already: $(cat $sched_ext/root/ops)"

cpus=$(nproc)
tasks=$((2 * cpus))
read -r first_cpu </sys/devices/system/cpu/online
first_cpu=${first_cpu%%[-,]*}

rule "The machine, cut into domains: scx_domains topology"
scx_domains topology | tee "$tmp/topology"
domains=$(grep -c 'domain [0-9]*:' "$tmp/topology")

rule "The load: $tasks busy tasks, half nice 0 and half nice $light_nice, all held on CPU $first_cpu"
guest-load hogs --threads "$tasks" --nice "0,$light_nice" --cpus "$first_cpu" --seconds 110 >/dev/null &
load=$!

rule "scx_domains --balance-interval 100ms --stats 1   (load 1.00 is one busy task at nice 0)"
mkfifo "$tmp/pipe"
# The time limit is for the case that this script is killed without a chance to clean up.
timeout 100 scx_domains --balance-interval 100ms --stats 1 >"$tmp/pipe" 2>&1 &
scheduler=$!
exec 3<"$tmp/pipe"
pass_on_a_report

ops=$(cat $sched_ext/root/ops)
busy=$(grep -l "^Cpus_allowed_list:[[:space:]]*$first_cpu$" /proc/"$load"/task/*/status | sed 's|/status$||; s|.*/||')
[ "$(echo "$busy" | wc -w)" = "$tasks" ] || fail "$tasks tasks were to be held on CPU $first_cpu, found: $busy"
echo ">>> now the tasks may run on any CPU"
anywhere=$(taskset -p $$)
for tid in $busy; do
    taskset -p "${anywhere##* }" "$tid" >/dev/null
done

reports() {
    count=$1
    while [ "$count" -gt 0 ]; do
        pass_on_a_report
        count=$((count - 1))
    done
}
reports $settle
read -r start _ </proc/uptime
cpu_times >"$tmp/start"
reports $measure
read -r end _ </proc/uptime
cpu_times >"$tmp/end"

kill "$scheduler"
cat <&3
status=0
wait "$scheduler" || status=$?
scheduler=''
kill "$load"
load=''

# --- the summary: nothing in it but what was read above ---------------------------------------------------------

rule "Summary"
emulated=''
[ "${DEMO_EMULATED:-no}" = no ] || emulated=' (emulated: counts and shares are real, speed is not)'
echo "machine    Linux $(uname -r), $cpus CPUs$emulated"
echo "scheduler  the kernel's $sched_ext/root/ops said \"$ops\" while it ran"
echo "           stopped with SIGTERM: it ended with status $status, the kernel says \"$(sched_ext_state)\""

# In the reports the value follows its name: "load 2.65", "planned 8.10".
awk -v settle="$settle" '
    function after(name,    i) {
        for (i = 1; i < NF; i++) if ($i == name) return $(i + 1)
        print "demo: no \"" name "\" in the report: " $0
        bad = 1
        exit
    }
    /^\[/ {
        reports++
        planned = after("planned"); applied = after("applied"); expired = after("expired")
        moved = $0; sub(/.*\(/, "", moved); sub(/ .*/, "", moved)
        next
    }
    /^ *domain / && reports {
        id = $2
        if (!(id in before)) {
            before[id] = after("load"); order[n++] = id
            where[id] = $0; sub(/^[^(]*\(/, "", where[id]); sub(/\).*/, "", where[id])
        }
        if (reports > 1 + settle) { sum[id] += after("load"); counted[id]++ }
    }
    END {
        if (bad || !n) exit 1
        printf "\nload of each domain    before    after\n"
        for (i = 0; i < n; i++) {
            id = order[i]
            printf "  domain %-13s %8.2f %8.2f   %s\n", id, before[id], sum[id] / counted[id], where[id]
        }
        print "  before: the first report, all busy tasks held on one CPU. after: mean of the last " counted[order[0]] " reports"
        print "  The kernel'"'"'s own threads and scx_domains count too."
        printf "\nflows between domains, in load: planned %s, applied %s, expired %s; %s tasks moved\n", planned, applied, expired, moved
    }
' "$tmp/output"

awk -v seconds="$(awk "BEGIN { print $end - $start }")" -v light="$light_nice" -v light_weight="$light_weight" '
    FNR == NR { begin[$1] = $3; next }
    $1 in begin {
        got = ($3 - begin[$1]) / 1e9
        total += got
        weight[$2] = $2 == light ? light_weight : 1024
        weights += weight[$2]
        count[$2]++
        list[$2] = list[$2] sprintf(" %.2f", got)
    }
    END {
        if (!weights) exit 1
        printf "\nCPU seconds that each task got, of %.1f s\n", seconds
        for (nice = 0; nice <= light; nice += light)
            printf "  %2d tasks of nice %d:%s   (by weight: %.2f)\n", count[nice], nice, list[nice], total * weight[nice] / weights
    }
' "$tmp/start" "$tmp/end"
[ $status = 0 ]
