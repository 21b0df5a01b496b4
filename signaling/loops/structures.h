/* What the loops in C and Python both see. cffi reads this file too: declarations only, no directives. */

/* How much memory Python gives, and C trusts. */
enum {
    RING = 4096, /* packets of a line */
    SLOT = 2048, /* bytes of a kept packet */
    MOST_AT_ONCE = 64, /* packets of a stream that wait; datagrams taken together */
    NAME_SIZE = 28, /* bytes of the largest sockaddr */
    MID_SIZE = 17, /* bytes of the largest MID in a short header extension */
    CONTROL_SIZE = 24, /* bytes of a control message */
    MOST_PORTS = 16, /* sockets of media */
    MOST_REPORTS = 256, /* compounds that wait */
    REPORTS_SIZE = 131072 /* bytes of them all */
};

/* One packet of a burst. Its bytes stand in the burst's memory; `red_size` is 0 where there is no redundancy,
   `picture_at` and `tl0_at` are -1 where the numbers of VP8's pictures are absent. */
struct packet {
    uint32_t at, size;
    uint32_t red_at, red_size;
    uint32_t timestamp;
    uint16_t seq;
    int16_t picture_at, tl0_at;
    uint8_t picture_bits;
    uint8_t marker, padding, there;
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
    uint8_t mid_size; /* 0 once the client knows the SSRC */
    unsigned char mid[MID_SIZE]; /* the header extension that names its section (RFC 9143 15), as it stands in a packet */
};

/* Where packets wait for `sendmmsg`; `messages`, `parts` and `controls` have `most` places. */
struct waiting {
    unsigned char *memory;
    struct mmsghdr *messages;
    struct iovec *parts;
    unsigned char *controls;
    uint32_t size, early, used;
    uint32_t most, count, sent; /* of `count` messages, how many the kernel has taken */
    uint64_t dropped; /* messages that it had no room for */
    int cuts; /* the device takes UDP_SEGMENT */
    int socket; /* to which all that waits belongs */
};

/* Gives what waits to the kernel. Returns 0 when nothing waits any more, 1 where it refuses message `sent`: that one is
   Python's. */
int send_out(struct waiting *waiting);

/* Gives a burst to subscribers from `from` on; returns the first who did not find room, `downs_count` if all did.
   `newest` is the sequence number of the newest packet of all that the stream brought. */
int fan_out(struct waiting *waiting, const unsigned char *image, const struct packet *packets, int packet_count,
            int newest, struct down **downs, int from, int downs_count, double now, void *protect);

/* What is counted of one stream that comes (RFC 3550 A.1, A.3, A.8); -1 before its first packet. */
struct reception {
    int64_t highest, base, received; /* sequence numbers, extended */
    double clock, jitter, transit; /* ticks a second, ticks */
};

/* How loud a track was since somebody looked (RFC 6464). */
struct loudness {
    uint32_t packets, loud, sum; /* packets with a level, those not quieter than `loudest`, the sum of their levels */
    uint32_t loudest;
};

/* One stream that comes: its last packets in slots, those that wait for the end of the turn, and who gets them. */
struct stream {
    struct reception reception;
    struct loudness *loudness; /* NULL for pictures */
    double heard_at; /* monotonic seconds */
    uint64_t packets, octets;
    unsigned char *memory; /* `size` slots, a power of two; NULL before the first packet */
    struct packet *kept, *waiting;
    struct down **downs; /* who go on as they are */
    int32_t downs_count, reached; /* of them, whom the packets that wait were given to already */
    int32_t newest; /* sequence number of those kept, -1 for none */
    int32_t socket; /* from which `downs` are reached */
    uint32_t size, waiting_count;
    int16_t redundant; /* the publisher's payload type of RFC 2198's redundancy, -1 for none */
    uint8_t forwards, renumbers; /* nobody has muted it; the payload's numbers may have to be rewritten */
    uint8_t ready; /* stands in the list of those with packets that wait */
    uint8_t apart; /* not all who get it are in `downs` */
};

/* When packets came, by transport-wide number, until the publisher is told. */
struct arrivals {
    uint32_t count, most;
    double *times;
    uint16_t *numbers;
};

/* A ufrag of ours, and the password with which its checks are made. */
struct credentials {
    uint8_t ufrag_size, password_size;
    char ufrag[32], password[32];
};

/* Where a client wants to be sent to, as its checks said, and our present credentials. */
struct consent {
    double heard_at, checked_at; /* monotonic seconds; the second is INFINITY after a nomination */
    uint32_t way_size; /* 0 where no path is the client's, or none by UDP */
    int socket;
    unsigned char way[NAME_SIZE]; /* a sockaddr */
    uint8_t nominated;
    const struct credentials *present;
};

/* A stream that is opened in C: its SSRC, the number that Python knows it by, and where it is counted and kept. */
struct source {
    uint32_t ssrc, stream;
    struct stream *known;
};

/* Who sends: what opens its packets, and what is looked for in them. Its first packet of each stream is Python's. */
struct sender {
    void *context; /* libsrtp's; NULL: everything is Python's */
    uint32_t packets, most; /* of media in this tick; more than `most` are dropped unread */
    int16_t number, level; /* identifiers of header extensions: transport-cc, the sound's level; -1 for none */
    struct arrivals *arrivals;
    uint32_t count;
    struct source sources[32];
    uint32_t reader; /* the number by which Python knows who takes its reports */
    uint32_t reporters_count;
    uint32_t reporters[8]; /* SSRCs whose reports are opened in C: Python has opened one of each */
    uint32_t losses; /* the sum of what its last receiver report said of them */
    uint8_t calm; /* nothing is known against its line: feedback can wait */
    uint8_t skipped; /* how much of its feedback was not passed on since some was */
    uint8_t awaited; /* its next report is to be passed on, whatever it counts */
    double longest_delay; /* from the clock of what left to the clock of its feedback: more is news */
    const struct line *line; /* what left for it */
    struct consent *consent; /* NULL: all checks are Python's */
};

/* A compound of RTCP that was opened and waits for Python. */
struct report {
    uint32_t reader, at, size;
    double now;
};

/* One name in a table: a raw sockaddr, or a ufrag, of `size` bytes; 0 for a free place. */
struct place {
    unsigned char name[NAME_SIZE];
    uint32_t size;
    void *owner; /* the `struct sender` of an address, the `struct credentials` of a ufrag */
};

/* Whose the addresses are at one socket, or the ufrags: `size` places, a power of two, at least one of them free. */
struct table {
    uint64_t seed; /* secret: nobody shall choose names that collide */
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
    void *unprotect, *unprotect_control; /* libsrtp's srtp_unprotect, srtp_unprotect_rtcp */
    void *hmac; /* OpenSSL's HMAC, NULL where there is none: all checks are Python's */
    const void *sha1; /* its EVP_sha1() */
    const struct table *ufrags; /* ours; NULL: all checks are Python's */
    uint64_t received, unknown; /* datagrams that were not left to Python, and strangers' of them */
    uint32_t most, slot, largest; /* slots, bytes of one, and of them what the kernel may fill */
    uint32_t count, next; /* datagrams that came, and which is the next to be looked at */
    uint32_t arrived; /* how many were opened by the last call, and are Python's now */
    double now; /* when the datagrams came, monotonic seconds */
    int socket; /* where */
    struct stream *ready[MOST_AT_ONCE]; /* streams with packets that wait, and Python's numbers of them */
    uint32_t ready_numbers[MOST_AT_ONCE];
    uint32_t ready_count, looked; /* how many, and how many of them were looked at */
    uint32_t left; /* of those looked at, the first so many are Python's to forward */
    uint32_t found; /* what `open_next` returned, where Python is to go on */
    uint8_t taken; /* what came was taken already: Python is to go on with it */
    uint8_t urgent; /* one of the reports cannot wait for the next tick */
    uint32_t reports_count, reports_used;
    struct report *reports;
    unsigned char *reports_memory;
};

/* The place of a name of at most `NAME_SIZE` bytes, or the free one where it would be. */
struct place *place_of(const struct table *table, const void *name, uint32_t size);
/* Binds a name to its owner, or to none; returns 0 if there is no room, and nothing is changed. */
int bind_name(struct table *table, const void *name, uint32_t size, void *owner);
/* Makes the messages point to their slots; once, before the first datagram is taken. */
void lay_out(struct inbox *inbox);
/* Takes as many datagrams as there are and fit, without waiting; returns how many, or -1 for none. */
int take_in(struct inbox *inbox, int socket);
/* Opens what can be opened here, up to the first datagram that is Python's, `next`. Returns twice how many arrivals
   there are now, and 1 more if there is such a datagram. */
int open_next(struct inbox *inbox, const struct table *table);

/* Answers a check; 0, and nothing is done, if it is Python's. */
int answered(const struct inbox *inbox, const struct sender *sender, unsigned char *datagram, uint32_t size,
             const void *name, uint32_t name_size);
/* Tells whether a check is for somebody here and made with the password; what is not is nobody's. It is written to, and
   left as it was. */
int is_genuine(const struct inbox *inbox, unsigned char *datagram, uint32_t size);
/* Opens a compound of RTCP and lets it wait for Python, if it says anything new; 0 if that is Python's too. */
int reported(struct inbox *inbox, struct sender *sender, unsigned char *packet, uint32_t size);

/* Puts a packet into its slot and lets it wait; `begins` is where its primary part does. 0 if there is no room. */
int keep(struct stream *stream, const unsigned char *payload, uint32_t size, uint32_t begins,
         const struct packet *header);
/* Takes the next packet of a stream; 0, and nothing is done, for any other, and for one that needs a closer look. */
int streamed(struct stream *stream, const unsigned char *payload, uint32_t size, uint8_t kind,
             const struct packet *header, double now);
/* Gives what waits of the streams that are ready to their crowds. Returns 1 where the kernel refuses a message: send,
   and call again; 0 at the end, when the first `left` of `ready_numbers` are Python's to forward. */
int forward_ready(struct inbox *inbox, struct waiting *waiting, void *protect);

/* A socket of media: whose the addresses at it are, what takes its datagrams, and what sends. */
struct port {
    int socket;
    struct table *table;
    struct inbox *inbox;
    struct waiting *waiting;
};

/* What the event loop waits for. */
struct watch {
    int epoll;
    uint32_t count, others; /* ports; what else is ready */
    uint64_t turns; /* in which nothing was Python's */
    void *protect; /* libsrtp's srtp_protect */
    struct port ports[MOST_PORTS];
};

/* Waits at most so long (for ever if `seconds` is negative), and meanwhile forwards what needs no Python. Returns the
   place of the port with which Python is to go on, -1 for none: something else is ready, or the time is over. */
int watched(struct watch *watch, double seconds);
