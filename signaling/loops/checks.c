/* A check that only says "still here" is answered here: it comes along the path that its client has nominated, and is
 * made with our present password (RFC 8445 7.3, RFC 7675). Any other that is made with a password of ours is Python's:
 * `stun.py` reads the same, `consent.py` decides; tests compare the two. Strangers' are dropped, for they may send as many
 * as they like. Nothing is allocated; the digest is OpenSSL's. */

#define _GNU_SOURCE
#include <math.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "bytes.h"
#include "structures.h"

enum {
    HEADER = 20,
    COOKIE = 0x2112a442,
    BINDING_SUCCESS = 0x0101,
    USERNAME = 0x0006,
    MESSAGE_INTEGRITY = 0x0008,
    XOR_MAPPED_ADDRESS = 0x0020,
    USE_CANDIDATE = 0x0025,
    FINGERPRINT = 0x8028,
    INTEGRITY_SIZE = 24, /* with its attribute header */
    FINGERPRINT_SIZE = 8,
    DIGEST = 20,
    MOST_ATTRIBUTES = 24,
    LARGEST_CHECK = 512,
    LARGEST_ANSWER = HEADER + 24 + INTEGRITY_SIZE + FINGERPRINT_SIZE
};

static const uint32_t FINGERPRINT_XOR = 0x5354554e, CRC_POLYNOMIAL = 0xedb88320;

typedef unsigned char *(*hmac_function)(const void *kind, const void *key, int key_size, const unsigned char *message,
                                        size_t size, unsigned char *digest, unsigned *digest_size);

/* CRC-32 (ITU-T V.42), bit by bit: a check is short. */
static uint32_t fingerprint(const unsigned char *message, uint32_t size)
{
    uint32_t crc = ~0u;

    for (uint32_t each = 0; each < size; each++) {
        crc ^= message[each];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
    }
    return ~crc ^ FINGERPRINT_XOR;
}

/* Makes MESSAGE-INTEGRITY of the first `size` bytes of a message, whose header then counts it (RFC 8489 14.5). */
static int integrity(const struct inbox *inbox, const struct credentials *ours, unsigned char *message, uint32_t size,
                     unsigned char *digest)
{
    put16(message + 2, size - HEADER + INTEGRITY_SIZE);
    return ((hmac_function)(uintptr_t)inbox->hmac)(inbox->sha1, ours->password, ours->password_size, message, size,
                                                   digest, NULL) != NULL;
}

/* Tells whether the integrity that stands behind the first `signed_size` bytes was made with our password. */
static int authentic(const struct inbox *inbox, const struct credentials *ours, unsigned char *datagram,
                     uint32_t signed_size)
{
    unsigned char digest[64], difference = 0;
    const unsigned char *told = datagram + signed_size + 4;
    uint32_t length = get16(datagram + 2);
    int made = integrity(inbox, ours, datagram, signed_size, digest);

    put16(datagram + 2, length);
    if (!made)
        return 0;
    for (int each = 0; each < DIGEST; each++) /* takes as long for every guess */
        difference |= (unsigned char)(digest[each] ^ told[each]);
    return !difference;
}

/* What counts of a check. */
struct check {
    uint32_t signed_size; /* bytes before MESSAGE-INTEGRITY */
    int named, nominates;
};

/* Tells whether a USERNAME is for the present ufrag; only ASCII is understood here. */
static int is_for(const struct credentials *ours, const unsigned char *name, uint32_t size)
{
    for (uint32_t each = 0; each < size; each++)
        if (name[each] & 0x80)
            return 0;
    return size > ours->ufrag_size && name[ours->ufrag_size] == ':' && !memcmp(name, ours->ufrag, ours->ufrag_size);
}

/* Reads the attributes: name, integrity and, as the last, the fingerprint, each once; 0 for anything else. */
static int read_check(const struct credentials *ours, const unsigned char *datagram, uint32_t size, struct check *check)
{
    uint32_t at = HEADER, count = 0, last = 0;

    *check = (struct check){0, 0, 0};
    for (; at + 4 <= size && count < MOST_ATTRIBUTES && last != FINGERPRINT; count++) {
        uint32_t kind = get16(datagram + at), length = get16(datagram + at + 2);
        if (at + 4 + length > size)
            return 0;
        if (kind == USERNAME) {
            if (check->named++ || check->signed_size || !is_for(ours, datagram + at + 4, length))
                return 0;
        } else if (kind == USE_CANDIDATE && !check->signed_size) {
            check->nominates = 1;
        } else if (kind == MESSAGE_INTEGRITY) {
            if (check->signed_size || length != DIGEST)
                return 0;
            check->signed_size = at;
        } else if (kind == FINGERPRINT && length != FINGERPRINT_SIZE - 4) {
            return 0;
        }
        last = kind;
        at += 4 + length + (-length & 3);
    }
    return at == size && last == FINGERPRINT && check->named && check->signed_size &&
           get32(datagram + size - 4) == fingerprint(datagram, size - FINGERPRINT_SIZE);
}

/* Writes XOR-MAPPED-ADDRESS (RFC 8489 14.2); returns its size, 0 for an address of another kind. */
static uint32_t mapped(unsigned char *to, const unsigned char *transaction, const unsigned char *name, uint32_t size)
{
    uint16_t family;
    uint32_t length = 4, address_at = 4; /* sockaddr_in; sockaddr_in6 has the flow between */

    memcpy(&family, name, sizeof family);
    if (family == AF_INET6) {
        length = 16;
        address_at = 8;
    } else if (family != AF_INET) {
        return 0;
    }
    if (size < address_at + length)
        return 0;
    put16(to, XOR_MAPPED_ADDRESS);
    put16(to + 2, 4 + length);
    put16(to + 4, family == AF_INET ? 1 : 2);
    put16(to + 6, get16(name + 2) ^ COOKIE >> 16);
    for (uint32_t each = 0; each < length; each++)
        to[8 + each] = (unsigned char)(name[address_at + each] ^
                                       (each < 4 ? COOKIE >> (24 - 8 * each) & 0xff : transaction[each - 4]));
    return 8 + length;
}

/* Writes the answer to a check; returns its size, 0 if there is none. */
static uint32_t answer(const struct inbox *inbox, const struct consent *consent, const unsigned char *datagram,
                       unsigned char *to)
{
    uint32_t size = HEADER, more;
    unsigned char digest[64];

    put16(to, BINDING_SUCCESS);
    memcpy(to + 4, datagram + 4, HEADER - 4);
    more = mapped(to + HEADER, datagram + 8, consent->way, consent->way_size);
    size += more;
    if (!more || !integrity(inbox, consent->present, to, size, digest))
        return 0;
    put16(to + size, MESSAGE_INTEGRITY);
    put16(to + size + 2, DIGEST);
    memcpy(to + size + 4, digest, DIGEST);
    size += INTEGRITY_SIZE;
    put16(to + 2, size + FINGERPRINT_SIZE - HEADER);
    put16(to + size, FINGERPRINT);
    put16(to + size + 2, 4);
    put32(to + size + 4, fingerprint(to, size));
    return size + FINGERPRINT_SIZE;
}

int answered(const struct inbox *inbox, const struct sender *sender, unsigned char *datagram, uint32_t size,
             const void *name, uint32_t name_size)
{
    struct consent *consent = sender->consent;
    unsigned char packet[LARGEST_ANSWER];
    struct check check;

    if (!inbox->hmac || !consent || !consent->present || !consent->nominated || consent->socket != inbox->socket ||
        consent->way_size != name_size || memcmp(consent->way, name, name_size) || size > LARGEST_CHECK ||
        !read_check(consent->present, datagram, size, &check) ||
        !authentic(inbox, consent->present, datagram, check.signed_size) ||
        !(size = answer(inbox, consent, datagram, packet)))
        return 0;
    consent->heard_at = inbox->now;
    consent->checked_at = check.nominates ? (double)INFINITY : inbox->now;
    sendto(inbox->socket, packet, size, MSG_DONTWAIT, name, name_size); /* what finds no room is lost, as anywhere */
    return 1;
}

/* The credentials for which a USERNAME asks, NULL if they are not ours. */
static const struct credentials *named(const struct table *ufrags, const unsigned char *name, uint32_t size)
{
    const unsigned char *colon = memchr(name, ':', size);
    const struct place *place;

    size = colon ? (uint32_t)(colon - name) : size;
    if (!size || size > NAME_SIZE)
        return NULL;
    place = place_of(ufrags, name, size);
    return place->size ? place->owner : NULL;
}

int is_genuine(const struct inbox *inbox, unsigned char *datagram, uint32_t size)
{
    const struct credentials *ours = NULL;

    if (!inbox->ufrags)
        return 1;
    for (uint32_t at = HEADER, count = 0; at + 4 <= size && count < MOST_ATTRIBUTES; count++) {
        uint32_t kind = get16(datagram + at), length = get16(datagram + at + 2);
        if (at + 4 + length > size)
            return 0;
        if (kind == USERNAME && !ours && !(ours = named(inbox->ufrags, datagram + at + 4, length)))
            return 0; /* of two names the first counts (RFC 8489 14) */
        if (kind == MESSAGE_INTEGRITY)
            return ours && length == DIGEST && (!inbox->hmac || authentic(inbox, ours, datagram, at));
        at += 4 + length + (-length & 3);
    }
    return 0;
}
