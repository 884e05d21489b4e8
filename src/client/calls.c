/* Long because a call, its attempts and their pauses are one state machine. */
#include "client/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "rpc/frame.h"
#include "rpc/status.h"
#include "seal/proof.h"

enum { TOKEN_MAX = 256, FIELDS = 6 };

enum state {
    WAITING, /* for a session */
    PAUSED,  /* until it is tried again */
    OPEN,    /* an exchange is under way */
    OVER,
    STATES
};

static const bool may_follow[STATES][STATES] = {
    [WAITING] =
        {[WAITING] = true, [PAUSED] = true, [OPEN] = true, [OVER] = true},
    [PAUSED] =
        {[WAITING] = true, [PAUSED] = true, [OPEN] = true, [OVER] = true},
    [OPEN] = {[WAITING] = true, [PAUSED] = true, [OVER] = true},
};

struct kindred_call {
    struct client_calls *calls;
    struct list by_calls;
    struct client_timer timer;
    struct http_exchange *exchange; /* OPEN only; its user is us */
    struct kindred_call_handler handler;
    uint64_t deadline_ms, resume_ms;
    uint32_t attempts;
    enum state state;
    bool stream, retry, patient;
    bool due;          /* in a walk over all of them */
    bool answered;     /* a message came in this attempt */
    bool inside;       /* in a callback of ours: freed when it returns */
    struct buf answer; /* of a unary call, until its status is known */
    char path[CLIENT_PATH_MAX], bearer[8 + TOKEN_MAX];
    char proof[SEAL_PROOF_TEXT + 1]; /* or empty */
    size_t size;
    uint8_t request[]; /* secret: capabilities are in it */
};

static void move(struct kindred_call *call, enum state to)
{
    REQUIRE(may_follow[call->state][to]);
    call->state = to;
}

static uint64_t now_ms(const struct client_calls *calls)
{
    return calls->now_ms(calls->clock);
}

static void set_timer(struct kindred_call *call)
{
    uint64_t at_ms = call->deadline_ms;

    if (call->state == PAUSED && call->resume_ms < at_ms)
        at_ms = call->resume_ms;
    heap_set(call->calls->timers, &call->timer.timer,
             call->state == OVER ? UINT64_MAX : at_ms);
}

/* Let go of the exchange; what still comes on it meets nobody. */
static void let_go(struct kindred_call *call, bool reset)
{
    if (!call->exchange)
        return;
    call->exchange->user = NULL;
    if (reset)
        http_exchange_reset(call->exchange, ERR_CANCELED);
    call->exchange = NULL;
}

static void release(struct kindred_call *call)
{
    wipe(call->request, call->size);
    wipe(call->bearer, sizeof call->bearer);
    if (call->answer.data)
        wipe(call->answer.data, call->answer.cap);
    buf_close(&call->answer);
    free(call);
}

static void retire(struct kindred_call *call)
{
    move(call, OVER);
    set_timer(call);
    list_unlink(&call->by_calls);
}

static void tell_message(struct kindred_call *call, const uint8_t *bytes,
                         size_t size)
{
    const struct client_calls *calls = call->calls;
    bool inside = call->inside;

    if (calls->watch)
        calls->watch(calls->watch_arg, call->path, bytes, size);
    if (!call->handler.message)
        return;
    call->inside = true;
    call->handler.message(call->handler.arg, bytes, size);
    call->inside = inside;
}

/* Law 1: the last that is heard of a call. */
static void end(struct kindred_call *call, const struct kindred_error *error)
{
    bool inside;

    let_go(call, true);
    if (error->status == STATUS_OK && !call->stream) {
        const uint8_t *bytes = buf_head(&call->answer);

        tell_message(call, bytes ? bytes : (const uint8_t *)"",
                     buf_size(&call->answer));
        if (call->state == OVER) { /* cancelled by its own handler */
            release(call);
            return;
        }
    }
    inside = call->inside; /* freed by its owner in its own callback */
    retire(call);
    call->inside = true;
    call->handler.ended(call->handler.arg, error);
    if (!inside)
        release(call);
}

static void end_for(struct kindred_call *call, enum err err)
{
    struct kindred_error error;

    client_error_set(&error, err);
    end(call, &error);
}

static void wait(struct kindred_call *call)
{
    move(call, WAITING);
    set_timer(call);
    if (!call->calls->session)
        call->calls->wanted(call->calls->owner);
}

static void pause(struct kindred_call *call, uint32_t after_ms)
{
    move(call, PAUSED);
    call->resume_ms = now_ms(call->calls) + after_ms;
    set_timer(call);
}

/* An attempt is over for this reason: again, or the end (Law 4). */
static void settle(struct kindred_call *call, const struct kindred_error *error)
{
    uint32_t after_ms;

    let_go(call, true);
    after_ms = client_timer_pause_ms(call->attempts, error->retry_ms);
    if (call->retry && !call->stream && client_error_passing(error) &&
        call->deadline_ms - now_ms(call->calls) > after_ms)
        pause(call, after_ms);
    else
        end(call, error);
}

/* ---- an attempt ---- */

static struct http_field field(const char *name, const char *value)
{
    return (struct http_field){name, value, strlen(name), strlen(value)};
}

static enum err write_request(struct kindred_call *call)
{
    uint8_t head[RPC_FRAME_HEAD];
    enum err err;

    rpc_frame_head(head, false, call->size);
    err = http_exchange_write(call->exchange, head, sizeof head);
    if (err == ERR_NONE)
        err = http_exchange_write(call->exchange, call->request, call->size);
    if (err == ERR_NONE)
        err = http_exchange_end(call->exchange, NULL, 0);
    return err;
}

static enum err open_exchange(struct kindred_call *call)
{
    char timeout[RPC_STATUS_TIMEOUT];
    struct http_field fields[FIELDS] = {
        field("content-type", "application/grpc"), field("te", "trailers"),
        field("user-agent", "libkindred/0.1")};
    struct http_request request = {
        "POST", call->calls->scheme, call->calls->authority, call->path, fields,
        3};
    enum err err;

    if (call->bearer[0])
        fields[request.count++] = field("authorization", call->bearer);
    if (call->proof[0])
        fields[request.count++] = field("kindred-proof", call->proof);
    if (call->deadline_ms != UINT64_MAX) {
        uint64_t now = now_ms(call->calls);

        rpc_status_write_timeout(
            call->deadline_ms > now ? call->deadline_ms - now : 1, timeout);
        fields[request.count++] = field("grpc-timeout", timeout);
    }
    call->exchange =
        http_session_request(call->calls->session, &request, call, &err);
    return call->exchange ? ERR_NONE : err;
}

/* Begin an attempt, or wait for the chance to.  Tells nobody (Law 2). */
static void attempt(struct kindred_call *call)
{
    enum err err;

    if (!call->calls->session) {
        wait(call);
        return;
    }
    err = open_exchange(call);
    if (err == ERR_DRAINING) {
        wait(call);
        return;
    }
    if (err != ERR_NONE) { /* too many at once, or no memory: in a moment */
        pause(call, CLIENT_PAUSE_MIN_MS);
        return;
    }
    call->attempts++;
    call->answered = false;
    buf_consume(&call->answer, buf_size(&call->answer));
    move(call, OPEN);
    set_timer(call);
    if (write_request(call) != ERR_NONE) {
        let_go(call, true);
        pause(call, CLIENT_PAUSE_MIN_MS);
    }
}

static void on_time(void *arg)
{
    struct kindred_call *call = arg;

    if (now_ms(call->calls) >= call->deadline_ms)
        end_for(call, ERR_DEADLINE);
    else if (call->state == PAUSED)
        attempt(call);
}

/* ---- what the session tells ---- */

static void on_begin(void *self, struct http_exchange *exchange)
{
    (void)self;
    http_exchange_reset(exchange, ERR_CANCELED); /* nobody calls a client */
}

static void on_writable(void *self, struct http_exchange *exchange)
{
    (void)self;
    (void)exchange;
}

/* One message is there whole; false: the attempt ended over it. */
static bool take(struct kindred_call *call, const struct rpc_frame *frame)
{
    size_t whole = RPC_FRAME_HEAD + frame->size;
    enum err err = ERR_NONE;

    if (frame->compressed)
        err = ERR_COMPRESSED;
    else if (!call->stream && call->answered)
        err = ERR_CARDINALITY; /* Law 3 */
    else if (!call->stream)
        err = buf_append(&call->answer, frame->message, frame->size);
    if (err != ERR_NONE) {
        end_for(call, err);
        return false;
    }
    call->answered = true;
    if (call->stream) {
        tell_message(call, frame->message, frame->size);
        if (call->state == OVER) { /* it cancelled itself */
            release(call);
            return false;
        }
    }
    http_exchange_consume(call->exchange, whole);
    return true;
}

static bool take_all(struct kindred_call *call)
{
    struct http_exchange *exchange = call->exchange;
    struct rpc_frame frame;
    enum err err;

    for (;;) {
        err = rpc_frame_peek(buf_head(&exchange->in), buf_size(&exchange->in),
                             CLIENT_MESSAGE_MAX, &frame);
        if (err != ERR_NONE) {
            end_for(call, err);
            return false;
        }
        if (!frame.whole)
            break;
        if (!take(call, &frame))
            return false;
    }
    if (frame.size > 0)
        http_exchange_want(exchange, RPC_FRAME_HEAD + frame.size);
    return true;
}

static void on_readable(void *self, struct http_exchange *exchange)
{
    struct kindred_call *call = exchange->user;
    struct rpc_status status;
    struct kindred_error error;

    (void)self;
    if (!call)
        return;
    call->calls->up = call->calls->was_up = true;
    if (exchange->status == 200 && !take_all(call))
        return;
    if (!exchange->in_ended)
        return;
    rpc_status_read(exchange, ERR_NONE, &status);
    client_error_from_status(&error, &status);
    call->exchange->user = NULL; /* it ended by itself: no reset */
    call->exchange = NULL;
    if (error.status == STATUS_OK && !call->stream && !call->answered)
        client_error_set(&error, ERR_CARDINALITY);
    settle(call, &error);
}

static void on_closed(void *self, struct http_exchange *exchange, enum err why)
{
    struct kindred_call *call = exchange->user;
    struct kindred_error error;

    (void)self;
    if (!call)
        return;
    call->exchange->user = NULL;
    call->exchange = NULL;
    if (why == ERR_CONNECTION && !call->calls->up) {
        wait(call); /* detach() knows whether anybody was there */
        return;
    }
    client_error_set(&error, why == ERR_NONE ? ERR_PROTOCOL : why);
    settle(call, &error);
}

static const struct http_handler HANDLER = {on_begin, on_readable, on_writable,
                                            on_closed};

const struct http_handler *client_calls_handler(void)
{
    return &HANDLER;
}

/* ---- from outside ---- */

void client_calls_init(struct client_calls *calls)
{
    list_init(&calls->all);
    calls->session = NULL;
    calls->up = calls->was_up = calls->closed = false;
}

static struct kindred_call *of(struct list *link)
{
    return LIST_ENTRY(link, struct kindred_call, by_calls);
}

static struct kindred_call *first_due(const struct client_calls *calls)
{
    LIST_EACH (link, &calls->all)
        if (of(link)->due)
            return of(link);
    return NULL;
}

/* Each that is there now, once; callbacks may begin and end any of them. */
static void each(struct client_calls *calls, enum err why,
                 void (*visit)(struct kindred_call *call, enum err why))
{
    struct kindred_call *call;

    LIST_EACH (link, &calls->all)
        of(link)->due = true;
    while ((call = first_due(calls))) {
        call->due = false;
        visit(call, why);
    }
}

void client_calls_close(struct client_calls *calls, enum err why)
{
    calls->closed = true;
    while (!list_empty(&calls->all))
        end_for(of(calls->all.next), why);
}

static void visit_attached(struct kindred_call *call, enum err why)
{
    (void)why;
    if (call->state == WAITING)
        attempt(call);
}

void client_calls_attach(struct client_calls *calls,
                         struct http_session *session)
{
    calls->session = session;
    calls->up = false;
    each(calls, ERR_NONE, visit_attached);
}

static void visit_detached(struct kindred_call *call, enum err why)
{
    bool hopeless = !call->calls->was_up && !call->patient;
    bool sent = call->attempts > 0 && (call->stream || !call->retry);

    if (call->state == OPEN)
        return; /* of a newer session */
    if (hopeless || (call->state == WAITING && sent))
        end_for(call, why);
}

void client_calls_detach(struct client_calls *calls, enum err why)
{
    calls->session = NULL;
    calls->up = false;
    if (why == ERR_NONE || why == ERR_CANCELED)
        why = ERR_CONNECTION;
    each(calls, why, visit_detached);
}

bool client_calls_waiting(const struct client_calls *calls)
{
    LIST_EACH (link, &calls->all)
        if (of(link)->state == WAITING)
            return true;
    return false;
}

struct kindred_call *
client_calls_start(struct client_calls *calls,
                   const struct kindred_call_options *options,
                   const struct kindred_call_handler *handler)
{
    struct seal_proof_call asked;
    struct kindred_call *call;

    if (calls->closed || options->size > CLIENT_REQUEST_MAX ||
        strlen(options->path) >= CLIENT_PATH_MAX ||
        (options->token && strlen(options->token) >= TOKEN_MAX) ||
        calls->timers->size >= calls->timers->cap)
        return NULL;
    call = calloc(1, sizeof *call + options->size);
    if (!call)
        return NULL;
    call->calls = calls;
    call->handler = *handler;
    call->timer.fire = on_time;
    call->timer.arg = call;
    call->stream = options->stream;
    call->retry = options->retry;
    call->patient = options->patient;
    call->size = options->size;
    call->deadline_ms =
        options->timeout_ms ? now_ms(calls) + options->timeout_ms : UINT64_MAX;
    buf_init(&call->answer, CLIENT_MESSAGE_MAX);
    if (options->size > 0)
        memcpy(call->request, options->request, options->size);
    (void)snprintf(call->path, sizeof call->path, "%s", options->path);
    if (options->token)
        (void)snprintf(call->bearer, sizeof call->bearer, "Bearer %s",
                       options->token);
    asked = (struct seal_proof_call){call->path, call->request, call->size};
    if (options->proof_key)
        seal_proof_make(call->proof, &asked, options->proof_key);
    list_push_back(&calls->all, &call->by_calls);
    attempt(call);
    return call;
}

void kindred_call_cancel(struct kindred_call *call)
{
    if (!call || call->state == OVER)
        return;
    let_go(call, true);
    retire(call);
    if (!call->inside)
        release(call);
}
