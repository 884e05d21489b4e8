/* base/wipe -- forget a secret: zeros that the compiler may not leave out. */
#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>

static inline void wipe(void *bytes, size_t size)
{
    volatile unsigned char *byte = bytes;

    for (size_t i = 0; i < size; i++)
        byte[i] = 0;
}

#endif
