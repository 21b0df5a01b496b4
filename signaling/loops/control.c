/* RTCP that can wait is opened where it lies and read with the next tick: what comes alone would wake Python for itself.
 *
 * Reports can wait, and feedback from a line against which nothing is known; a report that counts what the last one did
 * is not even passed on then. Anything else is urgent: who asks for packets again, or for a keyframe. `connection.py`
 * reads what is passed on; tests compare with what it reads without loops. */

#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "calls.h"
#include "structures.h"

enum {
    SHORTEST = 8 + 4 + 10, /* header, index, shortest tag */
    HEADER = 8,
    BLOCK = 24, /* of a report, RFC 3550 6.4.1 */
    SENDER_REPORT = 200, /* RFC 3550 6.4 */
    RECEIVER_REPORT = 201,
    SOURCE_DESCRIPTION = 202,
    TRANSPORT_FEEDBACK = 205, /* RFC 4585 6.2 */
    TRANSPORT_CC = 15,
    FEEDBACK_HEADER = 16, /* behind the common one */
    TICK = 250, /* microseconds */
    REFERENCE = 64000,
    OLD = 10, /* seconds */
    MOST_SKIPPED = 4
};

static const uint32_t NEWS = UINT32_MAX; /* no sum of losses: a datagram has no room for that many blocks */

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

/* Sums up what a compound says of losses; tells whether it consists of receiver reports that count none now. Where one
   is counted the sum is `NEWS`: that nothing is lost any more is to be passed on, although what came late is taken off
   the sum again. */
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
            if (compound[block + 4]) {
                *losses = NEWS;
                return 0;
            }
            *losses += get32(compound + block + 4);
        }
    }
    return 1;
}

/* Feedback that is read, symbol by symbol: draft-holmer-rmcat-transport-wide-cc-extensions-01, as `rtcp.arrivals`. */
struct feedback {
    const unsigned char *body;
    uint32_t size, chunk_at, left, delta_at; /* `left`: symbols of the chunk at `chunk_at` that are still to be read */
};

static uint32_t in_chunk(uint32_t chunk)
{
    return !(chunk & 0x8000) ? chunk & 0x1fff : chunk & 0x4000 ? 7 : 14;
}

/* The next symbol; 0 to 3, or -1 where there is no chunk any more. */
static int symbol(struct feedback *feedback)
{
    uint32_t chunk;

    while (feedback->chunk_at + 2 <= feedback->size) {
        chunk = get16(feedback->body + feedback->chunk_at);
        if (feedback->left) {
            uint32_t shift = --feedback->left;
            if (!feedback->left)
                feedback->chunk_at += 2;
            return (int)(!(chunk & 0x8000) ? chunk >> 13 & 3 : chunk & 0x4000 ? chunk >> 2 * shift & 3 : chunk >> shift & 1);
        }
        feedback->left = in_chunk(chunk);
        if (!feedback->left) /* a run of none */
            feedback->chunk_at += 2;
    }
    return -1;
}

/* Where the deltas begin: behind as many chunks as hold `count` symbols. */
static uint32_t behind_chunks(const unsigned char *body, uint32_t size, uint32_t count)
{
    uint32_t at = FEEDBACK_HEADER;

    for (uint32_t symbols = 0; symbols < count && at + 2 <= size; at += 2)
        symbols += in_chunk(get16(body + at));
    return at;
}

/* Tells whether feedback on what left on a line is as it should be: hardly a loss, and no delay that is news. */
static int goes_well(const struct sender *sender, const unsigned char *body, uint32_t size, double now)
{
    const struct line *line = sender->line;
    uint32_t count, arrived = 0, lost = 0;
    int64_t ticks;
    double least = (double)INFINITY;
    struct feedback feedback = {body, size, FEEDBACK_HEADER, 0, 0};

    if (!line || !line->times || size < FEEDBACK_HEADER)
        return 0;
    count = get16(body + 10);
    if (count > RING)
        return 0;
    feedback.delta_at = behind_chunks(body, size, count);
    ticks = (int64_t)(get32(body + 12) >> 8) * (REFERENCE / TICK);
    for (uint32_t step = 0; step < count; step++) {
        uint32_t number = get16(body + 8) + step, age = (line->next - number - 1) & 0xffff;
        double sent = line->times[number & (RING - 1)];
        int kind = symbol(&feedback), there = kind == 1 || kind == 2;
        if (kind < 0)
            break;
        if (there && feedback.delta_at + (uint32_t)kind <= size) {
            const unsigned char *delta = body + feedback.delta_at;
            ticks += kind == 1 ? delta[0] : (int16_t)get16(delta);
            feedback.delta_at += (uint32_t)kind;
        } else {
            there = 0;
        }
        if (now - sent > OLD || age >= RING)
            continue; /* not ours, or settled long ago */
        lost += !there;
        arrived += (uint32_t)there;
        if (there && (double)ticks * TICK / 1e6 - sent < least)
            least = (double)ticks * TICK / 1e6 - sent;
    }
    return lost * 10 <= arrived + lost && (!arrived || least <= sender->longest_delay);
}

/* Tells whether a compound is feedback from a calm line that goes on as it did; some is passed on all the same. */
static int goes_on(struct sender *sender, const unsigned char *compound, uint32_t size, double now)
{
    uint32_t length = size >= 4 ? 4 + get16(compound + 2) * 4 : 0, padding;

    if (length != size || compound[1] != TRANSPORT_FEEDBACK || (compound[0] & 31) != TRANSPORT_CC)
        return 0;
    padding = compound[0] & 0x20 ? compound[size - 1] : 0;
    if (!sender->calm || sender->skipped >= MOST_SKIPPED || padding > size - 4 ||
        !goes_well(sender, compound + 4, size - 4 - padding, now)) {
        sender->skipped = 0;
        return 0;
    }
    sender->skipped++;
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
    int length = (int)size, none_lost;

    if (!sender->context || size < SHORTEST || inbox->reports_count >= MOST_REPORTS ||
        inbox->reports_used + size > REPORTS_SIZE || !is_known(sender, get32(packet + 4)))
        return 0;
    if (((srtp_function)(uintptr_t)inbox->unprotect_control)(sender->context, packet, &length) ||
        length < HEADER)
        return 1;
    if (goes_on(sender, packet, (uint32_t)length, inbox->now))
        return 1;
    none_lost = counts_no_loss(packet, (uint32_t)length, &losses);
    if (none_lost && sender->calm && !sender->awaited && losses == sender->losses)
        return 1;
    if (none_lost || losses == NEWS) {
        sender->losses = losses;
        sender->awaited = 0;
    }
    *report = (struct report){sender->reader, inbox->reports_used, (uint32_t)length, inbox->now};
    memcpy(inbox->reports_memory + inbox->reports_used, packet, (size_t)length);
    inbox->reports_used += (uint32_t)length;
    inbox->reports_count++;
    if (!can_wait(sender, packet, (uint32_t)length))
        inbox->urgent = 1;
    return 1;
}
