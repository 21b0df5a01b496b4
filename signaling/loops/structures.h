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

/* A stream that is opened in C: its SSRC, and the number that Python knows it by. */
struct source {
    uint32_t ssrc, stream;
};

/* Who sends: what opens its packets, and what is looked for in them. Its first packet of each stream is Python's. */
struct sender {
    void *context; /* libsrtp's; NULL: everything is Python's */
    uint32_t packets, most; /* of media in this tick; more than `most` are dropped unread */
    int16_t number, level; /* identifiers of header extensions: transport-cc, the sound's level; -1 for none */
    uint32_t count;
    struct source sources[32];
};

/* One address in a table, a raw sockaddr of `size` bytes; 0 for a free place. */
struct place {
    unsigned char name[28];
    uint32_t size;
    struct sender *sender;
};

/* Whose the addresses are at one socket: `size` places, a power of two, at least one of them free. */
struct table {
    uint64_t seed; /* secret: nobody shall choose addresses that collide */
    uint32_t size, count;
    struct place *places;
};

/* One opened packet: where its payload stands in the inbox, with its padding, and what of its header counts. */
struct arrival {
    uint32_t stream;
    uint32_t at, end;
    uint32_t timestamp;
    int32_t number; /* transport-cc's, -1 for none */
    uint16_t seq;
    int16_t level; /* -1 for none */
    uint8_t first, second; /* the header's first bytes: padding, marker, payload type */
};

/* Datagrams as they came, each in a slot of its own. */
struct inbox {
    unsigned char *memory, *names;
    struct mmsghdr *messages;
    struct iovec *parts;
    struct arrival *arrivals;
    void *unprotect; /* libsrtp's srtp_unprotect */
    uint64_t received, unknown; /* datagrams that were not left to Python, and strangers' of them */
    uint32_t most, slot, largest; /* slots, bytes of one, and of them what the kernel may fill */
    uint32_t count, next; /* datagrams that came, and which is the next to be looked at */
    uint32_t arrived; /* how many were opened by the last call */
};

/* Binds an address to a sender, or to none; returns 0 if there is no room, and nothing is changed. */
int bind_name(struct table *table, const void *name, uint32_t size, struct sender *sender);
/* Makes the messages point to their slots; once, before the first datagram is taken. */
void lay_out(struct inbox *inbox);
/* Takes as many datagrams as there are and fit, without waiting; returns how many, or -1 for none. */
int take_in(struct inbox *inbox, int socket);
/* Opens what can be opened here, up to the first datagram that is Python's, `next`. Returns twice how many arrivals
   there are now, and 1 more if there is such a datagram. */
int open_next(struct inbox *inbox, const struct table *table);
