#include "server/hub.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { CAP = 24, TALKS = 16 };

/* Law 1: the newest sits, the older is given back; law 2: only who sits can
 * leave. */
static void by_law(void)
{
    struct server_hub hub;
    uint64_t older = 77;

    CHECK(server_hub_init(&hub, 4) == ERR_NONE);
    CHECK(server_hub_seat(&hub, 9, MATCH_SEEKER, 100, &older) == ERR_NONE);
    CHECK(older == 0);
    CHECK(server_hub_seat(&hub, 9, MATCH_PEER, 200, &older) == ERR_NONE);
    CHECK(older == 0);
    CHECK(server_hub_seat(&hub, 9, MATCH_SEEKER, 101, &older) == ERR_NONE);
    CHECK(older == 100);
    CHECK(server_hub_find(&hub, 9, MATCH_SEEKER) == 101);
    server_hub_leave(&hub, 9, MATCH_SEEKER, 100); /* too late */
    CHECK(server_hub_find(&hub, 9, MATCH_SEEKER) == 101);
    server_hub_leave(&hub, 9, MATCH_PEER, 101); /* another's seat */
    CHECK(server_hub_find(&hub, 9, MATCH_PEER) == 200);
    server_hub_leave(&hub, 9, MATCH_SEEKER, 101);
    CHECK(server_hub_find(&hub, 9, MATCH_SEEKER) == 0);
    server_hub_leave(&hub, 8, MATCH_SEEKER, 101);
    CHECK(server_hub_find(&hub, 8, MATCH_PEER) == 0);
    server_hub_close(&hub);
    server_hub_close(&hub);
}

static void full(void)
{
    struct server_hub hub;
    uint64_t older;

    CHECK(server_hub_init(&hub, CAP) == ERR_NONE);
    for (uint64_t i = 1; i <= CAP; i++)
        CHECK(server_hub_seat(&hub, i, MATCH_PEER, i, &older) == ERR_NONE);
    CHECK(server_hub_seat(&hub, 99, MATCH_PEER, 99, &older) == ERR_FULL);
    CHECK(older == 0 && server_hub_find(&hub, 99, MATCH_PEER) == 0);
    CHECK(server_hub_seat(&hub, 3, MATCH_PEER, 99, &older) == ERR_NONE);
    CHECK(older == 3); /* a seat that is taken needs no room */
    server_hub_leave(&hub, 7, MATCH_PEER, 7);
    CHECK(server_hub_seat(&hub, 99, MATCH_PEER, 99, &older) == ERR_NONE);
    server_hub_close(&hub);
}

/* Any history, against a plain table. */
static void random_history(void)
{
    struct server_hub hub;
    uint64_t slow[TALKS][MATCH_ROLES] = {{0}}, seed = 11, call = 0;
    uint32_t seated = 0;

    CHECK(server_hub_init(&hub, CAP) == ERR_NONE);
    for (int round = 0; round < 100000; round++) {
        uint64_t talk = chance_next(&seed) % TALKS, older;
        enum match_role side = (enum match_role)(chance_next(&seed) % 2);
        uint64_t *seat = &slow[talk][side];

        if (chance_next(&seed) % 2 == 0) {
            enum err want = *seat == 0 && seated == CAP ? ERR_FULL : ERR_NONE;

            call++;
            CHECK(server_hub_seat(&hub, talk + 1, side, call, &older) == want);
            CHECK(older == *seat);
            if (want == ERR_NONE) {
                seated += *seat == 0;
                *seat = call;
            }
        } else {
            bool right = chance_next(&seed) % 4 != 0;

            server_hub_leave(&hub, talk + 1, side, right ? *seat : call + 1);
            if (right && *seat != 0) {
                *seat = 0;
                seated--;
            }
        }
        CHECK(server_hub_find(&hub, talk + 1, side) == *seat);
    }
    server_hub_close(&hub);
}

static void out_of_memory(void)
{
    bool failed = true;

    for (size_t at = 1; failed; at++) {
        struct server_hub hub;
        enum err err;

        fail_malloc_start(at);
        err = server_hub_init(&hub, CAP);
        failed = fail_malloc_stop();
        CHECK(err == (failed ? ERR_NOMEM : ERR_NONE));
        server_hub_close(&hub);
    }
}

int main(void)
{
    by_law();
    full();
    random_history();
    out_of_memory();
    return check_report("server/hub");
}
