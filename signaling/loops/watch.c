/* The event loop's waiting: a turn in which nothing is Python's is done here, and the loop does not even wake up.
 *
 * A turn takes the datagrams that are there, forwards them and sends. What `receive.c` and `streams.c` leave to Python,
 * and a message that the kernel refuses, ends the waiting: `signaling/transport/ice_lite.py` goes on from there. */

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "calls.h"
#include "structures.h"

enum {
    MOST_EVENTS = 64,
    LONGEST_WAIT = 3600000, /* milliseconds */
    REST_OF_FRAME = 300000, /* nanoseconds: who sends a frame, sends its packets one right after the other */
    MOST_RESTS = 8,
    WORTH_WAITING = 6, /* subscribers: with fewer, messages are saved by the dozen only */
    MANY = MOST_AT_ONCE / 2 /* packets of a frame */
};

int send_out(struct waiting *waiting)
{
    while (waiting->sent < waiting->count) {
        int sent = sendmmsg(waiting->socket, waiting->messages + waiting->sent, waiting->count - waiting->sent, 0);
        if (sent > 0) {
            waiting->sent += (uint32_t)sent;
        } else if (errno == EAGAIN || errno == ENOBUFS) { /* lost, as on any network */
            waiting->dropped += waiting->count - waiting->sent;
            break;
        } else if (errno != EINTR) {
            return 1;
        }
    }
    waiting->count = waiting->sent = 0;
    return 0;
}

/* Tells whether the rest of a frame is still to come: the packets of one message to the kernel cost little more than
   one, and nobody shows half a frame. */
static int rest_to_come(const struct inbox *inbox)
{
    for (uint32_t each = 0; each < inbox->ready_count; each++) {
        const struct stream *stream = inbox->ready[each];
        uint32_t count = stream->waiting_count;
        if (!stream->loudness && stream->downs_count >= WORTH_WAITING && count && count < MANY &&
            !stream->waiting[count - 1].marker)
            return 1;
    }
    return 0;
}

static int comes_soon(int socket)
{
    struct pollfd wanted = {.fd = socket, .events = POLLIN};
    struct timespec most = {.tv_nsec = REST_OF_FRAME};

    return ppoll(&wanted, 1, &most, NULL) > 0;
}

/* Does a turn at a port; 1 if Python is to go on with it. */
static int turned(const struct port *port, void *protect)
{
    struct inbox *inbox = port->inbox;
    int rests = 0;

    do {
        if (take_in(inbox, port->socket) <= 0)
            break;
        inbox->found = (uint32_t)open_next(inbox, port->table);
    } while (!inbox->found && rest_to_come(inbox) && rests++ < MOST_RESTS && comes_soon(port->socket));
    if (!inbox->found && !forward_ready(inbox, port->waiting, protect) && !inbox->left && !send_out(port->waiting)) {
        port->waiting->used = 0;
        if (!inbox->urgent)
            return 0;
    }
    inbox->taken = 1;
    return 1;
}

/* The place of the port that a socket is, -1 if it is none. */
static int port_of(const struct watch *watch, int socket)
{
    for (uint32_t each = 0; each < watch->count; each++)
        if (watch->ports[each].socket == socket)
            return (int)each;
    return -1;
}

/* How long epoll is to wait: rather a millisecond too long than again and again for nothing. */
static int milliseconds(double seconds)
{
    return seconds <= 0 ? 0 : seconds >= LONGEST_WAIT / 1000 ? LONGEST_WAIT : (int)(seconds * 1000 + 0.999);
}

int watched(struct watch *watch, double seconds)
{
    struct epoll_event events[MOST_EVENTS];
    double end = monotonic() + seconds, left = seconds;

    watch->others = 0;
    for (;;) {
        int count = epoll_wait(watch->epoll, events, MOST_EVENTS, seconds < 0 ? -1 : milliseconds(left)), pythons = -1;
        for (int each = 0; each < count && pythons < 0; each++) {
            int place = port_of(watch, events[each].data.fd);
            if (place < 0)
                watch->others++;
            else if (turned(watch->ports + place, watch->protect))
                pythons = place;
            else
                watch->turns++;
        }
        if (count <= 0 || pythons >= 0 || watch->others) {
            watch->others += pythons >= 0; /* some may not have been looked at */
            return pythons;
        }
        if (seconds >= 0 && (left = end - monotonic()) <= 0)
            return -1;
    }
}
