#include "service/service.h"

#include <pthread.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "fail_malloc.h"

enum { ROUNDS = 20000, WAITING = 64 };

static uint64_t seed = 1;

static uint64_t now_ms(void *arg)
{
    (void)arg;
    return 77;
}

static void draw(void *arg, void *bytes, size_t size)
{
    uint8_t *at = bytes;

    (void)arg;
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)chance_below(&seed, 256);
}

static struct service service = {.port = {.now_ms = now_ms, .random = draw}};

/* But for what service_order_new() sets it is as from calloc(). */
static bool is_fresh(const struct service_order *order,
                     enum match_event_kind kind)
{
    struct service_order blank;

    memset(&blank, 0, sizeof blank);
    blank.service = &service;
    blank.event.kind = kind;
    blank.event.call = 5;
    blank.event.member = 6;
    blank.event.now_ms = 77;
    memcpy(blank.event.fresh, order->event.fresh, sizeof blank.event.fresh);
    for (int i = 0; i < MATCH_FRESH_MAX; i++)
        if (order->event.fresh[i] == 0)
            return false;
    return memcmp(&order->event, &blank.event, sizeof blank.event) == 0 &&
           memcmp(&order->secrets, &blank.secrets, sizeof blank.secrets) == 0 &&
           order->service == &service && !order->below;
}

static struct service_order *make(enum match_event_kind kind)
{
    struct service_order *order = service_order_new(&service, 5, 6, kind);

    CHECK(order && is_fresh(order, kind));
    return order;
}

/* An order that was used up comes again, and nothing of before with it; one
 * with a card has room for it, and goes. */
static void used_again(void)
{
    struct service_order *first = make(EVENT_SEEN), *second, *carded;

    memset(&first->secrets, 0xff, sizeof first->secrets);
    first->event.stream.ticket = 9;
    service_order_used(first);
    fail_malloc_start(1);
    second = make(EVENT_LOST);
    CHECK(second == first);
    CHECK(!fail_malloc_stop());
    fail_malloc_start(1);
    CHECK(!service_order_new(&service, 5, 6, EVENT_SEEN));
    CHECK(fail_malloc_stop());
    carded = make(EVENT_ASK);
    memset(carded->card, 0xff, sizeof *carded->card);
    service_order_used(carded);
    CHECK(!service.used);
    carded = make(EVENT_CARD);
    memset(carded->card, 0xff, sizeof *carded->card);
    service_order_free(carded);
    service_order_used(second);
    carded = make(EVENT_ATTEND); /* never the small one */
    CHECK(carded != second);
    memset(carded->card, 0xff, sizeof *carded->card);
    service_order_free(carded);
    service_order_free(make(EVENT_SEEN));
    second = make(EVENT_SEEN);
    second->service = NULL; /* nobody's */
    service_order_used(second);
    CHECK(!service.used);
    service_close(&service);
    service_close(&service);
}

/* One thread makes them, another uses them up: none is lost, none is two
 * people's. */
static _Atomic(struct service_order *) waiting[WAITING];

static void *use_up(void *arg)
{
    uint32_t left = ROUNDS;

    for (uint32_t at = 0; left > 0; at = (at + 1) % WAITING) {
        struct service_order *order = atomic_exchange(&waiting[at], NULL);

        if (!order)
            continue;
        CHECK(order->event.member == 6 && order->event.call == 5);
        service_order_used(order);
        left--;
    }
    return arg;
}

static void two_threads(void)
{
    pthread_t thread;
    uint32_t left = ROUNDS, taken;

    CHECK(pthread_create(&thread, NULL, use_up, NULL) == 0);
    fail_malloc_start(0);
    for (uint32_t at = 0; left > 0; at = (at + 1) % WAITING) {
        if (atomic_load(&waiting[at]))
            continue;
        atomic_store(&waiting[at], make(EVENT_SEEN));
        left--;
    }
    taken = (uint32_t)fail_malloc_seen();
    (void)fail_malloc_stop();
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(taken > 0 && taken <= WAITING + 1); /* as many as wait at once */
    service_close(&service);
    CHECK(!service.spare && !service.used);
}

int main(void)
{
    used_again();
    two_threads();
    return check_report("service/service");
}
