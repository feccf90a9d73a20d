/* SPDX-License-Identifier: Apache-2.0 */
/*
 * killer SECONDS MICROSECONDS NAME...: waits at most SECONDS for a process with one of these names,
 * kills it after MICROSECONDS, and prints the name. It looks often enough to find hooks, which live
 * for milliseconds; to be fast, it looks only at processes about as new as itself.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIDS_BEFORE 32 /* processes started just before itself */

static int is_named(pid_t pid, char **names)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return -1;
	if (fgets(comm, sizeof(comm), file) == NULL)
		comm[0] = '\0';
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(comm, names[i]) == 0)
			return i;
	return -1;
}

/* Finds the newest one, by its pid. */
static pid_t find(char **names, const char **ret_name)
{
	DIR *proc = opendir("/proc");
	pid_t found = getpid() > PIDS_BEFORE ? getpid() - PIDS_BEFORE : 0, first = found;

	if (proc == NULL)
		exit(1);
	for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
		int name = pid > found ? is_named(pid, names) : -1;

		if (name < 0)
			continue;
		found = pid;
		*ret_name = names[name];
	}
	closedir(proc);
	return found > first ? found : 0;
}

int main(int argc, char **argv)
{
	const char *name = NULL;
	time_t end;
	pid_t pid;

	if (argc < 4)
		return 2;
	end = time(NULL) + atoi(argv[1]);
	while ((pid = find(argv + 3, &name)) == 0) {
		if (time(NULL) > end)
			return 1;
		usleep(3000);
	}
	usleep((useconds_t)atoi(argv[2]));
	if (kill(pid, SIGKILL) == 0)
		puts(name);
	return 0;
}
