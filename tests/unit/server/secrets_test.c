/* Law by law, then all of them against a plain array. */
#include "server/secrets.h"

#include <stdbool.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { CAP = 12, IDS = 20, STEPS = 4000, SEEDS = 10 };

static struct seal_row_side side_of(uint64_t seed)
{
    struct seal_row_side side;
    uint8_t *bytes = (uint8_t *)&side;

    for (size_t i = 0; i < sizeof side; i++)
        bytes[i] = (uint8_t)chance_next(&seed);
    return side;
}

static bool same(const struct seal_row_side *a, const struct seal_row_side *b)
{
    return memcmp(a, b, sizeof *a) == 0; /* bytes only, no padding */
}

/* Law 2: no byte of a forgotten side is left in the table. */
static void forgotten_is_wiped(void)
{
    struct server_secrets secrets;
    struct seal_row_side side = side_of(1), zero;

    memset(&zero, 0, sizeof zero);
    CHECK(server_secrets_init(&secrets, CAP) == ERR_NONE);
    CHECK(server_secrets_keep(&secrets, 7, &side) == ERR_NONE);
    CHECK(same(&secrets.secret[0].side, &side));
    server_secrets_forget(&secrets, 7);
    for (int i = 0; i < CAP; i++)
        CHECK(same(&secrets.secret[i].side, &zero));
    server_secrets_forget(&secrets, 7);
    server_secrets_close(&secrets);
    server_secrets_close(&secrets);
}

/* A mailbox that two clients drew alike is the later one's, and forgetting
 * either leaves the other's entry alone. */
static void later_mailbox_counts(void)
{
    struct server_secrets secrets;
    struct seal_row_side side = side_of(1);

    CHECK(server_secrets_init(&secrets, CAP) == ERR_NONE);
    CHECK(server_secrets_keep(&secrets, 1, &side) == ERR_NONE);
    CHECK(server_secrets_keep(&secrets, 2, &side) == ERR_NONE);
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 2);
    server_secrets_forget(&secrets, 1);
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 2);
    CHECK(server_secrets_find(&secrets, 2) != NULL);
    server_secrets_close(&secrets);
}

/* Laws 1 and 3 after every step: an id's side is a function of the number of
 * the step that put it there (0: it is not there). */
static void laws_hold_for(uint64_t seed)
{
    uint64_t put[IDS] = {0}, n = 0;
    struct server_secrets secrets;

    CHECK(server_secrets_init(&secrets, CAP) == ERR_NONE);
    for (uint64_t step = 1; step <= STEPS; step++) {
        uint64_t i = chance_below(&seed, IDS);

        if (chance_below(&seed, 5) < 2) {
            server_secrets_forget(&secrets, i + 1);
            n -= put[i] != 0;
            put[i] = 0;
        } else {
            struct seal_row_side side = side_of(step);
            enum err err = server_secrets_keep(&secrets, i + 1, &side);

            CHECK(err == (put[i] == 0 && n == CAP ? ERR_FULL : ERR_NONE));
            if (err == ERR_NONE) {
                n += put[i] == 0;
                put[i] = step;
            }
        }
        for (uint64_t id = 0; id < IDS; id++) {
            struct seal_row_side want = side_of(put[id]);
            const struct seal_row_side *have =
                server_secrets_find(&secrets, id + 1);

            CHECK((have != NULL) == (put[id] != 0)); /* Law 1 */
            if (!have)
                continue;
            CHECK(same(have, &want));
            CHECK(server_secrets_of(&secrets, want.receive_hash) == id + 1);
            want.receive_hash[31] ^= 1; /* Law 3: the whole hash counts */
            CHECK(server_secrets_of(&secrets, want.receive_hash) == 0);
        }
    }
    server_secrets_close(&secrets);
}

static void lacks_memory(void)
{
    struct server_secrets secrets;
    size_t at = 1;

    for (;; at++) {
        enum err err;

        fail_malloc_start(at);
        err = server_secrets_init(&secrets, CAP);
        if (!fail_malloc_stop())
            break;
        CHECK(err == ERR_NOMEM);
        server_secrets_close(&secrets);
    }
    server_secrets_close(&secrets);
    CHECK(at > 3);
}

int main(void)
{
    forgotten_is_wiped();
    later_mailbox_counts();
    lacks_memory();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        laws_hold_for(seed);
    return check_report("server/secrets");
}
