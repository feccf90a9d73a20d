/* SPDX-License-Identifier: Apache-2.0 */
/* The words of findings: what no file shows, who wrote a spec, and for whom an image was made. */
#include "world.h"

#include "host/image_user.h"
#include "policy/fix.h"

#define TODAY 20260101

/* Returns the fix of the first finding of one rule that refuses. */
static const char *fix_of(struct arena *arena, const char *rule, const char *text,
			  const struct facts *facts, enum front_end front_end)
{
	const struct policy *policy = load_text(
		arena,
		arena_printf(
			arena,
			"{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"%s\"],\"action\":\"RF_ACT_REJECT\"}]}",
			rule));
	struct oci_config config;
	struct verdict verdict;

	read_config(arena, text, &config);
	policy_judge(arena, policy, &config, facts, front_end, TODAY, &verdict);
	assert_non_null(verdict.findings);
	return verdict.findings->fix;
}

#define ROOT_PROCESS "{\"process\":{\"user\":{\"uid\":0,\"gid\":0},\"cwd\":\"/proc\"}}"
#define ALL_SETS \
	"{\"process\":{\"user\":{\"uid\":1},\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}}}"

/* A session gets its flags from exec, or from the pod. */
static void sessions(void **state)
{
	static const struct {
		const char *rule, *spec;
		enum engine engine;
		const char *fix;
	} rows[] = {
		{ "rootUser", ROOT_PROCESS, ENGINE_PODMAN, "exec --user 65532:65532" },
		{ "rootUser", ROOT_PROCESS, ENGINE_DOCKER, "exec --user 65532:65532" },
		{ "rootUser", ROOT_PROCESS, ENGINE_UNKNOWN, "exec --user 65532:65532" },
		{ "rootUser", ROOT_PROCESS, ENGINE_KUBERNETES,
		  "securityContext: runAsUser: 65532, runAsGroup: 65532; or hostUsers: false" },
		{ "rootGroup", ROOT_PROCESS, ENGINE_PODMAN, "exec --user 65532:65532" },
		{ "capabilities", ALL_SETS, ENGINE_PODMAN, "exec without --privileged" },
		{ "capabilities", ALL_SETS, ENGINE_RUNTIME, "exec without --cap" },
		{ "capabilities", ALL_SETS, ENGINE_KUBERNETES,
		  "drop privileged: true and capabilities: add from the securityContext" },
		{ "noNewPrivileges", ROOT_PROCESS, ENGINE_PODMAN,
		  "run the container with --security-opt no-new-privileges" },
		{ "noNewPrivileges", ROOT_PROCESS, ENGINE_RUNTIME, "exec --no-new-privs" },
		{ "workingDirectory", ROOT_PROCESS, ENGINE_DOCKER, "exec --workdir /" },
		{ "workingDirectory", ROOT_PROCESS, ENGINE_RUNTIME, "exec --cwd /" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct facts facts = { .scope = FACTS_LIVE,
					     .user_namespace_initial = true,
					     .engine.engine = rows[i].engine };

		assert_string_equal(fix_of(*state, rows[i].rule, rows[i].spec, &facts, FRONT_EXEC),
				    rows[i].fix);
	}
}

/* Every cause has words for every reader: one line, without a gap. */
static void complete(void **state)
{
	struct arena *arena = *state;
	struct oci_config config;

	read_config(arena, "{\"process\":{}}", &config);
	for (unsigned int i = 0; i <= ENGINE_RUNTIME * 16 + 15; i++) {
		const struct facts facts = { .engine = { .engine = i / 16,
							 .sandbox = (i & 1) != 0,
							 .pod_member = (i & 2) != 0,
							 .unit = (i & 4) != 0 } };
		const struct judge judge = {
			.arena = arena,
			.config = &config,
			.facts = &facts,
			.front_end = (i & 8) != 0 ? FRONT_EXEC : FRONT_WRAPPER,
		};

		for (enum fix cause = 0; cause < FIX_COUNT; cause++) {
			const char *words = fix_about(&judge, cause, "X");

			assert_true(strlen(words) > 3);
			assert_null(strpbrk(words, "@\n\t"));
		}
	}
}

#define USER_NAMESPACE \
	"{\"process\":{},\"linux\":{\"namespaces\":[{\"type\":\"%s\",\"path\":\"/proc/7/ns/x\"}]}}"

static void live_facts(void **state)
{
	struct arena *arena = *state;
	struct id_range to_root = { 0, 0, 1 };
	struct facts facts = { .scope = FACTS_LIVE, .engine.engine = ENGINE_PODMAN };
	const char *spec = arena_printf(arena, USER_NAMESPACE, "user");

	facts.namespaces[NAMESPACE_USER] = NS_FACT_HOST;
	assert_string_equal(fix_of(arena, "hostUserNamespace", "{\"process\":{},\"linux\":{}}",
				   &facts, FRONT_WRAPPER),
			    "--userns=auto");
	facts.user_namespace_initial = true;
	facts.namespaces[NAMESPACE_USER] = NS_FACT_OTHER;
	facts.joined_uids = &to_root;
	facts.n_joined_uids = 1;
	assert_string_equal(
		fix_of(arena, "identityMapping", spec, &facts, FRONT_WRAPPER),
		"drop --userns=container:ID and --userns=ns:PATH, which lead to root of the host");
	facts.namespaces[NAMESPACE_PID] = NS_FACT_UNKNOWN;
	assert_string_equal(fix_of(arena, "hostPidNamespace",
				   arena_printf(arena, USER_NAMESPACE, "pid"), &facts,
				   FRONT_WRAPPER),
			    "start the container first whose namespace it joins");
}

static void missing_source(void **state)
{
	const struct world *world = *state;
	struct oci_config config;
	struct source_fact source = { .path = { .path = STR("/srv/none"), .error = ENOENT } };
	const struct facts facts = { .scope = FACTS_LIVE };
	struct verdict verdict;
	struct facts with_source = facts;

	read_config(world->arena,
		    "{\"process\":{},\"mounts\":[{\"destination\":\"/d\",\"type\":\"bind\","
		    "\"source\":\"/srv/none\",\"options\":[\"rbind\"]}]}",
		    &config);
	source.from.mount = oci_config_mount(&config, 0);
	source.from.path = source.path.path;
	with_source.sources = &source;
	with_source.n_sources = 1;
	policy_judge(
		world->arena,
		load_text(world->arena,
			  "{\"version\":1,\"name\":\"x\",\"rules\":[{\"names\":[\"hostMounts\"],"
			  "\"action\":\"RF_ACT_REJECT\"}]}"),
		&config, &with_source, FRONT_WRAPPER, TODAY, &verdict);
	assert_non_null(verdict.findings);
	assert_string_equal(verdict.findings->fix, "make /srv/none first, for this container");
}

/* Who wrote it. */

static void writers(void **state)
{
	static const struct {
		const char *spec, *bundle;
		struct engine_marks marks;
	} rows[] = {
		{ "\"root\":{\"path\":\"rootfs\"}", NULL, { .engine = ENGINE_RUNTIME } },
		{ "\"root\":{\"path\":\"/srv/x\"}", NULL, { .engine = ENGINE_RUNTIME } },
		{ "\"root\":{\"path\":\"/srv/x\"}",
		  "/var/tmp/buildah123",
		  { .engine = ENGINE_BUILDAH } },
		{ "\"linux\":{\"cgroupsPath\":\"/a/b\"}", NULL, { .engine = ENGINE_UNKNOWN } },
		{ "\"linux\":{\"cgroupsPath\":\"user.slice:libpod:0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN } },
		{ "\"linux\":{\"cgroupsPath\":\"/libpod_parent/libpod-0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN } },
		{ "\"annotations\":{\"io.kubernetes.cri-o.SandboxID\":\"0c\"},\"linux\":{\"cgroupsPath\":\"/libpod_parent/0b/libpod-0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN, .pod_member = true } },
		/* an infra container with an image of its own */
		{ "\"linux\":{\"cgroupsPath\":\"/libpod_parent/0b/libpod-0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN, .sandbox = true } },
		{ "\"annotations\":{\"io.kubernetes.cri-o.SandboxID\":\"0c\"},\"linux\":{\"cgroupsPath\":\"machine-libpod_pod_0b.slice:libpod:0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN, .pod_member = true } },
		/* an infra container with an image of its own */
		{ "\"linux\":{\"cgroupsPath\":\"machine-libpod_pod_0b.slice:libpod:0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN, .sandbox = true } },
		{ "\"process\":{\"args\":[\"/catatonit\",\"-P\"]},\"linux\":{\"cgroupsPath\":\"/libpod_parent/0b/libpod-0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN, .sandbox = true } },
		{ "\"annotations\":{\"io.container.manager\":\"libpod\",\"io.podman.annotations.cid-file\":\"/run/a.cid\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN, .unit = true } },
		{ "\"annotations\":{\"io.container.manager\":\"libpod\",\"io.podman.annotations.cid-file\":\"/home/a.cid\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN } },
		{ "\"annotations\":{\"io.container.manager\":\"libpod\",\"io.kubernetes.cri-o.TTY\":\"false\"},\"linux\":{\"cgroupsPath\":\"/kubepods/x/libpod-0a\"}",
		  NULL,
		  { .engine = ENGINE_PODMAN } },
		{ "\"annotations\":{\"io.container.manager\":\"cri-o\"},\"root\":{\"path\":\"/var/lib/containers/storage/overlay/0a/merged\"}",
		  NULL,
		  { .engine = ENGINE_KUBERNETES } },
		{ "\"linux\":{\"cgroupsPath\":\"kubepods-pod1.slice:cri-containerd:0a\"},\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\"}",
		  NULL,
		  { .engine = ENGINE_KUBERNETES, .sandbox = true } },
		{ "\"linux\":{\"cgroupsPath\":\"/docker/0a\"}", NULL, { .engine = ENGINE_DOCKER } },
		{ "\"linux\":{\"cgroupsPath\":\"/own/0a\"},\"root\":{\"path\":\"/var/lib/docker/overlay2/0a/merged\"}",
		  NULL,
		  { .engine = ENGINE_DOCKER } },
		{ "\"linux\":{\"cgroupsPath\":\"/own/0a\"},\"root\":{\"path\":\"/var/lib/docker/165536.165536/overlay2/0a/merged\"},\"mounts\":[{\"destination\":\"/etc/hosts\",\"source\":\"/var/lib/docker/165536.165536/containers/0a/hosts\"}]",
		  NULL,
		  { .engine = ENGINE_DOCKER, .remapped = true } },
		{ "\"linux\":{\"cgroupsPath\":\"/docker/buildkit/0a\"}",
		  NULL,
		  { .engine = ENGINE_BUILDKIT } },
		{ "\"linux\":{\"cgroupsPath\":\"system.slice:nerdctl:0a\"}",
		  NULL,
		  { .engine = ENGINE_CONTAINERD } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct engine_marks marks;
		struct oci_config config;

		const char *process = strstr(rows[i].spec, "process") ? "" : "\"process\":{},";

		read_config(*state, arena_printf(*state, "{%s%s}", process, rows[i].spec), &config);
		marks = engine_of(&config, rows[i].bundle);
		if (marks.engine != rows[i].marks.engine ||
		    marks.sandbox != rows[i].marks.sandbox || marks.unit != rows[i].marks.unit ||
		    marks.pod_member != rows[i].marks.pod_member ||
		    marks.remapped != rows[i].marks.remapped)
			fail_msg("row %zu: engine %d", i, marks.engine);
	}
}

/* For whom the image was made. Without root, the test's own id is the service's. */

static uint32_t service(void)
{
	return geteuid() != 0 ? geteuid() : 999;
}

static void make_dir(const struct world *world, const char *path)
{
	assert_int_equal(mkdir(at(world, path), 0755), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(at(world, path), service(), 77), 0);
}

static struct image_user find_user(const struct world *world, const char *spec,
				   enum facts_scope scope)
{
	struct facts facts = { .scope = scope, .bundle = world->bundle };
	struct oci_config config;

	read_config(world->arena, spec, &config);
	image_user_find(world->arena, &config, &facts);
	return facts.image_user;
}

#define IMAGE "\"root\":{\"path\":\"rootfs\"}"
#define IMAGE_SPEC(cwd, mounts) \
	"{\"process\":{\"user\":{\"uid\":0},\"cwd\":\"" cwd "\"}," IMAGE ",\"mounts\":[" mounts "]}"
#define DATA \
	"{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"/x\",\"options\":[\"rbind\"]}"

static void image_users(void **state)
{
	const struct world *world = *state;
	const char *passwd = arena_printf(
		world->arena, "root:x:0:0::/root:/bin/sh\nsvc:x:%u:77::/home/svc:/bin/sh\n%s",
		service(), "other:x:5000:5000::/none:/bin/sh\n");
	struct image_user user;

	if (service() >= 65534)
		skip(); /* nobody is no service, and cannot give files to one */
	put(world, PASSWD, str_from(passwd));
	/* Two accounts, and nothing that belongs to one. */
	assert_false(find_user(world, IMAGE_SPEC("/", ""), FACTS_LIVE).known);
	assert_int_equal(mkdir(at(world, "bundle/rootfs/home"), 0755), 0);
	make_dir(world, "bundle/rootfs/home/svc");
	user = find_user(world, IMAGE_SPEC("/", ""), FACTS_OFFLINE);
	assert_true(user.known);
	assert_int_equal(user.uid, service());
	assert_int_equal(user.gid, 77);
	assert_string_equal(user.name, "svc");
	assert_string_equal(user.owns, "/home/svc");
	make_dir(world, "bundle/rootfs/srv");
	assert_string_equal(find_user(world, IMAGE_SPEC("/srv", ""), FACTS_LIVE).owns, "/srv");
	make_dir(world, "bundle/rootfs/data");
	user = find_user(world, IMAGE_SPEC("/srv", DATA), FACTS_LIVE);
	assert_string_equal(user.owns, "/data");
	/* Only root needs advice; a root that only this machine has is not looked at offline. */
	assert_false(find_user(world, "{\"process\":{\"user\":{\"uid\":5}}," IMAGE "}", FACTS_LIVE)
			     .known);
	assert_false(find_user(world,
			       arena_printf(world->arena,
					    "{\"process\":{},\"root\":{\"path\":\"%s/rootfs\"}}",
					    world->bundle),
			       FACTS_OFFLINE)
			     .known);
}

/* Names that nobody could type, and directories outside of the root. */
static void odd_images(void **state)
{
	const struct world *world = *state;
	char many[8192] = "";

	make_dir(world, "host/out");
	assert_int_equal(symlink(at(world, "host/out"), at(world, "bundle/rootfs/out")), 0);
	put(world, PASSWD,
	    str_from(arena_printf(world->arena, "a b:x:%u:77::/:/bin/sh\nsvc:x:%u:77::/out:\n",
				  service(), service())));
	assert_null(find_user(world, IMAGE_SPEC("/out", ""), FACTS_LIVE).owns);
	/* The only account of the image. */
	put(world, PASSWD,
	    STR("root:x:0:0::/:\nwww-data:x:33:33::/v:\n_apt:x:100:9::/n:\nweb:x:101:0::/n:\nnobody:x:65534:65534::/:\n"));
	assert_int_equal(find_user(world, IMAGE_SPEC("/", ""), FACTS_LIVE).uid, 101);
	assert_int_equal(find_user(world, IMAGE_SPEC("/", ""), FACTS_LIVE).gid, 101);
	for (int i = 0; i < 400; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "x:x:9:9::/:\n");
	put(world, PASSWD, str_from(many));
	assert_false(find_user(world, IMAGE_SPEC("/", ""), FACTS_LIVE).known);
	assert_int_equal(unlink(at(world, PASSWD)), 0);
	assert_false(find_user(world, IMAGE_SPEC("/", ""), FACTS_LIVE).known);
}

/* The words name the id, and why. */
static void words_of_user(void **state)
{
	struct facts facts = { .scope = FACTS_LIVE,
			       .user_namespace_initial = true,
			       .engine.engine = ENGINE_PODMAN,
			       .image_user = { true, 999, 998, "db", "/var/lib/db" } };

	assert_string_equal(
		fix_of(*state, "rootUser", ROOT_PROCESS, &facts, FRONT_WRAPPER),
		"--user 999:998 (db, owner of /var/lib/db), or USER 999:998 in the image");
	facts.image_user.owns = NULL;
	assert_string_equal(fix_of(*state, "rootUser", ROOT_PROCESS, &facts, FRONT_WRAPPER),
			    "--user 999:998 (db of the image), or USER 999:998 in the image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(sessions),	    WITH_ARENA(complete),      WITH_ARENA(live_facts),
		WITH_WORLD(missing_source), WITH_ARENA(writers),       WITH_WORLD(image_users),
		WITH_WORLD(odd_images),	    WITH_ARENA(words_of_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
