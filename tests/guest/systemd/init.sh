#!/bin/busybox sh
# PID 1 of a guest with a tree, until systemd is: leave the initramfs's root for /debian, and start what is init there.
export PATH=/bin

# A mount of its own: the root of the initramfs itself cannot be left by pivot_root, which systemd's sandboxes need.
mount --bind /debian /debian
cp /command /debian/command
if [ -e /debian/before-boot ]; then
    mount -t proc proc /debian/proc
    mount -t devtmpfs devtmpfs /debian/dev
    /bin/busybox env PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot /debian /bin/sh /before-boot >/debian/before-boot.log 2>&1
    echo "status $?" >>/debian/before-boot.log
    umount /debian/proc /debian/dev
fi
cd /debian
mount --move . /
exec /bin/busybox env PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /sbin/init
