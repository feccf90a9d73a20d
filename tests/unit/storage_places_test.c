/* SPDX-License-Identifier: Apache-2.0 */
/* Storages that configuration has moved: whose they are, and what holds for what lies in them. */
#include "world.h"

#include <unistd.h>

#include "host/facts.h"
#include "host/storage_places.h"

#define OWN_ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
#define OTHER_ID "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2"
#define POD "11111111-2222-3333-4444-555555555555"
#define OTHER_POD "11111111-2222-3333-4444-666666666666"
#define KUBEPODS "kubepods-pod11111111_2222_3333_4444_555555555555.slice:cri-containerd:" OWN_ID
#define SANDBOX "\"io.kubernetes.cri.sandbox-id\":\"" OTHER_ID "\""
#define CONTAINERS "/var/lib/containers/storage"
#define DOCKER "/var/lib/docker"
#define CONTAINERD "/var/lib/containerd"
#define KUBELET "/var/lib/kubelet"
#define SNAPSHOT "s/io.containerd.snapshotter.v1.overlayfs/snapshots/7/fs"

/* Makes a directory below the world's host, and those above it; "" is the host itself. */
static void make(const struct world *world, const char *path)
{
	for (const char *p = path; p != NULL && *p != '\0'; p = strchr(p + 1, '/')) {
		const char *next = strchr(p + 1, '/');
		size_t len = next != NULL ? (size_t)(next - path) : strlen(path);

		mkdir(at(world, arena_printf(world->arena, "host/%.*s", (int)len, path)), 0755);
	}
}

struct row {
	const char *root, *bundle, *id; /* paths below host/ */
	const char *holds;		/* a directory that is there, too */
	const char *source, *at;	/* a bind mount */
	const char *cgroup, *annotation;
	const char *layer; /* of the overlay at the root */
	const char *usual; /* of the storage s; NULL: not believed */
};

static const struct row rows[] = {
	/* podman and CRI-O: the bundle, or the root with each driver. */
	{ .bundle = "s/overlay-containers/" OWN_ID "/userdata", .usual = CONTAINERS },
	{ .bundle = "s/zfs-containers/" OWN_ID "/userdata", .usual = CONTAINERS },
	{ .bundle = "s/overlay-containers/" OTHER_ID "/userdata" },
	{ .root = "s/overlay/0a/merged",
	  .holds = "s/overlay-containers/" OWN_ID,
	  .usual = CONTAINERS },
	{ .root = "s/vfs/dir/0a", .holds = "s/vfs-containers/" OWN_ID, .usual = CONTAINERS },
	{ .root = "s/btrfs/subvolumes/0a",
	  .holds = "s/btrfs-containers/" OWN_ID,
	  .usual = CONTAINERS },
	{ .root = "s/zfs/graph/0a", .holds = "s/zfs-containers/" OWN_ID, .usual = CONTAINERS },
	{ .root = "s/aufs/mnt/0a", .holds = "s/aufs-containers/" OWN_ID, .usual = CONTAINERS },
	/* Docker with each driver, with its containerd, and with userns-remap. */
	{ .root = "s/overlay2/0a/merged", .holds = "s/containers/" OWN_ID, .usual = DOCKER },
	{ .root = "s/fuse-overlayfs/0a/merged", .holds = "s/containers/" OWN_ID, .usual = DOCKER },
	{ .root = "s/vfs/dir/0a", .holds = "s/containers/" OWN_ID, .usual = DOCKER },
	{ .root = "s/btrfs/subvolumes/0a", .holds = "s/containers/" OWN_ID, .usual = DOCKER },
	{ .root = "s/zfs/graph/0a", .holds = "s/containers/" OWN_ID, .usual = DOCKER },
	{ .root = "s/devicemapper/mnt/0a/rootfs",
	  .holds = "s/containers/" OWN_ID,
	  .usual = DOCKER },
	{ .root = "s/rootfs/overlayfs/" OWN_ID, .holds = "s/containers/" OWN_ID, .usual = DOCKER },
	{ .root = "s/7.7/overlay2/0a/merged",
	  .holds = "s/7.7/containers/" OWN_ID,
	  .usual = DOCKER },
	{ .source = "s/containers/" OWN_ID "/hosts", .at = "/etc/hosts", .usual = DOCKER },
	{ .source = "s/containers/" OWN_ID "/mounts/secrets/x", .at = "/x", .usual = DOCKER },
	{ .bundle = "s/buildkit/executor/" OWN_ID, .usual = DOCKER },
	/* containerd and the kubelet. */
	{ .bundle = "s/io.containerd.runtime.v2.task/k8s.io/" OWN_ID, .usual = CONTAINERD },
	{ .bundle = "s/io.containerd.runtime.v2.task/default/c", .id = "c", .usual = CONTAINERD },
	{ .bundle = "b", .root = "b/rootfs", .layer = SNAPSHOT, .usual = CONTAINERD },
	{ .bundle = "b", .root = "other", .layer = SNAPSHOT },
	{ .source = "s/io.containerd.grpc.v1.cri/sandboxes/" OTHER_ID "/hostname",
	  .at = "/etc/hostname",
	  .cgroup = KUBEPODS,
	  .annotation = SANDBOX,
	  .usual = CONTAINERD },
	{ .source = "s/pods/" POD "/etc-hosts",
	  .at = "/etc/hosts",
	  .cgroup = KUBEPODS,
	  .usual = KUBELET },
	{ .source = "s/pods/" POD "/containers/app/0a",
	  .at = "/dev/termination-log",
	  .cgroup = KUBEPODS,
	  .usual = KUBELET },
	/* A name that looks so: podman run --rootfs. */
	{ .root = "s/overlay/0a/merged" },
	{ .root = "s/overlay/0a/merged", .holds = "s/overlay-containers/" OTHER_ID },
	{ .root = "s/overlay/0a/merged", .holds = "s/vfs-containers/" OWN_ID },
	{ .root = "s/overlay2/0a/merged",
	  .holds = "s/containers/" OWN_ID,
	  .bundle = "real/overlay-containers/" OWN_ID "/userdata" },
	{ .source = "s/containers/" OTHER_ID "/hosts", .at = "/etc/hosts" },
	/* The kubelet uses neither podman nor systemd's names of Docker's. */
	{ .source = "s/pods/" POD "/etc-hosts",
	  .at = "/etc/hosts",
	  .cgroup = "kubepods-pod11111111_2222_3333_4444_555555555555.slice:libpod:" OWN_ID },
	{ .source = "s/pods/" POD "/etc-hosts",
	  .at = "/etc/hosts",
	  .annotation = "\"io.kubernetes.pod.uid\":\"" POD "\"",
	  .cgroup = "/x/libpod-" OWN_ID },
	{ .source = "s/pods/" POD "/etc-hosts",
	  .at = "/etc/hosts",
	  .cgroup = "/kubepods/pod11111111-2222-3333-4444-000000000000/" OWN_ID },
};

static const char *below(const struct world *world, const char *path)
{
	return path != NULL ? at(world, arena_printf(world->arena, "host/%s", path)) : NULL;
}

/* Makes what the row names; *ret_facts is what facts_collect() has before it looks for storages. */
static struct moved_storages places(const struct world *world, const struct row *row,
				    enum facts_scope scope, struct facts *ret_facts)
{
	struct arena *arena = world->arena;
	struct mountinfo mountinfo = { .arena = arena };
	struct lookup lookup = { .arena = arena, .scope = scope, .mountinfo = &mountinfo };
	const char *paths[] = { row->root, row->bundle, row->holds, row->source, row->layer };
	struct container_names names;
	struct oci_config config;
	struct path_fact *layer;

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i] != NULL)
			make(world, paths[i]);
	read_config(arena,
		    arena_printf(arena,
				 "{\"process\":{\"cwd\":\"/\"},\"annotations\":{%s},\"mounts\":[{"
				 "\"destination\":\"%s\",\"type\":\"bind\",\"source\":\"%s\"}],"
				 "\"linux\":{\"cgroupsPath\":\"%s\"}}",
				 row->annotation != NULL ? row->annotation : "",
				 row->at != NULL ? row->at : "/d",
				 row->source != NULL ? below(world, row->source) : "/nowhere",
				 row->cgroup != NULL ? row->cgroup : ""),
		    &config);
	names = container_names(&lookup, &config, str_from(row->id != NULL ? row->id : OWN_ID));
	*ret_facts = (struct facts){ .scope = scope,
				     .user_namespace_initial = true,
				     .bundle = below(world, row->bundle) };
	if (row->root != NULL)
		ret_facts->root = lookup_path(&lookup, str_from(below(world, row->root)), NULL,
					      ORIGINS_IGNORED);
	if (row->layer != NULL) {
		layer = arena_new_object(arena, struct path_fact);
		*layer = lookup_path(&lookup, str_from(below(world, row->layer)), NULL,
				     ORIGINS_IGNORED);
		ret_facts->root.origins = layer;
		ret_facts->root.n_origins = 1;
	}
	return storage_places(&lookup, &config, &names, ret_facts);
}

static void need_root(void)
{
	if (geteuid() != 0)
		skip_because("only root's directories are believed");
}

/* Returns the usual place of the storage s, or NULL. */
static const char *usual_of(const struct world *world, const struct moved_storages *found)
{
	for (size_t i = 0; i < found->n; i++)
		if (str_is(found->items[i].name, at(world, "host/s")))
			return found->items[i].usual;
	return NULL;
}

static void test_whose_storage(void **state)
{
	need_root();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *world;
		struct moved_storages found;
		struct facts facts;
		const char *usual;
		void *own = NULL;

		if (world_setup(&own) != 0 || own == NULL) {
			fail_msg("no world");
			return;
		}
		world = own;
		found = places(world, &rows[i], FACTS_LIVE, &facts);
		usual = usual_of(world, &found);
		if (strcmp(usual != NULL ? usual : "",
			   rows[i].usual != NULL ? rows[i].usual : "") != 0)
			fail_msg("row %zu: got %s", i, usual != NULL ? usual : "nothing");
		found = places(world, &rows[i], FACTS_OFFLINE, &facts);
		assert_int_equal(found.n, 0);
		assert_int_equal(world_teardown(&own), 0);
	}
	(void)state;
}

/* Where a user can change the name, or what it names, it proves nothing. */
static void test_storage_of_a_user(void **state)
{
	const struct world *world = *state;
	static const struct row bundle = { .bundle = "s/overlay-containers/" OWN_ID "/userdata" };
	static const struct row root = { .root = "link/overlay2/0a/merged",
					 .holds = "link/containers/" OWN_ID };
	struct moved_storages found;
	struct facts facts;

	need_root();
	found = places(world, &bundle, FACTS_LIVE, &facts);
	assert_int_equal(found.n, 1);
	assert_int_equal(chmod(at(world, "host/s"), 0777), 0);
	found = places(world, &bundle, FACTS_LIVE, &facts);
	assert_int_equal(found.n, 0);
	assert_int_equal(chmod(at(world, "host/s"), 0755), 0);
	assert_int_equal(chown(at(world, "host"), 1000, 1000), 0);
	found = places(world, &bundle, FACTS_LIVE, &facts);
	assert_int_equal(found.n, 0);
	assert_int_equal(chown(at(world, "host"), 0, 0), 0);

	assert_int_equal(symlink("s", at(world, "host/link")), 0);
	found = places(world, &root, FACTS_LIVE, &facts);
	assert_int_equal(found.n, 2); /* under both names */
	assert_int_equal(lchown(at(world, "host/link"), 1000, 1000), 0);
	found = places(world, &root, FACTS_LIVE, &facts);
	assert_int_equal(found.n, 1); /* under that without links */
}

/* What of a moved storage a policy with the usual places lets into a container. */
struct mount_row {
	const char *source, *at; /* below host/ */
	const char *options;
	bool refused; /* where nothing but the storage is denied */
	bool denied;  /* where all around the storage is, too */
};

static const struct mount_row docker_rows[] = {
	{ "s/volumes/v/_data", "/d", "", false, false },
	{ "s/volumes/v/_data/a", "/d", "", false, false },
	{ "s/7.7/volumes/v/_data", "/d", "", false, false },
	{ "s/overlay2/0b/merged", "/d", "\"ro\"", false, false },
	{ "s/plugins/p/propagated-mount/a", "/d", "", false, false },
	{ "s/tmp/buildkit-mount1", "/d", "", false, false },
	{ "s/buildkit/executor/hosts.", "/etc/hosts", "", false, false },
	{ "s/containers/" OWN_ID "/hosts", "/etc/hosts", "", false, false },
	{ "s/containers/" OWN_ID "/mounts/secrets/x", "/x", "", false, false },
	{ "s/containers/" OTHER_ID "/hosts", "/etc/hosts", "", true, true },
	{ "s/containers/" OTHER_ID "/mounts/secrets/x", "/x", "", true, true },
	{ "s/overlay2/0b/merged", "/d", "", true, true },
	{ "s/overlay2/0b/diff", "/d", "", true, true },
	{ "s/volumes/v", "/d", "", true, true },
	{ "s/volumes", "/d", "", true, true },
	{ "s/new-in-a-later-version", "/d", "", true, true },
	{ "s", "/d", "", true, true },
	{ "", "/d", "", true, true },
	{ "sibling", "/d", "", false, true },
};

static const struct mount_row podman_rows[] = {
	{ "s/volumes/v/_data", "/d", "", false, false },
	{ "s/artifacts/blobs/sha256/1", "/d", "\"ro\"", false, false },
	{ "s/vfs-containers/" OWN_ID "/userdata/secrets/x", "/x", "", false, false },
	{ "s/vfs-containers/" OTHER_ID "/userdata/secrets/x", "/run/secrets/x", "", true, true },
	{ "s/vfs/dir/0b", "/d", "", true, true },
	{ "s/volumes", "/d", "", true, true },
	{ "s", "/d", "", true, true },
};

static const struct mount_row kubelet_rows[] = {
	{ "s/pods/" POD "/volumes/kubernetes.io~empty-dir/a", "/d", "", false, false },
	{ "s/pods/" POD "/volume-subpaths/a/app/0", "/d", "", false, false },
	{ "s/pods/" POD "/containers/app/0a", "/dev/termination-log", "", false, false },
	{ "s/pods/" POD, "/d", "", true, true },
	{ "s/pods/" OTHER_POD "/volumes/kubernetes.io~empty-dir/a", "/d", "", true, true },
	{ "s/pods/" OTHER_POD "/etc-hosts", "/etc/hosts", "", true, true },
	{ "s/pki", "/d", "\"ro\"", true, true },
	{ "s", "/d", "", true, true },
};

static bool is_refused(const struct world *world, const char *root, const struct mount_row *row,
		       const char *denied)
{
	struct arena *arena = world->arena;
	const struct policy *policy = load_text(
		arena,
		arena_printf(
			arena,
			"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"hostMounts\"],"
			"\"action\":\"RF_ACT_REJECT\",\"args\":{\"deny\":[%s\"/var/lib/docker\","
			"\"/var/lib/containers\",\"/var/lib/kubelet\",\"/var/lib/docker/volumes/v/_data/b\"]}}]}",
			denied));
	const char *own =
		strcmp(root, "../bundle/rootfs") != 0
			? ""
			: arena_printf(
				  arena,
				  ",{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":\"%s\"}",
				  at(world, "host/s/pods/" POD "/etc-hosts"));
	struct facts_query query = { .id = OWN_ID, .scope = FACTS_LIVE };
	struct verdict verdict;
	struct oci_config config;
	struct facts facts;
	struct str *paths;
	struct err err;

	read_config(arena,
		    arena_printf(arena,
				 "{\"process\":{\"cwd\":\"/\"},\"root\":{\"path\":\"%s\"},"
				 "\"mounts\":[{\"destination\":\"%s\",\"type\":\"bind\","
				 "\"source\":\"%s\",\"options\":[%s]}%s],"
				 "\"linux\":{\"cgroupsPath\":\"%s\"}}",
				 below(world, root), row->at, below(world, row->source),
				 row->options, own, own[0] != '\0' ? KUBEPODS : ""),
		    &config);
	query.n_paths = policy_paths(arena, policy, &paths);
	query.paths = paths;
	assert_int_equal(facts_collect(arena, &config, &query, &facts, &err), 0);
	policy_judge(arena, policy, &config, &facts, FRONT_PRECREATE, 20260101, &verdict);
	return verdict.findings != NULL;
}

static void judge_rows(const struct world *world, const char *root, const struct mount_row *list,
		       size_t n)
{
	const char *around = arena_printf(world->arena, "\"%s\",", at(world, "host"));

	make(world, root);
	for (size_t i = 0; i < n; i++)
		make(world, list[i].source);
	for (size_t i = 0; i < n; i++) {
		if (is_refused(world, root, &list[i], "") != list[i].refused)
			fail_msg("%s, %s", root, list[i].source);
		if (is_refused(world, root, &list[i], around) != list[i].denied)
			fail_msg("%s, %s, below a denied directory", root, list[i].source);
	}
}

static void test_what_is_let_in(void **state)
{
	static const struct mount_row linked[] = {
		{ "s/tmp/buildkit-mount2", "/d", "", true, true },
		{ "s/volumes/link/_data", "/d", "", true, true },
		{ "s/volumes/v/_data/b", "/d", "", true, true },
	};
	const struct world *world = *state;

	need_root();
	judge_rows(world, "s/overlay2/0a/merged", docker_rows, ARRAY_SIZE(docker_rows));
	/* What a link leads to decides; so does what a policy says of the usual place. */
	make(world, "s/volumes/link");
	make(world, "s/image");
	assert_int_equal(symlink("../../image", at(world, "host/s/volumes/link/_data")), 0);
	assert_int_equal(symlink("../image", at(world, "host/s/tmp/buildkit-mount2")), 0);
	judge_rows(world, "s/overlay2/0a/merged", linked, ARRAY_SIZE(linked));
}

static void test_what_is_let_in_of_podmans(void **state)
{
	need_root();
	judge_rows(*state, "s/vfs/dir/0a", podman_rows, ARRAY_SIZE(podman_rows));
}

static void test_what_is_let_in_of_a_pods(void **state)
{
	need_root();
	make(*state, "s/pods/" POD "/etc-hosts");
	judge_rows(*state, "../bundle/rootfs", kubelet_rows, ARRAY_SIZE(kubelet_rows));
}

/* Where the root only looks so, names below it open nothing. */
static void test_root_of_a_user(void **state)
{
	static const struct mount_row row = { "s/volumes/v/_data", "/d", "", false, true };

	need_root();
	judge_rows(*state, "s/overlay/0a/merged", &row, 1);
}

/* buildah's step has no id of the engine's; whose root it has, the storage lists. */
static void test_step_of_buildah(void **state)
{
	static const struct {
		const char *owner, *list;
		size_t n; /* sources that are left to judge */
	} steps[] = {
		{ OWN_ID, "s/vfs-containers/containers.json", 0 },
		{ OTHER_ID, "s/vfs-containers/containers.json", 1 },
		{ OWN_ID, "s/vfs-containers/volatile-containers.json", 0 },
		{ OTHER_ID, "s/vfs-containers/volatile-containers.json", 1 },
	};
	static const char text[] = "[{\"id\":\"" OWN_ID "\",\"layer\":\"0a\"}]";
	const struct facts_query query = { .id = "buildah-buildah1", .scope = FACTS_LIVE };
	const struct world *world = *state;

	make(world, "s/vfs/dir/0a");
	make(world, "s/vfs-containers");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct oci_config config;
		struct facts facts;
		struct err err;

		put(world, arena_printf(world->arena, "host/%s", steps[i].list), STR(text));
		read_config(world->arena,
			    arena_printf(world->arena,
					 "{\"process\":{\"cwd\":\"/\"},\"root\":{\"path\":\"%s\"},"
					 "\"mounts\":[{\"destination\":\"/run/secrets\",\"type\":"
					 "\"bind\",\"source\":\"/run/containers/storage/"
					 "vfs-containers/%s/userdata/run/secrets\"}]}",
					 at(world, "host/s/vfs/dir/0a"), steps[i].owner),
			    &config);
		assert_int_equal(facts_collect(world->arena, &config, &query, &facts, &err), 0);
		assert_int_equal(facts.n_sources, steps[i].n);
		unlink(at(world, arena_printf(world->arena, "host/%s", steps[i].list)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose_storage),
		WITH_WORLD(test_storage_of_a_user),
		WITH_WORLD(test_what_is_let_in),
		WITH_WORLD(test_what_is_let_in_of_podmans),
		WITH_WORLD(test_what_is_let_in_of_a_pods),
		WITH_WORLD(test_root_of_a_user),
		WITH_WORLD(test_step_of_buildah),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
