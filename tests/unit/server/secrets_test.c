#include "server/secrets.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { CAP = 12, IDS = 30 };

/* A side that names mailbox n. */
static struct seal_row_side side_of(uint64_t n)
{
    struct seal_row_side side;

    memset(&side, (int)(n & 0xff), sizeof side);
    memcpy(side.receive_hash, &n, sizeof n);
    return side;
}

static bool is_side(const struct seal_row_side *side, uint64_t n)
{
    struct seal_row_side want = side_of(n);

    return side && memcmp(side, &want, sizeof want) == 0;
}

/* Law 1: one entry per id, and a full table changes nothing; law 3: by id and
 * by mailbox. */
static void by_law(void)
{
    struct server_secrets secrets;
    struct seal_row_side side;

    CHECK(server_secrets_init(&secrets, 2) == ERR_NONE);
    side = side_of(500);
    CHECK(server_secrets_keep(&secrets, 5, &side) == ERR_NONE);
    side = side_of(501);
    CHECK(server_secrets_keep(&secrets, 5, &side) == ERR_NONE);
    CHECK(is_side(server_secrets_find(&secrets, 5), 501));
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 5);
    side = side_of(500);
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 0);
    CHECK(server_secrets_keep(&secrets, 6, &side) == ERR_NONE);
    CHECK(server_secrets_keep(&secrets, 7, &side) == ERR_FULL);
    CHECK(!server_secrets_find(&secrets, 7));
    CHECK(is_side(server_secrets_find(&secrets, 6), 500));
    side.receive_hash[31] ^= 1; /* the same start is not the same mailbox */
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 0);
    server_secrets_close(&secrets);
    server_secrets_close(&secrets);
}

/* Law 2: nothing of what was forgotten is left in the table. */
static void wiped(void)
{
    struct server_secrets secrets;
    struct seal_row_side side;
    const uint8_t *bytes;
    size_t left = 0;

    CHECK(server_secrets_init(&secrets, CAP) == ERR_NONE);
    for (uint64_t id = 1; id <= CAP; id++) {
        side = side_of(0xa7);
        memset(&side, 0xa7, sizeof side);
        CHECK(server_secrets_keep(&secrets, id, &side) == ERR_NONE);
    }
    for (uint64_t id = 1; id <= CAP; id++)
        server_secrets_forget(&secrets, id);
    bytes = (const uint8_t *)secrets.secret;
    for (size_t i = 0; i < CAP * sizeof *secrets.secret; i++)
        left += bytes[i] == 0xa7;
    CHECK(left == 0);
    server_secrets_close(&secrets);
}

/* Two entries may name one mailbox: a client drew it twice. */
static void same_mailbox(void)
{
    struct server_secrets secrets;
    struct seal_row_side side = side_of(9);

    CHECK(server_secrets_init(&secrets, CAP) == ERR_NONE);
    CHECK(server_secrets_keep(&secrets, 1, &side) == ERR_NONE);
    CHECK(server_secrets_keep(&secrets, 2, &side) == ERR_NONE);
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 2);
    server_secrets_forget(&secrets, 1);
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 2);
    server_secrets_forget(&secrets, 2);
    CHECK(server_secrets_of(&secrets, side.receive_hash) == 0);
    server_secrets_close(&secrets);
}

static void random_history(void)
{
    struct server_secrets secrets;
    uint64_t slow[IDS] = {0}, seed = 5, fresh = 1;
    uint32_t kept = 0;

    CHECK(server_secrets_init(&secrets, CAP) == ERR_NONE);
    for (int round = 0; round < 100000; round++) {
        uint64_t at = chance_next(&seed) % IDS;
        struct seal_row_side side;

        if (chance_next(&seed) % 2 == 0) {
            enum err want = slow[at] == 0 && kept == CAP ? ERR_FULL : ERR_NONE;

            side = side_of(++fresh);
            CHECK(server_secrets_keep(&secrets, at + 1, &side) == want);
            if (want == ERR_NONE) {
                kept += slow[at] == 0;
                slow[at] = fresh;
            }
        } else {
            server_secrets_forget(&secrets, at + 1);
            kept -= slow[at] != 0;
            slow[at] = 0;
        }
        at = chance_next(&seed) % IDS;
        side = side_of(slow[at]);
        if (slow[at] == 0) {
            CHECK(!server_secrets_find(&secrets, at + 1));
        } else {
            CHECK(is_side(server_secrets_find(&secrets, at + 1), slow[at]));
            CHECK(server_secrets_of(&secrets, side.receive_hash) == at + 1);
        }
    }
    server_secrets_close(&secrets);
}

static void out_of_memory(void)
{
    bool failed = true;

    for (size_t at = 1; failed; at++) {
        struct server_secrets secrets;
        enum err err;

        fail_malloc_start(at);
        err = server_secrets_init(&secrets, CAP);
        failed = fail_malloc_stop();
        CHECK(err == (failed ? ERR_NOMEM : ERR_NONE));
        server_secrets_close(&secrets);
    }
}

int main(void)
{
    by_law();
    wiped();
    same_mailbox();
    random_history();
    out_of_memory();
    return check_report("server/secrets");
}
