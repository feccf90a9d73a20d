/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a runtime made, compared with what was approved. The tables of mounts were read from
 * containers that waited for `start`, with the runtimes that each names.
 */
#include "support.h"

#include <sys/stat.h>

#include "wrapper/attest.h"

#include "attest_tables.h"

/* A spec as an engine writes it, and the container that a runtime makes of it. */
struct world {
	struct arena *arena;
	struct promise promise;
	struct init_facts facts;
	struct attest_host host;
	bool asks_host;
};

static const char spec[] =
	"4\n{ 'version': 1, 'pid': 7, 'startTime': 8, 'seccomp': true, 'hooks': false, 'terminal': true,"
	" 'bundle': '/b', 'cgroup': '0::/c1', 'root': [1, 2],"
	" 'sources': [[0,0],[0,0],[0,0],[0,0],[0,0],[0,0],[0,0],[5,6]],"
	" 'namespaces': [0,77,0,0,0,0,0,0], 'brought': [[7,'8:4','/','/gone'], [9,'8:4','/','/x']],"
	" 'spec': { 'process': { 'user': { 'uid': 1000, 'gid': 1000, 'additionalGids': [5] },"
	"   'cwd': '/', 'noNewPrivileges': true, 'selinuxLabel': 'u:r:t:s0:c1,c2',"
	"   'oomScoreAdj': -5, 'rlimits': [{ 'type': 'RLIMIT_NOFILE', 'hard': 2048, 'soft': 1024 },"
	"    { 'type': 'RLIMIT_NPROC', 'hard': 20, 'soft': 10 }],"
	"   'capabilities': { 'bounding': ['CAP_KILL'], 'effective': [], 'permitted': [] } },"
	"  'root': { 'path': 'rootfs', 'readonly': true },"
	"  'mounts': ["
	"   { 'destination': '/proc', 'type': 'proc', 'source': 'proc' },"
	"   { 'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['nosuid'] },"
	"   { 'destination': '/dev/pts', 'type': 'devpts', 'source': 'devpts', 'options': ['nosuid', 'noexec'] },"
	"   { 'destination': '/dev/shm', 'type': 'tmpfs', 'source': 'shm', 'options': ['nosuid', 'noexec', 'nodev'] },"
	"   { 'destination': '/dev/mqueue', 'type': 'mqueue', 'source': 'mqueue', 'options': ['nosuid', 'noexec', 'nodev'] },"
	"   { 'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs', 'options': ['nosuid', 'noexec', 'nodev', 'ro'] },"
	"   { 'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup', 'options': ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'] },"
	"   { 'destination': '/data', 'type': 'bind', 'source': '/srv/data', 'options': ['rbind', 'ro', 'nodev'] } ],"
	"  'linux': { 'uidMappings': [{ 'containerID': 0, 'hostID': 100000, 'size': 65536 }],"
	"   'gidMappings': [{ 'containerID': 0, 'hostID': 100000, 'size': 65536 }],"
	"   'devices': [{ 'path': '/dev/fuse', 'type': 'c', 'major': 10, 'minor': 229 }],"
	"   'namespaces': [{ 'type': 'pid' }, { 'type': 'network', 'path': '/run/netns/a' }, { 'type': 'ipc' },"
	"    { 'type': 'uts' }, { 'type': 'mount' }, { 'type': 'user' }, { 'type': 'cgroup' }],"
	"   'maskedPaths': ['/proc/acpi', '/proc/keys', '/proc/timer_list', '/sys/firmware', '/proc/missing'],"
	"   'readonlyPaths': ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'] } } }";

static struct str json(struct arena *arena, const char *text)
{
	char *copy = arena_copy(arena, text, strlen(text));

	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	return str_from(copy);
}

/* The topmost mount at the longest part of the path. */
static const struct init_mount *mount_of(const struct world *world, const char *path, bool *ret_at)
{
	const struct init_mount *found = NULL;

	for (size_t i = 0; i < world->facts.n_mounts; i++) {
		const struct init_mount *mount = &world->facts.mounts[i];
		const size_t len = str_is(mount->point, "/") ? 0 : mount->point.len;

		if (strncmp(path, mount->point.data, len) == 0 &&
		    (path[len] == '/' || path[len] == '\0') &&
		    (found == NULL || mount->point.len >= found->point.len))
			found = mount;
	}
	*ret_at = found != NULL && (str_is(found->point, path));
	return found;
}

static struct init_file file(const struct world *world, const char *path, mode_t mode,
			     unsigned int major, unsigned int minor)
{
	struct init_file file = { .mode = mode,
				  .major = major,
				  .minor = minor,
				  .path = path,
				  .empty = true,
				  .id = { 5, 6 } };
	const struct init_mount *mount = mount_of(world, path, &file.mount_root);

	file.mount = mount != NULL ? mount->id : 0;
	return file;
}

static void look(struct world *world)
{
	static const char *const mounts[] = { "/proc",	     "/dev", "/dev/pts",       "/dev/shm",
					      "/dev/mqueue", "/sys", "/sys/fs/cgroup", "/data" };
	static const char *const masked[] = { "/proc/acpi", "/proc/keys", "/proc/timer_list",
					      "/sys/firmware" };
	static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
						"/proc/sysrq-trigger" };
	struct init_facts *facts = &world->facts;

	facts->at_mounts = arena_array(world->arena, 8, sizeof(struct init_file));
	facts->at_masked = arena_array(world->arena, 5, sizeof(struct init_file));
	facts->at_readonly = arena_array(world->arena, 5, sizeof(struct init_file));
	facts->at_devices = arena_array(world->arena, 1, sizeof(struct init_file));
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		facts->at_mounts[i] = file(world, mounts[i], S_IFDIR, 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(masked); i++)
		facts->at_masked[i] = i == 1 || i == 2 ? file(world, masked[i], S_IFCHR, 1, 3)
						       : file(world, masked[i], S_IFDIR, 0, 0);
	facts->at_masked[4] = (struct init_file){ .error = ENOENT, .path = "/proc/missing" };
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		facts->at_readonly[i] = file(world, readonly[i], S_IFDIR, 0, 0);
	facts->at_readonly[4].error = ENOENT; /* the kernel was built without it */
	facts->at_devices[0] = file(world, "/dev/fuse", S_IFCHR, 10, 229);
	for (size_t i = 0; i < INIT_DEVICES; i++)
		facts->devices[i] = file(world, init_devices[i].path, S_IFCHR,
					 init_devices[i].major, init_devices[i].minor);
	facts->dev = file(world, "/dev", S_IFDIR, 0, 0);
	facts->console = file(world, "/dev/console", S_IFCHR, 136, 0);
	facts->cwd = facts->root = file(world, "/", S_IFDIR, 0, 0);
	facts->root.mount_root = true;
	facts->root.id = (struct file_id){ 1, 2 };
	facts->above = facts->root;
	facts->at_cwd = facts->cwd;
	facts->ptmx = file(world, "/dev/pts/ptmx", S_IFCHR, 5, 2);
	facts->ptmx.mount_root = false;
}

static void read_process(struct world *world)
{
	struct init_facts *facts = &world->facts;

	init_status_parse(world->arena,
			  str_from("Name:\trunc:[2:INIT]\nUid:\t101000\t101000\t101000\t101000\n"
				   "Gid:\t101000\t101000\t101000\t101000\nGroups:\t100005 101000 \n"
				   "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
				   "CapEff:\t0000000000000000\nCapBnd:\t0000000000000020\n"
				   "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"
				   "Umask:\t0022\nTracerPid:\t0\n"),
			  facts);
	facts->n_uid_map = init_map_parse(
		world->arena, str_from("         0     100000      65536\n"), &facts->uid_map);
	facts->n_gid_map = init_map_parse(
		world->arena, str_from("         0     100000      65536\n"), &facts->gid_map);
	facts->setgroups = true;
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		facts->namespaces[i] = 100 + i;
		facts->own[i] = facts->first[i] = 200 + i;
	}
	facts->namespaces[NAMESPACE_NETWORK] = 77;
	facts->exec_label = "u:r:t:s0:c1,c2";
	facts->cgroup = "0::/c1";
	facts->oom_score_adj = -5;
	facts->limits[RLIMIT_NOFILE] = (struct rlimit){ 2048, 2048 };
	facts->limits[RLIMIT_NPROC] = (struct rlimit){ 10, 20 };
}

static struct world new_world(struct arena *arena, const char *table)
{
	struct world world = { .arena = arena };
	struct err err = { 0 };

	if (promise_parse(arena, json(arena, spec), &world.promise, &err) < 0)
		fail_msg("%s", err.text);
	init_mounts_parse(arena, str_from(table), &world.facts.mounts, &world.facts.n_mounts);
	read_process(&world);
	look(&world);
	world.host.sources = arena_array(arena, 8, sizeof(char *));
	world.host.sources[7] = "/srv/data";
	world.host.root = "/b/rootfs";
	return world;
}

/* As attest() does it. */
static const char *difference(struct world *world)
{
	struct attest attest = { .arena = world->arena,
				 .id = "c1",
				 .promise = &world->promise,
				 .facts = &world->facts };
	const struct attest_host before = { .mounts = world->host.mounts,
					    .n_mounts = world->host.n_mounts };
	const char *text = attest_namespaces(&attest);

	attest.host = &before;
	if (text == NULL)
		text = attest_process(&attest);
	if (text == NULL)
		text = attest_settings(&attest);
	if (text == NULL)
		text = attest_files(&attest);
	if (text == NULL)
		text = attest_mounts(&attest);
	world->asks_host = attest.wants_sources;
	if (text == NULL && attest.wants_sources) {
		attest.host = &world->host;
		text = attest_mounts(&attest);
	}
	return text;
}

static void must_be(struct world *world, const char *part)
{
	const char *text = difference(world);

	if (part == NULL ? text != NULL : text == NULL || strstr(text, part) == NULL)
		fail_msg("'%s', not '%s'", text != NULL ? text : "no difference",
			 part != NULL ? part : "no difference");
}

static void test_real_tables(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct world world = new_world(*state, tables[i].text);
		const char *text = difference(&world);

		if (text != NULL || world.asks_host)
			fail_msg("%s: %s", tables[i].runtime, text != NULL ? text : "the host");
	}
}

/* Every row that is left out, but those that nothing promises, is a difference. */
static void test_missing_rows(void **state)
{
	static const char *const promised[] = { "/data",      "/proc/keys",    "/sys/firmware",
						"/proc/acpi", "/proc/sys",     "/dev/shm",
						"/dev/pts",   "/dev/mqueue",   "/sys",
						"/proc/bus",  "/dev",	       "/proc",
						"/",	      "/sys/fs/cgroup" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t j = 0; j < ARRAY_SIZE(promised); j++) {
			struct world world = new_world(*state, tables[i].text);
			size_t n = 0;

			for (size_t k = 0; k < world.facts.n_mounts; k++)
				if (!str_is(world.facts.mounts[k].point, promised[j]))
					world.facts.mounts[n++] = world.facts.mounts[k];
			assert_true(n < world.facts.n_mounts);
			world.facts.n_mounts = n;
			look(&world);
			if (difference(&world) == NULL)
				fail_msg("%s without %s", tables[i].runtime, promised[j]);
		}
}

/* One more row for each: where, what it shows, and what the answer is. */
static void test_added_rows(void **state)
{
	static const struct {
		const char *row, *host, *says;
		bool hooks;
	} rows[] = {
		{ "900 1 8:1 /etc /mnt ro - ext4 /dev/vda rw", NULL, "/mnt is a mount that" },
		{ "900 1 8:1 / /tmp rw - ext4 /dev/vda rw", NULL, "/tmp is a mount that" },
		{ "900 1 8:1 /etc /data/sub ro - ext4 /dev/vda rw", NULL, "/data/sub is a mount" },
		{ "900 1 8:1 / /dev/shm rw,nosuid,nodev,noexec - tmpfs x rw", NULL,
		  "more is mounted at /dev/shm" },
		{ "900 1 8:1 /etc/shadow /dev/zero ro - ext4 /dev/vda rw", NULL, NULL },
		{ "900 1 8:1 /x /dev/other ro - ext4 /dev/vda rw", NULL, "/dev/other is a mount" },
		{ "900 1 0:9 /x /sys/fs/cgroup/cpu ro - cgroup cgroup rw", NULL, NULL },
		{ "900 1 8:1 /x /sys/fs/cgroup/cpu rw - ext4 /dev/vda rw", NULL,
		  "/sys/fs/cgroup/cpu is a mount" },
		{ "900 1 0:9 /r/c1/notify /run/notify ro - tmpfs tmpfs rw", NULL, NULL },
		{ "900 1 0:9 /r/c2/notify /run/notify ro - tmpfs tmpfs rw", NULL,
		  "/run/notify is" },
		/* what the host has below a source, or the root */
		{ "900 1 8:2 / /data/sub ro - ext4 /dev/vdb rw",
		  "9 1 8:2 / /srv/data/sub rw - ext4 d rw", NULL },
		{ "900 1 8:2 / /data/sub ro - ext4 /dev/vdb rw",
		  "9 1 8:2 / /srv/data/bus rw - ext4 d rw", "/data/sub is a mount" },
		{ "900 1 8:2 /a /data/sub ro - ext4 /dev/vdb rw",
		  "9 1 8:2 / /srv/data/sub rw - ext4 d rw", "/data/sub is a mount" },
		{ "900 1 8:2 / /vol rw - ext4 /dev/vdb rw",
		  "9 1 8:2 / /b/rootfs/vol rw - ext4 d rw", NULL },
		{ "900 1 8:2 / /vol rw - ext4 /dev/vdb rw", "9 1 8:2 / /vol rw - ext4 d rw",
		  "/vol is" },
		{ "900 1 0:7 / /sys/kernel/debug rw - debugfs x rw",
		  "9 1 0:7 / /sys/kernel/debug rw - debugfs x rw", NULL },
		{ "900 1 0:7 / /sys/kernel/debug rw - debugfs x rw", NULL, "/sys/kernel/debug is" },
		/* what the host had there when the container was approved */
		{ "900 1 8:4 / /data/gone ro - ext4 /dev/vdb rw", NULL, NULL },
		{ "900 1 8:4 /a /data/gone ro - ext4 /dev/vdb rw", NULL, "/data/gone is a mount" },
		{ "900 1 8:4 / /data/x ro - ext4 /dev/vdb rw", NULL, "/data/x is a mount" },
		{ "900 1 8:4 / /gone ro - ext4 /dev/vdb rw", NULL, "/gone is a mount" },
		/* on a read-only path, but not that path */
		{ "900 80 8:1 /etc /proc/bus ro - ext4 d rw", NULL, "/proc/bus" },
		{ "900 80 0:48 /bus /proc/bus ro - proc proc rw", NULL, NULL },
		{ "900 109 8:1 /x /data rw shared:7 - ext4 d rw", NULL, "/data" },
		{ "900 1 0:9 /r/c1/notify /run/notify ro shared:3 - tmpfs tmpfs rw", NULL,
		  "the mount at /run/notify is shared" },
		{ "900 1 0:9 /x /sys/fs/cgroup/cpu rw - cgroup cgroup rw", NULL,
		  "the mount at /sys/fs/cgroup/cpu is not ro" },
		/* hooks that the policy allows */
		{ "900 1 8:1 /usr/lib/libcuda.so.1 /usr/lib/libcuda.so.1 ro - ext4 d rw",
		  "9 1 8:1 / / rw - ext4 d rw", NULL, true },
		{ "900 1 8:1 / /usr/lib ro - ext4 d rw", "9 1 8:1 / / rw - ext4 d rw",
		  "/usr/lib is a mount", true },
		{ "900 1 8:1 /@ /usr/lib ro - btrfs d rw", "9 1 8:1 /@ / rw - btrfs d rw",
		  "/usr/lib is a mount", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *table = arena_printf(*state, "%s%s\n", tables[0].text, rows[i].row);
		struct world world = new_world(*state, table);
		struct init_mount *host;

		if (rows[i].host != NULL) {
			init_mounts_parse(*state, str_from(rows[i].host), &host,
					  &world.host.n_mounts);
			world.host.mounts = host;
		}
		world.promise.hooks = rows[i].hooks;
		must_be(&world, rows[i].says);
	}
}

static void set_process(struct world *world, size_t i)
{
	static const struct init_container other = { .id = "web", .pid = 9 };
	struct init_facts *facts = &world->facts;

	switch (i) {
	case 0:
		facts->uids[INIT_ID_SAVED] = 0;
		break;
	case 1:
		facts->gids[INIT_ID_REAL] = 0;
		break;
	case 2:
		facts->groups[0] = 27;
		break;
	case 3:
		facts->setgroups = false;
		facts->groups[0] = 27;
		break;
	case 4:
		facts->no_new_privs = false;
		break;
	case 5:
		facts->seccomp = 0;
		break;
	case 6:
		facts->seccomp = 0;
		facts->comm = "crun";
		break;
	case 7:
		facts->exec_label = "";
		break;
	case 8:
		facts->exec_label = "u:r:other:s0:c1,c2";
		break;
	case 9:
		facts->exec_label = "u:r:t:s0:c2,c1";
		break;
	case 10:
		facts->exec_label = NULL;
		break;
	case 11:
		facts->namespaces[NAMESPACE_NETWORK] = 78;
		break;
	case 12:
		facts->uid_map[0].count++;
		break;
	case 13:
		facts->gid_map[0].outside = 0;
		break;
	case 14:
		facts->uid_map[0].count = 1000;
		facts->uid_map[0].inside += 1000;
		facts->uid_map[0].outside += 1000;
		break;
	case 15:
		facts->namespaces[NAMESPACE_IPC] = 0;
		break;
	case 16:
		facts->other = &other;
		facts->other_type = NAMESPACE_IPC;
		break;
	case 17:
		facts->other = &other;
		facts->other_type = NAMESPACE_CGROUP;
		break;
	case 18:
		facts->tracer = 9;
		break;
	case 19:
		facts->tracer = facts->own_tracer = 9;
		break;
	case 20:
		facts->cgroup = "0::/";
		break;
	case 21:
		facts->umask = 0;
		break;
	case 22:
		facts->umask = 077;
		break;
	case 23:
		facts->oom_score_adj = -6;
		break;
	case 24:
		facts->oom_score_adj = 0;
		break;
	case 25:
		facts->limits[RLIMIT_NOFILE].rlim_max = 2049;
		break;
	case 26:
		facts->limits[RLIMIT_NPROC].rlim_cur = 11;
		break;
	case 27:
		facts->limits[RLIMIT_NPROC].rlim_max = RLIM_INFINITY;
		break;
	case 28:
		facts->scheduler = 1; /* SCHED_FIFO */
		break;
	case 29:
		facts->scheduler = facts->own_scheduler = 2;
		break;
	case 30:
		facts->personality = 0x0040000; /* ADDR_NO_RANDOMIZE */
		break;
	default:
		fail();
	}
}

static void test_process(void **state)
{
	static const char *const says[] = {
		"/process/user/uid: the process has 0 of the host; approved: 1000",
		"/process/user/gid",
		"the process has group 27",
		NULL,
		"/process/noNewPrivileges",
		"/linux/seccomp",
		NULL,
		"/process/selinuxLabel: the process would get label \"\"",
		"/process/selinuxLabel",
		NULL,
		NULL,
		"in another network namespace than that of \"/run/netns/a\"",
		"/linux/uidMappings: ids from 0 are 100000",
		"/linux/gidMappings",
		NULL,
		"ipc namespace cannot be seen",
		"in the ipc namespace of container \"web\"; approved: a new one",
		"in the cgroup namespace of container \"web\"; approved: a new one",
		"process 9 traces the container's",
		NULL,
		"/linux/cgroupsPath: the process is no longer in cgroup \"0::/c1\"",
		"/process/user/umask: the process has 000; approved: 022",
		NULL,
		"/process/oomScoreAdj: the process has -6; approved: -5",
		NULL,
		"/process/rlimits: RLIMIT_NOFILE of the process is 2048, at most 2049; approved: 1024, at most 2048",
		"/process/rlimits: RLIMIT_NPROC",
		"/process/rlimits: RLIMIT_NPROC",
		"scheduled in real time",
		NULL,
		"laid out without protection",
	};

	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		struct world world = new_world(*state, tables[0].text);

		set_process(&world, i);
		must_be(&world, says[i]);
	}
	for (unsigned int i = 0; i < CAP_SET_COUNT; i++) {
		struct world world = new_world(*state, tables[0].text);

		world.facts.capabilities[i] |= 1 << 21;
		must_be(&world, "the process holds CAP_SYS_ADMIN; approved: ");
	}
	for (unsigned int i = 0; i < NAMESPACE_COUNT; i++) {
		struct world world = new_world(*state, tables[0].text);

		if (i == NAMESPACE_NETWORK || i == NAMESPACE_TIME || i == NAMESPACE_USER)
			continue;
		world.facts.namespaces[i] = 200 + i;
		must_be(&world, "the process is in the host's");
	}
}

static void set_file(struct world *world, size_t i)
{
	struct init_facts *facts = &world->facts;

	switch (i) {
	case 0:
		facts->cwd.mount = 4711;
		break;
	case 1:
		facts->root.id.inode = facts->above.id.inode = 3;
		break;
	case 2:
		facts->root.mount_root = false;
		break;
	case 3:
		facts->at_masked[1].minor = 5;
		break;
	case 4:
		facts->at_masked[0].empty = false;
		break;
	case 5:
		facts->dev.mode = S_IFLNK;
		break;
	case 6:
		facts->dev.mount_root = false;
		break;
	case 7:
		facts->console.major = 4;
		break;
	case 8:
		facts->console.error = ENOENT;
		break;
	case 9:
		facts->devices[0].mode = S_IFREG;
		break;
	case 10:
		facts->at_devices[0].minor = 1;
		break;
	case 11:
		facts->at_devices[0].error = ENOENT;
		break;
	case 12:
		facts->at_mounts[7].id.inode = 7;
		break;
	case 13:
		facts->at_masked[3].path = "/elsewhere";
		facts->at_masked[3].mount_root = false;
		break;
	case 14:
		facts->fds = arena_array(world->arena, 1, sizeof(*facts->fds));
		facts->fds[0] = (struct init_fd){ 3, true, 4711 };
		facts->n_fds = 1;
		break;
	case 15:
		facts->fds = arena_array(world->arena, 1, sizeof(*facts->fds));
		facts->fds[0] = (struct init_fd){ 3, true, facts->root.mount };
		facts->n_fds = 1;
		break;
	case 16: /* masked, as any other file can be */
		facts->devices[1].minor = 3;
		facts->at_masked[4] = facts->devices[1];
		facts->at_masked[4].mount_root = true;
		break;
	case 17:
		facts->at_devices[0].minor = 3;
		facts->at_devices[0].major = 1;
		facts->at_masked[4] = facts->at_devices[0];
		facts->at_masked[4].mount_root = true;
		break;
	case 18:
		facts->console.major = 1;
		facts->console.minor = 3;
		facts->at_masked[4] = facts->console;
		facts->at_masked[4].mount_root = true;
		break;
	case 21: /* crun puts the terminal on the mask */
		facts->at_masked[4] = facts->console;
		break;
	case 22:
		facts->at_masked[4] = facts->console;
		facts->console.major = facts->at_masked[4].major = 4;
		break;
	case 19: /* the terminal lies on it */
		facts->at_devices[0].path = "/dev/console";
		facts->at_devices[0].major = 136;
		break;
	case 20:
		facts->at_devices[0].path = "/dev/console";
		facts->at_devices[0].major = 136;
		world->promise.terminal = false;
		break;
	case 23:
		facts->fds = arena_array(world->arena, 1, sizeof(*facts->fds));
		facts->fds[0] = (struct init_fd){ 4, false, 0 };
		facts->n_fds = 1;
		break;
	case 24:
		facts->above.id.inode = 3;
		break;
	case 25:
		facts->above.mount++;
		break;
	case 26:
		facts->at_cwd.id.inode = 7;
		break;
	case 27:
		facts->nodes = &facts->dev;
		facts->nodes->path = "/dev/mem";
		facts->n_nodes = 1;
		break;
	case 28:
		facts->nodes = facts->devices;
		facts->n_nodes = INIT_DEVICES;
		break;
	case 29:
		facts->ptmx.id.device = 6;
		break;
	case 30:
		facts->ptmx.minor = 0;
		break;
	case 31:
		facts->console.id.device = 6;
		break;
	case 32:
		facts->at_mounts[0].pidns = 1;
		break;
	case 33:
		facts->at_mounts[0].pidns = facts->namespaces[NAMESPACE_PID];
		break;
	case 34:
		facts->nodes = &facts->dev;
		facts->nodes->path = "/dev/nvidia0";
		facts->n_nodes = 1;
		world->promise.hooks = true;
		break;
	case 35: /* the host has mounted something on the source of a volume */
		facts->at_cwd.id.inode = 7;
		facts->at_cwd.mount++;
		break;
	case 36:
		facts->at_cwd.id.inode = 7;
		facts->at_cwd.mount++;
		facts->cwd.path = "/elsewhere";
		break;
	default:
		fail();
	}
}

static void test_files(void **state)
{
	static const char *const says[] = {
		"the working directory is outside",
		"another directory than was approved",
		"not the root of the container's mounts",
		"\"/proc/keys\" is not masked",
		"\"/proc/acpi\" is not masked",
		"/dev is a link",
		"/dev is not a mount of its own",
		"/dev/console is not the terminal",
		"/dev/console is not the terminal",
		"/dev/null is another file",
		"/dev/fuse is another file",
		NULL,
		"/data shows another file than \"/srv/data\"",
		"\"/sys/firmware\" is not masked",
		"descriptor 3 of the process is a directory outside",
		NULL,
		NULL,
		NULL,
		NULL,
		NULL,
		"/dev/console is another file",
		NULL,
		"\"/proc/missing\" is not masked",
		"descriptor 4 of the process stays open; the runtime was told to hand on 4",
		"lies in another tree",
		"lies in another tree",
		"the working directory is not \"/\"",
		"/dev/mem is a device that was not approved",
		NULL,
		"/dev/ptmx does not make terminals of the container",
		"/dev/ptmx does not make terminals of the container",
		"/dev/console is not the terminal",
		"the proc at /proc is that of another pid namespace",
		NULL,
		NULL,
		NULL,
		"the working directory is not \"/\"",
	};

	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		struct world world = new_world(*state, tables[0].text);

		set_file(&world, i);
		must_be(&world, says[i]);
	}
}

static void test_flags(void **state)
{
	static const struct {
		const char *point, *flags, *says;
	} rows[] = {
		{ "/", "rw", "the root can be written to" },
		{ "/data", "rw,nodev", "the mount at /data is not ro" },
		{ "/data", "ro", "the mount at /data is not nodev" },
		{ "/data", "ro,nodev,noexec", NULL },
		{ "/dev", "rw", "the mount at /dev is not nosuid" },
		{ "/sys", "rw,nosuid,nodev,noexec", NULL }, /* its file system is read-only */
		{ "/sys", "ro", NULL },
		{ "/proc/acpi", "rw", "\"/proc/acpi\" is not masked" },
		{ "/proc/keys", "rw", NULL },
		{ "/proc/sys", "rw", "\"/proc/sys\" is not read-only" },
		{ "/sys/fs/cgroup", "rw", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world = new_world(*state, tables[0].text);

		for (size_t j = 0; j < world.facts.n_mounts; j++)
			if (str_is(world.facts.mounts[j].point, rows[i].point))
				world.facts.mounts[j].flags = str_from(rows[i].flags);
		must_be(&world, rows[i].says);
	}
}

/* A source that contains the container's root shows the container's own mounts once more. */
static void test_own_again(void **state)
{
	static const struct {
		const char *row, *says;
	} rows[] = {
		{ "900 1 0:48 / /data/c1/rootfs/proc rw - proc proc rw", NULL },
		{ "900 1 0:99 / /data/c1/rootfs/proc rw - proc proc rw", "rootfs/proc is a mount" },
		{ "900 1 0:48 /x /data/c1/rootfs/proc rw - proc proc rw",
		  "rootfs/proc is a mount" },
		{ "900 1 0:48 / /data/c2/rootfs/proc rw - proc proc rw", "rootfs/proc is a mount" },
		{ "900 1 0:48 / /data/c1/rootfsproc rw - proc proc rw", "rootfsproc is a mount" },
		{ "900 1 0:48 / /c1/rootfs/proc rw - proc proc rw", "rootfs/proc is a mount" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world = new_world(
			*state, arena_printf(*state, "%s%s\n", tables[0].text, rows[i].row));

		world.host.root = "/srv/data/c1/rootfs";
		must_be(&world, rows[i].says);
	}
}

/* What the host mounts on a source has flags of its own. */
static void test_source_is_covered(void **state)
{
	static const char *const says[] = { NULL, "/data shows another file" };

	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		struct world world = new_world(
			*state, arena_printf(*state, "%s900 1 8:2 / /data rw - ext4 d rw\n",
					     tables[0].text));
		struct init_mount *host;

		init_mounts_parse(*state,
				  str_from(i == 0 ? "9 1 8:2 / /srv/data rw - ext4 d rw"
						  : "9 1 8:2 / /srv/other rw - ext4 d rw"),
				  &host, &world.host.n_mounts);
		world.host.mounts = host;
		world.facts.at_mounts[7].id.inode = 2;
		must_be(&world, says[i]);
	}
}

/* A volume below a directory that is masked cannot be seen. */
static void test_below_a_mask(void **state)
{
	static const struct {
		const char *path, *says;
	} rows[] = {
		{ "/sys/firmware/x", NULL },
		{ "/sys/firmwarex", "nothing is mounted at /sys/firmwarex" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world = new_world(*state, tables[0].text);

		for (size_t j = 0; j < world.facts.n_mounts; j++)
			if (str_is(world.facts.mounts[j].point, "/data"))
				world.facts.mounts[j].point = str_from(rows[i].path);
		world.facts.at_mounts[7] =
			(struct init_file){ .error = ENOENT, .path = rows[i].path };
		must_be(&world, rows[i].says);
	}
}

/* Mounts of one file system for the container, and the same one of the host. */
static void test_of_host(void **state)
{
	static const struct {
		const char *point, *says;
	} rows[] = {
		{ "/dev/shm", "the tmpfs at /dev/shm is the host's" },
		{ "/dev/pts", "the devpts at /dev/pts is the host's" },
		{ "/dev", "the tmpfs at /dev is the host's" },
		{ "/proc", "the proc at /proc is the host's" },
		{ "/dev/mqueue", "the mqueue at /dev/mqueue is the host's" },
		{ "/sys", NULL }, /* there is a user namespace */
		{ "/data", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world = new_world(*state, tables[0].text);
		struct init_mount mount = { .point = STR("/x"), .root = STR("/") };
		struct oci_namespace *user =
			&world.promise.config.linux_.namespaces.types[NAMESPACE_USER];

		for (size_t j = 0; j < world.facts.n_mounts; j++)
			if (str_is(world.facts.mounts[j].point, rows[i].point))
				mount.device = world.facts.mounts[j].device;
		world.host.mounts = &mount;
		world.host.n_mounts = 1;
		must_be(&world, rows[i].says);
		user->node = NULL;
		for (unsigned int j = 0; j < INIT_ID_COUNT; j++)
			world.facts.uids[j] = world.facts.gids[j] = 1000;
		world.facts.n_groups = 0;
		world.facts.namespaces[NAMESPACE_USER] = world.facts.own[NAMESPACE_USER] =
			0xEFFFFFFD;
		if (strcmp(rows[i].point, "/sys") == 0)
			must_be(&world, "is the host's");
	}
}

/* The host's tree of cgroups, though the container has a namespace of cgroups. */
static void test_cgroups_of_host(void **state)
{
	static const struct {
		const char *root, *in;
		bool user;
		const char *says;
	} rows[] = {
		{ "/c1", "0::/c1\n", false, NULL },
		{ "/", "0::/c1\n", false, "the cgroups at /sys/fs/cgroup are the host's" },
		{ "/", "0::/\n", false, NULL },
		{ "/", "0::/c1\n", true, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world = new_world(*state, tables[0].text);
		struct init_facts *facts = &world.facts;

		for (size_t j = 0; j < facts->n_mounts; j++)
			if (str_is(facts->mounts[j].point, "/sys/fs/cgroup")) {
				facts->mounts[j].type = STR("cgroup2");
				facts->mounts[j].flags = STR("ro,nosuid,nodev,noexec");
				facts->mounts[j].root = str_from(rows[i].root);
			}
		facts->cgroup = world.promise.cgroup = rows[i].in;
		facts->own[NAMESPACE_USER] = 0xEFFFFFFD;
		if (!rows[i].user) {
			world.promise.config.linux_.namespaces.types[NAMESPACE_USER].node = NULL;
			facts->namespaces[NAMESPACE_USER] = facts->own[NAMESPACE_USER];
			for (unsigned int j = 0; j < INIT_ID_COUNT; j++)
				facts->uids[j] = facts->gids[j] = 1000;
			facts->n_groups = 0;
		}
		must_be(&world, rows[i].says);
	}
}

/* A namespace that no spec names is the runtime's. */
static void test_unlisted_namespace(void **state)
{
	struct world world = new_world(*state, tables[0].text);

	world.promise.config.linux_.namespaces.types[NAMESPACE_UTS] = (struct oci_namespace){ 0 };
	world.promise.namespaces[NAMESPACE_UTS] = world.facts.namespaces[NAMESPACE_UTS];
	must_be(&world, NULL);
	world.promise.namespaces[NAMESPACE_UTS]++;
	must_be(&world, "in another uts namespace than the runtime");
}

/* What lies on a read-only path in place of that path itself. */
static void test_readonly_paths(void **state)
{
	static const struct {
		const char *device, *root, *says;
	} rows[] = {
		{ "0:48", "/bus", NULL },
		{ "8:1", "/bus", "/linux/readonlyPaths: /proc/bus shows something else" },
		{ "0:48", "/", "/linux/readonlyPaths: /proc/bus shows something else" },
		{ "0:48", "/bus/a", "/linux/readonlyPaths: /proc/bus shows something else" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world = new_world(*state, tables[0].text);

		for (size_t j = 0; j < world.facts.n_mounts; j++)
			if (str_is(world.facts.mounts[j].point, "/proc/bus")) {
				world.facts.mounts[j].device = str_from(rows[i].device);
				world.facts.mounts[j].root = str_from(rows[i].root);
			}
		must_be(&world, rows[i].says);
	}
}

/* Options of the spec's mount at a point, what the table says of it, and the answer. */
static void test_options(void **state)
{
	static const struct {
		const char *point, *option, *tags, *flags, *options, *says;
	} rows[] = {
		{ "/data", "rprivate", "", NULL, NULL, NULL },
		{ "/data", "rprivate", "master:1 ", NULL, NULL, "/data is a slave" },
		{ "/data", "rslave", "master:1 ", NULL, NULL, NULL },
		{ "/data", "rshared", "shared:1 ", NULL, NULL, NULL },
		{ "/data", "rslave", "shared:1 ", NULL, NULL, "/data is shared" },
		{ "/data", "nosymfollow", "", NULL, NULL, "not nosymfollow" },
		{ "/data", "rro", "", "ro", NULL, NULL },
		{ "/data", "rro", "", "rw", NULL, "not ro" },
		{ "/data", "rnoexec", "", "ro", NULL, "not noexec" },
		{ "/data", "idmap", "", "ro,idmapped", NULL, NULL },
		{ "/data", "idmap=uids=0-1-1", "", "ro", NULL, "does not map ids" },
		{ "/data", "ro", "", "ro,idmapped", NULL, "maps ids, which was not" },
		{ "/dev/shm", "size=64m", "", NULL, NULL, NULL },
		{ "/dev/shm", "size=67108864", "", NULL, NULL, NULL },
		{ "/dev/shm", "size=64m", "", NULL, "rw", "is not size=64m" },
		{ "/dev/shm", "size=64m", "", NULL, "rw,size=131072k", "is not size=64m" },
		{ "/dev/shm", "size=64m", "", NULL, "rw,size=1024k", NULL },
		{ "/dev/shm", "size=50%", "", NULL, "rw", NULL },
		{ "/proc", "hidepid=2", "", NULL, NULL, "is not hidepid=2" },
		{ "/proc", "hidepid=2", "", NULL, "rw,hidepid=invisible", NULL },
		{ "/proc", "hidepid=0", "", NULL, NULL, NULL },
		{ "/proc", "subset=pid", "", NULL, NULL, "is not subset=pid" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world world = new_world(*state, tables[0].text);
		struct oci_mount *mounts = world.promise.config.mounts.items;
		struct oci_string option = { .value = str_from(rows[i].option) };

		for (size_t j = 0; j < world.promise.config.mounts.n; j++)
			if (str_is(mounts[j].destination.value, rows[i].point))
				mounts[j].options =
					(struct oci_strings){ .items = &option, .n = 1 };
		for (size_t j = 0; j < world.facts.n_mounts; j++) {
			struct init_mount *mount = &world.facts.mounts[j];

			if (!str_is(mount->point, rows[i].point))
				continue;
			mount->tags = str_from(rows[i].tags);
			if (rows[i].flags != NULL)
				mount->flags = str_from(rows[i].flags);
			if (rows[i].options != NULL)
				mount->options = str_from(rows[i].options);
		}
		must_be(&world, rows[i].says);
	}
}

static void test_parse_limits(void **state)
{
	struct rlimit limits[RLIM_NLIMITS] = { 0 };

	(void)state;
	init_limits_parse(
		str_from(
			"Limit                     Soft Limit           Hard Limit           Units     \n"
			"Max cpu time              unlimited            unlimited            seconds   \n"
			"Max processes             10                   20                   processes \n"
			"Max open files            1024                 524288               files     \n"
			"Max nice priority         0                    0                    \n"),
		limits);
	assert_true(limits[RLIMIT_CPU].rlim_cur == RLIM_INFINITY &&
		    limits[RLIMIT_CPU].rlim_max == RLIM_INFINITY);
	assert_true(limits[RLIMIT_NPROC].rlim_cur == 10 && limits[RLIMIT_NPROC].rlim_max == 20);
	assert_true(limits[RLIMIT_NOFILE].rlim_cur == 1024 &&
		    limits[RLIMIT_NOFILE].rlim_max == 524288);
}

static void test_parse(void **state)
{
	struct init_mount *mounts;
	struct promise promise;
	struct err err = { 0 };
	size_t n;

	init_mounts_parse(
		*state,
		str_from(
			"12 1 0:3 /a\\040b /c\\011d rw,nosuid shared:1 master:2 - ext4 /dev/x rw,y\n"
			"13 1 0:4 / / ro - tmpfs none rw"),
		&mounts, &n);
	assert_int_equal(n, 2);
	assert_int_equal(mounts[0].id, 12);
	assert_int_equal(mounts[0].parent, 1);
	assert_true(str_is(mounts[0].tags, "shared:1 master:2 ") && mounts[1].tags.len == 0);
	assert_true(str_is(mounts[0].root, "/a b") && str_is(mounts[0].point, "/c\td"));
	assert_true(str_is(mounts[0].flags, "rw,nosuid") && str_is(mounts[0].type, "ext4"));
	assert_true(str_is(mounts[0].options, "rw,y") && str_is(mounts[1].device, "0:4"));
	for (size_t i = 0; i < sizeof(spec) - 1; i += 7)
		assert_true(promise_parse(*state,
					  json(*state, arena_printf(*state, "%.*s", (int)i, spec)),
					  &promise, &err) < 0 &&
			    err.exit == EXIT_SYSTEM);
}

/* This process stands for the other container. */
static void test_others(void **state)
{
	struct arena *arena = *state;
	const uint64_t ipc = init_namespace(arena, "self", NAMESPACE_IPC);
	struct init_container others[] = {
		{ "gone", 0x7ffffff0, { [NAMESPACE_IPC] = ipc } },
		{ "left", getpid(), { [NAMESPACE_IPC] = ipc + 1, [NAMESPACE_UTS] = 5 } },
		{ "unknown", getpid(), { 0 } },
		{ "web", getpid(), { [NAMESPACE_IPC] = ipc } },
	};
	struct init_facts facts = { .pid = 2,
				    .namespaces = { [NAMESPACE_IPC] = ipc, [NAMESPACE_UTS] = 5 } };
	struct oci_config config;

	read_config(
		arena,
		"{\"process\":{\"cwd\":\"/\"},\"linux\":{\"namespaces\":[{\"type\":\"ipc\"},{\"type\":\"uts\"}]}}",
		&config);
	init_others_look(arena, &config, others, ARRAY_SIZE(others), &facts);
	assert_ptr_equal(facts.other, &others[3]);
	assert_int_equal(facts.other_type, NAMESPACE_IPC);

	facts.other = NULL;
	facts.pid = getpid();
	init_others_look(arena, &config, others, ARRAY_SIZE(others), &facts);
	assert_null(facts.other); /* it is the container itself */

	facts.pid = 2;
	read_config(
		arena,
		"{\"process\":{\"cwd\":\"/\"},\"linux\":{\"namespaces\":[{\"type\":\"ipc\",\"path\":\"/proc/9/ns/ipc\"}]}}",
		&config);
	init_others_look(arena, &config, others, ARRAY_SIZE(others), &facts);
	assert_null(facts.other); /* it was to be joined */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_real_tables),
		WITH_ARENA(test_missing_rows),
		WITH_ARENA(test_added_rows),
		WITH_ARENA(test_process),
		WITH_ARENA(test_files),
		WITH_ARENA(test_flags),
		WITH_ARENA(test_parse),
		WITH_ARENA(test_own_again),
		WITH_ARENA(test_others),
		WITH_ARENA(test_source_is_covered),
		WITH_ARENA(test_below_a_mask),
		WITH_ARENA(test_of_host),
		WITH_ARENA(test_options),
		WITH_ARENA(test_cgroups_of_host),
		WITH_ARENA(test_unlisted_namespace),
		WITH_ARENA(test_readonly_paths),
		WITH_ARENA(test_parse_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
