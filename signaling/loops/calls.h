/* What the loops call that several of them need. */

#ifndef SIGNALING_CALLS_H
#define SIGNALING_CALLS_H

#include <time.h>

/* How libsrtp protects and opens a packet, or a compound, in place: the length is changed; 0 if it did. */
typedef int (*srtp_function)(void *context, void *packet, int *length);

/* The clock of Python's `time.monotonic`, in seconds. */
static inline double monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#endif
