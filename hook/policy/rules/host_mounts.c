/* SPDX-License-Identifier: Apache-2.0 */
/* hostMounts: files of the host that mounts, or the root directory, bring into the container. */
#include "policy/rules/bound_sysfs.h"
#include "policy/rules/engine_device.h"
#include "policy/rules/host_allowed.h"
#include "policy/rules/host_places.h"
#include "policy/rules/host_root.h"
#include "policy/fix.h"
#include "policy/rules/mount_fix.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

enum arg {
	ARG_ALLOW,
	ARG_DENY,
	ARG_OTHERS,
	ARG_FILE_SYSTEMS
};

static const char *const others_words[] = { "allowed", "denied", NULL };

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
	/* Images that Docker 28 mounts with type image, and build contexts. */
	"/var/lib/docker/overlay2/*/merged:ro",
	"/var/lib/docker/overlay2/*/diff:ro",
	"/var/lib/docker/*/overlay2/*/merged:ro",
	"/var/lib/docker/*/overlay2/*/diff:ro",
	/* Volumes of managed plugins, and artifacts, which podman 5 and CRI-O mount. */
	"/var/lib/docker/plugins/*/propagated-mount/*",
	"/var/lib/containers/storage/artifacts/blobs/sha256/*:ro",
	"/var/lib/containerd/io.containerd.grpc.v1.cri/containers/*/volumes",
	"/var/lib/kubelet/pods/*/volumes",
	"/var/lib/kubelet/pods/*/volume-subpaths",
	NULL,
};

/*
 * File systems that hold files of somebody. Every other may show the kernel or its devices, whatever
 * its mount point is called. What a fuse file system shows is up to its server, but only root starts
 * one that other users may enter.
 */
static const char *const file_systems[] = {
	/* of disks */
	"bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfs", "hfsplus",
	"iso9660", "jffs2", "jfs", "minix", "msdos", "nilfs2", "ntfs", "ntfs3", "reiserfs",
	"squashfs", "ubifs", "udf", "vfat", "xfs", "zfs", "zonefs",
	/* of memory */
	"hugetlbfs", "ramfs", "rootfs", "tmpfs",
	/* of networks, clusters and virtual machines */
	"9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "gpfs", "lustre", "nfs", "nfs4",
	"ocfs2", "orangefs", "panfs", "prl_fs", "smb3", "vboxsf", "virtiofs", "vxfs", "wekafs",
	/* over other file systems; autofs alone shows nothing */
	"autofs", "ecryptfs", "fuse", "fuse.*", "fuseblk", "overlay", "shiftfs", NULL
};

/*
 * args.others: an entry of args.allow must cover a source, under its own name and after all links.
 * Its origins are not checked here, since a volume of the kubelet may come from anywhere.
 */
static const char *unlisted_reason(const struct judge *judge, const struct path_lists *entries,
				   const struct oci_mount *mount, const struct path_look *look)
{
	if (judge_arg(judge, ARG_OTHERS)->number == 0 || host_paths_listed(entries, mount, look))
		return NULL;
	return "no entry of args.allow covers it";
}

/*
 * Refuses paths that runtimes resolve in different ways: from the bundle or from the container's
 * root; with ".." as text, or after the links before it.
 */
static const char *relative_reason(const struct source_fact *source)
{
	struct str path = source->from.path;

	if (str_starts_with(path, "/"))
		return NULL;
	if (source->from.layer)
		return "runtimes differ in where they look for a relative layer";
	return str_path_climbs(path) ? "runtimes differ in where \"..\" leads" : NULL;
}

static const char *source_place_reason(const struct host_subject *subject,
				       const struct path_fact *fact)
{
	const struct path_look look = host_place_look(subject->judge, fact);

	return host_paths_denied(subject->judge, subject->entries, subject->mount, &look);
}

/* Under its own name, and after all links. An engine's name for what it mounted says nothing. */
static const char *place_reason(const struct judge *judge, const struct path_lists *entries,
				const struct source_fact *source, const struct path_look *by_name,
				const struct path_look *by_identity)
{
	const struct oci_mount *mount = source->from.mount;
	const char *reason = NULL;

	if (source->from.made)
		return NULL;
	if (by_name->path != NULL)
		reason = host_paths_denied(judge, entries, mount, by_name);
	if (reason == NULL && source->path.error == 0)
		reason = host_paths_denied(judge, entries, mount, by_identity);
	if (reason == NULL && by_name->path != NULL)
		reason = unlisted_reason(judge, entries, mount, by_name);
	if (reason == NULL && source->path.error == 0)
		reason = unlisted_reason(judge, entries, mount, by_identity);
	return reason;
}

static const char *source_reason(const struct judge *judge, const struct path_lists *entries,
				 const struct source_fact *source)
{
	const struct oci_mount *mount = source->from.mount;
	const struct host_subject subject = {
		.judge = judge,
		.entries = entries,
		.file_systems = judge_arg(judge, ARG_FILE_SYSTEMS),
		.place_reason = source_place_reason,
		.mount = mount,
		.engine = source->path.engine_root,
		.whole = source->path.error == 0 &&
					 host_paths_exact(entries, mount, source->path.resolved)
				 ? source->path.resolved
				 : NULL,
	};
	const struct path_look by_name = { str_path_normalize(judge->arena, source->from.path),
					   NULL };
	const struct path_look by_identity = { source->path.resolved, &source->path };
	const char *reason = relative_reason(source);

	if (reason == NULL)
		reason = place_reason(judge, entries, source, &by_name, &by_identity);
	if (reason == NULL && (S_ISCHR(source->path.mode) || S_ISBLK(source->path.mode)) &&
	    !host_paths_named(entries, mount, &by_identity))
		reason = "this is a device; list it in args.allow, or use --device";
	if (reason == NULL && source->path.foreign &&
	    (source->path.error != 0 || !host_paths_exact(entries, mount, source->path.resolved)))
		reason = "this belongs to another container or pod";
	if (reason == NULL)
		reason = host_place_type_reason(&subject, &source->path);
	if (reason == NULL)
		reason = host_place_origins_reason(&subject, &source->path);
	if (reason != NULL && reason == source->path.unknown && source->path.engine_root)
		reason = NULL; /* engines mount long lists of layers from their own directory */
	/* A source that cannot be looked up may be the host's. Offline its names decide. */
	if (reason == NULL && source->path.error == EXDEV)
		reason = "it leads out of the bundle";
	if (reason == NULL && source->path.error != 0 && !source->path.in_bundle &&
	    (judge->facts->scope == FACTS_LIVE || by_name.path == NULL))
		reason = arena_printf(judge->arena, "it cannot be looked up: %s",
				      strerror(source->path.error));
	return reason;
}

/*
 * Refuses a file system that shows a device or the kernel of the host, and a remount, which may
 * take back options of the mount before it.
 */
static const char *type_reason(const struct judge *judge, const struct oci_mount *mount)
{
	if (mount->remount)
		return "remount takes back the options of the mount before it";
	if (mount->bind || str_is(mount->type.value, "overlay"))
		return NULL;
	return arena_printf(judge->arena, "a file system of type %s reaches the host",
			    str_quote(judge->arena, mount->type.value));
}

/* Would an entry of args.allow cover it if nothing could be written? */
static bool may_be_read(const struct judge *judge, const struct path_lists *entries,
			const struct source_fact *source)
{
	struct oci_mount mount = *source->from.mount;
	struct source_fact read = *source;

	mount.read_only = true;
	read.from.mount = &mount;
	return !source->from.layer && type_reason(judge, &mount) == NULL &&
	       source_reason(judge, entries, &read) == NULL;
}

static const char *mount_fix(const struct judge *judge, const struct path_lists *entries,
			     const struct source_fact *source)
{
	return host_mount_fix(judge, source, may_be_read(judge, entries, source),
			      judge_arg(judge, ARG_OTHERS)->number != 0);
}

static void add_mount_finding(struct judge *judge, const struct path_lists *entries,
			      const struct source_fact *source, const char *why)
{
	const struct oci_mount *mount = source->from.mount;
	const struct json_node *node =
		mount->source.node != NULL ? mount->source.node : mount->node;

	finding_add(judge, source->from.layer ? mount->options.node : node, NULL,
		    (struct finding_text){
			    .observed = judge_quote(judge, source->from.path),
			    .required = "nothing that is the host's",
			    .message = arena_printf(
				    judge->arena, "mounts %s at %s: %s",
				    str_quote(judge->arena, source->from.path),
				    str_quote(judge->arena, mount->destination.value), why),
			    .fix = mount_fix(judge, entries, source),
		    });
}

static const char *mount_reason(const struct judge *judge, const struct path_lists *entries,
				const struct source_fact *source)
{
	const char *reason;

	if (!source->from.layer && bound_sysfs(judge, source->from.mount))
		return bound_sysfs_reason(judge, source);
	reason = type_reason(judge, source->from.mount);
	if (reason != NULL || mount_is_allowed_device(judge, source))
		return reason;
	return source_reason(judge, entries, source);
}

static void check(struct judge *judge)
{
	struct path_lists entries =
		host_paths_prepare(judge, judge_arg(judge, ARG_ALLOW), judge_arg(judge, ARG_DENY));

	if (judge->config->root.path.node != NULL)
		host_root_check(judge, &entries, judge_arg(judge, ARG_FILE_SYSTEMS));
	for (size_t i = 0; i < judge->facts->n_sources; i++) {
		const struct source_fact *source = &judge->facts->sources[i];
		const char *reason = mount_reason(judge, &entries, source);

		if (reason != NULL)
			add_mount_finding(judge, &entries, source, reason);
	}
}

const struct rule rule_host_mounts = {
	.name = "hostMounts",
	.title = "A mount exposes files of the host",
	.reads = "/mounts, /root/path",
	.args = {
		[ARG_ALLOW] = { .name = "allow",
				.kind = KIND_PATTERNS,
				.effect = EFFECT_ADMITS,
				.defaults = allowed_paths,
				.flaw = host_allowed_flaw,
				.meaning =
					"exceptions from deny; the most specific entry decides" },
		[ARG_DENY] = { .name = "deny",
			       .kind = KIND_PATHS,
			       .effect = EFFECT_DEMANDS,
			       .defaults = denied_paths,
			       .meaning = "what a source must not be, lie under or contain" },
		[ARG_OTHERS] = { .name = "others",
				 .kind = KIND_WORD,
				 .effect = EFFECT_DEMANDS,
				 .words = others_words,
				 .meaning =
					 "denied: so is every source that no entry of allow covers" },
		[ARG_FILE_SYSTEMS] = { .name = "fileSystems",
				       .kind = KIND_STRINGS,
				       .effect = EFFECT_ADMITS,
				       .defaults = file_systems,
				       .meaning =
					       "types of file systems that may lie behind a source" },
	},
	.references = REFERENCES("PSS baseline: HostPath Volumes", "CIS Docker 5.6",
				 "CIS Docker 5.32"),
	.check = check,
};
