#include "http/session.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/log.h"
#include "base/require.h"
#include "base/wipe.h"
#include "http/guard.h"
#include "http/h1.h"
#include "http/h1_end.h"
#include "http/h1_out.h"
#include "http/h2.h"
#include "http/head.h"
#include "http/memory.h"
#include "http/out.h"
#include "http/patience.h"
#include "http/pool.h"
#include "http/tell.h"

static const uint8_t drain_ping[8] = "drain";

enum err http_session_host_init(struct http_host *host)
{
    REQUIRE(host->handler_of);
    REQUIRE(host->wake);
    http_guard_defaults(&host->limits);
    list_init(&host->spare);
    list_init(&host->holders);
    list_init(&host->owed);
    host->spares = 0;
    memset(host->pieces, 0, sizeof host->pieces);
    host->pieces_bytes = 0;
    host->traffic = (struct http_traffic){0};
    return http_h2_setup(host);
}

void http_session_host_close(struct http_host *host)
{
    if (!host->options)
        return;
    http_pool_close(host);
    http_memory_host_close(host);
    nghttp2_option_del(host->options);
    nghttp2_session_callbacks_del(host->callbacks);
    host->options = NULL;
    host->callbacks = NULL;
}

static int greet(struct http_session *session)
{
    const struct http_limits *limits = &session->host->limits;
    nghttp2_settings_entry entry[3] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams_max},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits->head_bytes_max},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};

    return nghttp2_submit_settings(session->h2, NGHTTP2_FLAG_NONE, entry,
                                   session->role == HTTP_CLIENT ? 3 : 2);
}

static void end_h2(struct http_session *session)
{
    if (session->h2)
        nghttp2_session_del(session->h2);
    session->h2 = NULL;
    http_memory_free(session->memory);
    session->memory = NULL;
}

/* Speak HTTP/2 from here on. */
static enum err begin_h2(struct http_session *session)
{
    struct http_host *host = session->host;
    nghttp2_mem mem;
    int rv;

    session->memory = http_memory_new(host);
    if (!session->memory)
        return ERR_NOMEM;
    mem = http_memory_of(session->memory);
    rv = session->role == HTTP_SERVER
             ? nghttp2_session_server_new3(&session->h2, host->callbacks,
                                           session, host->options, &mem)
             : nghttp2_session_client_new3(&session->h2, host->callbacks,
                                           session, host->options, &mem);
    if (rv != 0)
        session->h2 = NULL;
    if (rv != 0 || greet(session) != 0) {
        end_h2(session);
        return ERR_NOMEM;
    }
    tally_add(&host->traffic.http2, 1);
    http_tell_wake(session);
    return ERR_NONE;
}

/* Not all at once, who came together. */
static uint64_t leave_ms(struct http_host *host, enum http_role role,
                         uint64_t now_ms)
{
    const uint64_t age_ms = host->limits.age_ms;

    if (age_ms == 0 || role == HTTP_CLIENT)
        return HTTP_NEVER;
    return now_ms + age_ms - age_ms / 10 +
           chance_below(&host->chance, age_ms / 5 + 1);
}

enum err http_session_init(struct http_session *session, struct http_host *host,
                           enum http_role role, void *user, uint64_t now_ms)
{
    *session = (struct http_session){.host = host,
                                     .user = user,
                                     .role = role,
                                     .open = true,
                                     .resets = host->limits.reset_burst,
                                     .controls = host->limits.control_burst,
                                     .refill_ms = now_ms,
                                     .now_ms = now_ms,
                                     .born_ms = now_ms,
                                     .heard_ms = now_ms,
                                     .idle_ms = now_ms,
                                     .leave_ms = leave_ms(host, role, now_ms)};
    list_init(&session->all);
    list_init(&session->events);
    list_init(&session->waits);
    list_init(&session->submits);
    list_init(&session->stalls);
    if (role == HTTP_CLIENT && begin_h2(session) != ERR_NONE) {
        session->open = false;
        return ERR_NOMEM;
    }
    return ERR_NONE;
}

void http_session_close(struct http_session *session)
{
    REQUIRE(!session->inside); /* Law 1 */
    if (!session->open)
        return;
    session->open = false;
    session->woken = true; /* nobody is to be woken for it any more */
    session->inside = true;
    list_unlink(&session->by_owed);
    if (session->h2)
        tally_sub(&session->host->traffic.http2, 1);
    end_h2(session);
    LIST_EACH (node, &session->all) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_session);

        if (!(exchange->pending & HTTP_TELL_CLOSED) &&
            exchange->why == ERR_NONE)
            exchange->why = ERR_CONNECTION;
        http_tell_note(exchange, HTTP_TELL_CLOSED);
    }
    (void)http_tell_all(session);
    http_h1_close(session);
    http_session_unsent(session, 0);
    REQUIRE(session->exchanges == 0); /* Law 2 */
    wipe_free(session->memo);
    session->memo = NULL;
    session->inside = false;
}

static void enter(struct http_session *session, uint64_t now_ms)
{
    REQUIRE(!session->inside); /* Law 1 */
    REQUIRE(session->open);
    session->inside = true;
    if (now_ms > session->now_ms)
        session->now_ms = now_ms;
}

static enum err leave(struct http_session *session)
{
    if (session->h2 && nghttp2_session_want_write(session->h2))
        http_tell_wake(session);
    session->inside = false;
    http_guard_relieve(session->host); /* Law 6 */
    return session->failed;
}

static enum err fatal(ssize_t rv)
{
    switch (rv) {
    case NGHTTP2_ERR_NOMEM:
        return ERR_NOMEM;
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
    case NGHTTP2_ERR_TOO_MANY_SETTINGS:
        return ERR_ABUSE;
    default:
        return ERR_PROTOCOL;
    }
}

static void receive_h2(struct http_session *session, const uint8_t *bytes,
                       size_t size)
{
    ssize_t rv;

    session->unheard += size;
    rv = nghttp2_session_mem_recv(session->h2, bytes, size);
    if (rv >= 0)
        http_guard_unheard(session);
    if (rv < 0 && fatal(rv) == ERR_ABUSE)
        http_guard_expel(session, LOG_EXPELLED_FLOOD, "too_much");
    if (rv >= 0 || session->failed != ERR_NONE)
        return;
    session->failed = fatal(rv);
    if (session->failed == ERR_PROTOCOL)
        log_event(LOG_PROTOCOL_BROKEN, 1, ERR_PROTOCOL);
}

static void receive(struct http_session *session, const uint8_t *bytes,
                    size_t size)
{
    enum err err = ERR_NONE;

    if (session->h2)
        receive_h2(session, bytes, size);
    else if (session->failed == ERR_NONE)
        err = http_h1_receive(session, bytes, size);
    if (err != ERR_NONE)
        session->failed = err;
}

/* Which protocol is it?  How many of the bytes tell: they are the preface's so
 * far, and are given on from here. */
static size_t decide(struct http_session *session, const uint8_t *bytes,
                     size_t size)
{
    static const uint8_t preface[] = {'P', 'R', 'I'};
    size_t used = 0;

    while (used < size && session->preface < sizeof preface &&
           bytes[used] == preface[session->preface]) {
        used++;
        session->preface++;
    }
    if (session->preface == sizeof preface)
        session->failed = begin_h2(session);
    else if (used < size)
        session->failed = http_h1_begin(session);
    else
        return used;
    if (session->failed == ERR_NONE)
        receive(session, preface, session->preface);
    return used;
}

enum err http_session_receive(struct http_session *session,
                              const uint8_t *bytes, size_t size,
                              uint64_t now_ms)
{
    size_t used = 0;

    enter(session, now_ms);
    session->heard_ms = session->now_ms;
    http_pool_settle(session);
    if (session->failed == ERR_NONE && !session->h2 && !session->h1)
        used = decide(session, bytes, size);
    if (session->failed == ERR_NONE && size > used)
        receive(session, bytes + used, size - used);
    (void)http_tell_all(session);
    return leave(session);
}

/* Copy what nghttp2 makes until out is full or it has no more. */
static size_t fill(struct http_session *session, uint8_t *out, size_t room)
{
    size_t filled = 0;

    for (;;) {
        size_t size = session->left_size;
        ssize_t made;

        if (size > room - filled)
            size = room - filled;
        if (size > 0) {
            memcpy(out + filled, session->left, size);
            filled += size;
            session->left += size;
            session->left_size -= size;
        }
        if (filled == room)
            return filled;
        made = nghttp2_session_mem_send(session->h2, &session->left);
        if (made < 0 && session->failed == ERR_NONE)
            session->failed = fatal(made);
        if (made <= 0)
            return filled;
        session->left_size = (size_t)made;
    }
}

size_t http_session_send(struct http_session *session, uint8_t *out,
                         size_t room, uint64_t now_ms)
{
    size_t filled = 0;
    bool told = true;

    REQUIRE(room > 0);
    enter(session, now_ms);
    while (told && filled < room) {
        if (session->h2) {
            http_out_submit(session);
            filled += fill(session, out + filled, room - filled);
        } else if (session->h1) {
            http_h1_eat(session);
            filled += http_h1_out_send(session, out + filled, room - filled);
        }
        told = http_tell_all(session);
    }
    /* What still waits, waits for the peer's window, from now at the latest. */
    for (struct list *node = session->stalls.prev; node != &session->stalls;
         node = node->prev) {
        struct http_exchange *exchange =
            LIST_ENTRY(node, struct http_exchange, by_stall);

        if (exchange->moved_ms == 0)
            exchange->moved_ms = session->now_ms;
        else if (exchange->moved_ms != session->now_ms)
            break; /* from here on they stood still before this call */
    }
    session->stuck_ms = session->now_ms;
    session->woken = filled == room;
    session->inside = false;
    http_guard_relieve(session->host); /* Law 6 */
    return filled;
}

uint64_t http_session_deadline_ms(const struct http_session *session)
{
    if (!session->open)
        return HTTP_NEVER;
    return http_patience_deadline_ms(session);
}

enum err http_session_tick(struct http_session *session, uint64_t now_ms)
{
    enum err err;

    enter(session, now_ms);
    err = http_patience_tick(session);
    if (err == ERR_DEADLINE && session->h1)
        http_h1_end_late(session);
    if (err != ERR_NONE && session->failed == ERR_NONE)
        session->failed = err;
    (void)http_tell_all(session);
    return leave(session);
}

void http_session_drain(struct http_session *session, uint64_t now_ms)
{
    if (!session->open || session->draining)
        return;
    if (now_ms > session->now_ms)
        session->now_ms = now_ms;
    session->draining = true;
    session->drain_ms = session->now_ms;
    if (!session->h2) { /* there is no GOAWAY */
        session->goaway_last = true;
        if (session->h1)
            http_h1_end_drain(session);
        http_tell_wake(session);
        return;
    }
    if (session->role == HTTP_CLIENT) {
        if (http_patience_goaway(session) != ERR_NONE)
            session->failed = ERR_NOMEM;
        return;
    }
    if (nghttp2_submit_shutdown_notice(session->h2) != 0 ||
        nghttp2_submit_ping(session->h2, NGHTTP2_FLAG_NONE, drain_ping) != 0)
        session->failed = ERR_NOMEM;
    http_tell_wake(session);
}

bool http_session_eof(struct http_session *session, uint64_t now_ms)
{
    if (!session->open || session->failed != ERR_NONE || !session->h1)
        return false;
    if (now_ms > session->now_ms)
        session->now_ms = now_ms;
    return http_h1_end_eof(session);
}

void http_session_unsent(struct http_session *session, size_t size)
{
    http_pool_paid(session, session->unsent);
    session->unsent = size;
    http_pool_owe(session, size);
}

bool http_session_hungry(const struct http_session *session)
{
    return !session->h1 || http_h1_hungry(session);
}

bool http_session_finished(const struct http_session *session)
{
    if (!session->open)
        return true;
    if (session->left_size > 0)
        return false;
    if (session->failed != ERR_NONE)
        return !session->woken;
    if (!session->h2)
        return session->h1 ? http_h1_out_finished(session) : session->draining;
    return list_empty(&session->submits) &&
           !nghttp2_session_want_read(session->h2) &&
           !nghttp2_session_want_write(session->h2);
}

struct http_exchange *http_session_request(struct http_session *session,
                                           const struct http_request *request,
                                           void *user, enum err *err)
{
    const struct http_field first[] = {
        {":method", request->method, 7, strlen(request->method)},
        {":scheme", request->scheme, 7, strlen(request->scheme)},
        {":authority", request->authority, 10, strlen(request->authority)},
        {":path", request->path, 5, strlen(request->path)}};
    struct http_exchange *exchange;

    REQUIRE(session->role == HTTP_CLIENT);
    *err = ERR_NONE;
    if (session->failed != ERR_NONE || session->draining || !session->open)
        *err = ERR_DRAINING;
    else if (session->exchanges >=
             nghttp2_session_get_remote_settings(
                 session->h2, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
        *err = ERR_FULL;
    if (*err != ERR_NONE)
        return NULL;
    exchange = http_pool_take(session);
    if (!exchange) {
        *err = ERR_NOMEM;
        return NULL;
    }
    for (size_t i = 0; i < 4 && *err == ERR_NONE; i++)
        *err = http_head_add(&exchange->out_head, &first[i]);
    for (size_t i = 0; i < request->count && *err == ERR_NONE; i++)
        *err = http_head_add(&exchange->out_head, &request->fields[i]);
    if (*err != ERR_NONE) {
        http_pool_give(exchange);
        return NULL;
    }
    exchange->client = exchange->began = exchange->responded = true;
    exchange->user = user;
    list_push_back(&session->submits, &exchange->by_submit);
    http_tell_wake(session);
    return exchange;
}
