/* One burst to many subscribers: a header for each, numbers, protection, messages for the kernel.
 *
 * `signaling/downtrack.py` does the same for one subscriber, and says why; tests compare the two. Nothing is allocated,
 * nothing outlives the call. Lengths: a packet has at most LARGEST_PACKET bytes, `image` holds what packets point to
 * (their maker's duty), and `memory` has SPARE bytes behind its `size` for what libsrtp may write beyond its tag. */

#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "bytes.h"
#include "calls.h"
#include "structures.h"

enum {
    HEADER = 12,
    NUMBER = 3, /* bytes of the header extension with transport-cc's number (RFC 8285 4.2), the first of two */
    NUMBER_AT = 17,
    LARGEST_HEADER = HEADER + 4 + (NUMBER + MID_SIZE + 3) / 4 * 4,
    LARGEST_PACKET = 2048,
    SPAN_STRETCH = 0x4000, /* sequence numbers after which `first` follows (rewriter.py) */
    SPAN_KEPT = 0x2000,
    CONTROL_LENGTH = 18,
    UDP_SEGMENT_OPTION = 103,
    LARGEST_MESSAGE = 40000,
    MOST_SEGMENTS = 60
};

/* The message that is being filled: packets of one size behind each other, of which the last may be shorter. */
struct run {
    uint32_t start, segment, count;
    int open;
};

static int older(uint16_t first, uint16_t second)
{
    uint16_t ahead = (uint16_t)(second - first);
    return 0 < ahead && ahead < 0x8000;
}

/* The payload's numbers go on over a change of layer (RFC 7741 4.2). */
static void rewrite(unsigned char *payload, const struct packet *packet, const struct down *down)
{
    if (packet->picture_at >= 0 && packet->picture_bits == 15) {
        unsigned char *at = payload + packet->picture_at;
        uint16_t number = (uint16_t)((((at[0] & 0x7f) << 8) | at[1]) + down->picture);
        put16(at, 0x8000 | number);
    } else if (packet->picture_at >= 0 && packet->picture_bits == 7) {
        unsigned char *at = payload + packet->picture_at;
        *at = (unsigned char)((*at + down->picture) & 0x7f);
    }
    if (packet->tl0_at >= 0)
        payload[packet->tl0_at] = (unsigned char)(payload[packet->tl0_at] + down->tl0);
}

/* How long a header is, with its extensions. */
static uint32_t header_size(const struct down *down, int numbered)
{
    uint32_t size = (numbered ? NUMBER : 0) + (uint32_t)down->mid_size;
    return HEADER + (size ? 4 + (size + 3) / 4 * 4 : 0);
}

/* Writes the extensions of a header of `size` bytes. */
static void extend(unsigned char *to, uint32_t size, const struct down *down, int numbered)
{
    unsigned char *at = to + HEADER + 4;

    put32(to + HEADER, 0xbede0000 | (size - HEADER - 4) / 4);
    memset(at, 0, size - HEADER - 4);
    if (numbered) {
        at[0] = (unsigned char)(down->line->extension << 4 | 1);
        put16(to + NUMBER_AT, down->line->next);
        at += NUMBER;
    }
    memcpy(at, down->mid, down->mid_size);
}

/* Writes a packet as the subscriber gets it, unprotected; returns its size, 0 for one that is too large. */
static int written(unsigned char *to, const unsigned char *image, const struct packet *packet, const struct down *down,
                   int numbered)
{
    int redundant = packet->red_size && down->redundant >= 0;
    uint32_t size = redundant ? packet->red_size : packet->size;
    uint32_t header = header_size(down, numbered);
    uint8_t kind = redundant ? (uint8_t)down->redundant : down->kind;

    if (size > LARGEST_PACKET - header)
        return 0;
    to[0] = (unsigned char)((header > HEADER ? 0x90 : 0x80) | (packet->padding ? 0x20 : 0));
    to[1] = (unsigned char)(kind | (packet->marker ? 0x80 : 0));
    put16(to + 2, (uint16_t)(packet->seq + down->seq));
    put32(to + 4, packet->timestamp + down->timestamp);
    put32(to + 8, down->ssrc);
    if (header > HEADER)
        extend(to, header, down, numbered);
    memcpy(to + header, image + (redundant ? packet->red_at : packet->at), size);
    if (down->rewrites && !redundant)
        rewrite(to + header, packet, down);
    return (int)(header + size);
}

static void note(struct line *line, uint32_t size, double now)
{
    line->times[line->next & (RING - 1)] = now;
    line->sizes[line->next & (RING - 1)] = size;
    line->octets += size;
    line->next++;
}

/* Asks the kernel to cut a message up: cmsghdr{its length, SOL_UDP, UDP_SEGMENT}, 16 bits. */
static void cut(struct waiting *waiting, uint32_t place, uint16_t segment)
{
    unsigned char *control = waiting->controls + place * CONTROL_SIZE;
    size_t length = CONTROL_LENGTH;
    int level = IPPROTO_UDP, kind = UDP_SEGMENT_OPTION;

    memset(control, 0, CONTROL_SIZE);
    memcpy(control, &length, sizeof length);
    memcpy(control + 8, &level, sizeof level);
    memcpy(control + 12, &kind, sizeof kind);
    memcpy(control + 16, &segment, sizeof segment);
    waiting->messages[place].msg_hdr.msg_control = control;
    waiting->messages[place].msg_hdr.msg_controllen = CONTROL_SIZE;
}

/* Puts the packet of `size` bytes at the end of what is used into a message: the last one, if it can be cut. */
static void posted(struct waiting *waiting, struct run *run, const struct down *down, uint32_t size)
{
    uint32_t end = waiting->used + size;

    if (run->open && size <= run->segment && end - run->start <= LARGEST_MESSAGE) {
        uint32_t place = waiting->count - 1;
        if (run->count++ == 1)
            cut(waiting, place, (uint16_t)run->segment);
        waiting->parts[place].iov_len += size;
    } else {
        uint32_t place = waiting->count++;
        struct msghdr header = {.msg_name = (void *)(uintptr_t)down->name, .msg_namelen = down->name_size,
                                .msg_iov = waiting->parts + place, .msg_iovlen = 1};
        waiting->messages[place].msg_hdr = header;
        waiting->parts[place].iov_base = waiting->memory + waiting->used;
        waiting->parts[place].iov_len = size;
        *run = (struct run){waiting->used, size, 1, 1};
    }
    run->open = waiting->cuts && size == run->segment && run->count < MOST_SEGMENTS;
    waiting->used = end;
}

/* `first` follows the newest at a distance, so that a subscription outlasts the 16 bits of a sequence number. */
static void follow(struct down *down, uint16_t newest)
{
    if ((uint16_t)(newest - down->first) >= SPAN_STRETCH)
        down->first = (uint16_t)(newest - SPAN_KEPT);
}

static void delivered(struct waiting *waiting, const unsigned char *image, const struct packet *packets, int count,
                      struct down *down, double now, srtp_function protect)
{
    int numbered = down->line->extension && down->line->times && now < down->line->numbered_until;
    struct run run = {0, 0, 0, 0};

    for (const struct packet *packet = packets; packet < packets + count; packet++) {
        unsigned char *to = waiting->memory + waiting->used;
        int size, length;
        if (older(packet->seq, down->first))
            continue; /* from before a change of layer: its number is another's */
        down->packets++;
        down->octets += packet->size;
        size = length = written(to, image, packet, down, numbered);
        if (!size || protect(down->context, to, &length))
            continue;
        if (numbered)
            note(down->line, (uint32_t)size, now);
        posted(waiting, &run, down, (uint32_t)length);
    }
}

int fan_out(struct waiting *waiting, const unsigned char *image, const struct packet *packets, int packet_count,
            int newest, struct down **downs, int from, int downs_count, double now, void *protect)
{
    uint32_t most = 0;

    for (int each = 0; each < packet_count; each++) {
        uint32_t size = packets[each].size > packets[each].red_size ? packets[each].size : packets[each].red_size;
        most += LARGEST_HEADER + (size < LARGEST_PACKET ? size : LARGEST_PACKET);
    }
    for (; from < downs_count; from++) {
        uint32_t needed = most + (uint32_t)packet_count * downs[from]->tag;
        if (waiting->used > waiting->early || waiting->used + needed > waiting->size ||
            waiting->count + (uint32_t)packet_count > waiting->most)
            break;
        if (packet_count)
            follow(downs[from], (uint16_t)newest); /* before its packets: what is too far behind the newest is not sent */
        delivered(waiting, image, packets, packet_count, downs[from], now, (srtp_function)(uintptr_t)protect);
    }
    return from;
}
