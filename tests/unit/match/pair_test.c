/* The table of pairs against a plain list. */
#include "match/pair.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "match/timer.h"

enum { CAP = 40, SLOTS = 64, PEOPLE = 6, STEPS = 3000, SEEDS = 10 };

static struct match_pair_slot slot[CAP];
static struct map_slot head[SLOTS];
static uint32_t named[SLOTS];

static void begin(struct match_pairs *pairs)
{
    memset(named, 0, sizeof named);
    match_pair_init(pairs, slot, CAP, head, named, SLOTS);
}

static struct match_pair_row row_of(enum match_pair_kind kind, uint64_t a,
                                    uint64_t b, uint64_t ticket,
                                    uint64_t until_ms)
{
    return (struct match_pair_row){
        .kind = kind, .a = a, .b = b, .ticket = ticket, .until_ms = until_ms};
}

static void put(struct match_pairs *pairs, struct match_pair_row row)
{
    CHECK(match_pair_put(pairs, &row, 1, 1000) == ERR_NONE);
}

static bool forbids(const struct match_pairs *pairs, uint64_t seeker,
                    uint64_t peer, uint64_t ticket, uint64_t now_ms)
{
    return match_pair_until_ms(pairs, seeker, peer, ticket, now_ms) != 0;
}

/* Law 2, and who is meant by what. */
static void meaning(void)
{
    struct match_pairs pairs;

    begin(&pairs);
    CHECK(!forbids(&pairs, 1, 2, 9, 0));
    put(&pairs, row_of(PAIR_RESTS, 1, 2, 0, 100));
    CHECK(forbids(&pairs, 1, 2, 9, 99));
    CHECK(forbids(&pairs, 2, 1, 9, 99));
    CHECK(match_pair_until_ms(&pairs, 2, 1, 9, 99) == 100);
    CHECK(!forbids(&pairs, 2, 1, 9, 100)); /* not at the end */
    CHECK(!forbids(&pairs, 1, 3, 9, 0));
    put(&pairs, row_of(PAIR_BOND, 1, 2, 0, 0));
    CHECK(!forbids(&pairs, 1, 2, 9, 50)); /* Law 2 */
    put(&pairs, row_of(PAIR_TICKET, 1, 2, 9, 0));
    CHECK(forbids(&pairs, 1, 2, 9, 50)); /* bond or not */
    CHECK(!forbids(&pairs, 1, 2, 8, 50));
    CHECK(match_pair_until_ms(&pairs, 1, 2, 9, 50) == MATCH_NEVER);
    put(&pairs, row_of(PAIR_BLOCK, 2, 1, 0, 0));
    CHECK(forbids(&pairs, 1, 2, 8, 500)); /* never a block */
    struct match_pair_row gone = row_of(PAIR_BLOCK, 1, 2, 0, 0);

    gone.gone = true;
    put(&pairs, gone); /* the other way round: not this block */
    CHECK(forbids(&pairs, 1, 2, 8, 500));
    gone.a = 2;
    gone.b = 1;
    put(&pairs, gone);
    CHECK(!forbids(&pairs, 1, 2, 8, 500));
}

/* A row of an older result never replaces a newer one. */
static void ages(void)
{
    struct match_pairs pairs;
    struct match_pair_row block = row_of(PAIR_BLOCK, 1, 2, 0, 0);
    struct match_pair_row gone = block;

    gone.gone = true;
    begin(&pairs);
    CHECK(match_pair_put(&pairs, &gone, 8, 0) == ERR_NONE);
    CHECK(match_pair_put(&pairs, &block, 7, 0) == ERR_NONE);
    CHECK(!forbids(&pairs, 1, 2, 0, 0));
    CHECK(match_pair_put(&pairs, &block, 9, 0) == ERR_NONE);
    CHECK(forbids(&pairs, 1, 2, 0, 0));
}

static bool same(const struct match_pair_row *a, const struct match_pair_row *b)
{
    bool pair =
        (a->a == b->a && a->b == b->b) || (a->a == b->b && a->b == b->a);

    return a->kind == b->kind && pair &&
           (a->kind != PAIR_BLOCK || a->a == b->a) &&
           (a->kind != PAIR_TICKET || a->ticket == b->ticket);
}

static bool slow(const struct match_pair_row *model, uint32_t n,
                 uint64_t seeker, uint64_t peer, uint64_t ticket,
                 uint64_t now_ms)
{
    bool rests = false, bond = false;

    for (uint32_t i = 0; i < n; i++) {
        const struct match_pair_row *row = &model[i];

        if (row->gone || !((row->a == seeker && row->b == peer) ||
                           (row->b == seeker && row->a == peer)))
            continue;
        if (row->kind == PAIR_BLOCK ||
            (row->kind == PAIR_TICKET && row->ticket == ticket))
            return true;
        rests |= row->kind == PAIR_RESTS && now_ms < row->until_ms;
        bond |= row->kind == PAIR_BOND;
    }
    return rests && !bond;
}

/* Law 3. */
static void check_named(const struct match_pairs *pairs)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < SLOTS; i++)
        sum += pairs->named[i];
    CHECK(sum == 2 * pairs->n);
}

/* Law 1, a full table and removals, through a random history. */
static void history(uint64_t seed)
{
    struct match_pairs pairs;
    struct match_pair_row model[CAP];
    uint32_t n = 0;

    begin(&pairs);
    for (uint64_t step = 0; step < STEPS; step++) {
        uint64_t a = 1 + chance_below(&seed, PEOPLE);
        uint64_t b = 1 + chance_below(&seed, PEOPLE);
        uint64_t ticket = 1 + chance_below(&seed, 3);
        enum match_pair_kind kind =
            (enum match_pair_kind)chance_below(&seed, PAIR_KINDS);
        struct match_pair_row row =
            row_of(kind, a, b, kind == PAIR_TICKET ? ticket : 0,
                   kind == PAIR_RESTS ? chance_below(&seed, 100) : 0);
        uint32_t at = 0;

        if (a == b)
            continue;
        row.gone = chance_below(&seed, 4) == 0;
        while (at < n && !same(&model[at], &row))
            at++;
        if (match_pair_put(&pairs, &row, step, step) == ERR_FULL) {
            CHECK(n == CAP && at == n);
        } else {
            if (at == n)
                n++;
            model[at] = row;
        }
        if (chance_below(&seed, 3) == 0) {
            uint32_t out = (uint32_t)chance_below(&seed, pairs.used);

            for (uint32_t i = 0; i < n && pairs.slot[out].row.a != 0; i++)
                if (same(&model[i], &pairs.slot[out].row)) {
                    model[i] = model[--n];
                    match_pair_remove(&pairs, out);
                    break;
                }
        }
        CHECK(pairs.n == n); /* Law 1 */
        check_named(&pairs);
        CHECK(forbids(&pairs, a, b, ticket, 50) ==
              slow(model, n, a, b, ticket, 50));
    }
}

int main(void)
{
    meaning();
    ages();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        history(seed);
    return check_report("match/pair");
}
