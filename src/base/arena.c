#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"

enum { CHUNK = 4096 };

struct arena_chunk {
    struct arena_chunk *below;
    size_t size, used; /* of data[], in bytes */
    max_align_t data[];
};

void arena_init(struct arena *arena, size_t budget)
{
    *arena = (struct arena){.budget = budget};
}

static struct arena_chunk *grow(struct arena *arena, size_t size)
{
    size_t room = CHUNK - sizeof(struct arena_chunk);
    size_t whole;
    struct arena_chunk *chunk;

    if (size > room)
        room = size;
    whole = sizeof *chunk + room;
    if (whole > arena->budget - arena->taken) { /* Law 1 */
        whole = sizeof *chunk + size;
        if (whole > arena->budget - arena->taken)
            return NULL;
    }
    chunk = malloc(whole);
    if (!chunk)
        return NULL;
    chunk->below = arena->top;
    chunk->size = whole - sizeof *chunk;
    chunk->used = 0;
    arena->top = chunk;
    arena->taken += whole;
    REQUIRE(arena->taken <= arena->budget);
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = arena->top;
    const size_t align = _Alignof(max_align_t);
    void *piece;

    if (size > SIZE_MAX / 2 - CHUNK)
        return NULL;
    size = (size + align - 1) / align * align; /* Law 2 */
    if (!chunk || chunk->size - chunk->used < size)
        chunk = grow(arena, size);
    if (!chunk)
        return NULL;
    piece = (char *)chunk->data + chunk->used;
    chunk->used += size;
    return piece;
}

void arena_reset(struct arena *arena)
{
    while (arena->top) { /* Law 3 */
        struct arena_chunk *below = arena->top->below;

        wipe(arena->top->data, arena->top->used); /* Law 4 */
        free(arena->top);
        arena->top = below;
    }
    arena->taken = 0;
}

void arena_rewind(struct arena *arena)
{
    struct arena_chunk *kept = arena->top;

    if (!kept)
        return;
    arena->top = kept->below;
    arena_reset(arena);
    wipe(kept->data, kept->used); /* Law 4 */
    kept->below = NULL;
    kept->used = 0;
    arena->top = kept;
    arena->taken = sizeof *kept + kept->size;
}
