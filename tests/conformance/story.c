#include "story.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "rpc/extra.h"

typedef Connectrpc__Conformance__V1__ConformancePayload__RequestInfo seen_info;

/* Every response is a payload and nothing else, so they are all laid out alike;
 * the descriptor says which. */
typedef Connectrpc__Conformance__V1__UnaryResponse story_response;

static void drop(struct story *story)
{
    heap_set(&story->served->timers, &story->timer, UINT64_MAX);
    if (story->first)
        protobuf_c_message_free_unpacked(story->first, NULL);
    for (size_t i = 0; i < story->requests_count; i++)
        free(story->requests[i].data);
    free(story);
}

static void on_gone(struct rpc_call *call, enum err why)
{
    (void)why;
    drop(rpc_call_user(call));
}

static void on_writable(struct rpc_call *call)
{
    struct story *story = rpc_call_user(call);

    heap_set(&story->served->timers, &story->timer, 0);
}

/* ---- what the first request says ---- */

static void
take_unary(struct story *story,
           const Connectrpc__Conformance__V1__UnaryResponseDefinition *wanted)
{
    story->one = true;
    if (!wanted)
        return;
    story->headers = wanted->response_headers;
    story->headers_count = wanted->n_response_headers;
    story->trailers = wanted->response_trailers;
    story->trailers_count = wanted->n_response_trailers;
    story->delay_ms = wanted->response_delay_ms;
    if (wanted->response_case ==
        CONNECTRPC__CONFORMANCE__V1__UNARY_RESPONSE_DEFINITION__RESPONSE_ERROR)
        story->error = wanted->error;
    else if (
        wanted->response_case ==
        CONNECTRPC__CONFORMANCE__V1__UNARY_RESPONSE_DEFINITION__RESPONSE_RESPONSE_DATA)
        story->data = &wanted->response_data;
}

static void
take_stream(struct story *story,
            const Connectrpc__Conformance__V1__StreamResponseDefinition *wanted)
{
    if (!wanted)
        return;
    story->headers = wanted->response_headers;
    story->headers_count = wanted->n_response_headers;
    story->trailers = wanted->response_trailers;
    story->trailers_count = wanted->n_response_trailers;
    story->delay_ms = wanted->response_delay_ms;
    story->data = wanted->response_data;
    story->data_count = wanted->n_response_data;
    story->error = wanted->error;
}

static void take_first(struct story *story, const ProtobufCMessage *request,
                       const ProtobufCBinaryData *packed)
{
    const ProtobufCMessageDescriptor *type = request->descriptor;

    story->first =
        protobuf_c_message_unpack(type, NULL, packed->len, packed->data);
    REQUIRE(story->first);
    if (type ==
        &connectrpc__conformance__v1__server_stream_request__descriptor) {
        take_stream(
            story,
            ((Connectrpc__Conformance__V1__ServerStreamRequest *)story->first)
                ->response_definition);
    } else if (type ==
               &connectrpc__conformance__v1__bidi_stream_request__descriptor) {
        Connectrpc__Conformance__V1__BidiStreamRequest *bidi =
            (void *)story->first;

        take_stream(story, bidi->response_definition);
        story->duplex = bidi->full_duplex;
    } else { /* the definition stands first in all three */
        take_unary(story,
                   ((Connectrpc__Conformance__V1__UnaryRequest *)story->first)
                       ->response_definition);
    }
}

/* ---- answers ---- */

static enum err set_metadata(struct story *story)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < story->headers_count; i++)
        for (size_t v = 0; v < story->headers[i]->n_value && !err; v++)
            err = rpc_extra_head(story->call, story->headers[i]->name,
                                 story->headers[i]->value[v]);
    for (size_t i = 0; i < story->trailers_count; i++)
        for (size_t v = 0; v < story->trailers[i]->n_value && !err; v++)
            err = rpc_extra_trailer(story->call, story->trailers[i]->name,
                                    story->trailers[i]->value[v]);
    story->told = true;
    if (!err && story->data_count > 0 && (story->duplex || story->ended))
        err = rpc_extra_send_head(story->call);
    return err;
}

/* What goes with answer number `sent`. */
static seen_info *seen_now(const struct story *story)
{
    size_t all = story->requests_count;

    if (!story->duplex)
        return story->sent == 0 ? story_seen(story, 0, all, true) : NULL;
    if (story->sent < all)
        return story_seen(story, story->sent, 1, story->sent == 0);
    return story->sent == 0 ? story_seen(story, 0, 0, true) : NULL;
}

static enum err send_one(struct story *story)
{
    story_payload payload =
        CONNECTRPC__CONFORMANCE__V1__CONFORMANCE_PAYLOAD__INIT;
    story_response response = CONNECTRPC__CONFORMANCE__V1__UNARY_RESPONSE__INIT;
    enum err err;

    response.base.descriptor = rpc_call_method(story->call)->response;
    response.payload = &payload;
    if (story->one && story->data)
        payload.data = *story->data;
    else if (!story->one)
        payload.data = story->data[story->sent];
    payload.request_info = seen_now(story);
    err = rpc_send(story->call, &response);
    if (payload.request_info)
        protobuf_c_message_free_unpacked(&payload.request_info->base, NULL);
    story->sent += err == ERR_NONE;
    return err;
}

static const char *after_slash(const char *type_url)
{
    const char *slash = strrchr(type_url, '/');

    return slash ? slash + 1 : type_url;
}

/* The words of the failure; what was seen is a detail if nothing was sent. */
static enum err set_words(struct story *story)
{
    static const char seen_type[] =
        "connectrpc.conformance.v1.ConformancePayload.RequestInfo";
    const story_error *error = story->error;
    struct rpc_detail *details = calloc(error->n_details + 1, sizeof *details);
    size_t count = error->n_details;
    seen_info *info;
    uint8_t *packed = NULL;
    enum err err;

    REQUIRE(details);
    for (size_t i = 0; i < count; i++)
        details[i] = (struct rpc_detail){
            after_slash(error->details[i]->type_url),
            error->details[i]->value.data, error->details[i]->value.len};
    if (story->sent == 0) {
        info = story_seen(story, 0, story->requests_count, true);
        packed = malloc(protobuf_c_message_get_packed_size(&info->base) + 1);
        REQUIRE(packed);
        details[count++] = (struct rpc_detail){
            seen_type, packed, protobuf_c_message_pack(&info->base, packed)};
        protobuf_c_message_free_unpacked(&info->base, NULL);
    }
    err = rpc_extra_words(
        story->call, (int)error->code,
        error->_message_case ==
                CONNECTRPC__CONFORMANCE__V1__ERROR___MESSAGE_MESSAGE
            ? error->message
            : "",
        details, count);
    free(packed);
    free(details);
    return err;
}

static void finish(struct story *story, enum err err)
{
    struct rpc_call *call = story->call;

    if (!err && story->error) {
        err = set_words(story);
        err = err ? err : ERR_INTERNAL;
    }
    drop(story);
    rpc_end(call, err);
}

/* How many answers may leave by now. */
static size_t due_count(const struct story *story)
{
    size_t count = story->one ? (story->error ? 0 : 1) : story->data_count;

    if (story->ended)
        return count;
    if (!story->duplex)
        return 0;
    return story->requests_count < count ? story->requests_count : count;
}

/* No answer to come, and all is heard: or, one by one, a request too many. */
static bool over(const struct story *story)
{
    if (story->ended)
        return true;
    return story->duplex && story->requests_count > story->data_count;
}

/* True: wait for the delay first. */
static bool delayed(struct story *story)
{
    if (story->delay_ms == 0 || story->waiting) {
        story->waiting = false;
        return false;
    }
    story->waiting = true;
    heap_set(&story->served->timers, &story->timer,
             net_loop_now_ms(&story->served->loop) + story->delay_ms);
    return true;
}

void story_due(struct heap_item *timer)
{
    struct story *story = LIST_ENTRY(timer, struct story, timer);
    enum err err = ERR_NONE;

    if (!story->told && (story->duplex || story->ended))
        err = set_metadata(story);
    while (!err && story->sent < due_count(story)) {
        if (delayed(story))
            return;
        err = send_one(story);
    }
    if (err == ERR_FULL)
        return; /* on_writable() */
    if (!err && !over(story))
        return;
    if (!err && story->one && story->error && delayed(story))
        return;
    finish(story, err);
}

/* ---- requests ---- */

static struct story *story_of(struct rpc_call *call)
{
    static const struct rpc_watch watch = {.closed = on_gone,
                                           .writable = on_writable};
    struct story *story = rpc_call_user(call);

    if (story)
        return story;
    story = calloc(1, sizeof *story);
    REQUIRE(story);
    story->served = rpc_call_context(call);
    story->call = call;
    story->one = !rpc_call_method(call)->server_streams;
    rpc_call_set_user(call, story);
    rpc_call_watch(call, &watch);
    return story;
}

static void keep(struct story *story, const ProtobufCMessage *request)
{
    ProtobufCBinaryData packed = {
        .len = protobuf_c_message_get_packed_size(request)};

    packed.data = malloc(packed.len + 1);
    REQUIRE(packed.data);
    (void)protobuf_c_message_pack(request, packed.data);
    if (!story->first)
        take_first(story, request, &packed);
    story->requests[story->requests_count++] = packed;
}

struct rpc_verdict story_hear(struct rpc_call *call, const void *request)
{
    struct story *story = story_of(call);

    if (request && story->requests_count == STORY_REQUESTS) {
        drop(story);
        return rpc_fail(call, ERR_FULL);
    }
    if (request)
        keep(story, request);
    story->ended |= !request || !rpc_call_method(call)->client_streams;
    if (!story->waiting) /* it starts when this turn ends */
        heap_set(&story->served->timers, &story->timer, 0);
    return rpc_later(call);
}
