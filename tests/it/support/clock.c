/* A clock for tests, preloaded into the binary: the wall clock stands still at POSTNOTE_TEST_NOW (seconds since 1970),
 * and waiting takes a POSTNOTE_TEST_HASTE-th of its time. Both only where they are set. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

int clock_gettime(clockid_t id, struct timespec *ts) {
    int result = (int)syscall(SYS_clock_gettime, id, ts);
    if (result != 0)
        return result;
    if (id == CLOCK_REALTIME) {
        long now = number("POSTNOTE_TEST_NOW");
        if (now > 0) {
            ts->tv_sec = now;
            ts->tv_nsec = 0;
        }
    } else if (id == CLOCK_MONOTONIC) {
        long haste = number("POSTNOTE_TEST_HASTE");
        if (haste > 1) {
            long long nanos = (ts->tv_sec * 1000000000LL + ts->tv_nsec) * haste;
            ts->tv_sec = nanos / 1000000000LL;
            ts->tv_nsec = nanos % 1000000000LL;
        }
    }
    return 0;
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout) {
    long haste = number("POSTNOTE_TEST_HASTE");
    if (timeout > 0 && haste > 1)
        timeout = (int)((timeout + haste - 1) / haste);
    return epoll_pwait(fd, events, count, timeout, NULL);
}
