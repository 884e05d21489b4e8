/* Law by law, then a random history of many nonces against a model that
 * remembers everything. */
#include "seal/challenge.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

enum { CAP = 8, SLOTS = 16, NOW = 1000000, VALID = SEAL_CHALLENGE_VALID_MS };

static uint8_t key[SEAL_KEY];
static struct seal_challenge_used ring[CAP];
static struct map_slot slot[SLOTS];

static void make(uint8_t *nonce, uint64_t now_ms, uint64_t seed)
{
    uint8_t salt[SEAL_CHALLENGE_SALT];

    fill(salt, sizeof salt, seed);
    seal_challenge_make(nonce, key, now_ms, salt);
}

/* Law 1 */
static void good_for_a_while(void)
{
    uint8_t nonce[SEAL_CHALLENGE], other[SEAL_KEY];

    make(nonce, NOW, 1);
    CHECK(seal_challenge_check(nonce, key, NOW) == ERR_NONE);
    CHECK(seal_challenge_check(nonce, key, NOW - SEAL_CHALLENGE_SKEW_MS) ==
          ERR_NONE);
    CHECK(seal_challenge_check(nonce, key, NOW - SEAL_CHALLENGE_SKEW_MS - 1) ==
          ERR_CHALLENGE);
    CHECK(seal_challenge_check(nonce, key, NOW + VALID - 1) == ERR_NONE);
    CHECK(seal_challenge_check(nonce, key, NOW + VALID) == ERR_CHALLENGE);
    CHECK(seal_challenge_check(nonce, key, UINT64_MAX) == ERR_CHALLENGE);
    CHECK(seal_challenge_check(nonce, key, 0) == ERR_CHALLENGE);
    EACH_BIT(nonce, sizeof nonce,
             CHECK(seal_challenge_check(nonce, key, NOW) == ERR_CHALLENGE));
    fill(other, sizeof other, 99);
    CHECK(seal_challenge_check(nonce, other, NOW) == ERR_CHALLENGE);
    memset(nonce, 0, sizeof nonce);
    CHECK(seal_challenge_check(nonce, key, 0) == ERR_CHALLENGE);
}

/* The time cannot be read off a nonce: two of the same ms share no bytes. */
static void hides_the_time(void)
{
    uint8_t a[SEAL_CHALLENGE], b[SEAL_CHALLENGE], clear[8] = {0x40, 0x42, 0x0f};

    make(a, NOW, 1);
    make(b, NOW, 2);
    CHECK(memcmp(a + 16, b + 16, 8) != 0);
    CHECK(memcmp(a + 16, clear, 8) != 0);
}

/* Law 2 */
static void used_once(void)
{
    struct seal_challenge_book book;
    uint8_t nonce[SEAL_CHALLENGE];

    seal_challenge_book_init(&book, ring, CAP, slot, NOW);
    make(nonce, NOW, 1);
    CHECK(seal_challenge_book_use(&book, nonce, key, NOW) == ERR_NONE);
    CHECK(seal_challenge_book_use(&book, nonce, key, NOW) == ERR_CHALLENGE);
    CHECK(seal_challenge_book_use(&book, nonce, key, NOW + VALID - 1) ==
          ERR_CHALLENGE);
    make(nonce, NOW - 1, 2);
    CHECK(seal_challenge_check(nonce, key, NOW) == ERR_NONE);
    CHECK(seal_challenge_book_use(&book, nonce, key, NOW) == ERR_CHALLENGE);
}

/* Law 2, on the edge of forgetting: a thread whose clock is behind. */
static void forgets_late_enough(void)
{
    struct seal_challenge_book book;
    uint8_t a[SEAL_CHALLENGE], b[SEAL_CHALLENGE];

    seal_challenge_book_init(&book, ring, CAP, slot, NOW);
    make(a, NOW, 1);
    CHECK(seal_challenge_book_use(&book, a, key, NOW) == ERR_NONE);
    make(b, NOW + VALID, 2);
    CHECK(seal_challenge_book_use(&book, b, key, NOW + VALID + 500) ==
          ERR_NONE);
    CHECK(seal_challenge_book_use(&book, a, key, NOW + VALID - 1) ==
          ERR_CHALLENGE);
}

/* Laws 2 and 3: whoever fills the book, also many times over, a nonce of now
 * is taken, none twice, and none as old as what was forgotten. */
static void full_forgets(void)
{
    enum { ALL = 5 * CAP };
    struct seal_challenge_book book;
    uint8_t nonce[ALL][SEAL_CHALLENGE], old[SEAL_CHALLENGE];
    uint64_t now_ms = NOW;

    seal_challenge_book_init(&book, ring, CAP, slot, NOW);
    for (uint64_t i = 0; i < ALL; i++, now_ms++) {
        make(nonce[i], now_ms, i);
        CHECK(seal_challenge_book_use(&book, nonce[i], key, now_ms) ==
              ERR_NONE);
        CHECK(book.map.size <= CAP);
    }
    for (uint64_t i = 0; i < ALL; i++) {
        CHECK(seal_challenge_check(nonce[i], key, now_ms) == ERR_NONE);
        CHECK(seal_challenge_book_use(&book, nonce[i], key, now_ms) ==
              ERR_CHALLENGE);
    }
    make(old, NOW + ALL - CAP - 1, ALL); /* as old as the last forgotten */
    CHECK(seal_challenge_book_use(&book, old, key, now_ms) == ERR_CHALLENGE);
    make(old, NOW + ALL - CAP, ALL);
    CHECK(seal_challenge_book_use(&book, old, key, now_ms) == ERR_NONE);
}

struct known {
    uint8_t nonce[SEAL_CHALLENGE];
    uint64_t made_ms, used_ms;
};

/* What a book must do, with all that was ever used in a row. */
struct model {
    uint64_t made_ms[4096], since_ms;
    uint32_t first, end; /* of those it still knows */
};

static void model_use(struct model *model, uint64_t made_ms, uint64_t now_ms)
{
    while (model->first < model->end &&
           model->made_ms[model->first] + VALID + SEAL_CHALLENGE_SKEW_MS <=
               now_ms)
        model->first++;
    if (model->end - model->first == CAP) {
        if (model->made_ms[model->first] >= model->since_ms)
            model->since_ms = model->made_ms[model->first] + 1;
        model->first++;
    }
    model->made_ms[model->end++] = made_ms;
}

/* Laws 1, 2, 3 in a random history. */
static void laws_hold_for(uint64_t seed)
{
    enum { NONCES = 64, STEPS = 2000 };
    static struct known known[NONCES];
    static struct model model;
    struct seal_challenge_book book;
    uint64_t now_ms = NOW;

    memset(known, 0, sizeof known);
    memset(&model, 0, sizeof model);
    seal_challenge_book_init(&book, ring, CAP, slot, NOW);
    for (int step = 0; step < STEPS; step++) {
        struct known *k = &known[chance_below(&seed, NONCES)];
        bool old;
        enum err err;

        now_ms += chance_below(&seed, 2000);
        old = k->made_ms + VALID <= now_ms;
        if (k->made_ms == 0 || (old && chance_below(&seed, 2))) {
            k->made_ms = now_ms;
            k->used_ms = 0;
            make(k->nonce, now_ms, chance_next(&seed));
            if (chance_below(&seed, 2))
                continue; /* else used in the same ms */
            old = false;
        }
        err = seal_challenge_book_use(&book, k->nonce, key, now_ms);
        if (old || k->used_ms || k->made_ms < model.since_ms)
            CHECK(err == ERR_CHALLENGE);
        else
            CHECK(err == ERR_NONE);
        CHECK(err == ERR_NONE || k->used_ms || k->made_ms < now_ms); /* Law 3 */
        if (!err) {
            k->used_ms = now_ms;
            model_use(&model, k->made_ms, now_ms);
        }
        CHECK(book.map.size <= CAP);
    }
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    CHECK(map_slots_for(CAP) == SLOTS);
    fill(key, sizeof key, 5);
    good_for_a_while();
    hides_the_time();
    used_once();
    forgets_late_enough();
    full_forgets();
    for (uint64_t seed = 1; seed <= 20; seed++)
        laws_hold_for(seed);
    return check_report("seal/challenge");
}
