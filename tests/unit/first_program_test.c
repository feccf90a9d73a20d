/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a container: its file capabilities as bytes, which file it is, and what the
 * rule exec.rules makes of it.
 */
#include "world.h"

#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "host/facts.h"
#include "oci/capability.h"
#include "policy/rule.h"

#define TODAY 20260101
#define BIT(number) (UINT64_C(1) << (number))
#define NET_BIND BIT(10)
#define NET_RAW BIT(13)

/* The attribute. */

#define V1 "\0\0\0\1"
#define V2 "\0\0\0\2"
#define V2_EFFECTIVE "\1\0\0\2"
#define V3_EFFECTIVE "\1\0\0\3"
#define LOW "\0\4\0\0" /* CAP_NET_BIND_SERVICE */
#define ZERO "\0\0\0\0"
#define BYTES(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

static void test_attribute(void **state)
{
	static const struct {
		struct str bytes;
		bool taken;
		struct file_caps caps;
	} rows[] = {
		{ BYTES(V1 LOW ZERO), true, { true, NET_BIND, 0, false, 0 } },
		{ BYTES("\1\0\0\1" LOW LOW), true, { true, NET_BIND, NET_BIND, true, 0 } },
		{ BYTES(V2 LOW ZERO ZERO ZERO), true, { true, NET_BIND, 0, false, 0 } },
		{ BYTES(V2_EFFECTIVE LOW ZERO "\0\1\0\0" ZERO),
		  true,
		  { true, NET_BIND | BIT(40), 0, true, 0 } },
		{ BYTES(V2_EFFECTIVE ZERO ZERO ZERO "\1\0\0\0"),
		  true,
		  { true, 0, BIT(32), true, 0 } },
		{ BYTES(V3_EFFECTIVE LOW ZERO ZERO ZERO "\xa0\x86\1\0"),
		  true,
		  { true, NET_BIND, 0, true, 100000 } },
		/* The kernel masks what it does not know. */
		{ BYTES(V2_EFFECTIVE LOW ZERO "\0\0\0\x80" ZERO),
		  true,
		  { true, NET_BIND, 0, true, 0 } },
		{ BYTES(""), false, { 0 } },
		{ BYTES("\1\0\0"), false, { 0 } },
		{ BYTES(V2_EFFECTIVE LOW ZERO), false, { 0 } },
		{ BYTES(V2_EFFECTIVE LOW ZERO ZERO ZERO ZERO), false, { 0 } },
		{ BYTES(V3_EFFECTIVE LOW ZERO ZERO ZERO), false, { 0 } },
		{ BYTES("\1\0\0\4" LOW ZERO ZERO ZERO), false, { 0 } },
		{ BYTES("\1\0\0\0" LOW ZERO ZERO ZERO), false, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct file_caps caps = { 0 };

		if (file_caps_parse(rows[i].bytes, &caps) != rows[i].taken ||
		    caps.present != rows[i].caps.present ||
		    caps.permitted != rows[i].caps.permitted ||
		    caps.inheritable != rows[i].caps.inheritable ||
		    caps.effective != rows[i].caps.effective || caps.root != rows[i].caps.root)
			fail_msg("row %zu", i);
	}
}

/* Which file it is. Programs are set-user-ID, which needs no privilege to make. */

static void program(const struct world *world, const char *path, const char *text, mode_t mode)
{
	const char *file = arena_printf(world->arena, "bundle/rootfs/%s", path);

	put(world, file, str_from(text));
	assert_int_equal(chmod(at(world, file), mode), 0);
}

static void make_root(const struct world *world)
{
	static const char *const directories[] = { "usr",	    "usr/bin", "usr/local",
						   "usr/local/bin", "private", "app",
						   "data" };
	static const struct {
		const char *target, *path;
	} links[] = {
		{ "usr/bin", "bin" },
		{ "/usr/bin/tool", "app/absolute" },
		{ "../usr/bin/tool", "app/relative" },
		{ "../../../../usr/bin/tool", "app/climbs" },
		{ "/app/absolute", "app/twice" },
		{ "loop", "app/loop" },
		{ "/data/inner", "app/through-data" },
		{ "/usr/bin/tool", "data/inner" },
		{ "/usr", "opt" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		assert_int_equal(mkdir(at(world, arena_printf(world->arena, "bundle/rootfs/%s",
							      directories[i])),
				       0755),
				 0);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		assert_int_equal(symlink(links[i].target,
					 at(world, arena_printf(world->arena, "bundle/rootfs/%s",
								links[i].path))),
				 0);
	program(world, "usr/bin/tool", "\177ELF", 04755);
	program(world, "usr/bin/group", "\177ELF", 02755);
	program(world, "usr/bin/lock", "\177ELF",
		02745); /* set-group-ID without x is no such thing */
	program(world, "usr/bin/plain", "\177ELF", 0755);
	program(world, "usr/bin/shadow", "\177ELF", 04755);
	program(world, "usr/local/bin/shadow", "\177ELF", 0644);
	program(world, "usr/local/bin/first", "\177ELF", 04755);
	program(world, "usr/bin/first", "\177ELF", 0755);
	program(world, "app/run", "#!/usr/bin/tool -x\n", 04755);
	program(world, "app/run-spaces", "#! \t/bin/tool", 0755);
	program(world, "app/run-relative", "#!usr/bin/tool\n", 0755);
	program(world, "app/run-run", "#!/app/run\n", 0755);
	program(world, "app/run-plain", "#!/usr/bin/plain\n", 04755);
	program(world, "app/run-itself", "#!/app/run-itself\n", 0755);
	program(world, "app/run-nothing", "#!\n", 0755);
	program(world, "app/r1", "#!/usr/bin/tool\n", 0755);
	program(world, "app/r2", "#!/app/r1\n", 0755);
	program(world, "app/r3", "#!/app/r2\n", 0755);
	program(world, "app/r4", "#!/app/r3\n", 0755);
	program(world, "app/r5", "#!/app/r4\n", 0755);
	program(world, "app/r6", "#!/app/r5\n", 0755);
	program(world, "app/od\ad", "\177ELF", 04755);
	program(world, "usr/bin/tini", "\177ELF", 0755);
	program(world, "app/env", "#!/usr/bin/env tool\n", 0755);
	program(world, "app/env-split", "#!/usr/bin/env -S tool --flag\n", 0755);
	program(world, "app/env-set", "#!/usr/bin/env -S A=b tool\n", 0755);
	program(world, "app/env-none", "#!/usr/bin/env\n", 0755);
	program(world, "app/env-link", "#!/usr/bin/env /app/relative\n", 0755);
}

static const struct first_program *look(const struct world *world, const char *process,
					const char *mounts, enum facts_scope scope,
					const char *root)
{
	struct facts *facts = arena_new_object(world->arena, struct facts);
	struct oci_config config;
	struct err err;

	read_config(world->arena,
		    arena_printf(world->arena,
				 "{\"process\":{%s},\"root\":{\"path\":\"%s\"},\"mounts\":[%s]}",
				 process, root, mounts),
		    &config);
	if (facts_collect(world->arena, &config,
			  &(struct facts_query){ .scope = scope, .bundle = world->bundle }, facts,
			  &err) < 0)
		fail_msg("%s", err.text);
	return &facts->first;
}

#define ARGS(name) "\"args\":[\"" name "\"],\"cwd\":\"/\""
#define IN(cwd, name) "\"args\":[\"" name "\"],\"cwd\":\"" cwd "\""
#define PATH(name, path) ARGS(name) ",\"env\":[\"A=b\",\"PATH=" path "\"]"
#define AT(destination) \
	"{\"destination\":\"" destination "\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}"
#define TOOL "/usr/bin/tool"
/* Words as JSON, with a PATH. */
#define LINE(words) "\"args\":[" words "],\"cwd\":\"/\",\"env\":[\"PATH=/usr/bin\"]"
#define SHELL(text) LINE("\"/bin/sh\",\"-c\",\"" text "\"")

static const struct {
	const char *process, *mounts, *path, *script; /* path NULL: not known */
} places[] = {
	{ ARGS("/usr/bin/tool"), "", TOOL, NULL },
	{ ARGS("/bin/tool"), "", TOOL, NULL },
	{ ARGS("/bin//./tool"), "", TOOL, NULL },
	{ ARGS("/app/../../bin/tool"), "", TOOL, NULL },
	{ ARGS("/usr/bin/group"), "", "/usr/bin/group", NULL },
	{ ARGS("/usr/bin/lock"), "", NULL, NULL },
	{ ARGS("/usr/bin/plain"), "", NULL, NULL },
	{ ARGS("/usr/bin/none"), "", NULL, NULL },
	{ ARGS("/usr/bin"), "", NULL, NULL },
	{ ARGS("/"), "", NULL, NULL },
	{ ARGS(""), "", NULL, NULL },
	{ "\"cwd\":\"/\"", "", NULL, NULL },
	/* Links, which never lead out. */
	{ ARGS("/app/absolute"), "", TOOL, NULL },
	{ ARGS("/app/relative"), "", TOOL, NULL },
	{ ARGS("/app/climbs"), "", TOOL, NULL },
	{ ARGS("/app/twice"), "", TOOL, NULL },
	{ ARGS("/app/loop"), "", NULL, NULL },
	/* From the working directory. */
	{ IN("/usr", "bin/tool"), "", TOOL, NULL },
	{ IN("/usr/bin", "./tool"), "", TOOL, NULL },
	{ IN("/opt/local", "../bin/tool"), "", TOOL, NULL },
	{ IN("/usr", "./tool"), "", NULL, NULL },
	/* PATH: what can be executed first, and the last PATH of the environment. */
	{ PATH("tool", "/usr/local/bin:/usr/bin"), "", TOOL, NULL },
	{ PATH("tool", "/usr/local/bin:/bin"), "", TOOL, NULL },
	{ PATH("tool", "/none:/usr/bin"), "", TOOL, NULL },
	{ PATH("shadow", "/usr/local/bin:/usr/bin"), "", "/usr/bin/shadow", NULL },
	{ PATH("first", "/usr/local/bin:/usr/bin"), "", "/usr/local/bin/first", NULL },
	{ PATH("first", "/usr/bin:/usr/local/bin"), "", NULL, NULL },
	{ PATH("tool", "/usr/bin\",\"PATH=/usr/local/bin"), "", NULL, NULL },
	{ PATH("tool", ""), "", NULL, NULL },
	{ IN("/usr", "tool") ",\"env\":[\"PATH=bin\"]", "", TOOL, NULL },
	{ IN("/usr/bin", "tool") ",\"env\":[\"PATH=:/none\"]", "", TOOL, NULL },
	{ ARGS("tool"), "", NULL, NULL },
	/* Scripts: what the interpreter has counts, not what the script has. */
	{ ARGS("/app/run"), "", TOOL, "/app/run" },
	{ ARGS("/app/run-spaces"), "", TOOL, "/app/run-spaces" },
	{ ARGS("/app/run-relative"), "", TOOL, "/app/run-relative" },
	{ IN("/app", "/app/run-relative"), "", NULL, NULL },
	{ ARGS("/app/run-run"), "", TOOL, "/app/run-run" },
	{ ARGS("/app/run-plain"), "", NULL, NULL },
	{ ARGS("/app/run-itself"), "", NULL, NULL },
	{ ARGS("/app/run-nothing"), "", NULL, NULL },
	{ ARGS("/app/r5"), "", TOOL, "/app/r5" },
	{ ARGS("/app/r6"), "", NULL, NULL },
	{ PATH("run", "/app"), "", TOOL, "/app/run" },
	/* What a mount may replace. */
	{ ARGS("/usr/bin/tool"), AT("/tmp"), TOOL, NULL },
	{ ARGS("/usr/bin/tool"), AT("/usr/bin/other"), TOOL, NULL },
	{ ARGS("/usr/bin/tool"), AT("/usr/bin/tool"), NULL, NULL },
	{ ARGS("/usr/bin/tool"), AT("/usr/bin"), NULL, NULL },
	{ ARGS("/usr/bin/tool"), AT("/usr"), NULL, NULL },
	{ ARGS("/usr/bin/tool"), AT("/"), NULL, NULL },
	{ ARGS("/usr/bin/tool"), AT("usr/bin/../bin"), NULL, NULL },
	{ ARGS("/usr/bin/tool"), AT("/bin/tool"), NULL, NULL },
	{ ARGS("/usr/bin/tool"), AT("/opt/bin"), NULL, NULL },
	{ ARGS("/app/run"), AT("/app"), NULL, NULL },
	{ ARGS("/app/run"), AT("/usr/bin"), NULL, NULL },
	{ ARGS("/app/through-data"), AT("/data"), NULL, NULL },
	{ ARGS("/app/through-data"), "", TOOL, NULL },
	{ PATH("tool", "/none/bin:/usr/bin"), AT("/none/bin"), NULL, NULL },
	{ PATH("tool", "/none/bin:/usr/bin"), AT("/none/other"), NULL, NULL },
	{ PATH("tool", "/usr/local/bin:/usr/bin"), AT("/usr/local/bin/tool"), NULL, NULL },
	{ PATH("tool", "/usr/bin:/usr/local/bin"), AT("/usr/local/bin/tool"), TOOL, NULL },
	/* What an init starts; the engine's own init is a mount. */
	{ LINE("\"/run/podman-init\",\"--\",\"tool\""), AT("/run/podman-init"), TOOL, NULL },
	{ LINE("\"/dev/init\",\"--\",\"/bin/tool\",\"x\""), "", TOOL, NULL },
	{ LINE("\"/sbin/docker-init\",\"--\",\"/app/run\""), "", TOOL, "/app/run" },
	{ LINE("\"tini\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"/usr/bin/tini\",\"-g\",\"-e\",\"143\",\"--\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"tini\",\"-e143\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"dumb-init\",\"--rewrite\",\"15:3\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"dumb-init\",\"-c\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"tini\",\"--\",\"plain\",\"tool\""), "", NULL, NULL },
	{ LINE("\"tini\",\"--\",\"dumb-init\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"tini\",\"tini\",\"tini\",\"tini\",\"tool\""), "", NULL, NULL },
	{ LINE("\"tini\",\"--\""), "", NULL, NULL },
	{ LINE("\"tini\",\"\",\"tool\""), "", NULL, NULL },
	{ LINE("\"plain\",\"--\",\"tool\""), "", NULL, NULL },
	{ LINE("\"/sbin/init\",\"--\",\"tool\""), "", NULL, NULL },
	{ LINE("\"/run/podman-init\",\"--\",\"tool\""), AT("/usr/bin"), NULL, NULL },
	/* What env starts, in words and in the first line of a script. */
	{ LINE("\"env\",\"A=b\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"/usr/bin/env\",\"tool\""), "", TOOL, NULL },
	{ LINE("\"env\",\"PATH=/x\",\"tool\""), "", NULL, NULL },
	{ LINE("\"env\",\"-i\",\"tool\""), "", NULL, NULL },
	{ LINE("\"env\""), "", NULL, NULL },
	{ LINE("\"/app/env\""), "", TOOL, "/app/env" },
	{ LINE("\"tini\",\"/app/env\""), "", TOOL, "/app/env" },
	{ LINE("\"/app/env-split\""), "", TOOL, "/app/env-split" },
	{ LINE("\"/app/env-link\""), "", TOOL, "/app/env-link" },
	{ LINE("\"/app/env-set\""), "", NULL, NULL },
	{ LINE("\"/app/env-none\""), "", NULL, NULL },
	/* What a shell starts: one simple command, or it is not known. */
	{ SHELL("tool"), "", TOOL, NULL },
	{ SHELL("exec tool run --port $PORT"), "", TOOL, NULL },
	{ SHELL(" /bin/tool 'a b'"), "", TOOL, NULL },
	{ SHELL("/app/run"), "", TOOL, "/app/run" },
	{ LINE("\"tini\",\"--\",\"/bin/sh\",\"-ec\",\"exec tool\""), "", TOOL, NULL },
	{ LINE("\"sh\",\"-c\",\"plain\",\"tool\""), "", NULL, NULL },
	{ LINE("\"sh\",\"-l\",\"tool\""), "", NULL, NULL },
	{ LINE("\"sh\",\"-c\""), "", NULL, NULL },
	{ LINE("\"sh\",\"tool\""), "", NULL, NULL },
	{ SHELL(""), "", NULL, NULL },
	{ SHELL("tool; plain"), "", NULL, NULL },
	{ SHELL("tool || plain"), "", NULL, NULL },
	{ SHELL("tool &"), "", NULL, NULL },
	{ SHELL("tool\\nplain"), "", NULL, NULL },
	{ SHELL("tool $(plain)"), "", NULL, NULL },
	{ SHELL("A=b tool"), "", NULL, NULL },
	{ SHELL("\\\"tool\\\""), "", NULL, NULL },
	{ SHELL("$TOOL"), "", NULL, NULL },
	{ SHELL("tool$x"), "", NULL, NULL },
	/* No exec rule can name it. */
	{ ARGS("/app/od\\u0007d"), "", NULL, NULL },
};

static bool has_set_ids(const struct world *world)
{
	struct statvfs fs;

	return statvfs(world->top, &fs) == 0 && (fs.f_flag & ST_NOSUID) == 0;
}

static void test_place(void **state)
{
	const struct world *world = *state;

	if (!has_set_ids(world))
		skip_because("/tmp is mounted with nosuid");
	make_root(world);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct first_program *first =
			look(world, places[i].process, places[i].mounts, FACTS_OFFLINE, "rootfs");
		const char *path = first->path != NULL ? first->path : "none";
		const char *script = first->script != NULL ? first->script : "none";

		if (first->known != (places[i].path != NULL) ||
		    strcmp(path, places[i].path != NULL ? places[i].path : "none") != 0 ||
		    strcmp(script, places[i].script != NULL ? places[i].script : "none") != 0)
			fail_msg("row %zu: %s, script %s", i, path, script);
	}
}

static void test_privileges(void **state)
{
	const struct world *world = *state;
	const struct first_program *first;
	const char *tool = at(world, "bundle/rootfs/usr/bin/tool");

	if (!has_set_ids(world))
		skip_because("/tmp is mounted with nosuid");
	make_root(world);
	first = look(world, ARGS("/usr/bin/tool"), "", FACTS_OFFLINE, "rootfs");
	assert_true(first->set_uid && !first->set_gid && !first->caps.present);
	assert_int_equal(first->uid, geteuid());
	first = look(world, ARGS("/usr/bin/group"), "", FACTS_OFFLINE, "rootfs");
	assert_true(!first->set_uid && first->set_gid);
	if (setxattr(tool, "security.capability", V2_EFFECTIVE LOW ZERO ZERO ZERO, 20, 0) < 0)
		skip_because("this user cannot set file capabilities");
	first = look(world, ARGS("/usr/bin/tool"), "", FACTS_OFFLINE, "rootfs");
	assert_true(first->caps.present && first->caps.effective);
	assert_int_equal(first->caps.permitted, NET_BIND);
}

/* A file for another host is judged by its bundle alone; a container that starts, by this host. */
static void test_which_root(void **state)
{
	const struct world *world = *state;
	const char *outside = at(world, "outside");

	if (!has_set_ids(world))
		skip_because("/tmp is mounted with nosuid");
	make_root(world);
	assert_int_equal(rename(at(world, "bundle/rootfs"), outside), 0);
	assert_int_equal(symlink(outside, at(world, "bundle/rootfs")), 0);
	assert_false(look(world, ARGS(TOOL), "", FACTS_OFFLINE, "rootfs")->known);
	assert_false(look(world, ARGS(TOOL), "", FACTS_OFFLINE, outside)->known);
	assert_true(look(world, ARGS(TOOL), "", FACTS_LIVE, "rootfs")->known);
	assert_true(look(world, ARGS(TOOL), "", FACTS_LIVE, outside)->known);
	assert_false(look(world, ARGS(TOOL), "", FACTS_LIVE, "/nowhere")->known);
	assert_int_equal(unlink(at(world, "bundle/rootfs")), 0);
	assert_int_equal(rename(outside, at(world, "bundle/rootfs")), 0);
	assert_true(look(world, ARGS(TOOL), "", FACTS_OFFLINE, at(world, "bundle/rootfs"))->known);
}

/* What an image does to keep its judge busy ends soon. */
static void test_endless(void **state)
{
	const struct world *world = *state;
	auto_buf struct buf dots = { 0 };

	make_root(world);
	for (int i = 0; i < 1000; i++)
		buf_printf(&dots, "x/../");
	assert_int_equal(mkdir(at(world, "bundle/rootfs/x"), 0755), 0);
	assert_false(look(world,
			  arena_printf(world->arena,
				       "\"args\":[\"/%s/usr/bin/tool\"],\"cwd\":\"/\"", dots.data),
			  "", FACTS_LIVE, "rootfs")
			     ->known);
	buf_printf(&dots, "%0*d", 3000, 0);
	assert_false(look(world,
			  arena_printf(world->arena,
				       "\"args\":[\"/%s/usr/bin/tool\"],\"cwd\":\"/\"", dots.data),
			  "", FACTS_LIVE, "rootfs")
			     ->known);
}

/* The rule. */

#define POLICY(rules, exec) \
	"{\"version\":1,\"name\":\"x\",\"rules\":[" rules "],\"exec\":{" exec "}}"
#define REWRITES(name) "{\"names\":[\"" name "\"],\"action\":\"RF_ACT_REWRITE\"}"
#define DROPS REWRITES("capabilities") "," REWRITES("noNewPrivileges")
#define KILL "\"defaultAction\":\"RF_ACT_ERRNO\",\"guarantee\":\"kill\""
#define RULE(path, capabilities, action)                                             \
	",\"rules\":[{\"paths\":[\"" path "\"],\"capabilities\":[" capabilities "]," \
	"\"action\":\"" action "\"}]"
#define ALLOWS(path, capabilities) RULE(path, capabilities, "RF_ACT_ALLOW")
#define DEFAULT POLICY(DROPS, KILL)
#define BIND "\"CAP_NET_BIND_SERVICE\""
#define RAW "\"CAP_NET_RAW\""
#define MAPPED ",\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]}"

static const struct first_program
	web = { .known = true, .path = "/usr/bin/web", .caps = { true, NET_BIND, 0, true, 0 } },
	web_aware = { .known = true,
		      .path = "/usr/bin/web",
		      .caps = { true, NET_BIND, 0, false, 0 } },
	web_inheritable = { .known = true,
			    .path = "/usr/bin/web",
			    .caps = { true, 0, NET_BIND, true, 0 } },
	web_both = { .known = true,
		     .path = "/usr/bin/web",
		     .caps = { true, NET_BIND, NET_BIND, true, 0 } },
	web_of_namespace = { .known = true,
			     .path = "/usr/bin/web",
			     .caps = { true, NET_BIND, 0, true, 100000 } },
	root_owned = { .known = true, .path = "/bin/su", .set_uid = true },
	mapped_owned = { .known = true, .path = "/bin/su", .set_uid = true, .uid = 100000 },
	other_owned = {
		.known = true, .path = "/bin/at", .set_uid = true, .uid = 7, .set_gid = true
	};

#define REFUSED "RF_ACT_REJECT"
#define TOLD "RF_ACT_LOG"

static const struct rule_row {
	const char *policy, *uid, *bounding, *more; /* of process; more: of process and linux */
	const char *linux_;
	enum namespace_fact user;
	const struct first_program *first;
	const char *action; /* NULL: no finding */
	const char *text;   /* in the message or the fix */
} rule_rows[] = {
	/* The bounding set that the policy empties. */
	{ DEFAULT, "5", BIND, "", "", NS_FACT_HOST, &web, REFUSED,
	  "need CAP_NET_BIND_SERVICE in the bounding set" },
	{ DEFAULT, "5", BIND, "", "", NS_FACT_HOST, &web, REFUSED,
	  "add { \"paths\": [\"/usr/bin/web\"], \"capabilities\": [\"CAP_NET_BIND_SERVICE\"], "
	  "\"action\": \"RF_ACT_ALLOW\" } to exec.rules of the policy; or" },
	{ DEFAULT, "5", "", "", "", NS_FACT_HOST, &web, REFUSED,
	  "policy and --cap-add=CAP_NET_BIND_SERVICE; or" },
	{ DEFAULT, "0", BIND, "", "", NS_FACT_HOST, &web, REFUSED, "operation not permitted" },
	{ DEFAULT, "0", BIND, "", MAPPED, NS_FACT_NEW, &web, REFUSED, "operation not permitted" },
	/* For root, exec rules leave nothing in the bounding set. */
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/web", BIND)), "0", BIND, "", MAPPED, NS_FACT_NEW,
	  &web, REFUSED, "or add CAP_NET_BIND_SERVICE to args.allowMapped of capabilities; or" },
	{ DEFAULT, "5", BIND, ",\"noNewPrivileges\":true", "", NS_FACT_HOST, &web, REFUSED,
	  "operation not permitted" },
	{ DEFAULT, "5", BIND, "", "", NS_FACT_HOST, &web_aware, TOLD, "it starts without" },
	{ DEFAULT, "0", BIND, "", MAPPED, NS_FACT_NEW, &web_aware, NULL, NULL },
	{ DEFAULT, "5", BIND, "", "", NS_FACT_HOST, &web_inheritable, NULL, NULL },
	/* A policy that takes nothing, or not this. */
	{ POLICY("", ""), "5", "", "", "", NS_FACT_HOST, &web, NULL, NULL },
	{ POLICY(REWRITES("noNewPrivileges"), KILL), "5", "", "", "", NS_FACT_HOST, &web, NULL,
	  NULL },
	{ POLICY("{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{\"allow\":[" BIND
		 "]}}," REWRITES("noNewPrivileges"),
		 KILL),
	  "5", BIND, "", "", NS_FACT_HOST, &web, TOLD, "noNewPrivileges lets it start" },
	{ POLICY("{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{"
		 "\"allowMapped\":[" BIND "]}}",
		 KILL),
	  "0", BIND, "", MAPPED, NS_FACT_NEW, &web, NULL, NULL },
	/* The inheritable set holds what allowMapped gives the bounding set alone: it is emptied. */
	{ POLICY("{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{"
		 "\"allowMapped\":[" BIND "]}}",
		 KILL),
	  "0", "],\"inheritable\":[" BIND, "", MAPPED, NS_FACT_NEW, &web_both, REFUSED,
	  "need CAP_NET_BIND_SERVICE in the bounding set" },
	{ POLICY("{\"names\":[\"capabilities\"],\"action\":\"RF_ACT_REWRITE\",\"args\":{"
		 "\"allow\":[" BIND "]}}",
		 KILL),
	  "0", "],\"inheritable\":[" BIND, "", MAPPED, NS_FACT_NEW, &web_both, NULL, NULL },
	/* The rule that the message named. */
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/web", BIND)), "5", BIND, "", "", NS_FACT_HOST, &web,
	  NULL, NULL },
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/web", BIND)), "5", "", "", "", NS_FACT_HOST, &web,
	  REFUSED, "--cap-add=CAP_NET_BIND_SERVICE" },
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/web", BIND)), "5", BIND, ",\"noNewPrivileges\":true",
	  "", NS_FACT_HOST, &web, TOLD, "drop --security-opt no-new-privileges" },
	/* Rules for other programs leave the bounding set what they list. */
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/ping", BIND)), "5", BIND, "", "", NS_FACT_HOST, &web,
	  REFUSED, "would gain CAP_NET_BIND_SERVICE, which no exec rule allows" },
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/web", RAW)), "5", BIND "," RAW, "", "", NS_FACT_HOST,
	  &web, REFUSED, "operation not permitted" },
	{ POLICY(DROPS, "\"defaultAction\":\"RF_ACT_LOG\",\"guarantee\":\"kill\"" ALLOWS(
				"/usr/bin/ping", BIND)),
	  "5", BIND, "", "", NS_FACT_HOST, &web, NULL, NULL },
	{ POLICY(DROPS, "\"guarantee\":\"nnp\"" ALLOWS("/usr/bin/ping", BIND)), "5", BIND, "", "",
	  NS_FACT_HOST, &web, NULL, NULL },
	/* Whose namespace the attribute is for. */
	{ DEFAULT, "5", BIND, "", "", NS_FACT_HOST, &web_of_namespace, NULL, NULL },
	{ DEFAULT, "5", BIND, "", MAPPED, NS_FACT_NEW, &web_of_namespace, REFUSED,
	  "operation not permitted" },
	/* Set-user-ID. */
	{ DEFAULT, "5", BIND, "", "", NS_FACT_HOST, &root_owned, TOLD, "gain nothing" },
	{ DEFAULT, "0", BIND, "", "", NS_FACT_HOST, &root_owned, NULL, NULL },
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/ping", RAW)), "5", RAW, "", "", NS_FACT_HOST,
	  &root_owned, REFUSED, "set-user-ID root: it would gain CAP_NET_RAW" },
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/ping", RAW)), "5", "", "", "", NS_FACT_HOST,
	  &root_owned, REFUSED, "it would gain uid 0" },
	{ POLICY(DROPS, KILL ALLOWS("/bin/su", RAW)), "5", RAW, "", "", NS_FACT_HOST, &root_owned,
	  NULL, NULL },
	{ POLICY(DROPS, KILL RULE("/bin/su", "", "RF_ACT_KILL_PROCESS")), "5", RAW, "", "",
	  NS_FACT_HOST, &root_owned, TOLD, "gain nothing" },
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/ping", RAW)), "5", RAW, "", MAPPED, NS_FACT_NEW,
	  &root_owned, NULL, NULL },
	{ POLICY(DROPS, KILL ALLOWS("/usr/bin/ping", RAW)), "5", RAW, "", MAPPED, NS_FACT_NEW,
	  &mapped_owned, REFUSED, "set-user-ID root" },
	{ DEFAULT, "5", BIND, "", "", NS_FACT_HOST, &other_owned, NULL, NULL },
};

static const struct finding *judged(struct arena *arena, const char *policy,
				    const struct rule_row *row, enum front_end front_end)
{
	struct facts facts = { .scope = FACTS_LIVE,
			       .user_namespace_initial = true,
			       .first = *row->first };
	struct oci_config config;
	struct verdict verdict;
	const struct finding *finding;

	for (int k = 0; k < NAMESPACE_COUNT; k++)
		facts.namespaces[k] = NS_FACT_NEW;
	facts.namespaces[NAMESPACE_USER] = row->user;
	read_config(arena,
		    arena_printf(arena,
				 "{\"process\":{\"args\":[\"web\"],\"user\":{\"uid\":%s,\"gid\":5},"
				 "\"capabilities\":{\"bounding\":[%s]}%s}%s}",
				 row->uid, row->bounding, row->more, row->linux_),
		    &config);
	policy_judge(arena, load_text(arena, policy), &config, &facts, front_end, TODAY, &verdict);
	finding = verdict.findings;
	while (finding != NULL && finding->rule != &rule_first_program)
		finding = finding->next;
	return finding;
}

static void test_rule(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rule_rows); i++) {
		const struct rule_row *row = &rule_rows[i];
		const struct finding *finding = judged(*state, row->policy, row, FRONT_PRECREATE);

		if ((finding != NULL) != (row->action != NULL))
			fail_msg("row %zu: %s", i, finding != NULL ? finding->message : "nothing");
		if (finding == NULL)
			continue;
		assert_string_equal(finding->pointer, "/process/args/0");
		assert_null(finding->next);
		if (strcmp(rule_action_name(finding->action), row->action) != 0 ||
		    (strstr(finding->message, row->text) == NULL &&
		     strstr(finding->fix, row->text) == NULL))
			fail_msg("row %zu: %s; fix: %s", i, finding->message, finding->fix);
	}
}

/* Mode audit says what would be, and refuses nothing. */
static void test_audit(void **state)
{
	const char *policy = POLICY(DROPS, KILL);
	const char *audit = arena_printf(*state, "{\"mode\":\"audit\",%s", policy + 1);
	const struct finding *finding = judged(*state, audit, &rule_rows[0], FRONT_WRAPPER);

	assert_non_null(finding);
	assert_int_equal(finding->action, RULE_LOG);
}

/* A script is named along with its interpreter. */
static void test_script(void **state)
{
	struct first_program script = web;
	struct rule_row row = rule_rows[0];
	const struct finding *finding;

	script.script = "/app/start";
	row.first = &script;
	finding = judged(*state, row.policy, &row, FRONT_PRECREATE);
	assert_non_null(finding);
	assert_non_null(strstr(finding->message,
			       "is the script \"/app/start\" for \"/usr/bin/web\", whose"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_attribute),  WITH_WORLD(test_place),   WITH_WORLD(test_privileges),
		WITH_WORLD(test_which_root), WITH_WORLD(test_endless), WITH_ARENA(test_rule),
		WITH_ARENA(test_audit),	     WITH_ARENA(test_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
