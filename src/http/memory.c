#include "http/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"

enum { ALIGN = alignof(max_align_t) };

struct room {
    uint8_t *at, *end;
};

struct http_memory { /* at the start of its block */
    const struct http_host *host;
    uint8_t *cold, *end;
    uint8_t *frame; /* NULL: taken */
    struct room warm[2];
};

enum {
    SELF = (sizeof(struct http_memory) + ALIGN - 1) / ALIGN * ALIGN,
    BLOCK = SELF + HTTP_MEMORY_HEAD + HTTP_MEMORY_WARM + HTTP_MEMORY_COLD
};

_Static_assert(HTTP_MEMORY_WARM >= HTTP_MEMORY_PAGE, "a page ends in there");

struct http_memory *http_memory_new(const struct http_host *host)
{
    uint8_t *block = malloc(BLOCK), *cold;
    struct http_memory *memory = (void *)block;
    size_t least = SELF + HTTP_MEMORY_HEAD, beyond;

    if (!block)
        return NULL;
    beyond = ((uintptr_t)block + least) % HTTP_MEMORY_PAGE;
    cold = block + least + (beyond > 0 ? HTTP_MEMORY_PAGE - beyond : 0);
    REQUIRE((uintptr_t)cold % HTTP_MEMORY_PAGE == 0);
    REQUIRE(cold + HTTP_MEMORY_COLD <= block + BLOCK);
    *memory = (struct http_memory){
        .host = host,
        .cold = cold,
        .end = block + BLOCK,
        .frame = cold - HTTP_MEMORY_HEAD,
        .warm = {{block + SELF, cold - HTTP_MEMORY_HEAD},
                 {cold + HTTP_MEMORY_COLD, block + BLOCK}}};
    if (host->forget) /* it was somebody else's before */
        host->forget(cold, HTTP_MEMORY_COLD);
    return memory;
}

void http_memory_free(struct http_memory *memory)
{
    uint8_t *block = (void *)memory, *behind;

    if (!memory)
        return;
    behind = memory->cold + HTTP_MEMORY_COLD;
    if (memory->host->forget) /* Law 3 */
        memory->host->forget(memory->cold, HTTP_MEMORY_COLD);
    else
        wipe(memory->cold, HTTP_MEMORY_COLD);
    wipe(behind, (size_t)(memory->end - behind));
    wipe(block, (size_t)(memory->cold - block));
    free(block);
}

/* From the block, or NULL. */
static void *take_here(struct http_memory *memory, size_t size)
{
    size_t whole = (size + ALIGN - 1) / ALIGN * ALIGN; /* Law 1 */
    uint8_t *piece = NULL;

    if (size > HTTP_MEMORY_HEAD + HTTP_MEMORY_COLD)
        return NULL;
    if (size >= HTTP_MEMORY_COLD) {
        piece = memory->frame;
        memory->frame = NULL;
        return piece;
    }
    for (int i = 0; i < 2 && !piece; i++) {
        struct room *room = &memory->warm[i];

        if (whole > (size_t)(room->end - room->at))
            continue;
        piece = room->at;
        room->at += whole;
    }
    return piece;
}

static bool is_here(const struct http_memory *memory, const void *piece)
{
    uintptr_t at = (uintptr_t)piece;

    return at > (uintptr_t)memory && at < (uintptr_t)memory->end;
}

static void *take(size_t size, void *of)
{
    void *piece = take_here(of, size);

    return piece ? piece : malloc(size);
}

static void give(void *piece, void *of)
{
    if (!is_here(of, piece)) /* Law 2 */
        wipe_free(piece);    /* Law 3 */
}

static void *take_clean(size_t count, size_t size, void *of)
{
    void *piece = NULL;

    if (count == 0 || size == 0)
        count = size = 1;
    if (count <= HTTP_MEMORY_WARM / size)
        piece = take_here(of, count * size);
    return piece ? memset(piece, 0, count * size) : calloc(count, size);
}

/* How long the piece was nobody knows: what is behind it is copied along. */
static void *take_more(void *piece, size_t size, void *of)
{
    const struct http_memory *memory = of;
    size_t most;
    void *more;

    if (!piece)
        return take(size, of);
    if (!is_here(memory, piece))
        return wipe_realloc(piece, size);
    more = malloc(size);
    if (!more)
        return NULL;
    most = (uintptr_t)memory->end - (uintptr_t)piece;
    return memcpy(more, piece, size < most ? size : most);
}

nghttp2_mem http_memory_of(struct http_memory *memory)
{
    return (nghttp2_mem){memory, take, give, take_clean, take_more};
}
