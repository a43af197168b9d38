/* Preloaded into a server under test: lets its wall clock be set, as an administrator would, without touching the machine's. The file that
 * CLOCK_SHIFT names holds one int64_t in the machine's byte order: milliseconds that the wall clock is ahead. It is mapped, so that a change
 * counts at once and for all processes that name the same file. Other clocks stay as they are: what is measured or waited for in real time
 * (timeouts, pauses) is not concerned. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;

__attribute__((constructor)) static void map_shift(void) {
    const char *file = getenv("CLOCK_SHIFT");
    const int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *at = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) shift = at;
}

int clock_gettime(clockid_t clock, struct timespec *out) {
    /* The system call, since the C library's function is this one. */
    if (syscall(SYS_clock_gettime, clock, out) != 0) return -1;
    if (shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        const int64_t ms = *shift;
        out->tv_sec += ms / 1000;
        out->tv_nsec += ms % 1000 * 1000000;
        if (out->tv_nsec >= 1000000000) {
            out->tv_nsec -= 1000000000;
            ++out->tv_sec;
        }
    }
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
