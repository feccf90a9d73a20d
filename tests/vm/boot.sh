#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# boot.sh ROOT SHARE SECONDS [PARAMETER...]: boots the kernel of a guest root with these kernel
# parameters. The guest runs SHARE/guest.sh and ends with it, or after SECONDS (0: never).
# VM_CPUS: number of processors (default 1, since guests run in parallel).
# SHARE is the guest's /vm, the only place where the guest can leave files.
set -euo pipefail

readonly here=${0%/*}
PATH=$PATH:/usr/sbin:/sbin
# Settings that save time under emulation and that no test is about; waiting for grace periods also
# takes long.
readonly fast="mitigations=off init_on_alloc=0 rcupdate.rcu_expedited=1"
readonly modules=(virtio_pci 9pnet_virtio 9p overlay)

root=$1 share=$2 seconds=$3
shift 3
kernel=$(find "$root/boot" -name 'vmlinuz-*' | sort -V | tail -n 1)
version=${kernel##*/vmlinuz-}

unpacked() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*) cat "$1" ;;
	esac
}

# busybox, the init script, and the modules in the order in which they must be loaded.
make_initramfs() {
	local tree=$share/initramfs n=100 path
	mkdir -p "$tree"/{bin,dev,lib,mnt,proc,root,sys}
	cp /bin/busybox "$tree/bin/busybox"
	install -m 755 "$here/init" "$tree/init"
	while read -r _ path _; do
		n=$((n + 1))
		unpacked "$path" >"$tree/lib/$n-$(basename "$path" | sed 's/\.ko.*//').ko"
	done < <(modprobe -a -d "$root" -S "$version" --show-depends "${modules[@]}" |
		awk '$1 == "insmod" && !seen[$2]++')
	(cd "$tree" && find . | cpio --quiet -o -H newc) >"$share/initramfs.cpio"
	rm -rf "$tree"
}

share_of() {
	printf 'local,path=%s,mount_tag=%s,security_model=none,multidevs=remap%s' "$@"
}

make_initramfs
exec timeout --foreground -k 10 "$seconds" qemu-system-x86_64 \
	-accel tcg,thread=multi -cpu max -smp "${VM_CPUS:-1}" -m 3072 \
	-nographic -no-reboot -nodefaults -serial mon:stdio \
	-kernel "$kernel" -initrd "$share/initramfs.cpio" \
	-virtfs "$(share_of "$root" root ,readonly=on)" -virtfs "$(share_of "$share" vm '')" \
	-append "console=ttyS0 loglevel=5 panic=-1 oops=panic $fast $*"
