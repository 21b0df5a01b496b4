/* Numbers in network order. */

#ifndef SIGNALING_BYTES_H
#define SIGNALING_BYTES_H

#include <stdint.h>

static inline uint32_t get16(const unsigned char *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t get32(const unsigned char *at)
{
    return get16(at) << 16 | get16(at + 2);
}

static inline void put16(unsigned char *at, uint32_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static inline void put32(unsigned char *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

#endif
