# Shell functions for scenarios that run the scheduler; scheduler.rs puts them before their commands.
# What they find out they print as NAME=VALUE, a line each.

start() { # Start scx_domains with these arguments. Fails, having printed its log, if it ends instead of attaching.
    : >/log # here, not in the background: what the last one wrote must not be taken for this one's
    scx_domains "$@" >>/log 2>&1 &
    scheduler=$!
    until grep -q 'attached in' /log; do
        alive || { cat /log; return 1; }
        usleep 50000
    done
}

alive() { # Does what `start` started still run?
    kill -0 "$scheduler" 2>/dev/null
}

stop() { # Stop it with this signal (TERM), and say how it ended.
    kill "-${1:-TERM}" "$scheduler"
    ended
}

ended() { # Wait for it to end, and say how: "rc=0", "after=disabled", and its log.
    wait "$scheduler"
    echo "rc=$?"
    echo "after=$(cat /sys/kernel/sched_ext/state)"
    cat /log
}

complaints() { # What the kernel says that it does not say when all is well.
    dmesg | grep -E 'sched_ext:|WARNING:|BUG:|Oops|detected stall|self-detected|lockup|blocked for more than' |
        grep -vE '" (enabled|disabled \(unregistered from user space\))'
}

health() { # One line: HEALTHY of scheduler.rs if all is well.
    complaints | sed 's/^/complaint=/'
    echo "health=$(cat /sys/kernel/sched_ext/state) $(cat /sys/kernel/sched_ext/root/ops 2>/dev/null)" \
        "rejected $(cat /sys/kernel/sched_ext/nr_rejected) alive $(alive && echo yes || echo no)" \
        "complaints $(complaints | wc -l)"
}
