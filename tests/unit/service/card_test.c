#include "service/card.h"

#include <sodium.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"
#include "seal/row.h"

enum { MANY = 80 };

/* A message and room for more than any card may have. */
struct paper {
    Kindred__V1__Card card;
    Kindred__V1__CardHave have[MANY], *haves[MANY];
    Kindred__V1__CardSeek seek[MANY], *seeks[MANY];
    Kindred__V1__CardMust must[MANY], *musts[MANY];
    uint64_t token[MANY * 16], must_not[MANY];
};

static void init(struct paper *p)
{
    kindred__v1__card__init(&p->card);
    for (size_t i = 0; i < MANY; i++) {
        kindred__v1__card_have__init(&p->have[i]);
        kindred__v1__card_seek__init(&p->seek[i]);
        kindred__v1__card_must__init(&p->must[i]);
        p->haves[i] = &p->have[i];
        p->seeks[i] = &p->seek[i];
        p->musts[i] = &p->must[i];
        p->have[i].token = 1000 + i;
        p->must_not[i] = 9000 + i;
        p->seek[i].importance = 1;
        p->seek[i].n_tokens = p->must[i].n_tokens = 1;
        p->seek[i].tokens = &p->token[i * 16];
        p->must[i].tokens = &p->token[i * 16 + 8];
        for (size_t t = 0; t < 16; t++)
            p->token[i * 16 + t] = 20000 + i * 16 + t;
    }
    p->card.role = KINDRED__V1__ROLE__ROLE_SEEKER;
    p->card.version = p->card.vocabulary_version = 1;
    p->card.have = p->haves;
    p->card.seek = p->seeks;
    p->card.must = p->musts;
    p->card.must_not = p->must_not;
}

static enum err decode(const struct paper *p)
{
    struct match_card card;

    return service_card_decode(&p->card, &card);
}

static void bounds(void)
{
    static struct paper p;

    init(&p);
    for (size_t n = 0; n < MANY; n++) {
        p.card.n_have = n;
        CHECK(decode(&p) == (n <= MATCH_HAVE_MAX ? ERR_NONE : ERR_CARD));
    }
    p.card.n_have = 0;
    for (size_t n = 0; n < MANY; n++) {
        p.card.n_seek = n;
        CHECK(decode(&p) == (n <= MATCH_SEEK_MAX ? ERR_NONE : ERR_CARD));
    }
    p.card.n_seek = 0;
    for (size_t n = 0; n < MANY; n++) {
        p.card.n_must = n;
        CHECK(decode(&p) == (n <= MATCH_MUST_MAX ? ERR_NONE : ERR_CARD));
    }
    p.card.n_must = 0;
    for (size_t n = 0; n < MANY; n++) {
        p.card.n_must_not = n;
        CHECK(decode(&p) == (n <= MATCH_MUST_NOT_MAX ? ERR_NONE : ERR_CARD));
    }
}

static void groups(void)
{
    static struct paper p;

    init(&p);
    p.card.n_seek = p.card.n_must = 1;
    for (size_t n = 0; n <= 16; n++) {
        p.seek[0].n_tokens = n;
        CHECK(decode(&p) ==
              (n >= 1 && n <= MATCH_GROUP_MAX ? ERR_NONE : ERR_CARD));
    }
    p.seek[0].n_tokens = 1;
    for (size_t n = 0; n <= 8; n++) {
        p.must[0].n_tokens = n;
        CHECK(decode(&p) ==
              (n >= 1 && n <= MATCH_GROUP_MAX ? ERR_NONE : ERR_CARD));
    }
    p.must[0].n_tokens = 1;
    for (uint32_t i = 0; i < 6; i++) {
        p.seek[0].importance = i;
        CHECK(decode(&p) == (i >= 1 && i <= 3 ? ERR_NONE : ERR_CARD));
    }
    p.seek[0].importance = 3;
    p.card.n_seek = 9; /* 64 tokens in all fit, 65 do not */
    for (int i = 0; i < 8; i++)
        p.seek[i].n_tokens = 8;
    p.seek[8].n_tokens = 1;
    CHECK(decode(&p) == ERR_CARD);
    p.card.n_seek = 8;
    CHECK(decode(&p) == ERR_NONE);
    for (int role = -1; role < 5; role++) {
        p.card.role = (Kindred__V1__Role)role;
        CHECK(decode(&p) == (role == 1 || role == 2 ? ERR_NONE : ERR_CARD));
    }
}

/* What is decoded is what was said, for any card within the bounds. */
static void random_cards(void)
{
    static struct paper p;
    uint64_t seed = 3;

    for (int round = 0; round < 2000; round++) {
        struct match_card card;

        init(&p);
        p.card.n_have = chance_next(&seed) % (MATCH_HAVE_MAX + 1);
        p.card.n_seek = chance_next(&seed) % 9;
        p.card.n_must = chance_next(&seed) % (MATCH_MUST_MAX + 1);
        p.card.n_must_not = chance_next(&seed) % (MATCH_MUST_NOT_MAX + 1);
        for (size_t i = 0; i < p.card.n_have; i++)
            p.have[i].show = chance_next(&seed) % 2;
        for (size_t i = 0; i < p.card.n_seek; i++) {
            p.seek[i].n_tokens = 1 + chance_next(&seed) % 8;
            p.seek[i].importance = 1 + (uint32_t)(chance_next(&seed) % 3);
        }
        for (size_t i = 0; i < p.card.n_must; i++) {
            p.must[i].n_tokens = 1 + chance_next(&seed) % 8;
            p.must[i].relax_after_ms = (uint32_t)chance_next(&seed);
        }
        CHECK(service_card_decode(&p.card, &card) == ERR_NONE);
        CHECK(card.haves == p.card.n_have && card.seeks == p.card.n_seek);
        CHECK(card.musts == p.card.n_must);
        CHECK(card.must_nots == p.card.n_must_not);
        for (size_t i = 0; i < p.card.n_have; i++) {
            CHECK(card.have[i] == p.have[i].token);
            CHECK((card.show >> i & 1) == (p.have[i].show != 0));
        }
        for (size_t i = 0; i < p.card.n_seek; i++) {
            CHECK(card.seek[i].count == p.seek[i].n_tokens);
            CHECK(card.seek[i].importance == p.seek[i].importance);
            CHECK(memcmp(&card.seek_token[card.seek[i].first], p.seek[i].tokens,
                         p.seek[i].n_tokens * 8) == 0);
        }
        for (size_t i = 0; i < p.card.n_must; i++) {
            CHECK(card.must[i].relax_after_ms == p.must[i].relax_after_ms);
            CHECK(memcmp(&card.must_token[card.must[i].first], p.must[i].tokens,
                         p.must[i].n_tokens * 8) == 0);
        }
    }
}

static struct seal_keys keys;
static uint8_t sealed[STORE_CARD_MAX];

static struct store_bytes seal(const struct paper *p, uint64_t member,
                               enum match_role role)
{
    const struct seal_row row = {
        .kind = SEAL_ROW_CARD, .id = member, .sub = role};
    uint8_t plain[SEAL_ROW_PLAIN_MAX], nonce[SEAL_ROW_NONCE] = {9};
    size_t size = kindred__v1__card__pack(&p->card, plain);

    CHECK(size <= sizeof plain);
    seal_row_seal(sealed, &row, plain, size, keys.row, nonce);
    return (struct store_bytes){.data = sealed,
                                .size = (uint32_t)(size + SEAL_ROW_OVERHEAD)};
}

/* The largest card there can be fits in its row, and comes back. */
static void opened(void)
{
    static struct paper p;
    struct match_card card;
    struct store_bytes bytes;

    init(&p);
    p.card.n_have = MATCH_HAVE_MAX;
    p.card.n_seek = 8;
    p.card.n_must = MATCH_MUST_MAX;
    p.card.n_must_not = MATCH_MUST_NOT_MAX;
    p.card.version = p.card.vocabulary_version = UINT32_MAX;
    for (int i = 0; i < 8; i++)
        p.seek[i].n_tokens = 8;
    for (int i = 0; i < MATCH_MUST_MAX; i++) {
        p.must[i].n_tokens = 8;
        p.must[i].relax_after_ms = UINT32_MAX;
    }
    for (int i = 0; i < MATCH_HAVE_MAX; i++)
        p.have[i].show = true;
    bytes = seal(&p, 5, MATCH_SEEKER);
    CHECK(service_card_open(&keys, 5, MATCH_SEEKER, bytes, &card) == ERR_NONE);
    CHECK(card.musts == MATCH_MUST_MAX && card.version == UINT32_MAX);
    CHECK(service_card_open(&keys, 6, MATCH_SEEKER, bytes, &card) ==
          ERR_INTERNAL);
    CHECK(service_card_open(&keys, 5, MATCH_PEER, bytes, &card) ==
          ERR_INTERNAL);
    bytes.data[40] ^= 1;
    CHECK(service_card_open(&keys, 5, MATCH_SEEKER, bytes, &card) ==
          ERR_INTERNAL);
    bytes.data[40] ^= 1;
    for (uint32_t size = 0; size < SEAL_ROW_OVERHEAD; size++) {
        bytes.size = size;
        CHECK(service_card_open(&keys, 5, MATCH_SEEKER, bytes, &card) ==
              ERR_INTERNAL);
    }
    bytes.size = STORE_CARD_MAX + 1;
    CHECK(service_card_open(&keys, 5, MATCH_SEEKER, bytes, &card) ==
          ERR_INTERNAL);
    bytes = seal(&p, 5, MATCH_PEER); /* a seeker's card in a peer's row */
    CHECK(service_card_open(&keys, 5, MATCH_PEER, bytes, &card) ==
          ERR_INTERNAL);
}

static void out_of_memory(void)
{
    static struct paper p;
    struct match_card card;
    struct store_bytes bytes;
    bool failed = true;

    init(&p);
    p.card.n_have = 3;
    p.card.n_seek = 2;
    p.card.n_must = 2;
    bytes = seal(&p, 5, MATCH_SEEKER);
    for (size_t at = 1; failed; at++) {
        enum err err;

        fail_malloc_start(at);
        err = service_card_open(&keys, 5, MATCH_SEEKER, bytes, &card);
        failed = fail_malloc_stop();
        CHECK(err == (failed ? ERR_NOMEM : ERR_NONE));
    }
}

int main(void)
{
    const uint8_t master[SEAL_KEY] = {4};

    CHECK(sodium_init() >= 0);
    seal_keys_init(&keys, master);
    bounds();
    groups();
    random_cards();
    opened();
    out_of_memory();
    seal_keys_close(&keys);
    return check_report("service/card");
}
