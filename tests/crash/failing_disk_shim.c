/* Preloaded into a server under test: lets its disk fail on command. While the file named by FAIL_SYNC exists, fsync and fdatasync answer
 * EIO; while the one named by FAIL_WRITE exists, writes to regular files whose name contains FAIL_NAME answer ENOSPC. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int commanded(const char *variable) {
    const char *file = getenv(variable);
    return file && access(file, F_OK) == 0;
}

static int concerns(int fd) {
    const char *name = getenv("FAIL_NAME");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (!name || size <= 0) return 0;
    path[size] = 0;
    return strstr(path, name) != NULL;
}

#define NEXT(type, name, ...) \
    static type (*next)(__VA_ARGS__); \
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, name)

int fsync(int fd) {
    NEXT(int, "fsync", int);
    if (concerns(fd) && commanded("FAIL_SYNC")) { errno = EIO; return -1; }
    return next(fd);
}
int fdatasync(int fd) {
    NEXT(int, "fdatasync", int);
    if (concerns(fd) && commanded("FAIL_SYNC")) { errno = EIO; return -1; }
    return next(fd);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (concerns(fd) && commanded("FAIL_WRITE")) { errno = ENOSPC; return -1; }
    return next(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    NEXT(ssize_t, "pwrite", int, const void *, size_t, off_t);
    if (concerns(fd) && commanded("FAIL_WRITE")) { errno = ENOSPC; return -1; }
    return next(fd, data, size, at);
}
ssize_t write(int fd, const void *data, size_t size) {
    NEXT(ssize_t, "write", int, const void *, size_t);
    if (concerns(fd) && commanded("FAIL_WRITE")) { errno = ENOSPC; return -1; }
    return next(fd, data, size);
}
