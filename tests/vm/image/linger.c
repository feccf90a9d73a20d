/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linger FILE: adds a byte to FILE for each step, for ever. A process that a checkpoint brings back
 * has run if and only if the file grew. `linger FILE thread` takes the steps in a second thread.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static void *step(void *data)
{
	const int *fd = data;

	while (write(*fd, "x", 1) == 1)
		usleep(1000);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int fd;

	if (argc < 2)
		return 2;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return 1;
	if (argc > 2 && strcmp(argv[2], "thread") == 0) {
		if (pthread_create(&thread, NULL, step, &fd) != 0)
			return 1;
		for (;;)
			pause();
	}
	step(&fd);
	return 1;
}
