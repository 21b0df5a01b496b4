/* Whose a name is: tables from addresses to senders, and from our ufrags to their passwords.
 *
 * Nothing is allocated: Python gives the places, and more of them before they are full. */

#include <stdint.h>
#include <string.h>

#include "structures.h"

/* Where to look for a name first. */
static uint32_t home(const struct table *table, const unsigned char *name, uint32_t size)
{
    uint64_t mixed = table->seed;

    for (uint32_t at = 0; at + 4 <= size; at += 4) {
        uint32_t word;
        memcpy(&word, name + at, 4);
        mixed = (mixed ^ word) * 0x9e3779b97f4a7c15u;
        mixed ^= mixed >> 32;
    }
    return (uint32_t)mixed & (table->size - 1);
}

/* The place of a name, or the free one where it would be. */
struct place *place_of(const struct table *table, const void *name, uint32_t size)
{
    uint32_t at = home(table, name, size);

    for (;; at = (at + 1) & (table->size - 1)) {
        struct place *place = table->places + at;
        if (!place->size || (place->size == size && !memcmp(place->name, name, size)))
            return place;
    }
}

/* Frees a place; those behind it that would not be found any more move up. */
static void freed(struct table *table, struct place *place)
{
    uint32_t mask = table->size - 1, hole = (uint32_t)(place - table->places);

    for (uint32_t at = (hole + 1) & mask; table->places[at].size; at = (at + 1) & mask) {
        struct place *next = table->places + at;
        uint32_t wanted = home(table, next->name, next->size);
        if (((at - wanted) & mask) < ((at - hole) & mask))
            continue; /* it stands at or behind its home, which is behind the hole */
        table->places[hole] = *next;
        hole = at;
    }
    table->places[hole].size = 0;
    table->count--;
}

int bind_name(struct table *table, const void *name, uint32_t size, void *owner)
{
    struct place *place;

    if (!size || size > NAME_SIZE)
        return 0;
    place = place_of(table, name, size);
    if (!owner) {
        if (place->size)
            freed(table, place);
        return 1;
    }
    if (!place->size) {
        if (table->count + 1 >= table->size)
            return 0;
        table->count++;
    }
    memset(place->name, 0, NAME_SIZE);
    memcpy(place->name, name, size);
    place->size = size;
    place->owner = owner;
    return 1;
}
