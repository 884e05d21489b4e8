#include "rpc/intake.h"

#include "base/log.h"
#include "base/require.h"
#include "rpc/answer.h"
#include "rpc/base64.h"
#include "rpc/frame.h"
#include "rpc/scan.h"
#include "rpc/state.h"

/* A message that nobody gets to see is counted, as what is wrong with it. */
static void count(enum err err)
{
    switch ((int)err) {
    case ERR_TOO_LARGE:
        log_event(LOG_MESSAGE_LARGE, 1, err);
        return;
    case ERR_BUDGET:
        log_event(LOG_MESSAGE_COMPLEX, 1, err);
        return;
    case ERR_PROTO:
    case ERR_JSON:
    case ERR_JSON_FIELD:
    case ERR_JSON_VALUE:
    case ERR_FRAME:
    case ERR_COMPRESSED:
    case ERR_CARDINALITY:
        log_event(LOG_MESSAGE_BROKEN, 1, err);
    }
}

void rpc_intake_give_up(struct rpc_call *call, enum err err)
{
    if (call->answered)
        return;
    count(err);
    call->answered = true;
    if (call->watch && call->watch->closed)
        call->watch->closed(call, err);
    rpc_answer_end(call, err);
}

static void run(struct rpc_call *call, const void *request)
{
    struct rpc_verdict verdict;

    call->in_handler = true;
    verdict = call->bound->handler(call, request);
    REQUIRE(verdict.call == call); /* rpc/call law 1 */
    REQUIRE(verdict.answer != RPC_NO_ANSWER);
    REQUIRE(verdict.answer == RPC_LATER || call->answered);
    call->in_handler = false;
}

/* ---- where the bytes of messages are ---- */

static bool in_text(const struct rpc_call *call)
{
    return call->get || call->protocol == RPC_WEB_TEXT;
}

static const struct buf *source(const struct rpc_call *call)
{
    return in_text(call) ? &call->text : &call->exchange->in;
}

static void consume(struct rpc_call *call, size_t size)
{
    if (!in_text(call))
        http_exchange_consume(call->exchange, size);
    else
        buf_consume(&call->text, size);
}

/* More of a body in base64: whole groups of four, each maybe the last of its
 * run (gRPC-Web lets every frame be padded). */
static enum err more_text(struct rpc_call *call)
{
    struct http_exchange *exchange = call->exchange;
    size_t size = buf_size(&exchange->in) / 4 * 4, made;
    size_t max = RPC_FRAME_HEAD + rpc_intake_room(call);
    const char *from = (const char *)buf_head(&exchange->in);
    uint8_t *to;

    if (exchange->in_ended && size < buf_size(&exchange->in))
        return ERR_FRAME;
    if (call->text.max == 0)
        buf_init(&call->text, max + HTTP_WINDOW);
    for (size_t i = 0; i < size && buf_size(&call->text) < max; i += 4) {
        to = buf_reserve(&call->text, 5);
        if (!to)
            return ERR_NOMEM;
        if (!rpc_base64_decode(from + i, 4, to, &made))
            return ERR_FRAME;
        buf_commit(&call->text, made);
        if (i + 4 == size || buf_size(&call->text) >= max) {
            http_exchange_consume(exchange, i + 4);
            break;
        }
    }
    return ERR_NONE;
}

/* ---- one message ---- */

size_t rpc_intake_room(const struct rpc_call *call)
{
    size_t max = call->method->request_bytes_max;

    /* gzip adds a little to what it cannot make smaller. */
    return call->gzip_in ? max + max / 1024 + 64 : max;
}

/* To protobuf bytes: decompress, and read the JSON. */
static enum err to_proto(struct rpc_call *call, const struct rpc_frame *frame,
                         const uint8_t **bytes, size_t *size)
{
    struct rpc_server *server = call->server;
    const struct api_method *method = call->method;
    struct buf *work = &server->work;
    enum err err = ERR_NONE;

    *bytes = frame->message;
    *size = frame->size;
    if (frame->compressed && !call->gzip_in)
        return ERR_COMPRESSED;
    if (frame->compressed && *size > 0)
        err = rpc_gzip_unpack(server->gzip, *bytes, *size,
                              method->request_bytes_max, bytes, size);
    if (err == ERR_NONE && *size > method->request_bytes_max)
        err = ERR_TOO_LARGE;
    call->message = *size > 0 ? *bytes : (const uint8_t *)"";
    call->message_size = *size;
    if (err != ERR_NONE || !call->json)
        return err;
    buf_truncate(work, 0);
    work->max = method->request_bytes_max;
    err = rpc_json_parse(server->json, method->request, *bytes, *size, work);
    *bytes = buf_head(work);
    *size = buf_size(work);
    return err;
}

/* Scan, unpack, handle, take `used` bytes from the exchange: after the handler,
 * who may want to see them.  Where it answered, the rest is nobody's. */
static enum err hand_on(struct rpc_call *call, const struct rpc_frame *frame,
                        size_t used)
{
    struct rpc_server *server = call->server;
    const struct api_method *method = call->method;
    const uint8_t *bytes;
    size_t size;
    ProtobufCMessage *request;
    enum err err = to_proto(call, frame, &bytes, &size);

    if (err == ERR_NONE)
        err =
            rpc_scan(method->request, bytes, size, server->limits.elements_max);
    if (err != ERR_NONE)
        return err;
    request = protobuf_c_message_unpack(
        method->request, rpc_scratch_allocator(server->scratch), size, bytes);
    if (request) {
        run(call, request);
        if (!call->answered)
            consume(call, used);
    } else {
        err = rpc_scratch_spent(server->scratch) ? ERR_BUDGET : ERR_PROTO;
    }
    return err;
}

/* Whatever came of it, nothing that was read stays in what all calls share. */
static enum err dispatch(struct rpc_call *call, const struct rpc_frame *frame,
                         size_t used)
{
    struct rpc_server *server = call->server;
    enum err err = hand_on(call, frame, used);

    rpc_scratch_reset(server->scratch);
    call->message = NULL;
    rpc_gzip_done(server->gzip);
    buf_truncate(&server->work, 0);
    return err;
}

/* Connect with one message: it is the whole body. */
static enum err whole_body(struct rpc_call *call)
{
    struct http_exchange *exchange = call->exchange;
    const struct buf *from = source(call);
    const size_t held = buf_size(from), max = rpc_intake_room(call);
    const size_t step = HTTP_WINDOW / 2;
    size_t want = (held / step + 2) * step;
    struct rpc_frame frame = {true, call->gzip_in, held, buf_head(from)};

    if (held > max)
        return ERR_TOO_LARGE;
    if (!exchange->in_ended) {
        http_exchange_want(exchange, want < max + 1 ? want : max + 1);
        return ERR_NONE;
    }
    call->got = call->requests_ended = true; /* Law 1 */
    return dispatch(call, &frame, held);
}

/* A call of one request waits for the end, to know that it is the only one. */
static enum err one_request(struct rpc_call *call,
                            const struct rpc_frame *frame)
{
    const struct http_exchange *exchange = call->exchange;
    size_t held = buf_size(source(call));

    if (!frame->whole)
        return exchange->in_ended && held == 0 ? ERR_CARDINALITY : ERR_NONE;
    if (held > RPC_FRAME_HEAD + frame->size)
        return ERR_CARDINALITY;
    if (!exchange->in_ended)
        return ERR_NONE;
    call->got = call->requests_ended = true; /* Law 1 */
    return dispatch(call, frame, RPC_FRAME_HEAD + frame->size);
}

/* Handle what is there; *again: there may be more. */
static enum err take(struct rpc_call *call, bool *again)
{
    struct http_exchange *exchange = call->exchange;
    const struct buf *from = source(call);
    struct rpc_frame frame;
    enum err err = ERR_NONE;
    size_t held;

    *again = false;
    if (call->protocol == RPC_CONNECT)
        return whole_body(call);
    if (call->protocol == RPC_WEB_TEXT)
        err = more_text(call);
    held = buf_size(from);
    if (err == ERR_NONE)
        err =
            rpc_frame_peek(buf_head(from), held, rpc_intake_room(call), &frame);
    if (err != ERR_NONE)
        return err;
    if (!frame.whole && held > 0) {
        if (exchange->in_ended)
            return ERR_FRAME;
        if (held >= RPC_FRAME_HEAD && !in_text(call))
            http_exchange_want(exchange, RPC_FRAME_HEAD + frame.size);
        return ERR_NONE;
    }
    if (!call->method->client_streams)
        return one_request(call, &frame);
    if (frame.whole) {
        *again = true;
        return dispatch(call, &frame, RPC_FRAME_HEAD + frame.size);
    }
    if (exchange->in_ended) {
        call->requests_ended = true;
        run(call, NULL);
    }
    return ERR_NONE;
}

/* Law 2 */
void rpc_intake_all(struct rpc_call *call)
{
    bool again = true;

    while (again && !call->answered && !call->requests_ended &&
           http_exchange_writable(call->exchange)) {
        enum err err = take(call, &again);

        if (err != ERR_NONE)
            rpc_intake_give_up(call, err);
    }
    if (!call->answered && !call->requests_ended &&
        !http_exchange_writable(call->exchange))
        http_exchange_notify(call->exchange);
}
