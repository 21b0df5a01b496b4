/* Datagrams as they come: taken by the handful, each found its sender by its address, media opened where it stands.
 *
 * Whatever is not the usual packet of a stream that Python knows already is left to Python, unopened and in its turn:
 * `signaling/transport/ice_lite.py` and what it calls do the same for each datagram, and tests compare the two. Nothing
 * is allocated. Lengths: a datagram is at most `largest` bytes long, and behind it its slot has room for what libsrtp
 * may write; every offset is compared with the datagram's end before it is read. */

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "bytes.h"
#include "calls.h"
#include "structures.h"

enum {
    HEADER = 12,
    SHORTEST = HEADER + 10, /* with the shortest tag */
    ONE_BYTE = 0xbede, /* the profile of short header extensions (RFC 8285 4.2) */
    STUN_HEADER = 20,
    SHORTEST_CHECK = STUN_HEADER + 8,
    BINDING_REQUEST = 1,
    COOKIE = 0x2112a442
};

enum verdict { DONE, OPENED, PYTHONS };

void lay_out(struct inbox *inbox)
{
    for (uint32_t each = 0; each < inbox->most; each++) {
        inbox->parts[each].iov_base = inbox->memory + each * inbox->slot;
        inbox->parts[each].iov_len = inbox->largest;
        inbox->messages[each].msg_hdr = (struct msghdr){.msg_name = inbox->names + each * NAME_SIZE,
                                                        .msg_namelen = NAME_SIZE,
                                                        .msg_iov = inbox->parts + each, .msg_iovlen = 1};
    }
}

int take_in(struct inbox *inbox, int socket)
{
    int count;

    for (uint32_t each = 0; each < inbox->count; each++)
        inbox->messages[each].msg_hdr.msg_namelen = NAME_SIZE; /* the kernel has written the last one's */
    inbox->count = inbox->next = 0;
    do
        count = recvmmsg(socket, inbox->messages, inbox->most, MSG_DONTWAIT, NULL);
    while (count < 0 && errno == EINTR);
    if (count > 0)
        inbox->count = (uint32_t)count;
    inbox->now = monotonic();
    inbox->socket = socket;
    return count;
}

/* Tells whether this may be a check that somebody here is asked for; as much as the first bytes say. */
static int may_be_check(const unsigned char *datagram, uint32_t size)
{
    return size >= SHORTEST_CHECK && get16(datagram) == BINDING_REQUEST && get16(datagram + 2) == size - STUN_HEADER &&
           get32(datagram + 4) == COOKIE;
}

static const struct source *source_of(const struct sender *sender, uint32_t ssrc)
{
    for (uint32_t each = 0; each < sender->count; each++)
        if (sender->sources[each].ssrc == ssrc)
            return sender->sources + each;
    return NULL;
}

/* Where the payload begins; 0 for a header that is not whole, or with extensions that are not short ones. */
static uint32_t payload_at(const unsigned char *packet, uint32_t size)
{
    uint32_t at = HEADER + (packet[0] & 15u) * 4;

    if (packet[0] & 16) {
        if (at + 4 > size || get16(packet + at) != ONE_BYTE)
            return 0;
        at += 4 + get16(packet + at + 2) * 4;
    }
    return at <= size ? at : 0;
}

/* Reads the extensions before `end`, the payload (`rtp.places`). */
static void extensions(const unsigned char *packet, uint32_t end, const struct sender *sender, struct arrival *arrival)
{
    uint32_t at = HEADER + (packet[0] & 15u) * 4 + 4;

    arrival->number = arrival->level = -1;
    if (!(packet[0] & 16))
        return;
    while (at < end) {
        unsigned first = packet[at];
        uint32_t following = at + 2 + (first & 15);
        if (!first) { /* padding */
            at++;
            continue;
        }
        if (following > end)
            return;
        if ((int)(first >> 4) == sender->number && (first & 15) == 1)
            arrival->number = (int32_t)get16(packet + at + 1);
        else if ((int)(first >> 4) == sender->level)
            arrival->level = packet[at + 1] & 0x7f;
        at = following;
    }
}

/* Counts and keeps an opened packet without Python, if it is the next of a stream that is known. */
static int taken(struct inbox *inbox, struct sender *sender, const struct source *source, const struct arrival *arrival)
{
    struct stream *stream = source->known;
    struct arrivals *arrivals = sender->arrivals;
    struct packet header = {.timestamp = arrival->timestamp, .seq = arrival->seq,
                            .marker = arrival->second >> 7, .padding = arrival->first >> 5 & 1};

    if (!stream || !stream->memory || (arrival->number >= 0 && !arrivals) ||
        (!stream->ready && inbox->ready_count >= sizeof inbox->ready / sizeof *inbox->ready) ||
        !streamed(stream, inbox->memory + arrival->at, arrival->end - arrival->at, arrival->second & 0x7f, &header,
                  inbox->now))
        return 0;
    if (arrival->number >= 0 && arrivals->count < arrivals->most) {
        arrivals->times[arrivals->count] = inbox->now;
        arrivals->numbers[arrivals->count++] = (uint16_t)arrival->number;
    }
    if (arrival->level >= 0 && stream->loudness) {
        stream->loudness->packets++;
        if ((uint32_t)arrival->level <= stream->loudness->loudest) {
            stream->loudness->loud++;
            stream->loudness->sum += (uint32_t)arrival->level;
        }
    }
    if (!stream->ready && stream->waiting_count) {
        stream->ready = 1;
        inbox->ready[inbox->ready_count] = stream;
        inbox->ready_numbers[inbox->ready_count++] = source->stream;
    }
    return 1;
}

static enum verdict media(struct inbox *inbox, struct sender *sender, unsigned char *packet, uint32_t size)
{
    struct arrival *arrival = inbox->arrivals + inbox->arrived;
    const struct source *source;
    uint32_t at;
    int length = (int)size;

    if (sender->packets >= sender->most) {
        sender->packets++;
        return DONE;
    }
    if (!sender->context || size < SHORTEST || !(at = payload_at(packet, size)) ||
        !(source = source_of(sender, get32(packet + 8))))
        return PYTHONS;
    sender->packets++;
    if (((srtp_function)(uintptr_t)inbox->unprotect)(sender->context, packet, &length) || length < (int)at)
        return DONE;
    arrival->stream = source->stream;
    arrival->at = (uint32_t)(packet - inbox->memory) + at;
    arrival->end = (uint32_t)(packet - inbox->memory) + (uint32_t)length;
    arrival->timestamp = get32(packet + 4);
    arrival->seq = (uint16_t)get16(packet + 2);
    arrival->first = packet[0];
    arrival->second = packet[1];
    extensions(packet, at, sender, arrival);
    if (taken(inbox, sender, source, arrival))
        return DONE;
    inbox->arrived++;
    return OPENED;
}

/* By its first bytes (RFC 7983 7). */
static enum verdict sorted(struct inbox *inbox, const struct table *table, unsigned char *datagram, uint32_t size,
                           const struct msghdr *header)
{
    const struct place *place;
    struct sender *sender;

    if (datagram[0] < 4 && !may_be_check(datagram, size)) {
        inbox->unknown++;
        return DONE;
    }
    place = header->msg_namelen <= NAME_SIZE ? place_of(table, header->msg_name, header->msg_namelen) : NULL;
    sender = place && place->size ? place->owner : NULL;
    if (datagram[0] < 4) {
        if (sender && answered(inbox, sender, datagram, size, header->msg_name, header->msg_namelen))
            return DONE;
        if (is_genuine(inbox, datagram, size))
            return PYTHONS;
    }
    if (datagram[0] < 4 || !sender) {
        inbox->unknown++;
        return DONE;
    }
    if (datagram[0] < 128 || datagram[0] > 191 || size < 2)
        return PYTHONS;
    if (datagram[1] >= 192 && datagram[1] <= 223)
        return reported(inbox, sender, datagram, size) ? DONE : PYTHONS;
    return media(inbox, sender, datagram, size);
}

int open_next(struct inbox *inbox, const struct table *table)
{
    int pythons = 0;

    inbox->arrived = 0;
    for (; inbox->next < inbox->count; inbox->next++) {
        const struct mmsghdr *message = inbox->messages + inbox->next;
        unsigned char *datagram = inbox->memory + inbox->next * inbox->slot;
        if (!message->msg_len)
            continue;
        pythons = sorted(inbox, table, datagram, message->msg_len, &message->msg_hdr) == PYTHONS;
        if (pythons)
            break; /* who counts it too */
        inbox->received++;
    }
    return (int)inbox->arrived * 2 + pythons;
}
