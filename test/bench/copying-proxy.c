/*
 * copying-proxy PORT: connects whoever comes with that port of 127.0.0.1 and only copies bytes, a process each
 * way: what any process between a program and its server costs a machine. Prints its own port, and ends
 * with its standard input.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[256 * 1024];

static void copy(int from, int to)
{
	ssize_t count;
	while ((count = read(from, buffer, sizeof buffer)) > 0)
		for (ssize_t at = 0, sent; at < count; at += sent)
			if ((sent = write(to, buffer + at, count - at)) <= 0)
				exit(0);
	shutdown(to, SHUT_WR);
	exit(0);
}

static void serve(int client, struct sockaddr_in *address)
{
	int on = 1, server = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(server, (struct sockaddr *)address, sizeof *address) != 0)
		exit(1);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fork() == 0)
		copy(server, client);
	copy(client, server);
}

int main(int count, char **words)
{
	struct sockaddr_in own = { .sin_family = AF_INET }, server = own;
	socklen_t length = sizeof own;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (count != 2)
		return 64;
	own.sin_addr.s_addr = server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server.sin_port = htons(atoi(words[1]));
	if (bind(listener, (struct sockaddr *)&own, length) != 0 || listen(listener, 16) != 0)
		return 1;
	getsockname(listener, (struct sockaddr *)&own, &length);
	printf("%d\n", ntohs(own.sin_port));
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN);
	struct pollfd both[] = { { .fd = listener, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	while (poll(both, 2, -1) > 0 && both[1].revents == 0) {
		int client = accept(listener, NULL, NULL);
		if (client >= 0 && fork() == 0)
			serve(client, &server);
		close(client);
	}
	return 0;
}
