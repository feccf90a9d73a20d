/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve PORT...: answers every connection to these TCP ports with one HTTP response, whose body says
 * which port it was and with what uid and effective capabilities the server runs.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_PORTS 8

static int listen_on(unsigned short port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 16) != 0) {
		fprintf(stderr, "serve: port %d: ", port);
		perror(NULL);
		exit(1);
	}
	return fd;
}

static void effective_capabilities(char *out, size_t size)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");

	snprintf(out, size, "unknown");
	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "CapEff: %31s", out) == 1)
			break;
	if (status != NULL)
		fclose(status);
}

static void answer(int listener, const char *port)
{
	char capabilities[32], request[4096], body[128], response[512];
	int length, fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	/* A client that sends nothing does not stop the others for long. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = 2 },
		   sizeof(struct timeval));
	effective_capabilities(capabilities, sizeof(capabilities));
	length = snprintf(body, sizeof(body), "served on %s as %d with %s\n", port, (int)getuid(),
			  capabilities);
	length = snprintf(response, sizeof(response),
			  "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, body);
	if (recv(fd, request, sizeof(request), 0) > 0)
		send(fd, response, (size_t)length, MSG_NOSIGNAL);
	close(fd);
}

int main(int argc, char **argv)
{
	struct pollfd polls[MAX_PORTS];
	int n = argc - 1;

	if (n < 1 || n > MAX_PORTS)
		return 2;
	signal(SIGTERM, _exit);
	for (int i = 0; i < n; i++) {
		polls[i].fd = listen_on((unsigned short)atoi(argv[i + 1]));
		polls[i].events = POLLIN;
	}
	while (poll(polls, (nfds_t)n, -1) > 0)
		for (int i = 0; i < n; i++)
			if (polls[i].revents != 0)
				answer(polls[i].fd, argv[i + 1]);
	return 1;
}
