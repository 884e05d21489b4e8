/* Law by law; against a slow model; from several threads; through a loop. */
#include "net/crowd.h"

#include "base/chance.h"
#include "base/log.h"
#include "base/pace.h"
#include "echo_world.h"

enum { MAX = 3, PER_S = 5, PLACES = 8, NOW = 1000000 };

static const struct net_crowd_config CONFIG = {.places = PLACES,
                                               .connections_max = MAX,
                                               .connections_per_s = 1000,
                                               .calls = {2, 1000}};

static struct net_address at(const char *host)
{
    struct net_address address;
    char text[64];

    (void)snprintf(text, sizeof text, "%s:1", host);
    CHECK(net_address_parse(&address, text) == ERR_NONE);
    return address;
}

static enum err enter(struct net_crowd *crowd, const char *host,
                      struct net_crowd_place **place)
{
    struct net_address from = at(host);

    return net_crowd_enter(crowd, &from, NOW, place);
}

/* Law 1, and what one address is. */
static void at_once(void)
{
    struct net_crowd crowd;
    struct net_crowd_place *place[MAX], *other;
    uint64_t before = log_counter(LOG_ADDRESS_CONNECTIONS);

    CHECK(net_crowd_init(&crowd, &CONFIG) == ERR_NONE);
    CHECK(enter(&crowd, "192.0.2.1", &place[0]) == ERR_NONE);
    CHECK(enter(&crowd, "[::ffff:192.0.2.1]", &place[1]) == ERR_NONE);
    CHECK(enter(&crowd, "192.0.2.1", &place[2]) == ERR_NONE);
    CHECK(place[0] == place[1] && place[1] == place[2] && place[0]);
    CHECK(enter(&crowd, "192.0.2.1", &other) == ERR_FULL && !other);
    CHECK(log_counter(LOG_ADDRESS_CONNECTIONS) == before + 1);
    CHECK(enter(&crowd, "192.0.2.2", &other) == ERR_NONE);
    CHECK(other != place[0]);
    net_crowd_leave(&crowd, other);
    net_crowd_leave(&crowd, place[1]);
    CHECK(enter(&crowd, "192.0.2.1", &place[1]) == ERR_NONE);
    for (int i = 0; i < MAX; i++)
        net_crowd_leave(&crowd, place[i]);
    net_crowd_leave(&crowd, NULL);
    /* 64 bits of IPv6. */
    CHECK(enter(&crowd, "[2001:db8:0:1::1]", &place[0]) == ERR_NONE);
    CHECK(enter(&crowd, "[2001:db8:0:1:ffff::]", &place[1]) == ERR_NONE);
    CHECK(enter(&crowd, "[2001:db8:0:2::1]", &place[2]) == ERR_NONE);
    CHECK(place[0] == place[1] && place[1] != place[2]);
    for (int i = 0; i < MAX; i++)
        net_crowd_leave(&crowd, place[i]);
    net_crowd_close(&crowd);
    net_crowd_close(&crowd);
}

/* This machine's own, and paths. */
static void own(bool local)
{
    static const char *const hosts[] = {"127.0.0.1", "127.9.9.9", "[::1]",
                                        "[::ffff:127.0.0.1]"};
    struct net_crowd_config config = CONFIG;
    struct net_crowd crowd;
    struct net_crowd_place *place;
    struct net_address path;

    config.local = local;
    CHECK(net_crowd_init(&crowd, &config) == ERR_NONE);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        CHECK(enter(&crowd, hosts[i], &place) == ERR_NONE);
        CHECK((place != NULL) == local);
        net_crowd_leave(&crowd, place);
    }
    CHECK(net_address_parse(&path, "unix:/tmp/x") == ERR_NONE);
    CHECK(net_crowd_enter(&crowd, &path, NOW, &place) == ERR_NONE && !place);
    path = (struct net_address){.to = {.ss_family = AF_UNIX}};
    CHECK(net_crowd_enter(&crowd, &path, NOW, &place) == ERR_NONE && !place);
    net_crowd_close(&crowd);
}

/* Laws 2, 3 and 4: how fast, remembered while others come and go, for as long
 * as there are places; and no address is in the table. */
static void fast(void)
{
    struct net_crowd_config config = CONFIG;
    struct net_crowd crowd;
    struct net_crowd_place *place, *held;
    struct net_address first = at("198.51.100.7");
    const uint8_t bytes[] = {198, 51, 100, 7};
    uint64_t before = log_counter(LOG_ADDRESS_CONNECTIONS_FAST);

    config.connections_per_s = PER_S;
    CHECK(net_crowd_init(&crowd, &config) == ERR_NONE);
    CHECK(enter(&crowd, "203.0.113.1", &held) == ERR_NONE);
    for (int i = 0; i < PACE_S * PER_S; i++) {
        CHECK(net_crowd_enter(&crowd, &first, NOW, &place) == ERR_NONE);
        net_crowd_leave(&crowd, place);
    }
    CHECK(net_crowd_enter(&crowd, &first, NOW, &place) == ERR_FULL);
    for (int i = 0; i < PLACES - 2; i++) { /* the others */
        char host[32];

        (void)snprintf(host, sizeof host, "203.0.113.%d", i + 10);
        CHECK(enter(&crowd, host, &place) == ERR_NONE);
        net_crowd_leave(&crowd, place);
    }
    CHECK(net_crowd_enter(&crowd, &first, NOW, &place) == ERR_FULL);
    CHECK(log_counter(LOG_ADDRESS_CONNECTIONS_FAST) == before + 2);
    for (size_t i = 0; i < PLACES; i++) /* Law 4 */
        for (size_t b = 0; b + 4 <= sizeof crowd.place[i]; b++)
            CHECK(memcmp((const char *)&crowd.place[i] + b, bytes, 4) != 0);
    CHECK(enter(&crowd, "203.0.113.99", &place) == ERR_NONE); /* one too many */
    net_crowd_leave(&crowd, place);
    CHECK(held->connections == 1); /* Law 3 */
    CHECK(net_crowd_enter(&crowd, &first, NOW, &place) == ERR_NONE);
    net_crowd_leave(&crowd, place);
    CHECK(enter(&crowd, "203.0.113.1", &place) == ERR_NONE && place == held);
    net_crowd_leave(&crowd, place);
    net_crowd_leave(&crowd, held);
    net_crowd_close(&crowd);
}

/* Law 3: with all places held by somebody, nobody new gets one. */
static void full(void)
{
    struct net_crowd crowd;
    struct net_crowd_place *place[PLACES], *none;
    char host[32];

    CHECK(net_crowd_init(&crowd, &CONFIG) == ERR_NONE);
    for (int i = 0; i < PLACES; i++) {
        (void)snprintf(host, sizeof host, "192.0.2.%d", i);
        CHECK(enter(&crowd, host, &place[i]) == ERR_NONE);
    }
    CHECK(enter(&crowd, "192.0.2.99", &none) == ERR_FULL && !none);
    for (int i = 0; i < PLACES; i++)
        net_crowd_leave(&crowd, place[i]);
    CHECK(enter(&crowd, "192.0.2.99", &none) == ERR_NONE);
    net_crowd_leave(&crowd, none);
    net_crowd_close(&crowd);
}

/* ---- against a model, which knows the addresses ---- */

enum { HOSTS = 6, HELD = 64 };

static void history(uint64_t seed)
{
    struct net_crowd_place *held[HELD];
    int of[HELD], n = 0;
    uint32_t count[HOSTS] = {0};
    uint64_t due_us[HOSTS] = {0}, now_ms = NOW;
    struct net_crowd_config config = CONFIG;
    struct net_crowd crowd;

    config.connections_per_s = PER_S;
    CHECK(net_crowd_init(&crowd, &config) == ERR_NONE);
    for (int i = 0; i < 4000; i++) {
        int who = (int)chance_below(&seed, HOSTS);
        char host[32];
        struct net_address from;
        bool want;

        now_ms += chance_below(&seed, 60);
        if (n == HELD || (n > 0 && chance_below(&seed, 2))) {
            int out = (int)chance_below(&seed, (uint64_t)n);

            net_crowd_leave(&crowd, held[out]);
            count[of[out]]--;
            held[out] = held[--n];
            of[out] = of[n];
            continue;
        }
        (void)snprintf(host, sizeof host, "192.0.2.%d", who);
        from = at(host);
        want = count[who] < MAX && pace_take(&due_us[who], PER_S, now_ms);
        CHECK((net_crowd_enter(&crowd, &from, now_ms, &held[n]) == ERR_NONE) ==
              want);
        if (!want)
            continue;
        count[who]++;
        of[n++] = who;
    }
    while (n > 0)
        net_crowd_leave(&crowd, held[--n]);
    net_crowd_close(&crowd);
}

/* ---- from several threads ---- */

static struct net_crowd busy;
static atomic_int inside, most;

static void come_and_go(void *arg)
{
    const struct net_address *from = arg;

    for (int i = 0; i < 3000; i++) {
        struct net_crowd_place *place;
        int now;

        if (net_crowd_enter(&busy, from, NOW + (uint64_t)i, &place))
            continue;
        now = atomic_fetch_add(&inside, 1) + 1;
        if (now > atomic_load(&most))
            atomic_store(&most, now);
        if (http_share_take(&place->share, NOW + (uint64_t)i) == ERR_NONE) {
            CHECK(atomic_load(&place->share.open) <= 2 + 4);
            http_share_give(&place->share);
        }
        atomic_fetch_sub(&inside, 1);
        net_crowd_leave(&busy, place);
    }
}

static void threads(void)
{
    struct net_address from = at("192.0.2.1");
    struct net_thread thread[4] = {0};

    CHECK(net_crowd_init(&busy, &CONFIG) == ERR_NONE);
    for (int i = 0; i < 4; i++)
        CHECK(!net_thread_start(&thread[i], "crowd", come_and_go, &from));
    for (int i = 0; i < 4; i++)
        net_thread_join(&thread[i]);
    CHECK(atomic_load(&most) >= 1 && atomic_load(&most) <= MAX);
    CHECK(atomic_load(&busy.place[0].share.open) == 0);
    CHECK(busy.place[0].connections == 0);
    net_crowd_close(&busy);
}

/* ---- through a loop: sockets, and exchanges on them ---- */

static void served(void)
{
    static struct echo_world world;
    static struct net_crowd crowd;
    static const struct http_limits limits = {0};
    static struct echo_caller caller[MAX + 1];
    struct net_crowd_config few = CONFIG;
    struct net_loop_config config = {.connections_max = 64, .crowd = &crowd};
    uint64_t refused = log_counter(LOG_ADDRESS_CONNECTIONS);
    uint64_t general = log_counter(LOG_CONNECTION_REFUSED);
    char byte;

    few.local = true;
    CHECK(net_crowd_init(&crowd, &few) == ERR_NONE);
    echo_world_open(&world, NULL, &config, &limits);
    for (int i = 0; i < MAX; i++) {
        echo_caller_open(&caller[i], &world);
        echo_caller_ask(&caller[i], "/echo", 10);
        CHECK(echo_caller_finish(&caller[i], 1));
    }
    echo_caller_open(&caller[MAX], &world);
    CHECK(recv(caller[MAX].fd, &byte, 1, 0) <= 0);
    CHECK(log_counter(LOG_ADDRESS_CONNECTIONS) == refused + 1);
    CHECK(log_counter(LOG_CONNECTION_REFUSED) == general);
    echo_caller_close(&caller[MAX]);
    for (int i = 0; i < MAX; i++)
        echo_caller_close(&caller[i]);
    echo_world_close(&world);
    CHECK(crowd.place[0].connections == 0);
    CHECK(atomic_load(&crowd.place[0].share.open) == 0);
    net_crowd_close(&crowd);
}

int main(void)
{
    at_once();
    own(false);
    own(true);
    fast();
    full();
    for (uint64_t seed = 1; seed <= 10; seed++)
        history(seed);
    threads();
    served();
    return check_report("net/crowd");
}
