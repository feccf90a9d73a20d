/* SPDX-License-Identifier: Apache-2.0 */
/* The config model: typed, and with absent different from false, zero and empty. */
#include "support.h"

#include "host/engine_paths.h"
#include "host/mount_paths.h"

static void nothing_is_absent(void **state)
{
	struct oci_config config;

	read_config(*state, "{\"process\":{}}", &config);
	assert_non_null(config.process.node);
	assert_null(config.process.user.node);
	assert_null(config.process.user.uid.node);
	assert_int_equal(config.process.user.uid.value, 0);
	assert_null(config.process.capabilities.node);
	assert_null(config.process.no_new_privileges.node);
	assert_false(config.process.no_new_privileges.value);
	assert_null(config.process.cwd.node);
	assert_null(config.root.node);
	assert_null(config.mounts.node);
	assert_null(config.annotations.node);
	assert_null(config.linux_.node);
	for (int i = 0; i < NAMESPACE_COUNT; i++)
		assert_null(config.linux_.namespaces.types[i].node);
}

static void false_is_not_absent(void **state)
{
	struct oci_config config;

	read_config(
		*state,
		"{\"process\":{\"user\":{\"uid\":0},\"cwd\":\"\",\"noNewPrivileges\":false,"
		"\"capabilities\":{\"bounding\":[]}},\"root\":{\"path\":\"r\",\"readonly\":false},\"mounts\":[],"
		"\"annotations\":{},\"linux\":{\"namespaces\":[],\"maskedPaths\":[],\"sysctl\":{}}}",
		&config);
	assert_non_null(config.process.user.uid.node);
	assert_non_null(config.process.no_new_privileges.node);
	assert_false(config.process.no_new_privileges.value);
	assert_non_null(config.process.cwd.node);
	assert_int_equal(config.process.cwd.value.len, 0);
	assert_non_null(config.process.capabilities.sets[CAP_SET_BOUNDING].node);
	assert_int_equal(config.process.capabilities.sets[CAP_SET_BOUNDING].bits, 0);
	assert_null(config.process.capabilities.sets[CAP_SET_AMBIENT].node);
	assert_non_null(config.root.readonly.node);
	assert_non_null(config.mounts.node);
	assert_int_equal(config.mounts.n, 0);
	assert_non_null(config.annotations.node);
	assert_non_null(config.linux_.namespaces.node);
	assert_non_null(config.linux_.masked_paths.node);
	assert_non_null(config.linux_.sysctl.node);
}

static void everything_is_read(void **state)
{
	struct oci_config config;
	const struct oci_mapping *mapping;
	const struct oci_mount *mount;

	read_config(
		*state,
		"{\"process\":{\"user\":{\"uid\":5,\"gid\":2147483647,\"additionalGids\":[1,2]},"
		"\"capabilities\":{\"ambient\":[\"CAP_KILL\",\"CAP_CHOWN\",\"CAP_KILL\"]},\"cwd\":\"/a\"},"
		"\"mounts\":[{\"destination\":\"/d\",\"source\":\"/s\",\"options\":[\"ro\",\"rbind\"]},{\"destination\":\"/e\","
		"\"type\":\"tmpfs\",\"source\":\"x\"}],\"annotations\":{\"k\":\"v\"},\"linux\":{"
		"\"uidMappings\":[{\"containerID\":1,\"hostID\":4294967294,\"size\":1}],"
		"\"namespaces\":[{\"type\":\"network\",\"path\":\"/n\"},{\"type\":\"time\"}]}}",
		&config);
	assert_int_equal(config.process.user.gid.value, 2147483647);
	assert_int_equal(config.process.user.additional_gids.n, 2);
	assert_int_equal(config.process.user.additional_gids.items[1].value, 2);
	assert_int_equal(config.process.capabilities.sets[CAP_SET_AMBIENT].bits, 0x21);
	mount = oci_config_mount(&config, 0);
	assert_true(mount->bind && mount->read_only && !mount->remount);
	mount = oci_config_mount(&config, 1);
	assert_false(mount->bind || mount->read_only);
	assert_true(str_is(mount->source.value, "x"));
	assert_true(str_is(oci_map_get(&config.annotations, "k")->text, "v"));
	assert_null(oci_map_get(&config.annotations, "K"));
	mapping = config.linux_.uid_mappings.items;
	assert_int_equal(mapping->host_id.value, UINT32_MAX - 1);
	assert_int_equal(mapping->size.value, 1);
	assert_true(str_is(config.linux_.namespaces.types[NAMESPACE_NETWORK].path.value, "/n"));
	assert_non_null(config.linux_.namespaces.types[NAMESPACE_TIME].node);
	assert_null(config.linux_.namespaces.types[NAMESPACE_TIME].path.node);
	assert_null(config.linux_.namespaces.types[NAMESPACE_PID].node);
}

/* Bind mounts as runtimes recognize them, by type and by options. */
static void binds(void **state)
{
	static const struct {
		const char *members;
		bool bind;
	} rows[] = {
		{ "\"type\":\"bind\"", true },
		{ "\"type\":\"none\",\"options\":[\"bind\"]", true },
		{ "\"type\":\"tmpfs\",\"options\":[\"ro\",\"rbind\"]", true },
		{ "\"options\":[\"bind\"]", true },
		{ "\"type\":\"Bind\"", false },
		{ "\"type\":\"tmpfs\",\"options\":[\"nobind\"]", false },
		{ "\"type\":\"proc\"", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct oci_config config;

		read_config(
			*state,
			arena_printf(
				*state,
				"{\"process\":{},\"mounts\":[{\"destination\":\"/d\",\"source\":\"/s\",%s}]}",
				rows[i].members),
			&config);
		assert_int_equal(oci_config_mount(&config, 0)->bind, rows[i].bind);
	}
}

/* The host paths that a mount gives the container, with '|' between them. */
static const struct {
	const char *mount, *paths;
} sources[] = {
	{ "\"type\":\"bind\",\"source\":\"/a\"", "/a|" },
	{ "\"type\":\"tmpfs\"", "" },
	{ "\"type\":\"tmpfs\",\"source\":\"/a\"", "" },
	{ "\"type\":\"tmpfs\",\"source\":\"/a\",\"options\":[\"bind\"]", "/a|" },
	{ "\"type\":\"ext4\",\"source\":\"/dev/x\"", "/dev/x|" },
	{ "\"source\":\"/a\"", "/a|" },
	{ "\"type\":\"overlay\",\"source\":\"overlay\"", "" },
	{ "\"type\":\"overlay\",\"options\":[\"lowerdir=/a:/b\",\"upperdir=/c\",\"workdir=/d\"]",
	  "/a|/b|/c|/d|" },
	{ "\"type\":\"overlay\",\"options\":[\"lowerdir=/a\\\\:b:/c\"]", "/a:b|/c|" },
	{ "\"type\":\"overlay\",\"options\":[\"lowerdir=/a::/b\"]", "/a|/b|" },
	{ "\"type\":\"overlay\",\"options\":[\"ro,lowerdir=/a:/b,index=off\"]", "/a|/b|" },
	{ "\"type\":\"overlay\",\"options\":[\"index=off,upperdir=/a\",\",,lowerdir=/b,\"]",
	  "/a|/b|" },
	/* Only lowerdir names several directories. */
	{ "\"type\":\"overlay\",\"options\":[\"upperdir=/a:/b\",\"workdir=/c\\\\:/d\"]",
	  "/a:/b|/c:/d|" },
	{ "\"type\":\"overlay\",\"options\":[\"lowerdir=:/a,lowerdir=/b\"]", "/a|/b|" },
	{ "\"type\":\"overlay\",\"options\":[\"lowerdir+=/a:b\",\"datadir+=/c\"]", "/a:b|/c|" },
	{ "\"type\":\"overlay\",\"options\":[\"bind\",\"lowerdir=/a\"],\"source\":\"/s\"", "/s|" },
};

static const struct container_names nobody;

static void source_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		auto_buf struct buf buf = { 0 };
		struct mount_path *paths;
		struct oci_config config;
		size_t n;

		read_config(
			*state,
			arena_printf(*state,
				     "{\"process\":{},\"mounts\":[{\"destination\":\"/d\",%s}]}",
				     sources[i].mount),
			&config);
		paths = mount_paths(*state, &config, &nobody, &n);
		buf_add(&buf, "", 0);
		for (size_t k = 0; k < n; k++) {
			buf_add(&buf, paths[k].path.data, paths[k].path.len);
			buf_add(&buf, "|", 1);
		}
		assert_string_equal(buf.data, sources[i].paths);
	}
}

/* Many mounts, and a path that is too long to be an engine's. */
static void many_sources(void **state)
{
	auto_buf struct buf spec = { 0 };
	struct mount_path *paths;
	struct oci_config config;
	char text[16];
	size_t n;

	buf_printf(&spec, "{\"process\":{},\"mounts\":[");
	for (int i = 0; i < 100; i++)
		buf_printf(&spec, "{\"destination\":\"/d\",\"type\":\"bind\",\"source\":\"/%d\"},",
			   i);
	buf_printf(&spec, "{\"destination\":\"/d\",\"type\":\"bind\",\"source\":\"/%05000d\"}]}",
		   0);
	read_config(*state, spec.data, &config);
	paths = mount_paths(*state, &config, &nobody, &n);
	assert_int_equal(n, 101);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "/%d", i);
		assert_true(str_is(paths[i].path, text));
	}
	assert_int_equal(paths[100].path.len, 5001);
}

static const struct {
	const char *path;
	bool is_storage;
} roots[] = {
	{ "/var/lib/containers/storage/overlay/0a/merged", true },
	{ "/run/containers/storage/overlay/0a/merged", true },
	{ "/var/lib/docker/overlay2/0a/merged", true },
	{ "/var/lib/docker/100000.100000/overlay2/0a/merged", true },
	{ "/home/u/.local/share/containers/storage/overlay/0a/merged", false }, /* a user's */
	{ "/var/lib/docker/overlay2/0a/merged/etc", false },
	{ "/var/lib/docker/overlay2/../merged", false },
	{ "/var/lib/docker/overlay2/0a/b/merged", false },
	{ "/var/lib/docker/volumes/overlay2/0a/merged", false },
	{ "/srv/var/lib/docker/overlay2/0a/merged", false },
	{ "/run/containerd/io.containerd.runtime.v2.task/default/c/rootfs", false },
	{ "rootfs", false },
};

static const struct {
	const char *path;
	bool by_name;
} named_roots[] = {
	{ "/var/lib/docker/overlay2/0a/merged", true },
	{ "/run/graph/overlay/0a/merged", true },
	{ "/var/lib/docker/vfs/dir/0a", true },
	{ "/var/lib/docker/devicemapper/mnt/0a/rootfs", true },
	{ "/var/lib/docker/rootfs/overlayfs/0a", true },
	{ "/run/overlay/0a", false },
	{ "/run/overlay/merged", false },
	{ "/run/overlay/0a/b/merged", false },
	{ "/run/overlay//merged", false },
	{ "/run/vfs/dir/", false },
	{ "/run/overlay/0a/../../../etc/overlay/x/merged", false },
	{ "overlay/0a/merged", false },
	{ "/merged", false },
	{ "", false },
};

static void storage_rows(void **state)
{
	char *longer = arena_printf(*state, "/var/lib/docker/overlay2/%05000d/merged", 0);

	assert_false(engine_root(str_from(longer)));
	for (size_t i = 0; i < ARRAY_SIZE(named_roots); i++)
		assert_int_equal(engine_root_by_name(str_from(named_roots[i].path)),
				 named_roots[i].by_name);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		assert_int_equal(engine_root(str_from(roots[i].path)), roots[i].is_storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(nothing_is_absent),	WITH_ARENA(false_is_not_absent),
		WITH_ARENA(everything_is_read), WITH_ARENA(binds),
		WITH_ARENA(source_rows),	WITH_ARENA(many_sources),
		WITH_ARENA(storage_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
