#include "client/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"
#include "base/wipe.h"
#include "client/calls.h"
#include "client/error.h"
#include "net/confine.h"
#include "seal/ready.h"

struct line {
    struct list by_loop;
    bool end; /* of input */
    size_t size;
    char text[];
};

struct record {        /* of the inbox */
    struct line *line; /* NULL: a mere wake-up */
};

struct kindred_timer {
    struct client_timer timer;
    struct kindred_loop *loop;
};

static void hand_out(void *arg)
{
    struct kindred_loop *loop = arg;
    struct list *link;

    while (!loop->held && (link = list_pop_front(&loop->lines))) {
        struct line *line = LIST_ENTRY(link, struct line, by_loop);

        atomic_fetch_sub(&loop->unread, 1);
        loop->line(loop->line_arg, line->end ? NULL : line->text, line->size);
        wipe_free(line);
    }
}

static void on_record(void *above, const void *bytes)
{
    struct kindred_loop *loop = above;
    const struct record *record = bytes;

    if (!record->line)
        return;
    list_push_back(&loop->lines, &record->line->by_loop);
    hand_out(loop);
}

static uint64_t next_deadline_ms(void *above)
{
    struct kindred_loop *loop = above;

    return heap_least(&loop->timers);
}

static void on_tick(void *above, uint64_t now_ms)
{
    struct kindred_loop *loop = above;

    client_timer_run(&loop->timers, now_ms);
}

struct kindred_loop *kindred_loop_new(void)
{
    struct kindred_loop *loop = seal_ready() ? calloc(1, sizeof *loop) : NULL;
    struct net_loop_config config = {.record_size = sizeof(struct record),
                                     .inbox_max = CLIENT_LOOP_LINES,
                                     .linger_ms = 100};

    if (!loop)
        return NULL;
    config.port.record = on_record;
    config.port.deadline_ms = next_deadline_ms;
    config.port.tick = on_tick;
    config.port.above = loop;
    loop->host.handler_of = client_calls_handler();
    loop->hand_out.fire = hand_out;
    loop->hand_out.arg = loop;
    list_init(&loop->lines);
    net_signal_ignore_pipe();
    if (client_timer_room(&loop->timers) == ERR_NONE &&
        net_loop_init(&loop->net, &config) == ERR_NONE &&
        net_loop_host(&loop->net, &loop->host) == ERR_NONE)
        return loop;
    kindred_loop_free(loop);
    return NULL;
}

void kindred_loop_free(struct kindred_loop *loop)
{
    struct list *link;

    if (!loop)
        return;
    atomic_store(&loop->closed, true);
    net_loop_close(&loop->net);
    net_credentials_close(&loop->credentials);
    http_session_host_close(&loop->host);
    free(loop->timers.place);
    while ((link = list_pop_front(&loop->lines)))
        wipe_free(LIST_ENTRY(link, struct line, by_loop));
    if (loop->reader.started && !atomic_exchange(&loop->left, true))
        return; /* its thread still waits for input */
    net_thread_join(&loop->reader);
    wipe_free(loop);
}

void kindred_loop_run(struct kindred_loop *loop)
{
    while (!atomic_exchange(&loop->stopped, false))
        net_loop_turn(&loop->net);
}

void kindred_loop_stop(struct kindred_loop *loop)
{
    struct record wake = {0};

    atomic_store(&loop->stopped, true);
    if (net_queue_put(&loop->net.inbox, &wake) != ERR_NONE)
        return; /* full: it is awake */
}

uint64_t kindred_loop_now_ms(const struct kindred_loop *loop)
{
    return net_loop_now_ms(&loop->net);
}

bool kindred_loop_trust(struct kindred_loop *loop,
                        const struct kindred_trust *trust,
                        struct kindred_error *error)
{
    struct net_credentials_config config = {.certificate = trust->certificate,
                                            .key = trust->key,
                                            .authorities = trust->authorities,
                                            .protocols = NET_PROTOCOL_H2,
                                            .client = true};
    enum err err = ERR_INVALID;

    if (!loop->credentials.context && !trust->certificate == !trust->key)
        err = net_credentials_init(&loop->credentials, &config);
    client_error_set(error, err);
    return err == ERR_NONE;
}

enum err client_loop_credentials(struct kindred_loop *loop,
                                 struct net_credentials **credentials)
{
    struct net_credentials_config config = {.protocols = NET_PROTOCOL_H2,
                                            .client = true};
    enum err err = ERR_NONE;

    if (!loop->credentials.context)
        err = net_credentials_init(&loop->credentials, &config);
    *credentials = &loop->credentials;
    return err;
}

struct kindred_timer *kindred_timer_new(struct kindred_loop *loop,
                                        void (*fire)(void *arg), void *arg)
{
    struct kindred_timer *timer = calloc(1, sizeof *timer);

    if (!timer)
        return NULL;
    timer->loop = loop;
    timer->timer.fire = fire;
    timer->timer.arg = arg;
    return timer;
}

void client_loop_after(struct kindred_loop *loop, struct client_timer *timer,
                       uint64_t after_ms)
{
    uint64_t now_ms = kindred_loop_now_ms(loop);

    heap_set(&loop->timers, &timer->timer,
             after_ms > KINDRED_NEVER - now_ms ? KINDRED_NEVER
                                               : now_ms + after_ms);
}

void kindred_timer_set(struct kindred_timer *timer, uint64_t after_ms)
{
    client_loop_after(timer->loop, &timer->timer, after_ms);
}

void kindred_timer_free(struct kindred_timer *timer)
{
    if (!timer)
        return;
    kindred_timer_set(timer, KINDRED_NEVER);
    free(timer);
}

/* ---- lines ---- */

/* Law 1: what is held stops the reading; so does a lack of memory. */
static void hand_over(struct kindred_loop *loop, const char *text, size_t size)
{
    struct line *line;
    struct record record;
    struct timespec moment = {.tv_nsec = 5000000};

    while (!(line = calloc(1, sizeof *line + size + 1))) {
        if (atomic_load(&loop->closed))
            return;
        (void)nanosleep(&moment, NULL);
    }
    record = (struct record){line};
    line->end = !text;
    line->size = size;
    if (size > 0)
        memcpy(line->text, text, size);
    while (atomic_load(&loop->unread) >= CLIENT_LOOP_LINES &&
           !atomic_load(&loop->closed))
        (void)nanosleep(&moment, NULL);
    atomic_fetch_add(&loop->unread, 1);
    while (!atomic_load(&loop->closed)) {
        if (net_queue_put(&loop->net.inbox, &record) == ERR_NONE)
            return;
        (void)nanosleep(&moment, NULL);
    }
    wipe_free(line);
}

static size_t cut_lines(struct kindred_loop *loop, char *text, size_t size)
{
    char *end;
    size_t done = 0;

    while (!loop->uncut && (end = memchr(text + done, '\n', size - done))) {
        size_t length = (size_t)(end - text) - done;
        size_t kept = length;

        if (kept > 0 && text[done + kept - 1] == '\r')
            kept--;
        hand_over(loop, text + done, kept);
        done += length + 1;
    }
    if (loop->uncut || (done == 0 && size >= CLIENT_LOOP_LINE_MAX)) {
        hand_over(loop, text, size);
        done = size;
    }
    memmove(text, text + done, size - done);
    wipe(text + size - done, done); /* Law 2 */
    return size - done;
}

static void read_lines(void *arg)
{
    struct kindred_loop *loop = arg;
    char *text = loop->text;
    size_t size = 0;
    ssize_t got;

    do {
        got = read(loop->fd, text + size, CLIENT_LOOP_PIECE);
        if (got > 0)
            size = cut_lines(loop, text, size + (size_t)got);
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (size > 0)
        hand_over(loop, text, size);
    wipe(text, size);
    hand_over(loop, NULL, 0);
    if (!atomic_exchange(&loop->left, true))
        return; /* to be joined */
    REQUIRE(pthread_detach(pthread_self()) == 0);
    wipe_free(loop);
}

bool client_loop_lines(struct kindred_loop *loop, int fd,
                       client_loop_line *line, void *arg)
{
    REQUIRE(!loop->reader.started);
    loop->fd = fd;
    loop->line = line;
    loop->line_arg = arg;
    return net_thread_start(&loop->reader, "lines", read_lines, loop) ==
           ERR_NONE;
}

bool client_loop_bytes(struct kindred_loop *loop, int fd,
                       client_loop_line *bytes, void *arg)
{
    loop->uncut = true;
    return client_loop_lines(loop, fd, bytes, arg);
}

void client_loop_hold(struct kindred_loop *loop, bool held)
{
    loop->held = held;
    if (!held)
        client_loop_after(loop, &loop->hand_out, 0);
}

static void on_signal(void *arg)
{
    struct kindred_loop *loop = arg;

    loop->interrupted(loop->interrupted_arg);
}

bool client_loop_interrupts(struct kindred_loop *loop, void (*came)(void *arg),
                            void *arg)
{
    loop->interrupted = came;
    loop->interrupted_arg = arg;
    return net_signal_start(&loop->signal, &loop->net, on_signal, loop) ==
           ERR_NONE;
}

static void on_change(void *arg)
{
    struct kindred_loop *loop = arg;

    loop->changed(loop->changed_arg);
}

bool client_loop_changes(struct kindred_loop *loop, void (*changed)(void *arg),
                         void *arg)
{
    REQUIRE(loop->interrupted);
    loop->changed = changed;
    loop->changed_arg = arg;
    return net_signal_terminal(&loop->signal, &loop->net, on_change) ==
           ERR_NONE;
}

void client_loop_confine(void)
{
    net_confine_memory();
}
