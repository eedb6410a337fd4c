/*
 * Asks a UNIX socket the same question again and again and takes the time of each answer.
 *
 *     load PATH CLIENTS REQUESTS QUESTION
 *
 * Each client connects, writes the question and a newline, half-closes and reads to the end, as
 * exim's readsocket does. Prints one line of JSON: seconds, the load's own CPU in ms, the shortest
 * answer in bytes, and the latencies' median and 99th percentile in microseconds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct client {
  int fd;
  size_t size;
  double begun;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void ask(struct client *client, int poll, const struct sockaddr_un *address, const char *line) {
  client->begun = now();
  client->size = 0;
  client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client->fd < 0) fail("socket");
  if (connect(client->fd, (const struct sockaddr *)address, sizeof *address) != 0) fail("connect");
  if (write(client->fd, line, strlen(line)) != (ssize_t)strlen(line)) fail("write");
  if (shutdown(client->fd, SHUT_WR) != 0) fail("shutdown");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
  if (epoll_ctl(poll, EPOLL_CTL_ADD, client->fd, &event) != 0) fail("epoll_ctl");
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

int main(int count, char **words) {
  if (count != 5) return 64;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
  long clients = atol(words[2]), requests = atol(words[3]), asked = 0, answered = 0;
  char line[600];
  snprintf(line, sizeof line, "%s\n", words[4]);
  double *latencies = calloc(requests, sizeof *latencies);
  struct client *all = calloc(clients, sizeof *all);
  if (latencies == NULL || all == NULL) fail("calloc");
  int poll = epoll_create1(0);
  size_t shortest = (size_t)-1;
  double begun = now();
  for (; asked < clients && asked < requests; asked++) ask(&all[asked], poll, &address, line);
  while (answered < requests) {
    struct epoll_event events[64];
    int ready = epoll_wait(poll, events, 64, 10000);
    if (ready <= 0) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      char bytes[65536];
      ssize_t size = read(client->fd, bytes, sizeof bytes);
      if (size < 0) fail("read");
      client->size += size;
      if (size > 0) continue;
      close(client->fd);
      latencies[answered++] = now() - client->begun;
      if (client->size < shortest) shortest = client->size;
      if (asked < requests) {
        asked++;
        ask(client, poll, &address, line);
      }
    }
  }
  double seconds = (now() - begun) / 1e6;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = usage.ru_utime.tv_sec * 1e3 + usage.ru_utime.tv_usec / 1e3 +
               usage.ru_stime.tv_sec * 1e3 + usage.ru_stime.tv_usec / 1e3;
  qsort(latencies, requests, sizeof *latencies, ascending);
  printf("{\"seconds\":%.4f,\"cpuMs\":%.1f,\"shortestBytes\":%zu,\"p50Us\":%.1f,\"p99Us\":%.1f}\n", seconds,
         cpu, shortest, latencies[requests / 2], latencies[(long)(requests * 0.99)]);
  return 0;
}
