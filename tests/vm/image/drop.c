/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drop UID:GID COMMAND...: what entrypoints of database images call after they changed the owner of
 * their data: gives up root for this user and group, and becomes the command.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "drop: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	unsigned int uid, gid;

	if (argc < 3 || sscanf(argv[1], "%u:%u", &uid, &gid) != 2) {
		fputs("usage: drop UID:GID COMMAND...\n", stderr);
		return 2;
	}
	if (setgroups(0, NULL) != 0)
		return fail("setgroups");
	if (setgid(gid) != 0)
		return fail("setgid");
	if (setuid(uid) != 0)
		return fail("setuid");
	execvp(argv[2], argv + 2);
	return fail(argv[2]);
}
