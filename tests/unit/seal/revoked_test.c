/* Law by law, then a random history against a model that forgets nothing. */
#include "seal/revoked.h"

#include "seal.h"

enum { CAP = 8, SLOTS = 16, NOW = 5000000, LIFE = SEAL_TOKEN_LIFE_MS };

static struct seal_revoked_member entry[CAP];
static struct map_slot slot[SLOTS];

static bool has(const struct seal_revoked *revoked, uint64_t member,
                uint32_t generation, uint64_t since_ms)
{
    const struct seal_token token = {
        .member = member, .generation = generation, .since_ms = since_ms};

    return seal_revoked_has(revoked, &token);
}

/* Law 1 */
static void older_generations(void)
{
    struct seal_revoked r = {0};

    CHECK(!has(&r, 7, 0, NOW));
    seal_revoked_init(&r, entry, CAP, slot);
    CHECK(!has(&r, 7, 0, 0));
    seal_revoked_add(&r, 7, 2, NOW);
    CHECK(has(&r, 7, 0, NOW + 99) && has(&r, 7, 1, NOW + 99));
    CHECK(!has(&r, 7, 2, NOW) && !has(&r, 7, 3, NOW));
    CHECK(!has(&r, 8, 0, 0));
    seal_revoked_add(&r, 7, 3, NOW + 1);
    CHECK(has(&r, 7, 2, NOW + 2) && !has(&r, 7, 3, NOW + 2));
    seal_revoked_add(&r, 7, 2, NOW + 2); /* answers that cross */
    CHECK(has(&r, 7, 2, NOW + 2) && !has(&r, 7, 3, NOW + 2));
}

/* Law 2 */
static void missed(void)
{
    struct seal_revoked r;

    seal_revoked_init(&r, entry, CAP, slot);
    seal_revoked_missed(&r, NOW, NOW + LIFE);
    CHECK(has(&r, 7, 9, NOW) && has(&r, 8, 0, NOW + SEAL_REVOKED_SKEW_MS - 1));
    CHECK(!has(&r, 7, 0, NOW + SEAL_REVOKED_SKEW_MS));
    seal_revoked_missed(&r, NOW - LIFE, NOW); /* never less */
    CHECK(has(&r, 7, 9, NOW));
    seal_revoked_init(&r, entry, CAP, slot);
    seal_revoked_missed(&r, NOW, NOW + 1); /* who logs in now is not meant */
    CHECK(has(&r, 7, 9, NOW) && !has(&r, 7, 9, NOW + 1));
}

/* Law 3 */
static void full(void)
{
    struct seal_revoked r;

    seal_revoked_init(&r, entry, CAP, slot);
    for (uint64_t member = 1; member <= CAP + 1; member++)
        seal_revoked_add(&r, member, 1, NOW + 5000 * member);
    for (uint64_t member = 1; member <= CAP + 1; member++)
        CHECK(has(&r, member, 0, NOW + 5000)); /* all of then, and the first */
    CHECK(!has(&r, 1, 1, NOW + 6000) && !has(&r, 99, 0, NOW + 6000));
    CHECK(has(&r, 2, 0, NOW + 99999) && has(&r, CAP + 1, 0, NOW + 99999));
    CHECK(r.map.size == CAP);
    seal_revoked_add(&r, 50, 1, NOW + 2 * LIFE); /* all others expired */
    CHECK(r.map.size == 1 && has(&r, 50, 0, NOW + 2 * LIFE));
}

/* Law 3: by the last time, not by the first */
static void renewed(void)
{
    struct seal_revoked r;

    seal_revoked_init(&r, entry, 3, slot);
    for (uint64_t member = 1; member <= 3; member++)
        seal_revoked_add(&r, member, 1, NOW + 5000 * member);
    seal_revoked_add(&r, 1, 2, NOW + 50000);
    seal_revoked_add(&r, 4, 1, NOW + 60000);
    CHECK(!has(&r, 2, 0, NOW + 55000)); /* forgotten, and what is older */
    CHECK(has(&r, 2, 0, NOW + 10000) && has(&r, 99, 0, NOW + 10000));
    CHECK(!has(&r, 99, 0, NOW + 12000)); /* of nobody else */
    CHECK(has(&r, 1, 1, NOW + 99999) && has(&r, 3, 0, NOW + 99999) &&
          has(&r, 4, 0, NOW + 99999));
    seal_revoked_add(&r, 3, 2, NOW + 70000);
    seal_revoked_add(&r, 5, 1, NOW + 80000);
    CHECK(!has(&r, 1, 1, NOW + 55000) && has(&r, 3, 1, NOW + 99999));
    seal_revoked_add(&r, 3, 3, NOW + 60000 + 2 * LIFE); /* all expired */
    CHECK(r.map.size == 1 && has(&r, 3, 2, NOW + 60000 + 2 * LIFE));
}

/* Whatever comes: no token that could still live passes after its member's key
 * was rotated. */
static void history(uint64_t seed)
{
    struct {
        uint32_t generation;
        uint64_t since_ms; /* of a token of the generation before */
    } model[40] = {{0, 0}};
    struct seal_revoked r;
    uint64_t now_ms = NOW;

    seal_revoked_init(&r, entry, CAP, slot);
    for (int step = 0; step < 400; step++) {
        uint64_t member = 1 + chance_next(&seed) % 39;

        now_ms += chance_next(&seed) % 120000;
        model[member].since_ms = now_ms;
        model[member].generation++;
        seal_revoked_add(&r, member, model[member].generation, now_ms);
        CHECK(r.map.size <= CAP);
        CHECK(!has(&r, member, model[member].generation, now_ms));
        for (uint64_t m = 1; m < 40; m++)
            if (model[m].generation > 0 && model[m].since_ms + LIFE > now_ms)
                CHECK(has(&r, m, model[m].generation - 1, model[m].since_ms));
    }
}

/* What is asked for is what may still be added without law 3. */
static void room(void)
{
    struct seal_revoked r;

    seal_revoked_init(&r, entry, 3, slot);
    CHECK(seal_revoked_room(&r, 3, NOW) && !seal_revoked_room(&r, 4, NOW));
    seal_revoked_add(&r, 1, 1, NOW);
    seal_revoked_add(&r, 1, 2, NOW);
    CHECK(seal_revoked_room(&r, 2, NOW) && !seal_revoked_room(&r, 3, NOW));
    CHECK(seal_revoked_room(&r, 3, NOW + 2 * LIFE)); /* expired */
}

int main(void)
{
    room();
    older_generations();
    missed();
    full();
    renewed();
    for (uint64_t seed = 1; seed < 50; seed++)
        history(seed);
    return check_report("seal/revoked");
}
