/* Records from many threads, ticks in time, and the ways a loop ends. */
#include "net/loop.h"

#include "base/log.h"
#include "echo_world.h"

enum { PRODUCERS = 3, EACH = 5000, TICKS = 5, TICK_MS = 20 };

struct above {
    struct net_loop loop;
    pthread_t on;
    uint64_t next[PRODUCERS], records, due_ms;
    uint32_t ticks;
    bool strange; /* called on another thread, or out of order */
};

static void take_record(void *arg, const void *record)
{
    struct above *above = arg;
    const uint64_t *number = record;
    uint64_t producer = *number % PRODUCERS;

    above->strange |= !pthread_equal(above->on, pthread_self()); /* Law 1 */
    above->strange |= *number / PRODUCERS != above->next[producer]++;
    if (++above->records == (uint64_t)PRODUCERS * EACH)
        net_loop_stop(&above->loop);
}

static uint64_t ask_deadline(void *arg)
{
    const struct above *above = arg;

    return above->due_ms;
}

static void take_tick(void *arg, uint64_t now_ms)
{
    struct above *above = arg;

    above->strange |= now_ms < above->due_ms;
    if (++above->ticks % 2 == 0) /* else it asks for the same moment again */
        above->due_ms = now_ms + TICK_MS;
    if (above->ticks == TICKS * 2)
        net_loop_stop(&above->loop);
}

struct producer {
    struct net_thread thread;
    struct above *above;
    uint64_t number;
};

static void produce(void *arg)
{
    const struct producer *producer = arg;
    struct timespec a_while = {.tv_nsec = 100000};

    for (uint64_t i = 0; i < EACH; i++) {
        uint64_t record = i * PRODUCERS + producer->number;

        while (net_queue_put(&producer->above->loop.inbox, &record))
            (void)nanosleep(&a_while, NULL);
    }
}

/* Law 1: in order, on the loop's thread; the inbox is smaller than a batch,
 * so it fills, wakes and is drained again and again. */
static void records_arrive(void)
{
    static struct above above;
    static struct producer producer[PRODUCERS];
    struct net_loop_config config = {
        .port = {.record = take_record, .above = &above}, .inbox_max = 50};

    above = (struct above){.on = pthread_self()};
    CHECK(!net_loop_init(&above.loop, &config));
    for (uint64_t i = 0; i < PRODUCERS; i++) {
        producer[i] = (struct producer){.above = &above, .number = i};
        CHECK(!net_thread_start(&producer[i].thread, "producer", produce,
                                &producer[i]));
    }
    net_loop_run(&above.loop);
    CHECK(above.records == (uint64_t)PRODUCERS * EACH);
    CHECK(!above.strange);
    for (int i = 0; i < PRODUCERS; i++)
        net_thread_join(&producer[i].thread);
    net_loop_close(&above.loop);
    net_loop_close(&above.loop);
}

static void take_and_put(void *arg, const void *record)
{
    struct above *above = arg;

    if (++above->records == EACH)
        net_loop_stop(&above->loop);
    CHECK(!net_queue_put(&above->loop.inbox, record));
}

/* A neighbour that always has more does not keep a turn from ending, and is
 * not forgotten in the next. */
static void records_never_end(void)
{
    static struct above above;
    struct net_loop_config config = {
        .port = {.record = take_and_put, .above = &above}, .inbox_max = 128};
    uint64_t record = 1;

    above = (struct above){0};
    CHECK(!net_loop_init(&above.loop, &config));
    for (int i = 0; i < 128; i++)
        CHECK(!net_queue_put(&above.loop.inbox, &record));
    (void)uv_run(&above.loop.uv, UV_RUN_ONCE);
    CHECK(above.records <= 128);
    net_loop_run(&above.loop);
    CHECK(above.records >= EACH);
    net_loop_close(&above.loop);
}

static void ticks_come(void)
{
    static struct above above;
    struct net_loop_config config = {.port = {.deadline_ms = ask_deadline,
                                              .tick = take_tick,
                                              .above = &above}};
    uint64_t before_ms = net_clock_mono_ms();

    above = (struct above){.due_ms = before_ms + TICK_MS};
    CHECK(!net_loop_init(&above.loop, &config));
    net_loop_run(&above.loop);
    CHECK(above.ticks == TICKS * 2);
    CHECK(!above.strange);
    CHECK(net_clock_mono_ms() + 2 >= before_ms + (uint64_t)TICKS * TICK_MS);
    net_loop_close(&above.loop);
}

/* Asked to stop or drain before it runs, with nothing open: it returns. */
static void ends_at_once(void)
{
    static struct net_loop loop;
    struct net_loop_config config = {0};

    CHECK(!net_loop_init(&loop, &config));
    net_loop_stop(&loop);
    net_loop_run(&loop);
    net_loop_close(&loop);
    CHECK(!net_loop_init(&loop, &config));
    net_loop_drain(&loop);
    net_loop_drain(&loop);
    net_loop_run(&loop);
    net_loop_close(&loop);
    CHECK(!net_loop_init(&loop, &config));
    net_loop_close(&loop); /* it never ran */
}

/* Law 2, for the loop: the third caller is sent away; when one leaves, the
 * next is served. */
static void loop_is_full(void)
{
    static struct echo_world world;
    struct net_loop_config config = {.connections_max = 2};
    struct http_limits limits = {0};
    struct echo_caller caller[3];
    uint64_t refused = log_counter(LOG_CONNECTION_REFUSED);
    bool served = false;

    echo_world_open(&world, NULL, &config, &limits);
    for (int i = 0; i < 2; i++) {
        echo_caller_open(&caller[i], &world);
        echo_caller_ask(&caller[i], "/echo", 10);
        CHECK(echo_caller_finish(&caller[i], 1));
    }
    echo_caller_open(&caller[2], &world);
    echo_caller_ask(&caller[2], "/echo", 10);
    CHECK(!echo_caller_finish(&caller[2], 1));
    echo_caller_close(&caller[2]);
    echo_caller_close(&caller[0]);
    for (int tries = 0; tries < 100 && !served; tries++) {
        echo_caller_open(&caller[0], &world);
        echo_caller_ask(&caller[0], "/echo", 10);
        served = echo_caller_finish(&caller[0], 1);
        echo_caller_close(&caller[0]);
    }
    CHECK(served);
    echo_caller_close(&caller[1]);
    echo_world_close(&world);
    CHECK(log_counter(LOG_CONNECTION_REFUSED) > refused);
}

/* Law 2, for the process: loops share a quota. */
static void process_is_full(void)
{
    static struct echo_world one, two;
    struct net_quota quota = {.max = 1};
    struct net_loop_config config = {.quota = &quota};
    struct http_limits limits = {0};
    struct echo_caller first, second;

    echo_world_open(&one, NULL, &config, &limits);
    echo_world_open(&two, NULL, &config, &limits);
    echo_caller_open(&first, &one);
    echo_caller_ask(&first, "/echo", 10);
    CHECK(echo_caller_finish(&first, 1));
    echo_caller_open(&second, &two);
    echo_caller_ask(&second, "/echo", 10);
    CHECK(!echo_caller_finish(&second, 1));
    CHECK(atomic_load(&quota.open) == 1);
    echo_caller_close(&first);
    echo_caller_close(&second);
    echo_world_close(&one);
    echo_world_close(&two);
    CHECK(atomic_load(&quota.open) == 0); /* Law 3 */
}

/* Draining: what is open is finished, then the loop returns by itself. */
static void drains(void)
{
    static struct echo_world world;
    struct net_loop_config config = {0};
    struct http_limits limits = {0};
    struct echo_caller caller;
    int fd;

    echo_world_open(&world, NULL, &config, &limits);
    echo_caller_open(&caller, &world);
    echo_caller_ask(&caller, "/echo", 200000);
    CHECK(echo_caller_push(&caller, 100));
    CHECK(echo_wait(&world.begun, 1));
    net_loop_drain(&world.loop);
    CHECK(echo_caller_finish(&caller, 1));
    CHECK(caller.received == 200000);
    while (echo_caller_push(&caller, ECHO_PIECE) && echo_caller_pull(&caller))
        continue;
    echo_caller_close(&caller);
    net_thread_join(&world.thread); /* nobody stopped it */
    CHECK(world.ended_for[ERR_NONE] == 1);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, (const void *)&world.address.to, world.address.size));
    CHECK(close(fd) == 0);
    echo_world_close(&world);
}

/* Stopping: what is open ends now, and is told so (Law 3). */
static void stops(void)
{
    static struct echo_world world;
    struct net_loop_config config = {0};
    struct http_limits limits = {0};
    struct echo_caller caller;

    echo_world_open(&world, NULL, &config, &limits);
    echo_caller_open(&caller, &world);
    echo_caller_ask(&caller, "/pour", 0);
    CHECK(echo_caller_push(&caller, ECHO_PIECE));
    CHECK(echo_wait(&world.begun, 1));
    echo_world_close(&world);
    CHECK(world.ended_for[ERR_CONNECTION] == 1);
    echo_caller_close(&caller);
}

/* What a host says it needs no more is zero; its neighbours are as they were. */
static void forgets(void)
{
    enum { PAGE = 4096, PAGES = 8, FROM = 100, SIZE = 5 * PAGE };
    static _Alignas(PAGE) uint8_t bytes[PAGES * PAGE];
    struct net_loop loop;
    struct net_loop_config config = {0};
    struct http_host host = {.handler_of = echo_handler()};
    size_t kept = 0;

    CHECK(!net_loop_init(&loop, &config));
    CHECK(!net_loop_host(&loop, &host));
    memset(bytes, 'x', sizeof bytes);
    host.forget(bytes + FROM, SIZE);
    for (size_t i = 0; i < sizeof bytes; i++)
        kept += bytes[i] == 'x';
    CHECK(kept == sizeof bytes - SIZE);
    CHECK(bytes[FROM - 1] == 'x' && bytes[FROM] == 0);
    CHECK(bytes[FROM + SIZE - 1] == 0 && bytes[FROM + SIZE] == 'x');
    memset(bytes, 'y', sizeof bytes);
    host.forget(bytes + FROM, PAGE - FROM - 1); /* not one page */
    CHECK(bytes[FROM - 1] == 'y' && bytes[FROM] == 0);
    CHECK(bytes[PAGE - 2] == 0 && bytes[PAGE - 1] == 'y');
    host.forget(bytes + 2 * PAGE, PAGE); /* one, and no more */
    CHECK(bytes[2 * PAGE - 1] == 'y' && bytes[2 * PAGE] == 0);
    CHECK(bytes[3 * PAGE - 1] == 0 && bytes[3 * PAGE] == 'y');
    host.forget(bytes + FROM, PAGE); /* two halves */
    CHECK(bytes[FROM + PAGE - 1] == 0 && bytes[FROM + PAGE] == 'y');
    http_session_host_close(&host);
    net_loop_close(&loop);
}

int main(void)
{
    records_arrive();
    records_never_end();
    ticks_come();
    ends_at_once();
    loop_is_full();
    process_is_full();
    drains();
    stops();
    forgets();
    return check_report("net/loop");
}
