/* Law by law, then a random history against a model that forgets nothing. */
#include "seal/revoked.h"

#include <string.h>

#include "seal.h"

enum {
    SETS = 4,
    EACH = SEAL_REVOKED_EACH,
    SKEW = SEAL_REVOKED_SKEW_MS,
    NOW = 5000000,
    LIFE = SEAL_TOKEN_LIFE_MS
};

static struct seal_revoked_set set[SETS];

static void begin(struct seal_revoked *revoked)
{
    memset(set, 0, sizeof set);
    seal_revoked_init(revoked, set, SETS);
}

/* Done at once, as it is said. */
static void add(struct seal_revoked *revoked, uint64_t member,
                uint32_t generation, uint64_t now_ms)
{
    seal_revoked_add(revoked, member, generation, now_ms, now_ms);
}

static bool has(const struct seal_revoked *revoked, uint64_t member,
                uint32_t generation, uint64_t since_ms)
{
    const struct seal_token token = {
        .member = member, .generation = generation, .since_ms = since_ms};

    return seal_revoked_has(revoked, &token);
}

/* The i-th member, from 1, of the set that member 1 is in. */
static uint64_t mate(uint64_t i)
{
    return 1 + (i - 1) * SETS;
}

/* Law 1 */
static void older_generations(void)
{
    struct seal_revoked r = {0};

    CHECK(!has(&r, 7, 0, NOW));
    begin(&r);
    CHECK(!has(&r, 7, 0, 0));
    add(&r, 7, 2, NOW);
    CHECK(has(&r, 7, 0, NOW + 99) && has(&r, 7, 1, NOW + 99));
    CHECK(!has(&r, 7, 2, NOW) && !has(&r, 7, 3, NOW));
    CHECK(!has(&r, 8, 0, 0) && !has(&r, 7 + SETS, 0, 0));
    add(&r, 7, 3, NOW + 1);
    CHECK(has(&r, 7, 2, NOW + 2) && !has(&r, 7, 3, NOW + 2));
    add(&r, 7, 2, NOW + 2); /* answers that cross */
    CHECK(has(&r, 7, 2, NOW + 2) && !has(&r, 7, 3, NOW + 2));
}

/* Law 2 */
static void missed(void)
{
    struct seal_revoked r;

    begin(&r);
    seal_revoked_missed(&r, NOW, NOW + LIFE);
    CHECK(has(&r, 7, 9, NOW) && has(&r, 8, 0, NOW + SKEW - 1));
    CHECK(!has(&r, 7, 0, NOW + SKEW));
    seal_revoked_missed(&r, NOW - LIFE, NOW); /* never less */
    CHECK(has(&r, 7, 9, NOW));
    begin(&r);
    seal_revoked_missed(&r, NOW, NOW + 1); /* who logs in later is not meant */
    CHECK(has(&r, 7, 9, NOW + 1) && !has(&r, 7, 9, NOW + 2));
}

/* Law 3 */
static void full(void)
{
    const uint64_t one = mate(EACH + 2), other = 2; /* one who is not in it */
    struct seal_revoked r;

    begin(&r);
    for (uint64_t i = 1; i <= EACH + 1; i++)
        add(&r, mate(i), 1, NOW + 5000 * i);
    for (uint64_t i = 1; i <= EACH + 1; i++)
        CHECK(has(&r, mate(i), 0, NOW + 5000)); /* all of then, and the first */
    CHECK(has(&r, one, 0, NOW + 5000 + SKEW - 1));
    CHECK(!has(&r, mate(1), 1, NOW + 6000) && !has(&r, one, 0, NOW + 6000));
    CHECK(has(&r, mate(2), 0, NOW + 99999) && !has(&r, other, 0, 0));
    CHECK(has(&r, mate(EACH + 1), 0, NOW + 99999));
    begin(&r);
    for (uint64_t i = 1; i <= EACH; i++)
        add(&r, mate(i), 1, NOW);
    add(&r, one, 1, NOW + LIFE + SKEW); /* all others expired */
    CHECK(has(&r, one, 0, NOW + LIFE + SKEW) && !has(&r, mate(1), 1, NOW));
}

/* Law 3: by the last time, not by the first */
static void renewed(void)
{
    struct seal_revoked r;

    begin(&r);
    for (uint64_t i = 1; i <= EACH; i++)
        add(&r, mate(i), 1, NOW + 5000 * i);
    add(&r, mate(1), 2, NOW + 70000);
    add(&r, mate(EACH + 1), 1, NOW + 80000);
    CHECK(!has(&r, mate(2), 0, NOW + 75000)); /* forgotten, and what is older */
    CHECK(has(&r, mate(2), 0, NOW + 10000) && has(&r, 99 * SETS + 1, 0, NOW));
    CHECK(has(&r, mate(1), 1, NOW + 99999) &&
          has(&r, mate(3), 0, NOW + 99999) &&
          has(&r, mate(EACH + 1), 0, NOW + 99999));
}

/* Law 4: said again it is as old as it was, remembered or not. */
static void again(void)
{
    const uint64_t stranger = mate(EACH + 9);
    struct seal_revoked r;

    begin(&r);
    for (uint64_t i = 1; i <= EACH; i++)
        add(&r, mate(i), 1, NOW + 5000 * i);
    seal_revoked_add(&r, mate(1), 1, NOW + 5000, NOW + 90000);
    add(&r, mate(EACH + 1), 1, NOW + 91000); /* forgets the first */
    CHECK(!has(&r, stranger, 0, NOW + 5000 + SKEW));
    for (int i = 0; i < 3; i++)
        seal_revoked_add(&r, mate(1), 1, NOW + 5000, NOW + 92000);
    CHECK(!has(&r, stranger, 0, NOW + 5000 + SKEW));
    CHECK(has(&r, mate(1), 0, NOW + 5000));
    for (uint64_t i = 2; i <= EACH + 1; i++)
        CHECK(has(&r, mate(i), 0, NOW + 99999));
    begin(&r); /* long after, or never told when */
    seal_revoked_add(&r, 7, 1, NOW, NOW + LIFE + SKEW);
    seal_revoked_add(&r, 7, 1, 0, NOW + LIFE);
    CHECK(!has(&r, 7, 0, NOW + LIFE));
    seal_revoked_add(&r, 7, 1, NOW, NOW + LIFE + SKEW - 1);
    CHECK(has(&r, 7, 0, NOW));
}

/* Whatever comes: no token that could still live passes after its member's key
 * was rotated, and one that was got after all of it does. */
static void history(uint64_t seed)
{
    struct {
        uint32_t generation;
        uint64_t since_ms; /* of a token of the generation before */
    } model[80] = {{0, 0}};
    struct seal_revoked r;
    uint64_t now_ms = NOW;

    begin(&r);
    for (int step = 0; step < 400; step++) {
        uint64_t member = 1 + chance_next(&seed) % 79;

        now_ms += chance_next(&seed) % 60000;
        if (chance_next(&seed) % 4 > 0 || model[member].generation == 0) {
            model[member].since_ms = now_ms;
            model[member].generation++;
        }
        seal_revoked_add(&r, member, model[member].generation,
                         model[member].since_ms, now_ms);
        for (uint64_t m = 1; m < 80; m++) {
            CHECK(!has(&r, m, model[m].generation, now_ms + 1));
            if (model[m].generation > 0 && model[m].since_ms + LIFE > now_ms)
                CHECK(has(&r, m, model[m].generation - 1, model[m].since_ms));
        }
    }
}

int main(void)
{
    older_generations();
    missed();
    full();
    renewed();
    again();
    for (uint64_t seed = 1; seed < 50; seed++)
        history(seed);
    return check_report("seal/revoked");
}
