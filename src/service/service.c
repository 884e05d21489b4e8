#include "service/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/wipe.h"
#include "seal/request.h"
#include "service/bindings.h"

/* A message of 32 KiB, its capability and what the store says of it. */
enum { REQUEST_BYTES = 4 << 20, PACKED_MAX = 64 * 1024 };

void service_bind(struct service *service)
{
    static const struct {
        const struct rpc_binding *binding;
        const size_t *count;
    } all[] = {
        {service_accounts_bindings, &service_accounts_count},
        {service_vocabularies_bindings, &service_vocabularies_count},
        {service_cards_bindings, &service_cards_count},
        {service_support_bindings, &service_support_count},
        {service_peers_bindings, &service_peers_count},
        {service_talks_bindings, &service_talks_count},
        {service_safety_bindings, &service_safety_count},
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        rpc_server_bind(service->rpc, all[i].binding, *all[i].count, service);
}

void service_bind_operations(struct service *service)
{
    rpc_server_bind(service->rpc, service_operations_bindings,
                    service_operations_count, service);
}

struct service *service_of(const struct rpc_call *call)
{
    return rpc_call_context(call);
}

uint64_t service_now_ms(const struct service *service)
{
    return service->port.now_ms(service->port.arg);
}

uint64_t service_random_id(const struct service *service)
{
    uint64_t id = 0;

    while (id == 0)
        service->port.random(service->port.arg, &id, sizeof id);
    return id;
}

struct service_request *service_request_new(
    struct service *service, uint64_t call, enum store_command_kind kind,
    void (*done)(struct service_request *request, struct rpc_call *call))
{
    struct service_request *request;

    if (service->requests >= SERVICE_REQUESTS_MAX)
        return NULL;
    request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    service->requests++;
    arena_init(&request->job.arena, REQUEST_BYTES);
    request->job.command.kind = kind;
    request->job.command.now_ms = service_now_ms(service);
    request->service = service;
    request->call = call;
    request->done = done;
    return request;
}

void service_request_free(struct service_request *request)
{
    /* Law 1: what it held of anybody is wiped */
    REQUIRE(request->service->requests > 0);
    request->service->requests--;
    arena_reset(&request->job.arena);
    wipe(request, sizeof *request);
    free(request);
}

enum err service_request_send(struct service_request *request)
{
    const struct service_port *port = &request->service->port;
    enum err err = port->store(port->arg, request);

    if (err != ERR_NONE)
        service_request_free(request);
    return err;
}

enum err service_request_keep(struct service_request *request, const void *data,
                              size_t size, struct store_bytes *kept)
{
    uint8_t *copy = arena_alloc(&request->job.arena, size);

    if (!copy)
        return ERR_NOMEM;
    if (size > 0)
        memcpy(copy, data, size);
    *kept = (struct store_bytes){.data = copy, .size = (uint32_t)size};
    return ERR_NONE;
}

enum err service_request_err(const struct service_request *request)
{
    const struct store_result *result = &request->job.result;

    switch (result->outcome) {
    case OUTCOME_OK:
    case OUTCOME_REPLAY:
        return ERR_NONE;
    case OUTCOME_REFUSED:
        return result->err == ERR_NONE ? ERR_INTERNAL : result->err;
    case OUTCOME_FENCED:
        return ERR_FENCED;
    case OUTCOME_COUNT:
        break;
    }
    return ERR_INTERNAL;
}

void service_stored(struct service_request *request)
{
    struct service *service = request->service;
    struct rpc_call *call =
        request->call ? rpc_server_find(service->rpc, request->call) : NULL;

    request->done(request, call);
    service_request_free(request);
}

void service_signal(struct service *service,
                    const struct service_signal *signal)
{
    struct rpc_call *call = rpc_server_find(service->rpc, signal->call);
    const struct service_live *const *live = call ? rpc_call_user(call) : NULL;

    if (!live)
        return; /* it left meanwhile */
    if (signal->kind == SIGNAL_REPLY)
        (*live)->replied(call, signal->reply.err, signal->reply.reference);
    else if (signal->kind == SIGNAL_DROP)
        rpc_end(call, signal->drop);
    else if ((*live)->told)
        (*live)->told(call, signal);
}

static bool is_revoked(const struct rpc_call *call, void *arg)
{
    const struct service *service = arg;
    const struct service_live *const *live = rpc_call_user(call);

    return rpc_call_context(call) == service && live && (*live)->who &&
           service->port.revoked(service->port.arg, (*live)->who(call));
}

void service_revoked(struct service *service)
{
    rpc_server_cut(service->rpc, ERR_TOKEN_EXPIRED, is_revoked, service);
}

static bool is_carded(enum match_event_kind kind)
{
    return kind == EVENT_ASK || kind == EVENT_ATTEND || kind == EVENT_CARD;
}

static size_t order_bytes(enum match_event_kind kind)
{
    return sizeof(struct service_order) +
           (is_carded(kind) ? sizeof(struct match_card) : 0);
}

/* All zero, as from calloc(). */
static struct service_order *order_memory(struct service *service,
                                          enum match_event_kind kind)
{
    struct service_order *order = NULL;

    if (!is_carded(kind)) {
        if (!service->spare)
            service->spare = atomic_exchange(&service->used, NULL);
        order = service->spare;
    }
    if (!order)
        return calloc(1, order_bytes(kind));
    service->spare = order->below;
    order->below = NULL;
    return order;
}

struct service_order *service_order_new(struct service *service, uint64_t call,
                                        uint64_t member,
                                        enum match_event_kind kind)
{
    struct service_order *order = order_memory(service, kind);

    if (!order)
        return NULL;
    order->service = service;
    order->event.kind = kind;
    order->event.call = call;
    order->event.member = member;
    order->event.now_ms = service_now_ms(service);
    service->port.random(service->port.arg, order->event.fresh,
                         sizeof order->event.fresh);
    for (int i = 0; i < MATCH_FRESH_MAX; i++)
        if (order->event.fresh[i] == 0) /* ids are never 0 */
            order->event.fresh[i] = service_random_id(service);
    return order;
}

enum err service_order_send(struct service *service,
                            struct service_order *order)
{
    enum err err = service->port.order(service->port.arg, order);

    if (err != ERR_NONE)
        service_order_free(order);
    return err;
}

void service_order_free(struct service_order *order)
{
    wipe(order, order_bytes(order->event.kind));
    free(order);
}

void service_order_used(struct service_order *order)
{
    struct service *service = order->service;

    if (!service || is_carded(order->event.kind)) {
        service_order_free(order);
        return;
    }
    wipe(order, sizeof *order);
    order->below = atomic_load(&service->used);
    while (!atomic_compare_exchange_weak(&service->used, &order->below, order))
        continue;
}

static void free_pile(struct service_order *order)
{
    while (order) {
        struct service_order *below = order->below;

        free(order);
        order = below;
    }
}

void service_close(struct service *service)
{
    free_pile(service->spare);
    free_pile(atomic_exchange(&service->used, NULL));
    service->spare = NULL;
}

/* FNV-1a of the type's name: the same in every version of the server. */
static uint32_t type_number(const ProtobufCMessage *request)
{
    uint32_t number = 2166136261u;

    for (const char *c = request->descriptor->name; *c; c++)
        number = (number ^ (uint8_t)*c) * 16777619u;
    return number;
}

enum err service_key(const struct service *service, struct match_key *key,
                     ProtobufCBinaryData bytes, const ProtobufCMessage *request)
{
    size_t size = protobuf_c_message_get_packed_size(request);
    uint8_t *packed;

    if (bytes.len != SERVICE_KEY)
        return ERR_KEY_MISSING;
    memcpy(key->word, bytes.data, SERVICE_KEY);
    if (key->word[0] == 0 && key->word[1] == 0)
        return ERR_KEY_MISSING;
    if (size > PACKED_MAX)
        return ERR_TOO_LARGE;
    packed = malloc(size + 1);
    if (!packed)
        return ERR_NOMEM;
    (void)protobuf_c_message_pack(request, packed);
    key->request_hash = seal_request_hash(service->keys->request,
                                          type_number(request), packed, size);
    wipe(packed, size);
    free(packed);
    return ERR_NONE;
}
