#!/bin/sh
# $1: how many versions will be installed afterwards: 1 for a first one, 2 for an upgrade.
systemd-sysusers scx_domains.conf || :
if [ -d /run/systemd/system ]; then
    systemd-tmpfiles --create scx_domains.conf || :
    systemctl daemon-reload || :
    if [ "$1" -ge 2 ]; then systemctl try-restart scx_domains.service || :; fi
fi
