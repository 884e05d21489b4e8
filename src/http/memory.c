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
    struct http_host *host;
    uint8_t *cold, *end;
    uint8_t *frame; /* NULL: taken */
    struct room warm[2];
};

enum {
    SELF = (sizeof(struct http_memory) + ALIGN - 1) / ALIGN * ALIGN,
    BLOCK = SELF + HTTP_MEMORY_HEAD + HTTP_MEMORY_WARM + HTTP_MEMORY_COLD
};

_Static_assert(HTTP_MEMORY_WARM >= HTTP_MEMORY_PAGE, "a page ends in there");

/* ---- small pieces, kept by the host ---- */

/* All of one place in host->pieces have room for 16 times it, less 8: what
 * glibc makes of any size, so that none is too large for where it lies. */
enum { STEP = 16, LESS = 8 };

struct http_piece { /* zero behind this */
    struct http_piece *below;
};

static void *take_kept(struct http_host *host, size_t size)
{
    size_t at = (size + LESS + STEP - 1) / STEP;
    struct http_piece *piece;

    if (at >= HTTP_PIECES || !(piece = host->pieces[at]))
        return NULL;
    host->pieces[at] = piece->below;
    host->pieces_bytes -= at * STEP;
    piece->below = NULL;
    return piece;
}

/* Law 3, and keep it unless it is large or much is kept already. */
static void keep(struct http_host *host, struct http_piece *piece)
{
    size_t size = wipe_whole(piece), at = (size + LESS) / STEP;

    if (size < sizeof *piece || at >= HTTP_PIECES ||
        host->pieces_bytes + at * STEP > HTTP_MEMORY_KEPT) { /* Law 4 */
        free(piece);
        return;
    }
    host->pieces_bytes += at * STEP;
    piece->below = host->pieces[at];
    host->pieces[at] = piece;
}

void http_memory_host_close(struct http_host *host)
{
    for (size_t at = 0; at < HTTP_PIECES; at++)
        while (host->pieces[at])
            free(take_kept(host, at * STEP - LESS));
}

/* ---- the block of a session ---- */

struct http_memory *http_memory_new(struct http_host *host)
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
    const struct http_memory *memory = of;
    void *piece = take_here(of, size);

    if (!piece)
        piece = take_kept(memory->host, size);
    return piece ? piece : malloc(size);
}

static void give(void *piece, void *of)
{
    const struct http_memory *memory = of;

    if (piece && !is_here(memory, piece)) /* Law 2 */
        keep(memory->host, piece);
}

static void *take_clean(size_t count, size_t size, void *of)
{
    const struct http_memory *memory = of;
    void *piece = NULL;

    if (count == 0 || size == 0)
        count = size = 1;
    if (count <= HTTP_MEMORY_WARM / size) {
        piece = take_here(of, count * size);
        if (piece)
            return memset(piece, 0, count * size);
        piece = take_kept(memory->host, count * size);
    }
    return piece ? piece : calloc(count, size);
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
