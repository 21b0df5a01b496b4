/* RTCP that can wait is opened where it lies and read with the next tick: what comes alone would wake Python for itself.
 *
 * Reports can wait, and feedback from a line against which nothing is known; a report that counts what the last one did
 * is not even passed on then. Anything else is urgent: who asks for packets again, or for a keyframe. `connection.py` reads it all; tests compare with what it reads without loops. */

#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "structures.h"

enum {
    SHORTEST = 8 + 4 + 10, /* header, index, shortest tag */
    HEADER = 8,
    BLOCK = 24, /* of a report, RFC 3550 6.4.1 */
    SENDER_REPORT = 200, /* RFC 3550 6.4 */
    RECEIVER_REPORT = 201,
    SOURCE_DESCRIPTION = 202,
    TRANSPORT_FEEDBACK = 205, /* RFC 4585 6.2 */
    TRANSPORT_CC = 15
};

typedef int (*unprotect_function)(void *context, void *packet, int *length);

/* Tells whether all of a compound can wait: reports, and feedback from a line against which nothing is known. */
static int can_wait(const struct sender *sender, const unsigned char *compound, uint32_t size)
{
    uint32_t at = 0;

    while (at + 4 <= size) {
        unsigned kind = compound[at + 1], format = compound[at] & 31u;
        int reports = kind >= SENDER_REPORT && kind <= SOURCE_DESCRIPTION;
        if (!reports && !(kind == TRANSPORT_FEEDBACK && format == TRANSPORT_CC && sender->calm))
            return 0;
        at += 4 + get16(compound + at + 2) * 4;
    }
    return 1;
}

/* Sums up what a compound says of losses; tells whether it consists of receiver reports that count none now. */
static int counts_no_loss(const unsigned char *compound, uint32_t size, uint32_t *losses)
{
    *losses = 0;
    for (uint32_t at = 0; at + 4 <= size; at += 4 + get16(compound + at + 2) * 4) {
        uint32_t count = compound[at] & 31u;
        if (compound[at + 1] == SOURCE_DESCRIPTION)
            continue;
        if (compound[at + 1] != RECEIVER_REPORT || at + HEADER + count * BLOCK > size)
            return 0;
        for (uint32_t block = at + HEADER; count--; block += BLOCK) {
            if (compound[block + 4])
                return 0;
            *losses += get32(compound + block + 4);
        }
    }
    return 1;
}

static int is_known(const struct sender *sender, uint32_t ssrc)
{
    for (uint32_t each = 0; each < sender->reporters_count; each++)
        if (sender->reporters[each] == ssrc)
            return 1;
    return 0;
}

int reported(struct inbox *inbox, struct sender *sender, unsigned char *packet, uint32_t size)
{
    struct report *report = inbox->reports + inbox->reports_count;
    uint32_t losses;
    int length = (int)size;

    if (!sender->context || size < SHORTEST || inbox->reports_count >= MOST_REPORTS ||
        inbox->reports_used + size > MOST_REPORTS * 512 || !is_known(sender, get32(packet + 4)))
        return 0;
    if (((unprotect_function)(uintptr_t)inbox->unprotect_control)(sender->context, packet, &length) ||
        length < HEADER)
        return 1;
    if (counts_no_loss(packet, (uint32_t)length, &losses) && sender->calm && losses == sender->losses)
        return 1;
    sender->losses = losses;
    *report = (struct report){sender->reader, inbox->reports_used, (uint32_t)length, inbox->now};
    memcpy(inbox->reports_memory + inbox->reports_used, packet, (size_t)length);
    inbox->reports_used += (uint32_t)length;
    inbox->reports_count++;
    if (!can_wait(sender, packet, (uint32_t)length))
        inbox->urgent = 1;
    return 1;
}
