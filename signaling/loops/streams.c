/* The streams that come as they should: counted, kept for those who ask again, and given on, without Python.
 *
 * A packet that is not the next of its stream (the first, one after a gap, a late one) is Python's: `uptrack.py` counts
 * it, and puts it here too (`keep`), so that all leave in order. The same is done in Python where there are no loops
 * (`reception.py`, `shelf.py`), and tests compare the two. Nothing is allocated; a packet has a slot of SLOT bytes. */

#include <stdint.h>
#include <string.h>

#include "structures.h"

enum { RED_MORE = 0x80, RED_HEADER = 4 };

static uint32_t without_padding(const unsigned char *payload, uint32_t size, int padding)
{
    if (!padding || !size)
        return size;
    return payload[size - 1] < size ? size - payload[size - 1] : 0;
}

/* Where the numbers of VP8's pictures stand (RFC 7741 4.2), as `rewriter.vp8_descriptor` reads it. */
static void find_numbers(const unsigned char *payload, uint32_t size, struct packet *packet)
{
    uint32_t at = 1;
    int16_t picture_at = -1, tl0_at = -1;
    uint8_t bits = 0;

    if (size < 2)
        return;
    if (payload[0] & 0x80) {
        unsigned flags = payload[1];
        at = 2;
        if (flags & 0x80 && at < size) {
            bits = payload[at] & 0x80 ? 15 : 7;
            picture_at = (int16_t)at;
            at += bits == 15 ? 2 : 1;
        }
        if (flags & 0x40)
            tl0_at = (int16_t)at++;
        at += (flags & 0x30) != 0;
    }
    if (at >= size)
        return;
    packet->picture_at = picture_at;
    packet->picture_bits = bits;
    packet->tl0_at = tl0_at;
}

/* Finds the primary part of a payload with redundancy (RFC 2198), as `red.primary` does; 0 if it is not whole. */
static int find_primary(const unsigned char *payload, uint32_t size, int padding, uint32_t *begins)
{
    uint32_t end = without_padding(payload, size, padding), at = 0, redundant = 0;

    *begins = 0;
    if (!end && padding)
        return 1;
    while (at < end && payload[at] & RED_MORE) {
        if (at + RED_HEADER > end)
            return 0;
        redundant += (payload[at + 2] & 3u) << 8 | payload[at + 3];
        at += RED_HEADER;
    }
    *begins = at + 1 + redundant;
    return *begins < end;
}

int keep(struct stream *stream, const unsigned char *payload, uint32_t size, uint32_t begins, const struct packet *header)
{
    uint32_t slot = header->seq & (stream->size - 1);
    struct packet *packet = stream->kept + slot;

    if (size > SLOT || begins > size || stream->waiting_count >= MOST_AT_ONCE)
        return 0;
    for (uint32_t each = 0; each < stream->waiting_count; each++)
        if ((stream->waiting[each].seq & (stream->size - 1)) == slot)
            return 0; /* one that waits stands there */
    *packet = *header;
    memcpy(stream->memory + slot * SLOT, payload, size);
    packet->at = slot * SLOT + begins;
    packet->size = size - begins;
    packet->red_at = slot * SLOT;
    packet->picture_at = packet->tl0_at = -1;
    packet->picture_bits = 0;
    if (stream->renumbers)
        find_numbers(payload, without_padding(payload, size, packet->padding), packet);
    packet->there = 1;
    if (stream->newest < 0 || (uint16_t)(packet->seq - (uint16_t)stream->newest) < 0x8000)
        stream->newest = packet->seq;
    stream->waiting[stream->waiting_count++] = *packet;
    return 1;
}

/* Counts the next packet of a stream (RFC 3550 A.8), as `Reception.take` does; 0 for any other packet. */
static int counted(struct reception *reception, uint16_t seq, uint32_t timestamp, double now)
{
    double transit = now * reception->clock - timestamp, change = transit - reception->transit;

    if (reception->highest < 0 || (uint16_t)(seq - (uint16_t)reception->highest) != 1)
        return 0;
    reception->highest++;
    reception->received++;
    reception->transit = transit;
    if (change < 0)
        change = -change;
    if (change < reception->clock) /* a wrapped or restarted clock is no jitter */
        reception->jitter += (change - reception->jitter) / 16;
    return 1;
}

int streamed(struct stream *stream, const unsigned char *payload, uint32_t size, uint8_t kind,
             const struct packet *header, double now)
{
    uint32_t begins = 0;
    struct packet packet = *header;

    if (stream->waiting_count >= MOST_AT_ONCE || size > SLOT)
        return 0;
    if (kind == stream->redundant) {
        if (!find_primary(payload, size, packet.padding, &begins))
            return 0;
        packet.red_size = size;
    }
    if (!counted(&stream->reception, packet.seq, packet.timestamp, now))
        return 0;
    stream->heard_at = now;
    stream->packets++;
    stream->octets += size - begins;
    if (stream->forwards)
        keep(stream, payload, size, begins, &packet);
    return 1;
}

/* Gives what waits of a stream to its crowd; 1 where the kernel refuses a message. */
static int given(struct stream *stream, struct waiting *waiting, void *protect)
{
    if (stream->downs_count && stream->socket != waiting->socket) {
        if (send_out(waiting))
            return 1;
        waiting->socket = stream->socket;
    }
    for (;;) {
        stream->reached = fan_out(waiting, stream->memory, stream->waiting, (int)stream->waiting_count,
                                  stream->newest, stream->downs, stream->reached, stream->downs_count,
                                  stream->heard_at, protect);
        if (stream->reached >= stream->downs_count)
            break;
        if (send_out(waiting))
            return 1;
        waiting->used = 0;
    }
    stream->reached = 0;
    stream->waiting_count = 0;
    return 0;
}

int forward_ready(struct inbox *inbox, struct waiting *waiting, void *protect)
{
    for (; inbox->looked < inbox->ready_count; inbox->looked++) {
        struct stream *stream = inbox->ready[inbox->looked];
        if (!stream->waiting_count)
            continue;
        if (stream->apart)
            inbox->ready_numbers[inbox->left++] = inbox->ready_numbers[inbox->looked];
        else if (given(stream, waiting, protect))
            return 1;
    }
    for (uint32_t each = 0; each < inbox->ready_count; each++)
        inbox->ready[each]->ready = 0;
    inbox->ready_count = inbox->looked = 0;
    return 0;
}
