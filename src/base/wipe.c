#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>

void wipe_free(void *piece)
{
    wipe(piece, malloc_usable_size(piece));
    free(piece);
}

void *wipe_realloc(void *piece, size_t size)
{
    size_t had = malloc_usable_size(piece);
    void *more;

    if (size <= had)
        return piece;
    more = malloc(size);
    if (!more)
        return NULL;
    memcpy(more, piece, had);
    wipe_free(piece);
    return more;
}
