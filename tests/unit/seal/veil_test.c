#include "seal/veil.h"

#include <sodium.h>
#include <string.h>

#include "seal.h"

enum { MANY = 20000 };

static const uint8_t kinds = 4;

static struct seal_veil veil_of(uint64_t seed)
{
    uint8_t key[SEAL_VEIL_KEY];
    struct seal_veil veil;

    fill(key, sizeof key, seed);
    seal_veil_init(&veil, key);
    return veil;
}

/* Law 1, at chance and at the edges. */
static void comes_back(void)
{
    const struct seal_veil veil = veil_of(1);
    const uint64_t edge[] = {1, 2, UINT32_MAX, (uint64_t)1 << 32, UINT64_MAX};
    uint64_t seed = 2;

    for (uint8_t kind = 0; kind < kinds; kind++) {
        for (size_t i = 0; i < sizeof edge / sizeof edge[0]; i++) {
            uint64_t x = seal_veil_draw(&veil, kind, edge[i]);

            CHECK(x != edge[i] && x != 0);
            CHECK(seal_veil_lift(&veil, kind, x) == edge[i]);
        }
        for (int i = 0; i < MANY; i++) {
            uint64_t x = chance_next(&seed);

            CHECK(seal_veil_lift(&veil, kind, seal_veil_draw(&veil, kind, x)) ==
                  x);
            CHECK(seal_veil_draw(&veil, kind, seal_veil_lift(&veil, kind, x)) ==
                  x);
        }
    }
}

/* Law 2, and the one number that stands in for 0. */
static void nothing_stays_nothing(void)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        const struct seal_veil veil = veil_of(seed);

        for (uint8_t kind = 0; kind < kinds; kind++) {
            CHECK(seal_veil_draw(&veil, kind, 0) == 0);
            CHECK(seal_veil_lift(&veil, kind, 0) == 0);
        }
    }
}

/* The round function as the header lays it out, written a second time. */
static uint32_t round_of(const uint8_t *key, uint8_t kind, uint8_t round,
                         uint32_t half)
{
    const uint8_t in[8] = {(uint8_t)half,
                           (uint8_t)(half >> 8),
                           (uint8_t)(half >> 16),
                           (uint8_t)(half >> 24),
                           round,
                           kind};
    uint8_t out[crypto_shorthash_BYTES];

    CHECK(crypto_shorthash(out, in, sizeof in, key) == 0);
    return out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16 |
           (uint32_t)out[3] << 24;
}

/* Law 2: the one number whose image is 0 takes the image of 0 instead. */
static void zero_is_swapped(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint32_t l = 0, r = 0, left = 0, right = 0;
        const struct seal_veil veil = veil_of(seed);
        uint64_t image, whose;

        for (uint8_t i = 0; i < 8; i++) {
            uint32_t next = l ^ round_of(veil.key, 3, i, r);

            l = r;
            r = next;
        }
        for (uint8_t i = 8; i-- > 0;) {
            uint32_t last = right ^ round_of(veil.key, 3, i, left);

            right = left;
            left = last;
        }
        image = (uint64_t)l << 32 | r;
        whose = (uint64_t)left << 32 | right;
        CHECK(image != 0 && whose != 0);
        CHECK(seal_veil_draw(&veil, 3, whose) == image);
        CHECK(seal_veil_lift(&veil, 3, image) == whose);
    }
}

/* Law 3, and that about half of the bits change with any bit. */
static void kinds_and_keys_differ(void)
{
    const struct seal_veil one = veil_of(1), other = veil_of(2);
    uint64_t seed = 3, changed = 0;

    for (int i = 0; i < MANY; i++) {
        uint64_t x = chance_next(&seed) | 1, veiled;

        veiled = seal_veil_draw(&one, 0, x);
        for (uint8_t kind = 1; kind < kinds; kind++)
            CHECK(seal_veil_draw(&one, kind, x) != veiled);
        CHECK(seal_veil_draw(&other, 0, x) != veiled);
        veiled ^=
            seal_veil_draw(&one, 0, x ^ (uint64_t)1 << (1 + (unsigned)i % 63));
        for (; veiled != 0; veiled &= veiled - 1)
            changed++;
    }
    CHECK(changed > (uint64_t)MANY * 31 && changed < (uint64_t)MANY * 33);
}

/* Law 4 */
static void forgets(void)
{
    static const struct seal_veil none;
    struct seal_veil veil = veil_of(5);

    seal_veil_close(&veil);
    CHECK(memcmp(&veil, &none, sizeof veil) == 0);
    seal_veil_close(&veil);
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    comes_back();
    nothing_stays_nothing();
    zero_is_swapped();
    kinds_and_keys_differ();
    forgets();
    return check_report("seal/veil");
}
