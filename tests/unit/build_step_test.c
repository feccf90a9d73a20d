/* SPDX-License-Identifier: Apache-2.0 */
/* What a RUN step of buildah may have of the engine's: rows of where a source in the bundle leads. */
#include "support.h"

#include "host/build_step.h"
#include "base/cleanup.h"

#define OWN_ID "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
#define OTHER_ID "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2"
#define BUNDLE "/var/tmp/buildah1"
#define STAGED BUNDLE "/mnt/buildah-bind-target-3"
#define STORAGE "/var/lib/containers/storage/"
#define VFS STORAGE "vfs/dir/" OTHER_ID
#define OVERLAY STORAGE "overlay/" OTHER_ID "/merged"
#define OWN_SECRET STORAGE "overlay-containers/" OWN_ID "/userdata/run/secrets/x"

struct row {
	const char *source, *origin;
	enum mount_place_kind how;
	bool read_only, upper, not_a_step, offline;
	bool is_engines;
};

static const struct row rows[] = {
	{ STAGED, OWN_SECRET, .is_engines = true },
	{ STAGED, STORAGE "overlay-containers/" OTHER_ID "/userdata/run/secrets/x" },
	/* An image: an overlay without an upper layer, or a copy that is mounted read-only. */
	{ STAGED, OVERLAY, .is_engines = true },
	{ STAGED, OVERLAY "/usr/share", .is_engines = true },
	{ STAGED, OVERLAY, .read_only = true, .is_engines = true },
	{ STAGED, OVERLAY, .upper = true },
	{ STAGED, OVERLAY, .read_only = true, .upper = true },
	{ STAGED, VFS, .read_only = true, .is_engines = true },
	{ STAGED, VFS "/usr", .read_only = true, .is_engines = true },
	{ STAGED, VFS },
	{ STAGED, VFS "/usr" },
	{ STAGED, STORAGE "btrfs/subvolumes/" OTHER_ID },
	{ STAGED, STORAGE "zfs/graph/" OTHER_ID },
	/* Anything else, also of the storage. */
	{ STAGED, "/etc", .read_only = true },
	{ STAGED, STORAGE, .read_only = true },
	{ STAGED, STORAGE "vfs/dir", .read_only = true },
	{ STAGED, STORAGE "overlay/" OTHER_ID, .read_only = true },
	{ STAGED, OWN_SECRET, .how = PLACE_INSIDE },
	/* Not where buildah stages. */
	{ BUNDLE "/mnt/x", OWN_SECRET },
	{ "/mnt/buildah-bind-target-3", OWN_SECRET },
	{ BUNDLE "/mnt/buildah-bind-target-3/../x", OWN_SECRET },
	{ STAGED, OWN_SECRET, .not_a_step = true },
	{ STAGED, OWN_SECRET, .offline = true },
};

static void test_staged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct arena *arena = arena_new();
		struct mountinfo mounts = { .arena = arena };
		struct lookup lookup = { .arena = arena,
					 .scope = row->offline ? FACTS_OFFLINE : FACTS_LIVE,
					 .mountinfo = &mounts };
		const struct container_names names = { .lookup = &lookup,
						       .id = STR(OWN_ID),
						       .build_step = !row->not_a_step };
		const struct oci_mount mount = { .bind = true, .read_only = row->read_only };
		struct path_fact origin = { .path = str_from(row->origin),
					    .resolved = row->origin,
					    .how = row->how };
		const struct source_fact source = {
			.from = { .mount = &mount, .path = str_from(row->source) },
			.path = { .resolved = row->source,
				  .upper = row->upper,
				  .origins = &origin,
				  .n_origins = 1 },
		};
		const struct facts facts = { .bundle = BUNDLE };

		if (build_step_mount(&lookup, &source, &names, &facts) != row->is_engines)
			fail_msg("row %zu: %s at %s", i, row->origin, row->source);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_staged) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
