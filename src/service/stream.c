#include "service/stream.h"

#include <string.h>

#include "base/require.h"
#include "pb/kindred/v1/talks.pb-c.h"
#include "service/link.h"

enum { PAGE = 16 };

struct stream {                      /* the call's own state */
    const struct service_live *live; /* first */
    uint8_t hash[STORE_HASH];        /* of the mailbox */
    uint64_t talk, sent_seq;         /* the last one sent, or skipped */
    enum match_role side;
    enum match_talk_state state;
    enum match_talk_why why;
    bool watched;
    bool fetching;  /* a page is being fetched */
    bool unread;    /* more may wait in the store */
    bool behind;    /* the reader is: wait for writable() */
    bool state_due; /* the state is yet to be told */
    bool bond;      /* as it was when the talk was looked for */
    bool expired;   /* a message was lost to its expiry */
};

static void pump(struct rpc_call *call);

static void unwatch(struct rpc_call *call)
{
    const struct service_port *port = &service_of(call)->port;
    struct stream *stream = rpc_call_user(call);

    if (stream->watched)
        port->unwatch(port->arg, stream->talk, stream->side, rpc_call_id(call));
    stream->watched = false;
}

static void finish(struct rpc_call *call, enum err err)
{
    unwatch(call);
    rpc_end(call, err);
}

static void stream_closed(struct rpc_call *call, enum err why)
{
    (void)why;
    unwatch(call);
}

static void stream_writable(struct rpc_call *call)
{
    struct stream *stream = rpc_call_user(call);

    stream->behind = false;
    pump(call);
}

static const struct rpc_watch stream_watch = {.closed = stream_closed,
                                              .writable = stream_writable};

/* True if it went out; else the reader is behind or the stream is finished. */
static bool put(struct rpc_call *call, Kindred__V1__ReceiveResponse *response)
{
    struct stream *stream = rpc_call_user(call);
    enum err err = rpc_send(call, response);

    if (err == ERR_FULL)
        stream->behind = true;
    else if (err != ERR_NONE)
        finish(call, err);
    return err == ERR_NONE;
}

static bool put_state(struct rpc_call *call)
{
    struct stream *stream = rpc_call_user(call);
    Kindred__V1__ReceiveResponse response = KINDRED__V1__RECEIVE_RESPONSE__INIT;
    Kindred__V1__TalkState state;

    service_link_state(stream->state, stream->why, stream->bond, &state);
    if (stream->expired && stream->state == TALK_ENDED)
        state.reason =
            KINDRED__V1__TALK_END_REASON__TALK_END_REASON_MESSAGE_EXPIRED;
    response.event_case = KINDRED__V1__RECEIVE_RESPONSE__EVENT_STATE;
    response.state = &state;
    if (!put(call, &response))
        return false;
    stream->state_due = false;
    return true;
}

/* Send a page until the reader is behind.  False: the stream is finished. */
static bool put_page(struct rpc_call *call, const struct store_result *result)
{
    struct stream *stream = rpc_call_user(call);

    stream->unread = result->received.more;
    if (result->received.expired_seq > stream->sent_seq) {
        stream->sent_seq = result->received.expired_seq;
        stream->expired = true; /* DESIGN law 5: the end will say so */
    }
    for (uint32_t i = 0; i < result->received.messages; i++) {
        const struct store_message *from = &result->received.message[i];
        Kindred__V1__TalkMessage message = KINDRED__V1__TALK_MESSAGE__INIT;
        Kindred__V1__ReceiveResponse response =
            KINDRED__V1__RECEIVE_RESPONSE__INIT;

        REQUIRE(from->seq > stream->sent_seq); /* Law 1 */
        message.seq = from->seq;
        message.ciphertext.len = from->ciphertext.size;
        message.ciphertext.data = from->ciphertext.data;
        response.event_case = KINDRED__V1__RECEIVE_RESPONSE__EVENT_MESSAGE;
        response.message = &message;
        if (!put(call, &response)) {
            stream->unread = true;
            return stream->behind;
        }
        stream->sent_seq = from->seq;
    }
    return true;
}

static void page_done(struct service_request *request, struct rpc_call *call)
{
    struct stream *stream = call ? rpc_call_user(call) : NULL;
    enum err err = service_request_err(request);

    if (!call)
        return;
    stream->fetching = false;
    if (err != ERR_NONE)
        finish(call, err);
    else if (put_page(call, &request->job.result))
        pump(call);
}

static void fetch(struct rpc_call *call)
{
    struct stream *stream = rpc_call_user(call);
    struct service_request *request = service_request_new(
        service_of(call), rpc_call_id(call), STORE_RECEIVE, page_done);
    enum err err = ERR_FULL;

    REQUIRE(!stream->fetching); /* Law 2 */
    if (request) {
        memcpy(request->job.command.receive.receive_hash, stream->hash,
               sizeof stream->hash);
        request->job.command.receive.after_seq = stream->sent_seq;
        request->job.command.receive.most = PAGE;
        err = service_request_send(request);
    }
    if (err != ERR_NONE) {
        finish(call, err);
        return;
    }
    stream->fetching = true;
    stream->unread = false; /* a wake from now on asks for another page */
}

/* Do the next thing that can be done now. */
static void pump(struct rpc_call *call)
{
    struct stream *stream = rpc_call_user(call);

    if (stream->behind || stream->fetching)
        return;
    if (stream->state_due && stream->state != TALK_ENDED && !put_state(call))
        return;
    if (stream->unread)
        fetch(call);
    else if (stream->state == TALK_ENDED && put_state(call)) /* Law 3 */
        finish(call, ERR_NONE);
}

static void set_state(struct rpc_call *call, enum match_talk_state state,
                      enum match_talk_why why)
{
    struct stream *stream = rpc_call_user(call);

    stream->state = state;
    stream->why = why;
    stream->state_due = true;
    if (state == TALK_ENDED)
        stream->unread = true; /* a last look before the end */
    pump(call);
}

static void find_talk(struct rpc_call *call);

static void stream_replied(struct rpc_call *call, enum err err,
                           uint64_t reference)
{
    (void)reference; /* joined; changes of state follow */
    if (err == ERR_TALK_ENDED || err == ERR_NO_TALK) {
        unwatch(call);
        find_talk(call); /* it ended in between: the store knows why */
    } else if (err != ERR_NONE) {
        finish(call, err);
    }
}

static void stream_told(struct rpc_call *call,
                        const struct service_signal *signal)
{
    struct stream *stream = rpc_call_user(call);

    if (signal->kind == SIGNAL_WAKE) {
        stream->unread = true;
        pump(call);
        return;
    }
    REQUIRE(signal->kind == SIGNAL_TALK);
    set_state(call, signal->talk.state, signal->talk.why);
}

static const struct service_live stream_live = {.replied = stream_replied,
                                                .told = stream_told};

/* Be woken from now on, and join. */
static enum err join(struct rpc_call *call)
{
    struct service *service = service_of(call);
    struct stream *stream = rpc_call_user(call);
    struct service_order *order;
    enum err err = service->port.watch(service->port.arg, stream->talk,
                                       stream->side, rpc_call_id(call));

    if (err != ERR_NONE)
        return err;
    stream->watched = true;
    order = service_order_new(service, rpc_call_id(call), 0, EVENT_JOIN);
    if (!order)
        return ERR_NOMEM;
    order->event.talk.talk = stream->talk;
    order->event.talk.side = stream->side;
    return service_order_send(service, order);
}

static void talk_found(struct service_request *request, struct rpc_call *call)
{
    struct stream *stream = call ? rpc_call_user(call) : NULL;
    const struct match_talk_row *row = &request->job.result.talk.row;
    enum err err = service_request_err(request);

    if (!call)
        return;
    if (err == ERR_NONE && row->state != TALK_ENDED)
        err = join(call);
    if (err != ERR_NONE) {
        finish(call, err);
        return;
    }
    stream->unread = true;
    stream->bond = request->job.result.talk.bond;
    set_state(call, row->state, row->why);
}

static void find_talk(struct rpc_call *call)
{
    const struct stream *stream = rpc_call_user(call);
    enum err err = service_link_ask(call, stream->talk, 0, talk_found);

    if (err != ERR_NONE)
        finish(call, err);
}

enum err service_stream_open(struct rpc_call *call, uint64_t after_seq)
{
    struct stream *stream = rpc_call_alloc(call, sizeof *stream);

    if (!stream)
        return ERR_NOMEM;
    *stream = (struct stream){.live = &stream_live, .sent_seq = after_seq};
    rpc_call_set_user(call, stream);
    rpc_call_watch(call, &stream_watch);
    return ERR_NONE;
}

void service_stream_mailbox(struct service_request *request,
                            struct rpc_call *call)
{
    const struct store_result *result = &request->job.result;
    const uint8_t *hash = request->job.command.find_mailbox.hash;
    struct stream *stream = call ? rpc_call_user(call) : NULL;
    struct seal_row_mailbox mailbox;
    enum err err;

    if (!call)
        return;
    err = service_link_found(request, &mailbox);
    if (err == ERR_NONE && stream->sent_seq > result->mailbox.last_seq)
        err = ERR_SEQUENCE;
    if (err != ERR_NONE) {
        finish(call, err);
        return;
    }
    memcpy(stream->hash, hash, sizeof stream->hash);
    stream->talk = mailbox.talk;
    stream->side = mailbox.side == 0 ? MATCH_SEEKER : MATCH_PEER;
    if (stream->sent_seq < result->mailbox.acked_seq)
        stream->sent_seq = result->mailbox.acked_seq;
    find_talk(call);
}
