/* echo_server -- grpc.testing.TestService on net, http and rpc and nothing
 * else: what other people's clients are pointed at.
 *
 * Usage: echo_server [HOST:PORT | unix:PATH [LOOPS]]
 * Says "listening on ADDRESS" on standard output when it is ready; SIGTERM and
 * SIGINT drain it.
 *
 * Beyond the service's own description: a unary call without response_size
 * gives the payload back, `username` is the value of the request header
 * "x-echo", and a status asked for is answered by the first row of the err
 * table that has it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/signal.h"
#include "net/thread.h"
#include "pb/testing.api.h"
#include "rpc/health.h"
#include "rpc/reflection.h"
#include "rpc/server.h"
#include "rpc_sum.h"

enum {
    LOOPS_MAX = 64,
    STREAMS_MAX = 16384,
    BODY_MAX = RPC_RESPONSE_MAX - 64,
    INTERVAL_MAX_US = 60 * 1000 * 1000
};

struct echo { /* one loop */
    struct net_loop loop;
    struct rpc_server rpc;
    struct rpc_health health;
    struct http_host host;
    struct net_listener listener;
    struct net_thread thread;
    struct heap timers;
    struct heap_place place[STREAMS_MAX]; /* of timers */
    uint32_t streams;
};

struct answer { /* one message to come, in the memory of its call */
    struct answer *next;
    size_t size;
    uint32_t wait_ms;
};

struct stream { /* a call that answers over time; in its own memory */
    struct heap_item timer;
    struct echo *echo;
    struct rpc_call *call;
    struct answer *first, **last;
    bool waited; /* for the first */
    bool over;   /* after the last, end */
    enum err end;
};

struct process {
    struct echo echo[LOOPS_MAX];
    struct net_quota quota;
    uint32_t loops;
};

static struct process process; /* too large for a stack */
static uint8_t zeros[RPC_RESPONSE_MAX];

static enum err err_of_status(int status)
{
    for (int err = ERR_NONE; err < ERR_COUNT; err++)
        if (err_status((enum err)err) == status)
            return (enum err)err;
    return ERR_INTERNAL;
}

/* ---- unary ---- */

static struct rpc_verdict test_empty_call(struct rpc_call *call,
                                          const Grpc__Testing__Empty *request)
{
    Grpc__Testing__Empty response = GRPC__TESTING__EMPTY__INIT;

    (void)request;
    return rpc_reply(call, &response);
}

static struct rpc_verdict
test_unary_call(struct rpc_call *call,
                const Grpc__Testing__SimpleRequest *request)
{
    Grpc__Testing__SimpleResponse response =
        GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    const char *echo = rpc_call_metadata(call, "x-echo");
    char username[256];

    if (request->response_status && request->response_status->code != 0)
        return rpc_fail(call, err_of_status(request->response_status->code));
    if (request->response_size < 0 || request->response_size > BODY_MAX)
        return rpc_fail(call, ERR_INVALID);
    if (request->response_size > 0)
        payload.body = (ProtobufCBinaryData){
            .len = (size_t)request->response_size, .data = zeros};
    else if (request->payload)
        payload.body = request->payload->body;
    response.payload = &payload;
    if (echo && strlen(echo) < sizeof username) {
        memcpy(username, echo, strlen(echo) + 1);
        response.username = username;
    }
    return rpc_reply(call, &response);
}

static struct rpc_verdict
test_cacheable_unary_call(struct rpc_call *call,
                          const Grpc__Testing__SimpleRequest *request)
{
    return test_unary_call(call, request);
}

static int32_t count_nodes(const Grpc__Testing__Tree *tree)
{
    int32_t n = 1;

    for (size_t i = 0; i < tree->n_child; i++) /* as deep as rpc lets it be */
        n += count_nodes(tree->child[i]);
    return n;
}

static struct rpc_verdict test_count_tree(struct rpc_call *call,
                                          const Grpc__Testing__Tree *request)
{
    Grpc__Testing__StreamingInputCallResponse response =
        GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;

    response.aggregated_payload_size = count_nodes(request);
    return rpc_reply(call, &response);
}

/* ---- many requests, one answer ---- */

static struct rpc_verdict test_streaming_input_call(
    struct rpc_call *call,
    const Grpc__Testing__StreamingInputCallRequest *request)
{
    return rpc_sum(call, request);
}

/* ---- many answers ---- */

static void forget(struct stream *stream)
{
    heap_set(&stream->echo->timers, &stream->timer, NET_NEVER);
    REQUIRE(stream->echo->streams > 0);
    stream->echo->streams--;
}

static void end(struct stream *stream, enum err err)
{
    struct rpc_call *call = stream->call;

    forget(stream);
    rpc_end(call, err);
}

/* Send what is due; the stream may be gone when this returns. */
static void step(struct stream *stream)
{
    Grpc__Testing__StreamingOutputCallResponse response =
        GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    struct echo *echo = stream->echo;
    enum err err;

    response.payload = &payload;
    while (stream->first) {
        const struct answer *answer = stream->first;

        if (answer->wait_ms > 0 && !stream->waited) {
            stream->waited = true;
            heap_set(&echo->timers, &stream->timer,
                     net_loop_now_ms(&echo->loop) + answer->wait_ms);
            return;
        }
        payload.body =
            (ProtobufCBinaryData){.len = answer->size, .data = zeros};
        err = rpc_send(stream->call, &response);
        if (err == ERR_FULL)
            return; /* writable() brings us back */
        if (err) {
            end(stream, err);
            return;
        }
        stream->first = answer->next;
        stream->waited = false;
    }
    stream->last = &stream->first;
    if (stream->over)
        end(stream, stream->end);
}

static void on_gone(struct rpc_call *call, enum err why)
{
    struct stream *stream = rpc_call_user(call);

    REQUIRE(why != ERR_NONE);
    forget(stream);
}

static void on_writable(struct rpc_call *call)
{
    struct stream *stream = rpc_call_user(call);

    if (!heap_in(&stream->timer))
        step(stream);
}

static struct stream *stream_of(struct rpc_call *call)
{
    static const struct rpc_watch watch = {.closed = on_gone,
                                           .writable = on_writable};
    struct echo *echo = rpc_call_context(call);
    struct stream *stream = rpc_call_user(call);

    if (stream || echo->streams >= STREAMS_MAX)
        return stream;
    stream = rpc_call_alloc(call, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){.echo = echo, .call = call};
    stream->last = &stream->first;
    echo->streams++;
    rpc_call_set_user(call, stream);
    rpc_call_watch(call, &watch);
    return stream;
}

static enum err
queue_answers(struct stream *stream,
              const Grpc__Testing__StreamingOutputCallRequest *request)
{
    for (size_t i = 0; i < request->n_response_parameters; i++) {
        const Grpc__Testing__ResponseParameters *wanted =
            request->response_parameters[i];
        struct answer *answer;

        if (wanted->size < 0 || wanted->size > BODY_MAX ||
            wanted->interval_us < 0 || wanted->interval_us > INTERVAL_MAX_US)
            return ERR_INVALID;
        answer = rpc_call_alloc(stream->call, sizeof *answer);
        if (!answer)
            return ERR_BUDGET;
        *answer =
            (struct answer){.size = (size_t)wanted->size,
                            .wait_ms = (uint32_t)wanted->interval_us / 1000};
        *stream->last = answer;
        stream->last = &answer->next;
    }
    return ERR_NONE;
}

/* Answers start at the end of the turn, not inside the handler. */
static struct rpc_verdict
answer_later(struct rpc_call *call,
             const Grpc__Testing__StreamingOutputCallRequest *request,
             bool over)
{
    struct stream *stream = stream_of(call);
    enum err err = ERR_NONE;

    if (!stream)
        return rpc_fail(call, ERR_FULL);
    if (request)
        err = queue_answers(stream, request);
    if (err) {
        forget(stream);
        return rpc_fail(call, err);
    }
    stream->over |= over;
    if (request && request->response_status) {
        stream->over |= request->response_status->code != 0;
        stream->end = err_of_status(request->response_status->code);
    }
    if (!heap_in(&stream->timer))
        heap_set(&stream->echo->timers, &stream->timer,
                 net_loop_now_ms(&stream->echo->loop));
    return rpc_later(call);
}

static struct rpc_verdict test_streaming_output_call(
    struct rpc_call *call,
    const Grpc__Testing__StreamingOutputCallRequest *request)
{
    return answer_later(call, request, true);
}

static struct rpc_verdict
test_full_duplex_call(struct rpc_call *call,
                      const Grpc__Testing__StreamingOutputCallRequest *request)
{
    return answer_later(call, request, !request);
}

API_GRPC_TESTING_TEST_SERVICE(RPC_WRAP, test)
static const struct rpc_binding test_bindings[] = {
    API_GRPC_TESTING_TEST_SERVICE(RPC_BIND, test)};

/* ---- the loops ---- */

static uint64_t next_deadline_ms(void *above)
{
    const struct echo *echo = above;
    uint64_t rpc_ms = rpc_server_deadline_ms(&echo->rpc);
    uint64_t timer_ms = heap_least(&echo->timers);

    return rpc_ms < timer_ms ? rpc_ms : timer_ms;
}

static void tick(void *above, uint64_t now_ms)
{
    struct echo *echo = above;
    struct heap_item *due;

    rpc_server_tick(&echo->rpc, now_ms);
    while ((due = heap_pop(&echo->timers, now_ms)) != NULL)
        step(LIST_ENTRY(due, struct stream, timer));
}

static enum err open_echo(struct echo *echo, uint32_t number, int fd,
                          const struct net_address *address)
{
    struct net_loop_config config = {
        .port = {.deadline_ms = next_deadline_ms, .tick = tick, .above = echo},
        .quota = &process.quota};
    struct rpc_limits limits = {.unpack_max = 16 << 20};
    enum err err;

    echo->timers = (struct heap){.place = echo->place, .cap = STREAMS_MAX};
    err = rpc_server_init(&echo->rpc, number, &testing_api, &limits);
    if (err)
        return err;
    rpc_server_bind(&echo->rpc, test_bindings,
                    sizeof test_bindings / sizeof *test_bindings, echo);
    rpc_health_init(&echo->health, &echo->rpc);
    rpc_health_set(&echo->health, true);
    rpc_reflection_init(&echo->rpc);
    err = net_loop_init(&echo->loop, &config);
    if (err)
        return err;
    echo->host.handler_of = rpc_server_handler();
    echo->host.handler = &echo->rpc;
    err = net_loop_host(&echo->loop, &echo->host);
    if (err)
        return err;
    return net_listener_start(&echo->listener, &echo->loop, &echo->host, fd,
                              address);
}

static void close_echo(struct echo *echo)
{
    net_loop_close(&echo->loop);
    http_session_host_close(&echo->host);
    rpc_server_close(&echo->rpc);
    REQUIRE(echo->streams == 0);
}

static void drain_all(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < process.loops; i++)
        net_loop_drain(&process.echo[i].loop);
}

static void run_echo(void *arg)
{
    struct echo *echo = arg;

    net_loop_run(&echo->loop);
}

static int fail(const char *where, enum err err)
{
    (void)fprintf(stderr, "echo_server: %s: %s.\n", where, err_text(err));
    return 1;
}

static int serve(struct net_address *address, const char *where)
{
    static struct net_signal net_signal;
    char text[NET_ADDRESS_TEXT];
    int fd[LOOPS_MAX];
    enum err err = net_address_bind(address, fd, process.loops);

    for (uint32_t i = 0; !err && i < process.loops; i++)
        err = open_echo(&process.echo[i], i, fd[i], address);
    if (!err)
        err = net_signal_start(&net_signal, &process.echo[0].loop, drain_all,
                               NULL);
    for (uint32_t i = 1; !err && i < process.loops; i++)
        err = net_thread_start(&process.echo[i].thread, "echo", run_echo,
                               &process.echo[i]);
    if (err)
        return fail(where, err);
    net_address_format(address, text);
    (void)printf("listening on %s\n", text);
    (void)fflush(stdout);
    net_loop_run(&process.echo[0].loop);
    for (uint32_t i = 1; i < process.loops; i++)
        net_thread_join(&process.echo[i].thread);
    for (uint32_t i = 0; i < process.loops; i++)
        close_echo(&process.echo[i]);
    return 0;
}

int main(int argc, char **argv)
{
    const char *where = argc > 1 ? argv[1] : "127.0.0.1:0";
    long loops = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    struct net_address address;
    enum err err;

    if (argc > 3 || loops < 1 || loops > LOOPS_MAX) {
        (void)fprintf(stderr,
                      "usage: echo_server [HOST:PORT|unix:PATH [LOOPS]]\n");
        return 2;
    }
    log_open(2, LOG_WARN);
    err = net_address_parse(&address, where);
    if (err)
        return fail(where, err);
    process.loops = net_address_is_path(&address) ? 1 : (uint32_t)loops;
    process.quota.max = 16384;
    return serve(&address, where);
}
