/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which settings of the kernel a namespace has for itself: Documentation/admin-guide/sysctl, and
 * what Linux registers for each namespace (register_net_sysctl, ipc/ipc_sysctl.c, ipc/mq_sysctl.c,
 * kernel/utsname_sysctl.c). runc 1.1.5 and crun 1.8.1 refuse these in a namespace of the host, and
 * all others but net.*. kernel.hostname is not here: they refuse it, since the spec has a field
 * for it.
 */
#include "namespaced_sysctls.h"

#include <string.h>

#include "base/cleanup.h"

/* A final * stands for any rest. */
static const struct {
	const char *key;
	enum oci_namespace_type type;
} namespaced[] = {
	{ "fs.mqueue.*", NAMESPACE_IPC },
	{ "kernel.domainname", NAMESPACE_UTS },
	{ "kernel.msgmax", NAMESPACE_IPC },
	{ "kernel.msgmnb", NAMESPACE_IPC },
	{ "kernel.msgmni", NAMESPACE_IPC },
	{ "kernel.sem", NAMESPACE_IPC },
	{ "kernel.shm_rmid_forced", NAMESPACE_IPC },
	{ "kernel.shmall", NAMESPACE_IPC },
	{ "kernel.shmmax", NAMESPACE_IPC },
	{ "kernel.shmmni", NAMESPACE_IPC },
	{ "net.bridge.*", NAMESPACE_NETWORK },
	{ "net.core.optmem_max", NAMESPACE_NETWORK },
	{ "net.core.rps_default_mask", NAMESPACE_NETWORK },
	{ "net.core.somaxconn", NAMESPACE_NETWORK },
	{ "net.core.tstamp_allow_data", NAMESPACE_NETWORK },
	{ "net.core.txrehash", NAMESPACE_NETWORK },
	{ "net.core.xfrm_*", NAMESPACE_NETWORK },
	{ "net.ieee802154.6lowpan.*", NAMESPACE_NETWORK },
	{ "net.ipv4.*", NAMESPACE_NETWORK },
	{ "net.ipv6.*", NAMESPACE_NETWORK },
	{ "net.mpls.*", NAMESPACE_NETWORK },
	{ "net.mptcp.*", NAMESPACE_NETWORK },
	{ "net.netfilter.*", NAMESPACE_NETWORK },
	{ "net.sctp.*", NAMESPACE_NETWORK },
	{ "net.smc.*", NAMESPACE_NETWORK },
	{ "net.unix.*", NAMESPACE_NETWORK },
};

/*
 * Among them, settings of the whole kernel. Most cannot be seen, or only be read, in another network
 * namespace than the first. Until Linux 5.13 tcp_allowed_congestion_control, nf_conntrack_max and
 * nf_conntrack_expect_max could be written in any; nf_hooks_lwtunnel and the estimation of IPVS
 * still can.
 */
static const char *const global[] = {
	"net.ipv4.cipso_*",
	"net.ipv4.fib_sync_mem",
	"net.ipv4.icmp_msgs_*",
	"net.ipv4.inet_peer_*",
	"net.ipv4.ipfrag_secret_interval",
	"net.ipv4.neigh.default.gc_*",
	"net.ipv4.netfilter.*",
	"net.ipv4.route.error_*",
	"net.ipv4.route.gc_*",
	"net.ipv4.route.max_size",
	"net.ipv4.route.redirect_*",
	"net.ipv4.tcp_allowed_congestion_control",
	"net.ipv4.tcp_available_*",
	"net.ipv4.tcp_low_latency",
	"net.ipv4.tcp_max_orphans",
	"net.ipv4.tcp_mem",
	"net.ipv4.udp_mem",
	"net.ipv4.vs.debug_level",
	"net.ipv4.vs.est_*",
	"net.ipv4.vs.run_estimation",
	"net.ipv6.calipso_*",
	"net.ipv6.ip6frag_secret_interval",
	"net.ipv6.mld_max_msf",
	"net.ipv6.neigh.default.gc_*",
	"net.netfilter.nf_conntrack_buckets",
	"net.netfilter.nf_conntrack_count",
	"net.netfilter.nf_conntrack_expect_max",
	"net.netfilter.nf_conntrack_max",
	"net.netfilter.nf_hooks_lwtunnel",
	"net.netfilter.nf_log_all_netns",
	"net.sctp.sctp_mem",
	"net.sctp.sctp_rmem",
	"net.sctp.sctp_wmem",
};

static bool matches(struct str key, const char *pattern)
{
	size_t len = strlen(pattern);

	if (pattern[len - 1] != '*')
		return str_is(key, pattern);
	return key.len >= len && memcmp(key.data, pattern, len - 1) == 0;
}

/*
 * Names between single dots, which every runtime turns into the same path below /proc/sys. A slash
 * may stand for a dot, for itself, or for a dot in the name of a device.
 */
static bool is_dotted(struct str key)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	char last = '.';

	for (size_t i = 0; i < key.len; i++) {
		char c = key.data[i];

		if (c == '.' ? last == '.' : memchr(allowed, c, sizeof(allowed) - 1) == NULL)
			return false;
		last = c;
	}
	return last != '.';
}

bool sysctl_is_namespaced(struct str key, enum oci_namespace_type *ret_type)
{
	if (!is_dotted(key))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(global); i++)
		if (matches(key, global[i]))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(namespaced); i++) {
		if (!matches(key, namespaced[i].key))
			continue;
		*ret_type = namespaced[i].type;
		return true;
	}
	return false;
}
