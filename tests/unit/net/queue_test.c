/* Law by law, then a random history against a model that never wraps, then
 * many threads at once. */
#include "net/queue.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"
#include "net/clock.h"
#include "net/thread.h"

enum { STEPS = 20000, SEEDS = 20, PRODUCERS = 4, EACH = 20000, CAP = 64 };

struct record {
    uint32_t producer, number;
    uint8_t padding[24];
};

static void count_wake(void *arg)
{
    ++*(int *)arg;
}

/* Law 1: full is said, and changes nothing. */
static void full_is_said(void)
{
    struct net_queue queue;
    uint64_t in[] = {11, 22, 33}, out[4];

    CHECK(!net_queue_init(&queue, sizeof *in, 2, (struct net_queue_hook){0}));
    CHECK(net_queue_put(&queue, &in[0]) == ERR_NONE);
    CHECK(net_queue_put(&queue, &in[1]) == ERR_NONE);
    CHECK(net_queue_put(&queue, &in[2]) == ERR_FULL);
    CHECK(net_queue_reserve(&queue, 1) == ERR_FULL);
    CHECK(net_queue_take(&queue, out, 1) == 1);
    CHECK(out[0] == 11);
    CHECK(net_queue_put(&queue, &in[2]) == ERR_NONE);
    CHECK(net_queue_take(&queue, out, 4) == 2); /* Law 2 */
    CHECK(out[0] == 22 && out[1] == 33);
    net_queue_close(&queue);
    net_queue_close(&queue);
}

/* Laws 1, 2 and 3 for many at once: all or none, in order, for one wake-up. */
static void all_or_none(void)
{
    struct net_queue queue;
    uint64_t in[] = {11, 22, 33}, out[4];
    int wakes = 0;

    CHECK(!net_queue_init(&queue, sizeof *in, 4,
                          (struct net_queue_hook){count_wake, &wakes}));
    CHECK(net_queue_put_all(&queue, in, 0) == ERR_NONE);
    CHECK(wakes == 0);
    CHECK(net_queue_put_all(&queue, in, 3) == ERR_NONE);
    CHECK(wakes == 1);
    CHECK(net_queue_put_all(&queue, in, 2) == ERR_FULL);
    CHECK(net_queue_size(&queue) == 3);
    CHECK(net_queue_take(&queue, out, 2) == 2); /* the next goes round */
    CHECK(out[0] == 11 && out[1] == 22);
    CHECK(net_queue_reserve(&queue, 1) == ERR_NONE);
    CHECK(net_queue_put_all(&queue, in, 3) == ERR_FULL);
    CHECK(net_queue_put_all(&queue, in, 2) == ERR_NONE);
    CHECK(net_queue_take(&queue, out, 4) == 3);
    CHECK(out[0] == 33 && out[1] == 11 && out[2] == 22);
    net_queue_close(&queue);
}

/* Law 3: others may fill every slot but the reserved one. */
static void reserved_is_kept(void)
{
    struct net_queue queue;
    uint64_t in = 1, mine = 7, out[3];

    CHECK(!net_queue_init(&queue, sizeof in, 3, (struct net_queue_hook){0}));
    CHECK(net_queue_reserve(&queue, 2) == ERR_NONE);
    CHECK(net_queue_put(&queue, &in) == ERR_NONE);
    CHECK(net_queue_put(&queue, &in) == ERR_FULL);
    CHECK(net_queue_reserve(&queue, 1) == ERR_FULL);
    net_queue_put_reserved(&queue, &mine);
    CHECK(net_queue_put(&queue, &in) == ERR_FULL);
    net_queue_release(&queue, 1);
    CHECK(net_queue_put(&queue, &in) == ERR_NONE);
    CHECK(net_queue_size(&queue) == 3);
    CHECK(net_queue_take(&queue, out, 3) == 3);
    CHECK(out[0] == 1 && out[1] == 7 && out[2] == 1);
    net_queue_close(&queue);
}

/* Law 4: one wake-up per filling, and a wait that ends by record or time. */
static void wakes_once_per_filling(void)
{
    struct net_queue queue;
    int wakes = 0;
    uint32_t in = 5, out;
    struct net_queue_hook hook = {count_wake, &wakes};
    uint64_t before_ms;

    CHECK(!net_queue_init(&queue, sizeof in, 4, hook));
    CHECK(net_queue_put(&queue, &in) == ERR_NONE);
    CHECK(net_queue_put(&queue, &in) == ERR_NONE);
    CHECK(wakes == 1);
    CHECK(net_queue_wait(&queue, UINT64_MAX));
    CHECK(net_queue_take(&queue, &out, 1) == 1);
    CHECK(net_queue_put(&queue, &in) == ERR_NONE);
    CHECK(wakes == 1);
    while (net_queue_take(&queue, &out, 1) > 0)
        continue;
    CHECK(!net_queue_wait(&queue, 0));
    before_ms = net_clock_mono_ms();
    CHECK(!net_queue_wait(&queue, 20));
    CHECK(net_clock_mono_ms() >= before_ms + 19);
    CHECK(net_queue_reserve(&queue, 3) == ERR_NONE);
    net_queue_put_reserved(&queue, &in);
    CHECK(wakes == 2);
    CHECK(net_queue_take(&queue, &out, 1) == 1);
    net_queue_put_all_reserved(&queue, (const uint32_t[]){1, 2}, 2);
    CHECK(wakes == 3);
    net_queue_close(&queue);
}

/* Laws 1, 2, 3 after every step: the model is a tape that never wraps. */
static void laws_hold_for(uint64_t seed)
{
    static uint32_t tape[STEPS * 3];
    uint32_t cap = 1 + (uint32_t)chance_below(&seed, 9), reserved = 0;
    uint32_t first = 0, last = 0, out[12];
    struct net_queue queue;

    CHECK(
        !net_queue_init(&queue, sizeof *tape, cap, (struct net_queue_hook){0}));
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t n = (uint32_t)chance_below(&seed, 4), got;
        bool room = last - first + reserved < cap;

        switch (chance_below(&seed, 5)) {
        case 0:
            tape[last] = step;
            CHECK((net_queue_put(&queue, &step) == ERR_NONE) == room);
            last += room;
            break;
        case 1:
            room = last - first + reserved + n <= cap;
            CHECK((net_queue_reserve(&queue, n) == ERR_NONE) == room);
            reserved += room ? n : 0;
            break;
        case 2:
            n = n < reserved ? n : reserved;
            for (uint32_t i = 0; i < n; i++)
                tape[last + i] = step;
            if (n == 1)
                net_queue_put_reserved(&queue, tape + last);
            else
                net_queue_put_all_reserved(&queue, tape + last, n);
            last += n;
            reserved -= n;
            break;
        case 3:
            n = n < reserved ? n : reserved;
            net_queue_release(&queue, n);
            reserved -= n;
            break;
        default:
            got = net_queue_take(&queue, out, n);
            CHECK(got == (n < last - first ? n : last - first));
            CHECK(memcmp(out, tape + first, got * sizeof *out) == 0);
            first += got;
        }
        CHECK(net_queue_size(&queue) == last - first);
    }
    net_queue_close(&queue);
}

struct producer {
    struct net_thread thread;
    struct net_queue *queue;
    uint32_t number;
    bool reserves;
};

static void produce(void *arg)
{
    const struct producer *p = arg;
    struct record record = {.producer = p->number};

    for (record.number = 0; record.number < EACH; record.number++) {
        if (!p->reserves) {
            while (net_queue_put(p->queue, &record) == ERR_FULL)
                (void)net_clock_mono_ns();
            continue;
        }
        while (net_queue_reserve(p->queue, 2) == ERR_FULL)
            (void)net_clock_mono_ns();
        net_queue_put_reserved(p->queue, &record);
        net_queue_release(p->queue, 1);
    }
}

/* Laws 2 and 4 with threads: the consumer sleeps for ever if a wake-up is
 * lost, so it may only sleep a while and then complains. */
static void many_threads(void)
{
    static struct producer producer[PRODUCERS];
    uint32_t next[PRODUCERS] = {0}, total = 0, late = 0;
    struct record got[CAP / 2];
    struct net_queue queue;

    CHECK(
        !net_queue_init(&queue, sizeof *got, CAP, (struct net_queue_hook){0}));
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        producer[i] = (struct producer){
            .queue = &queue, .number = i, .reserves = i % 2 == 1};
        CHECK(!net_thread_start(&producer[i].thread, "producer", produce,
                                &producer[i]));
    }
    while (total < PRODUCERS * EACH && late < 3) {
        uint32_t n = net_queue_take(&queue, got, CAP / 2);

        for (uint32_t i = 0; i < n; i++)
            CHECK(got[i].number == next[got[i].producer]++);
        total += n;
        if (n == 0 && !net_queue_wait(&queue, 10000))
            late++;
    }
    CHECK(late == 0);
    CHECK(total == PRODUCERS * EACH);
    for (uint32_t i = 0; i < PRODUCERS; i++)
        net_thread_join(&producer[i].thread);
    net_queue_close(&queue);
}

int main(void)
{
    full_is_said();
    all_or_none();
    reserved_is_kept();
    wakes_once_per_filling();
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        laws_hold_for(seed);
    many_threads();
    return check_report("net/queue");
}
