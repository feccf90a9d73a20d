/* SPDX-License-Identifier: Apache-2.0 */
/* What the arguments of rules are where a policy names none. Only for table.c. */
#ifndef ROOTFENCE_POLICY_DEFAULTS_H
#define ROOTFENCE_POLICY_DEFAULTS_H

#include <stddef.h>

static const char *const when_words[] = { "always", "root", NULL };
static const char *const engine_words[] = { "host", "private", NULL };

static const char *const others_words[] = { "allowed", "denied", NULL };
static const char *const relaxed_words[] = { "always", "hostUserNamespace", NULL };

static const char *const denied_paths[] = {
	"/",
	"/etc",
	"/proc",
	"/sys",
	"/dev",
	"/boot",
	"/root",
	"/run",
	"/var/run",
	"/var/lib/kubelet",
	"/var/lib/docker",
	"/var/lib/containerd",
	"/var/lib/containers",
	NULL,
};

static const char *const allowed_paths[] = {
	"/etc/localtime:ro",
	"/etc/timezone:ro",
	"/etc/ssl/certs:ro",
	"/etc/pki/tls/certs:ro",
	"/etc/pki/ca-trust/extracted:ro",
	"/etc/ca-certificates:ro",
	"/var/lib/containers/storage/volumes/*/_data",
	"/var/lib/docker/volumes/*/_data",
	"/var/lib/docker/*/volumes/*/_data",
	/* Images, of Docker 28's mounts of type image, and build contexts. */
	"/var/lib/docker/overlay2/*/merged:ro",
	"/var/lib/docker/overlay2/*/diff:ro",
	"/var/lib/docker/*/overlay2/*/merged:ro",
	"/var/lib/docker/*/overlay2/*/diff:ro",
	"/var/lib/containerd/io.containerd.grpc.v1.cri/containers/*/volumes",
	"/var/lib/kubelet/pods/*/volumes",
	"/var/lib/kubelet/pods/*/volume-subpaths",
	NULL,
};

static const char *const mount_options[] = { "nosuid", "nodev", NULL };

/*
 * podman sets the first two on containers that run systemd, and CRI-O three on every container where
 * systemd makes the cgroups: they bound how and in which order a container stops.
 */
static const char *const allowed_annotations[] = {
	"org.systemd.property.After",
	"org.systemd.property.DefaultDependencies",
	"org.systemd.property.KillSignal",
	"org.systemd.property.TimeoutStopUSec",
	NULL,
};

static const char *const required_words[] = { "no", "yes", NULL };

/*
 * What every engine since podman 4.3, Docker 20.10, containerd 1.6 and CRI-O 1.20 masks, so that no
 * container that was started without asking for more has a finding; and what newer ones mask too.
 */
static const char *const masked_paths[] = {
	"/proc/acpi",	     "/proc/kcore",
	"/proc/keys",	     "/proc/latency_stats",
	"/proc/timer_list",  "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi",
	"/sys/firmware",     NULL,
};
static const char *const also_masked_paths[] = {
	"/proc/asound",
	"/proc/interrupts",
	"/sys/devices/virtual/powercap",
	NULL,
};
static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

/* What runtimes make in every container, and mknod of anything, which opens nothing. */
static const char *const allowed_devices[] = {
	"c 1:3", "c 1:5", "c 1:7",   "c 1:8",	"c 1:9",   "c 5:0",
	"c 5:1", "c 5:2", "c 136:*", "c *:* m", "b *:* m", NULL,
};

/* What no engine's default profile lets through without a capability, and no container needs. */
static const char *const denied_calls[] = {
	"acct",
	"add_key",
	"bpf",
	"clock_settime",
	"clock_settime64",
	"create_module",
	"delete_module",
	"finit_module",
	"get_kernel_syms",
	"init_module",
	"ioperm",
	"iopl",
	"kexec_file_load",
	"kexec_load",
	"lookup_dcookie",
	"nfsservctl",
	"open_by_handle_at",
	"perf_event_open",
	"query_module",
	"quotactl",
	"quotactl_fd",
	"request_key",
	"settimeofday",
	"stime",
	"swapoff",
	"swapon",
	"_sysctl",
	"uselib",
	"userfaultfd",
	"vm86",
	"vm86old",
	NULL,
};

static const char *const selinux_types[] = {
	"container_t", "container_init_t", "container_kvm_t", "container_engine_t", NULL,
};

/* Namespaced, and harmless outside: the safe set of the Pod Security Standards, newest version. */
static const char *const safe_sysctls[] = {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_notsent_lowat",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_slow_start_after_idle",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem",
	NULL,
};

static const char *const own_hooks[] = { ROOTFENCE_BINDIR "/rootfence", NULL };

static const char *const loader_variables[] = { "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", NULL };

#endif
