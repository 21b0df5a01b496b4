/* What the loops in C and Python both see. cffi reads this file too: declarations only, no directives. */

/* One packet of a burst. Its bytes stand in the burst's memory; `red_size` is 0 where there is no redundancy,
   `picture_at` and `tl0_at` are -1 where the numbers of VP8's pictures are absent. */
struct packet {
    uint32_t at, size;
    uint32_t red_at, red_size;
    uint32_t timestamp;
    uint16_t seq;
    int16_t picture_at, tl0_at;
    uint8_t picture_bits;
    uint8_t marker, padding;
};

/* What left on one connection, by transport-wide number: a ring of `RING` times and sizes, no memory before the first. */
struct line {
    double numbered_until; /* monotonic seconds; later packets carry no number */
    uint64_t octets;
    double *times;
    uint32_t *sizes;
    uint16_t next;
    uint8_t extension; /* transport-cc's identifier, 0 for none */
};

/* One subscription that goes on as it is: where its packets go, and what is added to their numbers. */
struct down {
    void *context; /* libsrtp's */
    const void *name; /* a sockaddr */
    struct line *line;
    uint64_t packets, octets;
    uint32_t name_size;
    uint32_t ssrc, timestamp;
    uint16_t first, seq, picture;
    uint8_t tl0, rewrites;
    uint8_t kind, tag;
    int16_t redundant; /* payload type of RFC 2198's redundancy, -1 where it is not taken */
};

/* Where packets wait for `sendmmsg`; `messages`, `parts` and `controls` have `most` places. */
struct waiting {
    unsigned char *memory;
    struct mmsghdr *messages;
    struct iovec *parts;
    unsigned char *controls;
    uint32_t size, early, used;
    uint32_t most, count;
    int cuts; /* the device takes UDP_SEGMENT */
};

/* Gives a burst to subscribers from `from` on; returns the first who did not find room, `downs_count` if all did. */
int fan_out(struct waiting *waiting, const unsigned char *image, const struct packet *packets, int packet_count,
            struct down **downs, int from, int downs_count, double now, void *protect);
