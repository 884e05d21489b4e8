#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { PIECES = 200, SEEDS = 40, BUDGET = 60000 };

struct piece {
    unsigned char *bytes;
    size_t size;
};

static bool intact(const struct piece *piece, unsigned char mark)
{
    for (size_t i = 0; i < piece->size; i++)
        if (piece->bytes[i] != mark)
            return false;
    return true;
}

/* Laws 1 and 2 over a random history: pieces neither move nor overlap, are
 * aligned, and the budget holds to the last byte.  fail_at: 0, or the number
 * of the allocation that fails.  True if it did. */
static bool laws_hold_for(uint64_t seed, size_t fail_at)
{
    static struct piece piece[PIECES];
    size_t n = 0, refused = 0;
    struct arena arena;
    bool failed;

    arena_init(&arena, BUDGET);
    fail_malloc_start(fail_at);
    for (int step = 0; step < PIECES; step++) {
        size_t size = chance_below(&seed, chance_below(&seed, 10) ? 300 : 9000);
        void *bytes = arena_alloc(&arena, size);

        CHECK(arena.taken <= BUDGET); /* Law 1 */
        if (!bytes) {
            refused++;
            continue;
        }
        CHECK((uintptr_t)bytes % _Alignof(max_align_t) == 0); /* Law 2 */
        memset(bytes, (int)(n & 0xff), size);
        piece[n++] = (struct piece){.bytes = bytes, .size = size};
    }
    failed = fail_malloc_stop();
    CHECK(refused > 0);
    CHECK(n > 0);
    for (size_t i = 0; i < n; i++)
        CHECK(intact(&piece[i], (unsigned char)(i & 0xff))); /* Law 2 */
    arena_reset(&arena);
    CHECK(arena.taken == 0);
    CHECK(arena_alloc(&arena, 16) != NULL); /* the budget is back */
    arena_reset(&arena);
    return failed;
}

/* A refused piece changes nothing: what still fits is still given. */
static void refusal_changes_nothing(void)
{
    struct arena arena;

    arena_init(&arena, 10000);
    CHECK(arena_alloc(&arena, 6000) != NULL);
    CHECK(arena_alloc(&arena, 6000) == NULL); /* Law 1 */
    CHECK(arena_alloc(&arena, SIZE_MAX) == NULL);
    CHECK(arena_alloc(&arena, SIZE_MAX / 2) == NULL);
    CHECK(arena_alloc(&arena, 3000) != NULL);
    CHECK(arena.taken <= 10000); /* Law 1 */
    arena_reset(&arena);
}

/* A big piece leaves the half-used chunk below it as it is, and small pieces
 * do not cost a chunk each. */
static void small_pieces_share_chunks(void)
{
    struct arena arena;

    arena_init(&arena, SIZE_MAX);
    fail_malloc_start(0);
    for (int i = 0; i < 100; i++)
        CHECK(arena_alloc(&arena, 16) != NULL);
    CHECK(fail_malloc_seen() == 1);
    arena_reset(&arena);
}

/* Law 1: rewound, it gives what it gave, from the one chunk it kept. */
static void rewinding_keeps_a_chunk(void)
{
    struct arena arena;
    size_t taken;

    arena_init(&arena, 40000);
    arena_rewind(&arena); /* of nothing: harmless */
    for (int i = 0; i < 9; i++)
        CHECK(arena_alloc(&arena, 3000) != NULL);
    arena_rewind(&arena);
    taken = arena.taken;
    CHECK(taken > 3000 && taken < 6000);
    fail_malloc_start(0);
    CHECK(arena_alloc(&arena, 3000) != NULL);
    CHECK(fail_malloc_seen() == 0);
    CHECK(arena.taken == taken);
    for (int i = 0; i < 7; i++)
        CHECK(arena_alloc(&arena, 3000) != NULL);
    CHECK(arena_alloc(&arena, 30000) == NULL); /* Law 1 */
    CHECK(arena.taken <= 40000);
    (void)fail_malloc_stop();
    arena_reset(&arena);
    CHECK(arena.taken == 0);
}

/* Law 4: of what the kept chunk held nothing is left.  What was freed is not
 * looked at: it is not ours any more. */
static void given_back_is_wiped(void)
{
    static const char zeros[1000];
    struct arena arena;
    char *bytes;

    arena_init(&arena, 40000);
    bytes = arena_alloc(&arena, sizeof zeros);
    CHECK(bytes != NULL);
    memset(bytes, 'x', sizeof zeros);
    arena_rewind(&arena);
    CHECK(arena_alloc(&arena, sizeof zeros) == bytes);
    CHECK(memcmp(bytes, zeros, sizeof zeros) == 0);
    arena_reset(&arena);
}

/* Law 3. */
static void closing_is_harmless(void)
{
    struct arena arena = {0};

    CHECK(arena_alloc(&arena, 1) == NULL); /* no budget */
    arena_reset(&arena);
    CHECK(arena.top == NULL);
    arena_init(&arena, 100000);
    CHECK(arena_alloc(&arena, 50000) != NULL);
    arena_reset(&arena);
    CHECK(arena.top == NULL);
    arena_reset(&arena);
    CHECK(arena.taken == 0);
}

int main(void)
{
    size_t fail_at = 1;

    refusal_changes_nothing();
    small_pieces_share_chunks();
    rewinding_keeps_a_chunk();
    given_back_is_wiped();
    closing_is_harmless();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        (void)laws_hold_for(seed, 0);
    while (laws_hold_for(7, fail_at))
        fail_at++;
    CHECK(fail_at > 3);
    return check_report("base/arena");
}
