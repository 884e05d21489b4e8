/* Who enters, who has to leave, and what is counted. */
#include "net/handshakes.h"

#include "base/log.h"
#include "check.h"

enum { MAX = 3, LINKS = 8 };

/* Law 1: of more than MAX the oldest has to leave, whoever left before. */
static void oldest_leaves(void)
{
    struct net_handshakes handshakes;
    struct list link[LINKS] = {{0}};

    net_handshakes_init(&handshakes, MAX);
    for (int i = 0; i < MAX; i++)
        CHECK(net_handshakes_enter(&handshakes, &link[i]) == NULL);
    net_handshakes_leave(&handshakes, &link[0], ERR_NONE);
    net_handshakes_leave(&handshakes, &link[0], ERR_NONE);
    CHECK(net_handshakes_enter(&handshakes, &link[3]) == NULL);
    for (int i = 4; i < LINKS; i++) {
        CHECK(net_handshakes_enter(&handshakes, &link[i]) == &link[i - 3]);
        net_handshakes_leave(&handshakes, &link[i - 3], ERR_DEADLINE);
    }
    for (int i = 0; i < LINKS; i++)
        net_handshakes_leave(&handshakes, &link[i], ERR_NONE);
    CHECK(list_empty(&handshakes.all) && handshakes.count == 0);
}

/* Law 2: what failed, what was slow; not who only knocked, nor what we ended,
 * nor what went well. */
static void counted(void)
{
    static const struct {
        enum err why;
        unsigned failed, slow;
    } ends[] = {{ERR_NONE, 0, 0},      {ERR_CONNECTION, 0, 0},
                {ERR_CANCELED, 0, 0},  {ERR_DEADLINE, 0, 1},
                {ERR_HANDSHAKE, 1, 0}, {ERR_UNTRUSTED, 1, 0},
                {ERR_ABUSE, 1, 0},     {ERR_NOMEM, 1, 0}};
    struct net_handshakes handshakes;
    struct list link = {0};

    net_handshakes_init(&handshakes, MAX);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        uint64_t failed = log_counter(LOG_HANDSHAKE_FAILED);
        uint64_t slow = log_counter(LOG_HANDSHAKE_SLOW);

        CHECK(net_handshakes_enter(&handshakes, &link) == NULL);
        net_handshakes_leave(&handshakes, &link, ends[i].why);
        net_handshakes_leave(&handshakes, &link, ends[i].why);
        CHECK(log_counter(LOG_HANDSHAKE_FAILED) == failed + ends[i].failed);
        CHECK(log_counter(LOG_HANDSHAKE_SLOW) == slow + ends[i].slow);
    }
}

int main(void)
{
    oldest_leaves();
    counted();
    return check_report("net/handshakes");
}
