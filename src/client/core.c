/* client/core -- the sans-I/O floor of the library: one session of its own. */
#include <stdlib.h>
#include <string.h>

#include "client/calls.h"
#include "seal/ready.h"

struct kindred_core {
    struct client_calls calls;
    struct heap timers;
    struct http_host host;
    struct http_session session;
    uint64_t now_ms;
    bool over;
    char authority[256];
};

static uint64_t core_now_ms(const void *clock)
{
    const struct kindred_core *core = clock;

    return core->now_ms;
}

static void core_wanted(void *owner)
{
    (void)owner; /* there is one connection, and it is over */
}

static void core_wake(void *waker, struct http_session *session)
{
    (void)waker; /* the owner asks after every call */
    (void)session;
}

struct kindred_core *kindred_core_new(const char *authority, uint64_t now_ms)
{
    struct kindred_core *core;

    if (!seal_ready() || strlen(authority) >= sizeof core->authority)
        return NULL;
    core = calloc(1, sizeof *core);
    if (!core)
        return NULL;
    memcpy(core->authority, authority, strlen(authority) + 1);
    core->now_ms = now_ms;
    core->calls = (struct client_calls){.timers = &core->timers,
                                        .now_ms = core_now_ms,
                                        .clock = core,
                                        .wanted = core_wanted,
                                        .scheme = "http",
                                        .authority = core->authority};
    client_calls_init(&core->calls);
    core->host.handler_of = client_calls_handler();
    core->host.wake = core_wake;
    if (client_timer_room(&core->timers) == ERR_NONE &&
        http_session_host_init(&core->host) == ERR_NONE &&
        http_session_init(&core->session, &core->host, HTTP_CLIENT, core,
                          now_ms) == ERR_NONE) {
        client_calls_attach(&core->calls, &core->session);
        return core;
    }
    kindred_core_free(core);
    return NULL;
}

void kindred_core_free(struct kindred_core *core)
{
    if (!core)
        return;
    client_calls_close(&core->calls, ERR_CANCELED);
    http_session_close(&core->session);
    http_session_host_close(&core->host);
    free(core->timers.place);
    free(core);
}

static bool settle(struct kindred_core *core, enum err err)
{
    if (core->over)
        return false;
    if (err == ERR_NONE && !http_session_finished(&core->session))
        return true;
    core->over = true;
    client_calls_close(&core->calls, err ? err : ERR_CONNECTION);
    return false;
}

bool kindred_core_receive(struct kindred_core *core, const uint8_t *bytes,
                          size_t size, uint64_t now_ms)
{
    core->now_ms = now_ms;
    if (core->over)
        return false;
    return settle(core,
                  http_session_receive(&core->session, bytes, size, now_ms));
}

size_t kindred_core_send(struct kindred_core *core, uint8_t *out, size_t room,
                         uint64_t now_ms)
{
    size_t size;

    core->now_ms = now_ms;
    size = http_session_send(&core->session, out, room, now_ms);
    if (size < room) /* a last word is only then said */
        (void)settle(core, ERR_NONE);
    return size;
}

bool kindred_core_over(const struct kindred_core *core)
{
    return core->over;
}

uint64_t kindred_core_deadline_ms(const struct kindred_core *core)
{
    uint64_t timer_ms = heap_least(&core->timers);
    uint64_t session_ms = http_session_deadline_ms(&core->session);

    if (core->over)
        return timer_ms;
    return timer_ms < session_ms ? timer_ms : session_ms;
}

bool kindred_core_tick(struct kindred_core *core, uint64_t now_ms)
{
    core->now_ms = now_ms;
    client_timer_run(&core->timers, now_ms);
    if (core->over)
        return false;
    if (http_session_deadline_ms(&core->session) > now_ms)
        return true;
    return settle(core, http_session_tick(&core->session, now_ms));
}

struct kindred_call *
kindred_core_call(struct kindred_core *core,
                  const struct kindred_call_options *options,
                  const struct kindred_call_handler *handler)
{
    return client_calls_start(&core->calls, options, handler);
}
