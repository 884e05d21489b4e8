/* core_world -- a client core and a gRPC server of Vocabularies, joined by
 * memory.  The test sets what the server answers; time is the test's. */
#ifndef CORE_WORLD_H
#define CORE_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "http/session.h"
#include "kindred/client.h"
#include "pb/kindred.api.h"
#include "rpc/server.h"

struct core_world {
    struct kindred_core *core;
    struct http_host host;
    struct http_session session;
    struct rpc_server server;
    uint64_t now_ms;
    int calls;           /* that reached the handler */
    enum err answers[8]; /* to the n-th call; the last for all after */
    bool silent, late;   /* it never answers; it does, and fails after that */
    char language[36];   /* of the last request */
    char metadata[300];  /* its authorization, or "" */
    bool cut, over;      /* the wire is cut; the core said so */
};

static inline struct rpc_verdict
core_world_get_vocabulary(struct rpc_call *call,
                          const Kindred__V1__GetVocabularyRequest *request)
{
    struct core_world *world = rpc_call_context(call);
    Kindred__V1__GetVocabularyResponse response =
        KINDRED__V1__GET_VOCABULARY_RESPONSE__INIT;
    const char *token = rpc_call_metadata(call, "authorization");
    int n = world->calls < 7 ? world->calls : 7;

    world->calls++;
    (void)snprintf(world->language, sizeof world->language, "%s",
                   request->language);
    (void)snprintf(world->metadata, sizeof world->metadata, "%s",
                   token ? token : "");
    response.version = request->known_version + 1;
    if (world->late && rpc_send(call, &response) == ERR_NONE)
        rpc_end(call, world->answers[n]);
    if (world->late || world->silent)
        return rpc_later(call);
    if (world->answers[n] != ERR_NONE)
        return rpc_fail(call, world->answers[n]);
    return rpc_reply(call, &response);
}

API_KINDRED_V1_VOCABULARIES(RPC_WRAP, core_world)
static const struct rpc_binding core_world_bindings[] = {
    API_KINDRED_V1_VOCABULARIES(RPC_BIND, core_world)};

static inline void core_world_wake(void *waker, struct http_session *session)
{
    (void)waker;
    (void)session;
}

static inline void core_world_open(struct core_world *world)
{
    struct rpc_limits limits = {0};

    *world = (struct core_world){.now_ms = 1000000};
    world->host.handler_of = rpc_server_handler();
    world->host.handler = &world->server;
    world->host.wake = core_world_wake;
    if (rpc_server_init(&world->server, 0, &kindred_api, &limits) ||
        http_session_host_init(&world->host) ||
        http_session_init(&world->session, &world->host, HTTP_SERVER, world,
                          world->now_ms))
        abort();
    rpc_server_bind(&world->server, core_world_bindings, 1, world);
    world->core = kindred_core_new("test:1", world->now_ms);
    if (!world->core)
        abort();
}

static inline void core_world_close(struct core_world *world)
{
    kindred_core_free(world->core);
    http_session_close(&world->session);
    http_session_host_close(&world->host);
    rpc_server_close(&world->server);
}

/* Carry bytes both ways until nobody has anything to say. */
static inline void core_world_run(struct core_world *world)
{
    static uint8_t bytes[65536];
    size_t up, down;

    do {
        up = kindred_core_send(world->core, bytes, sizeof bytes, world->now_ms);
        if (up > 0 && !world->cut &&
            http_session_receive(&world->session, bytes, up, world->now_ms))
            abort();
        down = world->cut ? 0
                          : http_session_send(&world->session, bytes,
                                              sizeof bytes, world->now_ms);
        if (down > 0 &&
            !kindred_core_receive(world->core, bytes, down, world->now_ms))
            world->over = true;
    } while (up + down > 0 && !world->over);
}

static inline void core_world_pass(struct core_world *world, uint64_t ms)
{
    world->now_ms += ms;
    if (kindred_core_deadline_ms(world->core) <= world->now_ms &&
        !kindred_core_tick(world->core, world->now_ms))
        world->over = true;
    if (!world->over)
        core_world_run(world);
}

#endif
