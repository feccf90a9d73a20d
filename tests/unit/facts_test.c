/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about a user namespace that a container joins, and about paths of engines. */
#include "world.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/facts.h"
#include "host/storage_owner.h"
#include "world.h"

static void write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Starts a process in its own user namespace, whose root is this user; 0 if that is impossible. */
static pid_t start_mapped(void)
{
	char map[64];
	int ends[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) == 0 && write(ends[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1) {
		waitpid(pid, NULL, 0);
		pid = 0;
	}
	close(ends[0]);
	if (pid == 0)
		return 0;
	snprintf(map, sizeof(map), "7 %u 1", geteuid());
	write_file(pid, "uid_map", map);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void collect(struct arena *arena, const char *path, enum facts_scope scope,
		    struct facts *facts)
{
	struct oci_config config;
	struct err err;

	read_config(
		arena,
		arena_printf(
			arena,
			"{\"process\":{\"cwd\":\"/\"},\"linux\":{\"namespaces\":[{\"type\":\"user\",\"path\":\"%s\"}]}}",
			path),
		&config);
	assert_int_equal(
		facts_collect(arena, &config, &(struct facts_query){ .scope = scope }, facts, &err),
		0);
}

/* Any name of the namespace works: a process's own, or a file that keeps the namespace. */
static void test_maps_of_a_joined_namespace(void **state)
{
	pid_t pid = start_mapped();

	if (pid == 0)
		skip_because("this machine makes no user namespaces");
	for (size_t i = 0; i < 2; i++) {
		struct facts facts;
		char path[128];

		if (i == 0)
			snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
		else
			snprintf(path, sizeof(path), "/proc/%d/task/%d/ns/user", (int)pid,
				 (int)pid);
		collect(*state, path, FACTS_LIVE, &facts);
		assert_int_equal(facts.namespaces[NAMESPACE_USER], NS_FACT_OTHER);
		assert_int_equal(facts.n_joined_uids, 1);
		assert_int_equal(facts.joined_uids[0].inside, 7);
		assert_int_equal(facts.joined_uids[0].outside, geteuid());
		assert_int_equal(facts.joined_uids[0].count, 1);
		assert_int_equal(facts.n_joined_gids, 0);
		/* No process is left. */
		assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	}
	end(pid);
}

/* Judging a spec file joins nothing. */
static void test_offline_joins_nothing(void **state)
{
	pid_t pid = start_mapped();
	struct facts facts;
	char path[128];

	if (pid == 0)
		skip_because("this machine makes no user namespaces");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/ns/user", (int)pid, (int)pid);
	collect(*state, path, FACTS_OFFLINE, &facts);
	assert_int_equal(facts.n_joined_uids, 0);
	end(pid);
}

/* A file that is not a user namespace has no maps, and does not block. */
static void test_other_files(void **state)
{
	char fifo[] = "/tmp/facts-XXXXXX";
	const char *paths[] = { "/nowhere", "/dev/null", "/proc/self/ns/uts", fifo };

	assert_non_null(mkdtemp(fifo));
	assert_int_equal(rmdir(fifo), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct facts facts;

		collect(*state, paths[i], FACTS_LIVE, &facts);
		assert_int_equal(facts.n_joined_uids, 0);
		assert_int_equal(facts.n_joined_gids, 0);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
	unlink(fifo);
}

/* Whose place a root directory and the sources of mounts are, by name; none of them exists. */
static void test_places_of_engines(void **state)
{
	static const struct {
		const char *path;
		bool root, layer, volume;
	} rows[] = {
		{ "/nowhere/var/lib/docker/overlay2/0a/merged", true, false, false },
		{ "/nowhere/overlay2/../overlay2//0a/./merged/", true, false, false },
		{ "/nowhere/overlay2/0a/diff", false, false, false },
		{ "/nowhere/io.containerd.snapshotter.v1.overlayfs/snapshots/3/fs", false, true,
		  false },
		{ "/var/lib/docker/volumes/nowhere/_data/a", false, false, true },
		{ "/var/lib/docker/volumes/nowhere/_data/../../..", false, false, false },
		{ "/var/lib/kubelet/pods/nowhere/volumes/a/b", false, false, true },
		{ "/nowhere", false, false, false },
		{ "overlay2/0a/merged", false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_config config;
		struct facts facts;
		struct err err;

		read_config(
			*state,
			arena_printf(
				*state,
				"{\"process\":{\"cwd\":\"/\"},\"root\":{\"path\":\"%s\"},\"mounts\":"
				"[{\"destination\":\"/d\",\"type\":\"bind\",\"source\":\"%s\"}]}",
				rows[i].path, rows[i].path),
			&config);
		assert_int_equal(
			facts_collect(*state, &config, &(struct facts_query){ 0 }, &facts, &err),
			0);
		assert_int_equal(facts.root.engine_root, rows[i].root);
		assert_int_equal(facts.root.engine_layer, rows[i].layer);
		assert_int_equal(facts.n_sources, 1);
		assert_int_equal(facts.sources[0].path.engine_volume, rows[i].volume);
	}
}

#define OWN_ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
#define OTHER_ID "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2"

struct sources {
	size_t n;     /* that are left to judge */
	bool foreign; /* of the first */
};

/* What is left of one bind mount; the container has this id, or none. */
static struct sources source_of(struct arena *arena, const char *source, const char *destination,
				const char *id, enum facts_scope scope)
{
	const struct facts_query query = { .id = id, .scope = scope };
	struct oci_config config;
	struct facts facts;
	struct err err;

	read_config(arena,
		    arena_printf(arena,
				 "{\"process\":{\"cwd\":\"/\"},\"mounts\":[{\"destination\":"
				 "\"%s\",\"type\":\"bind\",\"source\":\"%s\"}]}",
				 destination, source),
		    &config);
	assert_int_equal(facts_collect(arena, &config, &query, &facts, &err), 0);
	return (struct sources){ facts.n_sources,
				 facts.n_sources > 0 && facts.sources[0].path.foreign };
}

/* Whose files an engine's directory holds, by the id of the state. */
static void test_names_of_the_container(void **state)
{
	static const struct {
		const char *id, *owner, *cgroup;
		size_t n;
	} rows[] = {
		{ "foo", "foo", "", 0 },
		{ "foo", "bar", "", 1 },
		{ "foo", OWN_ID, "a.slice:libpod:" OWN_ID, 0 },
		{ NULL, "bar", "", 0 },
		/* Its files have another id, and --cgroup-parent is all of its cgroup. */
		{ "buildah-buildah1", "bar", "", 0 },
		{ "buildah-buildah1", OTHER_ID, "/" OWN_ID, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_config config;
		struct facts facts;
		struct err err;

		read_config(
			*state,
			arena_printf(*state,
				     "{\"process\":{\"cwd\":\"/\"},\"mounts\":[{\"destination\":"
				     "\"/run/secrets\",\"type\":\"bind\",\"source\":"
				     "\"/run/containers/storage/overlay-containers/%s/userdata/run/"
				     "secrets\"}],\"linux\":{\"cgroupsPath\":\"%s\"}}",
				     rows[i].owner, rows[i].cgroup),
			&config);
		assert_int_equal(facts_collect(*state, &config,
					       &(struct facts_query){ .id = rows[i].id }, &facts,
					       &err),
				 0);
		assert_int_equal(facts.n_sources, rows[i].n);
	}
}

/* Sources in a storage that is in no usual place: what is left to judge. */
static void test_moved_storage(void **state)
{
	static const struct {
		const char *path;
		enum facts_scope scope;
		size_t n;
		bool foreign;
	} rows[] = {
		{ "/run/s/vfs-containers/" OWN_ID "/userdata/secrets/x", FACTS_OFFLINE, 0, false },
		{ "/run/s/vfs-containers/" OTHER_ID "/userdata/secrets/x", FACTS_OFFLINE, 1, true },
		{ "/run/s/ntfs-containers/" OWN_ID "/userdata/secrets/x", FACTS_OFFLINE, 1, false },
		{ "/run/s/containers/" OWN_ID "/mounts/secrets/x", FACTS_OFFLINE, 0, false },
		{ "/run/s/containers/" OTHER_ID "/mounts/secrets/x", FACTS_OFFLINE, 1, true },
		/* It does not exist, so that nothing tells where it would lead. */
		{ "/run/s/vfs-containers/" OWN_ID "/userdata/secrets/x", FACTS_LIVE, 1, false },
		{ "/run/s/vfs-containers/" OTHER_ID "/userdata/secrets/x", FACTS_LIVE, 1, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sources found =
			source_of(*state, rows[i].path, "/app/x", OWN_ID, rows[i].scope);

		assert_int_equal(found.n, rows[i].n);
		if (rows[i].n > 0)
			assert_int_equal(found.foreign, rows[i].foreign);
	}
}

/* How many sources are left of a bind mount at /h, where the container's root is this id. */
static size_t left_of_mapped(struct arena *arena, const char *source, unsigned int root)
{
	const struct facts_query query = { .id = OWN_ID, .scope = FACTS_LIVE };
	struct oci_config config;
	struct facts facts;
	struct err err;

	read_config(arena,
		    arena_printf(arena,
				 "{\"process\":{\"cwd\":\"/\"},\"mounts\":[{\"destination\":"
				 "\"/h\",\"type\":\"bind\",\"source\":\"%s\"}],\"linux\":{"
				 "\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{"
				 "\"containerID\":0,\"hostID\":%u,\"size\":65536}],\"gidMappings\":"
				 "[{\"containerID\":0,\"hostID\":%u,\"size\":65536}]}}",
				 source, root, root),
		    &config);
	assert_int_equal(facts_collect(arena, &config, &query, &facts, &err), 0);
	return facts.n_sources;
}

/* podman gives the container's own directory to its root, but nothing above it. */
static void test_moved_storage_of_mapped_root(void **state)
{
	const struct world *world = *state;
	const char *all = at(world, "host/vfs-containers");
	const char *own = at(world, "host/vfs-containers/" OWN_ID);
	const char *userdata = at(world, "host/vfs-containers/" OWN_ID "/userdata");
	const char *file = at(world, "host/vfs-containers/" OWN_ID "/userdata/hosts");

	if (getuid() != 0)
		skip();
	assert_int_equal(mkdir(all, 0755), 0);
	assert_int_equal(mkdir(own, 0755), 0);
	assert_int_equal(mkdir(userdata, 0700), 0);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0644)), 0);
	assert_int_equal(chown(userdata, 100000, 100000), 0);
	assert_int_equal(chown(file, 100000, 100000), 0);
	assert_int_equal(left_of_mapped(world->arena, file, 100000), 0);
	assert_int_equal(chown(at(world, "host"), 100000, 100000), 0);
	assert_int_equal(left_of_mapped(world->arena, file, 100000), 1);
}

/* A link in a directory that users other than root can change decides nothing; a real file does. */
static void test_moved_storage_of_others(void **state)
{
	const struct world *world = *state;
	const char *directories[] = { "host/vfs-containers", "host/vfs-containers/" OWN_ID,
				      "host/vfs-containers/" OWN_ID "/userdata" };
	const char *file = at(world, "host/vfs-containers/" OWN_ID "/userdata/hosts");

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdir(at(world, directories[i]), 0755), 0);
	assert_int_equal(symlink("/etc/passwd", file), 0);
	assert_int_equal(source_of(world->arena, file, "/h", OWN_ID, FACTS_LIVE).n, 1);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0644)), 0);
	/* Without root every directory is somebody's. */
	assert_int_equal(source_of(world->arena, file, "/h", OWN_ID, FACTS_LIVE).n,
			 getuid() != 0 ? 1 : 0);
}

/* Names of the host's namespaces, without a look at them. */
static void test_namespaces_by_name(void **state)
{
	static const struct {
		const char *path;
		enum namespace_fact fact;
	} rows[] = {
		{ "/proc/1/ns/net", NS_FACT_HOST },
		{ "/proc//self/./ns/net", NS_FACT_HOST },
		{ "/proc/2/../1/ns/net", NS_FACT_HOST },
		{ "/proc/thread-self/ns/net", NS_FACT_HOST },
		{ "/proc/1/task/1/ns/net", NS_FACT_HOST },
		{ "/proc/self/task/12/ns/net", NS_FACT_HOST },
		{ "/run/docker/netns/default", NS_FACT_HOST },
		{ "/proc/1/root/run/docker/netns/default", NS_FACT_HOST },
		{ "/proc/1/root/proc/1/ns/net", NS_FACT_HOST },
		{ "/proc/self/root/proc/1/task/1/root/proc/self/ns/net", NS_FACT_HOST },
		{ "/proc/12/root/proc/1/ns/net", NS_FACT_OTHER },
		{ "/proc/1/root", NS_FACT_OTHER },
		{ "/proc/1/rooted/proc/1/ns/net", NS_FACT_OTHER },
		{ "/proc/12/ns/net", NS_FACT_OTHER },
		{ "/proc/1/ns/ipc", NS_FACT_OTHER },
		{ "/..", NS_FACT_OTHER },
		{ "/", NS_FACT_OTHER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_config config;
		struct facts facts;
		struct err err;

		read_config(*state,
			    arena_printf(*state,
					 "{\"process\":{\"cwd\":\"/\"},\"linux\":{\"namespaces\":"
					 "[{\"type\":\"network\",\"path\":\"%s\"}]}}",
					 rows[i].path),
			    &config);
		assert_int_equal(
			facts_collect(*state, &config, &(struct facts_query){ 0 }, &facts, &err),
			0);
		assert_int_equal(facts.namespaces[NAMESPACE_NETWORK], rows[i].fact);
	}
}

/* The sandbox that an annotation names, where anyone who starts a container may have chosen it. */
static void test_annotation_of_a_sandbox(void **state)
{
	static const struct {
		const char *cgroup;
		size_t n;
	} rows[] = {
		{ "kubepods-podx.slice:crio:" OWN_ID, 0 },
		{ "/kubepods/podx/crio-" OWN_ID, 0 },
		{ "kubepods-podx.slice:cri-containerd:" OWN_ID, 0 },
		{ "/kubepods/podx/" OWN_ID, 0 },
		/* a cluster in a container of podman */
		{ "/machine.slice/libpod-0.scope/kubepods/podx/" OWN_ID, 0 },
		{ "/machine.slice/libpod-" OWN_ID, 1 },
		{ "crio.slice:libpod:" OWN_ID, 1 },
		{ "/kubepods/libpod-" OWN_ID, 1 },
		{ "/kubepods/libpod-payload-" OWN_ID, 1 },
		{ "kubepods.slice:docker:" OWN_ID, 1 },
		{ "/docker/" OWN_ID, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_config config;
		struct facts facts;
		struct err err;

		read_config(
			*state,
			arena_printf(
				*state,
				"{\"process\":{\"cwd\":\"/\"},\"annotations\":"
				"{\"io.kubernetes.cri-o.SandboxID\":\"" OTHER_ID "\"},"
				"\"mounts\":[{\"destination\":\"/dev/shm\",\"type\":\"bind\","
				"\"source\":\"/run/containers/storage/overlay-containers/" OTHER_ID
				"/userdata/shm\"}],\"linux\":{\"cgroupsPath\":\"%s\"}}",
				rows[i].cgroup),
			&config);
		assert_int_equal(
			facts_collect(*state, &config,
				      &(struct facts_query){ .id = OWN_ID, .scope = FACTS_LIVE },
				      &facts, &err),
			0);
		assert_int_equal(facts.n_sources, rows[i].n);
	}
}

/* A path with a directory of a container in each step, in a few mounts, takes no time. */
static void test_many_directories(void **state)
{
	struct arena *arena = *state;
	const char *source = "", *mounts = "";
	struct oci_config config;
	struct facts facts;
	struct err err;
	clock_t start;

	for (int i = 0; i < 250; i++)
		source = arena_printf(arena, "%s/pods/a/volumes", source);
	for (int i = 0; i < 20; i++)
		mounts = arena_printf(arena,
				      "%s%s{\"destination\":\"/%d\",\"type\":\"bind\","
				      "\"source\":\"%s\"}",
				      mounts, i > 0 ? "," : "", i, source);
	read_config(arena,
		    arena_printf(arena, "{\"process\":{\"cwd\":\"/\"},\"mounts\":[%s]}", mounts),
		    &config);
	start = clock();
	assert_int_equal(
		facts_collect(arena, &config, &(struct facts_query){ .id = OWN_ID }, &facts, &err),
		0);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	assert_int_equal(facts.n_sources, 20);
	for (size_t i = 0; i < facts.n_sources; i++)
		assert_false(facts.sources[i].path.foreign);
}

/* Whose a layer is, by the list of the storage. */
static void test_owner_of_a_layer(void **state)
{
	static const char list[] = "[{\"id\":\"" OWN_ID "\",\"layer\":\"one\"},"
				   "{\"id\":\"" OTHER_ID "\",\"layer\":\"two\"}]";
	static const struct {
		const char *layer, *id;
		enum facts_scope scope;
		bool others;
	} rows[] = {
		{ "vfs/dir/one", OWN_ID, FACTS_LIVE, false },
		{ "vfs/dir/two", OWN_ID, FACTS_LIVE, true },
		{ "vfs/dir/image", OWN_ID, FACTS_LIVE, false },
		{ "vfs/dir/two", OWN_ID, FACTS_OFFLINE, false },
		/* Without an id, anybody's is another's. */
		{ "vfs/dir/one", "", FACTS_LIVE, true },
		{ "vfs/dir/image", "", FACTS_LIVE, false },
		{ "overlay/one/merged", OWN_ID, FACTS_LIVE, false },
		{ "overlay/two/merged", OWN_ID, FACTS_LIVE, true },
		{ "btrfs/subvolumes/two", OWN_ID, FACTS_LIVE, true },
		{ "zfs/graph/two", OWN_ID, FACTS_LIVE, true },
		{ "aufs/mnt/two", OWN_ID, FACTS_LIVE, true },
	};
	const struct world *world = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct lookup lookup = { .arena = world->arena, .scope = rows[i].scope };
		size_t driver = strcspn(rows[i].layer, "/");
		const char *dir = arena_printf(world->arena, "host/%.*s-containers", (int)driver,
					       rows[i].layer);

		assert_true(mkdir(at(world, dir), 0755) == 0 || i > 0);
		put(world, arena_printf(world->arena, "%s/containers.json", dir), STR(list));
		assert_int_equal(storage_root_is_others(
					 &lookup,
					 str_from(at(world, arena_printf(world->arena, "host/%s",
									 rows[i].layer))),
					 str_from(rows[i].id)),
				 rows[i].others);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_maps_of_a_joined_namespace),
		WITH_ARENA(test_offline_joins_nothing),
		WITH_ARENA(test_other_files),
		WITH_ARENA(test_places_of_engines),
		WITH_ARENA(test_names_of_the_container),
		WITH_ARENA(test_moved_storage),
		WITH_WORLD(test_moved_storage_of_others),
		WITH_WORLD(test_moved_storage_of_mapped_root),
		WITH_ARENA(test_namespaces_by_name),
		WITH_ARENA(test_annotation_of_a_sandbox),
		WITH_ARENA(test_many_directories),
		WITH_WORLD(test_owner_of_a_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
