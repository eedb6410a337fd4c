/*
 * churner SOCKET COUNT UIDS TEXT: holds COUNT connections to a UNIX socket, each of one of UIDS uids from
 * 100000 on, sends TEXT on each and then nothing, and opens another at once for each that the server
 * ends. Needs root, to be all of them. Prints a line when it begins, and how many it holds once it has all of
 * them, or all that it may open; ends with its standard input, and prints how many connections it has opened.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static const char *text;
static long opened;
static int uids;

/* The kernel tells the server who connects by the effective uid of that moment. */
static int openOne(int epoll) {
  static int next = 0;
  next = (next + 1) % uids;
  if (seteuid(100000 + next) != 0) exit(1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    if (seteuid(0) != 0) exit(1);
    return -1;
  }
  int isConnected = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
  if (seteuid(0) != 0) exit(1);
  if (!isConnected) {
    close(fd);
    return -1;
  }
  if (text[0] != 0 && write(fd, text, strlen(text)) < 0 && errno != EAGAIN) {
    close(fd);
    return -1;
  }
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  opened++;
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 5) return 64;
  int count = atoi(argv[2]), held = 0, isFilled = 0;
  uids = atoi(argv[3]);
  strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  text = argv[4];
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  struct epoll_event events[256];
  int epoll = epoll_create1(0);
  struct epoll_event input = {.events = EPOLLIN, .data.fd = 0};
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    /* A full queue of the server is tried again a moment later. */
    int isFull = 0;
    while (held < count && !isFull) {
      if (openOne(epoll) < 0) isFull = 1;
      else held++;
    }
    if (!isFilled && (held == count || errno == EMFILE)) {
      isFilled = 1;
      printf("%d\n", held);
      fflush(stdout);
    }
    int found = epoll_wait(epoll, events, 256, isFull ? 1 : 1000);
    for (int i = 0; i < found; i++) {
      if (events[i].data.fd == 0) {
        printf("%ld\n", opened);
        return 0;
      }
      close(events[i].data.fd);
      held--;
    }
  }
}
