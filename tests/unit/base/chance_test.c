#include "base/chance.h"

#include "check.h"

/* The published sequence of SplitMix64 from the seed 1234567. */
static void sequence_is_the_published_one(void)
{
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
                                    9817491932198370423u, 4593380528125082431u,
                                    16408922859458223821u};
    uint64_t state = 1234567;

    for (int i = 0; i < 5; i++)
        CHECK(chance_next(&state) == want[i]);
}

static void next_is_mix_of_the_state(void)
{
    uint64_t state = 42;

    CHECK(chance_next(&state) == chance_mix(42));
    CHECK(chance_mix(0) == 0xe220a8397b1dcdafu);
}

static void rotation_is_total(void)
{
    CHECK(chance_rotl(1, 0) == 1);
    CHECK(chance_rotl(1, 64) == 1);
    CHECK(chance_rotl(1, 63) == UINT64_C(1) << 63);
    CHECK(chance_rotl(UINT64_C(1) << 63, 1) == 1);
    CHECK(chance_rotl(0x123456789abcdef0u, 32) == 0x9abcdef012345678u);
}

static void dice_are_fair(void)
{
    enum { SIDES = 7, ROLLS = 70000 };
    uint64_t state = 1;
    int seen[SIDES] = {0};

    for (int i = 0; i < ROLLS; i++)
        seen[chance_below(&state, SIDES)]++;
    for (int side = 0; side < SIDES; side++) {
        CHECK(seen[side] > ROLLS / SIDES - 500); /* five deviations */
        CHECK(seen[side] < ROLLS / SIDES + 500);
    }
    CHECK(chance_below(&state, 1) == 0);
}

int main(void)
{
    sequence_is_the_published_one();
    next_is_mix_of_the_state();
    rotation_is_total();
    dice_are_fair();
    return check_report("base/chance");
}
