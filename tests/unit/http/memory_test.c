#include "http/memory.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { PIECES = 60, STEPS = 400, SEEDS = 60, FRAME = 16394 };

struct piece {
    uint8_t *bytes; /* NULL: none */
    size_t size;
    uint8_t mark;
};

static uint8_t *cold;
static size_t cold_size;

static int forgotten;

static void forget(void *bytes, size_t size)
{
    cold = bytes;
    cold_size = size;
    forgotten++;
    memset(bytes, 0, size);
}

static bool is_all(const struct piece *piece, size_t size, uint8_t mark)
{
    for (size_t i = 0; i < size; i++)
        if (piece->bytes[i] != mark)
            return false;
    return true;
}

/* Sizes as nghttp2's: many small, some tables, one frame or none. */
static size_t some_size(uint64_t *seed)
{
    switch (chance_below(seed, 12)) {
    case 0:
        return FRAME;
    case 1:
        return 4096;
    case 2:
        return 1024 + chance_below(seed, 2048);
    default:
        return 1 + chance_below(seed, 200);
    }
}

static void take_one(nghttp2_mem *mem, struct piece *piece, uint64_t *seed)
{
    void *user = mem->mem_user_data;
    size_t size = some_size(seed), kept = 0;
    uint8_t mark = (uint8_t)chance_below(seed, 256);

    if (piece->bytes) { /* give it back, or have more */
        CHECK(is_all(piece, piece->size, piece->mark)); /* Law 1 */
        if (chance_below(seed, 2)) {
            mem->free(piece->bytes, user);
            piece->bytes = NULL;
            return;
        }
        kept = piece->size < size ? piece->size : size;
        piece->bytes = mem->realloc(piece->bytes, size, user);
        CHECK(piece->bytes && is_all(piece, kept, piece->mark));
    } else if (chance_below(seed, 2)) {
        piece->bytes = mem->malloc(size, user);
    } else {
        piece->bytes = mem->calloc(size, 1, user);
        CHECK(piece->bytes && is_all(piece, size, 0));
    }
    CHECK((uintptr_t)piece->bytes % _Alignof(max_align_t) == 0); /* Law 1 */
    piece->size = size;
    piece->mark = mark;
    memset(piece->bytes, mark, size);
}

static void random_history(uint64_t seed)
{
    static struct piece piece[PIECES];
    struct http_host host = {.forget = forget};
    struct http_memory *memory = http_memory_new(&host);
    nghttp2_mem mem = http_memory_of(memory);

    CHECK(memory);
    memset(piece, 0, sizeof piece);
    for (int step = 0; step < STEPS; step++)
        take_one(&mem, &piece[chance_below(&seed, PIECES)], &seed);
    for (int i = 0; i < PIECES; i++) {
        if (piece[i].bytes)
            CHECK(is_all(&piece[i], piece[i].size, piece[i].mark)); /* Law 1 */
        mem.free(piece[i].bytes, mem.mem_user_data);
    }
    http_memory_free(memory); /* Law 2: a checker of leaks looks on */
    http_memory_host_close(&host);
    CHECK(host.pieces_bytes == 0);
}

/* Law 3: what was kept goes out again as zeros. */
static void reused(nghttp2_mem *mem, struct piece *piece, int pieces,
                   size_t size)
{
    void *user = mem->mem_user_data;

    fail_malloc_start(0);
    for (int i = 0; i < pieces; i++) {
        piece[i].bytes = mem->malloc(size - (size_t)i % 8, user);
        CHECK(is_all(&piece[i], size - (size_t)i % 8, 0));
    }
    CHECK(fail_malloc_seen() == 0);
    (void)fail_malloc_stop();
    for (int i = 0; i < pieces; i++)
        mem->free(piece[i].bytes, user);
}

/* Law 4: what is kept is not much; what is not kept, a sanitizer watches. */
static void kept(size_t size)
{
    enum { MANY = 40000, AGAIN = 500 };
    static struct piece piece[MANY];
    struct http_host host = {.forget = forget};
    struct http_memory *memory = http_memory_new(&host);
    nghttp2_mem mem = http_memory_of(memory);

    for (int i = 0; i < MANY; i++) {
        piece[i].bytes = mem.malloc(size, memory);
        CHECK(piece[i].bytes);
        memset(piece[i].bytes, 9, size);
    }
    for (int i = 0; i < MANY; i++)
        mem.free(piece[i].bytes, memory);
    CHECK(host.pieces_bytes <= HTTP_MEMORY_KEPT);
    CHECK(host.pieces_bytes + 2 * size > HTTP_MEMORY_KEPT);
#ifdef __SANITIZE_ADDRESS__
    CHECK(__asan_address_is_poisoned(piece[AGAIN].bytes)); /* not the block's */
#endif
    if (HTTP_MEMORY_KEPT > 0)
        reused(&mem, piece, AGAIN, size);
    http_memory_free(memory);
    http_memory_host_close(&host);
    CHECK(host.pieces_bytes == 0);
}

/* What a session of nghttp2's takes at its birth, wherever the block lies:
 * its own state and the frame need no more than the block, and of the frame
 * all but the head lies on pages that nobody wrote to. */
static void frame_lies_across(size_t before)
{
    struct http_host host = {.forget = forget};
    void *shift = malloc(before);
    struct http_memory *memory = http_memory_new(&host);
    nghttp2_mem mem = http_memory_of(memory);
    uint8_t *state, *frame;

    CHECK(shift && memory);
    CHECK((uintptr_t)cold % HTTP_MEMORY_PAGE == 0);
    CHECK(cold_size == HTTP_MEMORY_COLD);
    fail_malloc_start(0);
    state = mem.calloc(1, HTTP_MEMORY_WARM / 2, memory);
    frame = mem.malloc(FRAME, memory);
    CHECK(fail_malloc_seen() == 0);
    (void)fail_malloc_stop();
    CHECK(frame + HTTP_MEMORY_HEAD == cold);
    CHECK(state && frame);
    memset(state, 1, HTTP_MEMORY_WARM / 2);
    memset(frame, 2, HTTP_MEMORY_HEAD);
    CHECK(is_all(&(struct piece){.bytes = cold}, cold_size, 0));
    memset(frame, 3, FRAME);
    CHECK(state[0] == 1 && state[HTTP_MEMORY_WARM / 2 - 1] == 1); /* Law 1 */
    mem.free(state, memory);
    mem.free(frame, memory);
    CHECK(state[0] == 1 && cold[0] == 3); /* Law 2 */
    forgotten = 0;
    http_memory_free(memory);
    CHECK(forgotten == 1); /* Law 3 */
    http_memory_host_close(&host);
    free(shift);
}

static void without_memory(void)
{
    struct http_host host = {0};
    struct http_memory *memory;
    nghttp2_mem mem;
    uint8_t *piece;

    fail_malloc_start(1);
    CHECK(!http_memory_new(&host));
    CHECK(fail_malloc_stop());
    http_memory_free(NULL);
    memory = http_memory_new(&host);
    CHECK(memory);
    mem = http_memory_of(memory);
    piece = mem.malloc(64, memory);
    CHECK(piece);
    memset(piece, 7, 64);
    fail_malloc_start(1);
    CHECK(!mem.realloc(piece, 128, memory));
    CHECK(fail_malloc_stop());
    CHECK(piece[0] == 7 && piece[63] == 7); /* as it was */
    fail_malloc_start(1);                   /* longer than the frame may be */
    CHECK(!mem.malloc(HTTP_MEMORY_HEAD + HTTP_MEMORY_COLD + 1, memory));
    CHECK(fail_malloc_stop());
    fail_malloc_start(1);
    CHECK(!mem.malloc(HTTP_MEMORY_WARM + 1, memory));
    CHECK(fail_malloc_stop());
    fail_malloc_start(1); /* calloc() looks whether the product is a size */
    CHECK(!mem.calloc(SIZE_MAX / 2 + 1, 2, memory));
    CHECK(fail_malloc_stop());
    http_memory_free(memory);
    http_memory_host_close(&host);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        random_history(seed);
    kept(40);
    kept(200);
    for (size_t before = 16; before < 2 * HTTP_MEMORY_PAGE; before += 80)
        frame_lies_across(before);
    without_memory();
    return check_report("http/memory");
}
