# SPDX-License-Identifier: Apache-2.0
#
# Real kernels with real engines, under QEMU without KVM. Root and a network are needed once, to
# build the guests' root file systems. Those stay in ROOTFENCE_CACHE (/var/cache/rootfence).
#
#   make check-vm                          every kernel, with bpf in lsm= and without, and cgroup v1
#   make check-vm VM="trixie/lsm"          one boot of the matrix; TESTS="guard churn" picks files
#   make check-engines                     Docker, containerd and podman, old and new
#   make check-engines VM="trixie/lsm/docker"    one boot of that matrix
#   make vm SUITE=trixie [LSM=landlock] [CGROUP=1]    a shell in a guest, rootfence installed

VM_DEPS := busybox-static cpio debian-archive-keyring kmod libc6-dev mmdebstrap qemu-system-x86 \
	xz-utils zstd

vm-deps: ; @tests/deps.sh $(VM_DEPS)

check-vm: all vm-deps
	@tests/vm/run.sh $(VM)

check-engines: all vm-deps
	@tests/vm/run.sh --engines $(VM)

vm: all vm-deps
	@[ -n '$(SUITE)' ] || { echo 'vm: say SUITE=bookworm, trixie or forky' >&2; exit 2; }
	@tests/vm/run.sh --shell $(SUITE)/$(or $(LSM),lsm)$(if $(CGROUP),/cgroup$(CGROUP))

.PHONY: vm-deps check-vm check-engines vm
