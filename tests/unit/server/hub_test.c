/* Law by law against a plain array, then by threads at once. */
#include "server/hub.h"

#include "base/chance.h"
#include "check.h"

enum { CAP = 10, TALKS = 8, STEPS = 5000, SEEDS = 10, THREADS = 4 };

/* Laws 1 and 2 after every step: who[talk][side] is the call that sits there. */
static void laws_hold_for(uint64_t seed)
{
    uint64_t who[TALKS][2] = {{0}}, n = 0, older;
    struct server_hub hub;

    CHECK(server_hub_init(&hub, CAP) == ERR_NONE);
    for (uint64_t step = 1; step <= STEPS; step++) {
        uint64_t t = chance_below(&seed, TALKS), s = chance_below(&seed, 2);
        enum match_role side = s ? MATCH_PEER : MATCH_SEEKER;

        if (chance_below(&seed, 3) == 0) {
            bool right = chance_below(&seed, 2);

            server_hub_leave(&hub, t + 1, side,
                             right && who[t][s] ? who[t][s] : step + STEPS);
            if (right && who[t][s]) { /* Law 2 */
                who[t][s] = 0;
                n--;
            }
        } else if (who[t][s] == 0 && n == CAP) {
            CHECK(server_hub_seat(&hub, t + 1, side, step, &older) == ERR_FULL);
        } else {
            CHECK(server_hub_seat(&hub, t + 1, side, step, &older) == ERR_NONE);
            CHECK(older == who[t][s]); /* Law 1: the older is given back */
            n += who[t][s] == 0;
            who[t][s] = step;
        }
        for (t = 0; t < TALKS; t++) {
            CHECK(server_hub_find(&hub, t + 1, MATCH_SEEKER) == who[t][0]);
            CHECK(server_hub_find(&hub, t + 1, MATCH_PEER) == who[t][1]);
        }
    }
    server_hub_close(&hub);
    server_hub_close(&hub);
}

struct visitor {
    struct server_hub *hub;
    uint64_t first, given_back;
};

static void *visit(void *arg)
{
    struct visitor *visitor = arg;

    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t call = visitor->first + i, older;

        CHECK(server_hub_seat(visitor->hub, 1, MATCH_PEER, call, &older) ==
              ERR_NONE);
        visitor->given_back += older != 0;
    }
    return NULL;
}

/* Law 1 where threads meet: all but the last to sit were given back, once. */
static void threads_take_turns(void)
{
    struct visitor visitor[THREADS];
    pthread_t thread[THREADS];
    struct server_hub hub;
    uint64_t given_back = 0;

    CHECK(server_hub_init(&hub, CAP) == ERR_NONE);
    for (uint64_t i = 0; i < THREADS; i++) {
        visitor[i] = (struct visitor){.hub = &hub, .first = 1 + i * 10000};
        CHECK(pthread_create(&thread[i], NULL, visit, &visitor[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(thread[i], NULL) == 0);
        given_back += visitor[i].given_back;
    }
    CHECK(given_back == THREADS * 2000 - 1);
    CHECK(server_hub_find(&hub, 1, MATCH_PEER) != 0);
    server_hub_close(&hub);
}

int main(void)
{
    threads_take_turns();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        laws_hold_for(seed);
    return check_report("server/hub");
}
