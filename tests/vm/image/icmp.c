/* SPDX-License-Identifier: Apache-2.0 */
/*
 * icmp ADDRESS: ping as current distributions have it: one echo request by an ICMP socket, which
 * needs no privilege if net.ipv4.ping_group_range has the group. busybox only tries a raw one.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct icmphdr request = { .type = ICMP_ECHO }, reply;
	struct timeval limit = { .tv_sec = 10 };
	int fd;

	if (argc != 2 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fputs("usage: icmp ADDRESS\n", stderr);
		return 2;
	}
	fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0) {
		perror("icmp: socket");
		return 1;
	}
	if (sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&address, sizeof(address)) <
		    0 ||
	    recv(fd, &reply, sizeof(reply), 0) != (ssize_t)sizeof(reply) ||
	    reply.type != ICMP_ECHOREPLY) {
		perror("icmp");
		return 1;
	}
	puts("1 packets received");
	return 0;
}
