#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>

size_t wipe_whole(void *piece)
{
    size_t size = malloc_usable_size(piece);

    wipe(piece, size);
    return size;
}

void wipe_free(void *piece)
{
    (void)wipe_whole(piece);
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
