#!/bin/busybox sh
# PID 1 of the guest: mount what a scheduler's loader needs, run /command, tell its exit status, power off.
# The two marker lines are what tests/guest/run looks for on the console.
export PATH=/bin HOME=/ TERM=dumb

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing

echo '<<<guest: command starts>>>'
sh /command </dev/null
echo "<<<guest: command ended, status $?>>>"
poweroff -f
