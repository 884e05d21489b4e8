/* service/safety -- blocks: who a member never wants to meet again.
 *
 * A block is made by what the caller knows, a talk or an offer; the store finds
 * who that is, then the engine is told, so that it forbids at once.  The id by
 * which a block is listed is that of the talk or offer: it is random, its owner
 * knew it before, and it names neither a member nor that two blocks are of one
 * person. */
#include <string.h>

#include "base/wipe.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/safety.pb-c.h"
#include "seal/name.h"
#include "service/bindings.h"
#include "service/call.h"
#include "service/check.h"
#include "service/text.h"

/* --- Block --- */

struct blocking {             /* the call's own state */
    struct service_held held; /* first; until the other is found */
    uint64_t via;
};

static void block_found(struct service_request *request, struct rpc_call *call)
{
    struct service_order *order;
    enum err err;

    if (!call)
        return;
    order = service_call_unhold(call, service_request_err(request));
    if (!order)
        return;
    order->event.block.other = request->job.result.other;
    err = service_order_send(request->service, order);
    if (err != ERR_NONE)
        rpc_end(call, err);
}

/* Ask whom the caller knows by it. */
static enum err find_other(struct rpc_call *call, const struct blocking *state)
{
    struct service_request *request = service_request_new(
        service_of(call), rpc_call_id(call), STORE_FIND_OTHER, block_found);

    if (!request)
        return ERR_FULL;
    request->job.command.key = state->held.order->event.key;
    request->job.command.find_other.member = state->held.order->event.member;
    request->job.command.find_other.via = state->via;
    return service_request_send(request);
}

static void block_replied(struct rpc_call *call, enum err err,
                          uint64_t reference)
{
    const struct blocking *state = rpc_call_user(call);
    Kindred__V1__BlockResponse response = KINDRED__V1__BLOCK_RESPONSE__INIT;

    (void)reference; /* a member: nobody's to know */
    response.block_id = state->via;
    service_call_answer(call, err, &response);
}

/* By what the caller knows the other; 0: by nothing. */
static uint64_t via_of(const Kindred__V1__BlockRequest *request)
{
    switch ((int)request->whom_case) {
    case KINDRED__V1__BLOCK_REQUEST__WHOM_TALK_ID:
        return request->talk_id;
    case KINDRED__V1__BLOCK_REQUEST__WHOM_OFFER_ID:
        return request->offer_id;
    default:
        return 0;
    }
}

static struct rpc_verdict safety_block(struct rpc_call *call,
                                       const Kindred__V1__BlockRequest *request)
{
    static const struct service_live live = {.replied = block_replied};
    struct blocking *state = rpc_call_alloc(call, sizeof *state);
    struct service *service = service_of(call);
    struct service_order *order;
    struct seal_token who;
    enum err err = service_check_caller(call, GRADE_MEMBER, &who);

    if (err != ERR_NONE || !state)
        return rpc_fail(call, err != ERR_NONE ? err : ERR_NOMEM);
    *state = (struct blocking){.held = {.live = &live}, .via = via_of(request)};
    if (state->via == 0)
        return rpc_fail(call, ERR_INVALID);
    order =
        service_order_new(service, rpc_call_id(call), who.member, EVENT_BLOCK);
    if (!order)
        return rpc_fail(call, ERR_NOMEM);
    state->held.order = order;
    order->event.block.via = state->via;
    err = service_key(service, &order->event.key, request->idempotency_key,
                      &request->base);
    if (err == ERR_NONE)
        err = find_other(call, state);
    if (err != ERR_NONE)
        return service_call_fail(call, order, err);
    service_call_hold(call, &state->held);
    return rpc_later(call);
}

/* --- Unblock --- */

static struct rpc_verdict
safety_unblock(struct rpc_call *call,
               const Kindred__V1__UnblockRequest *request)
{
    static const Kindred__V1__UnblockResponse empty =
        KINDRED__V1__UNBLOCK_RESPONSE__INIT;
    static const struct service_live live = {.replied = service_call_replied,
                                             .empty = &empty.base};
    struct service_order *order;
    enum err err =
        service_call_order(call, GRADE_MEMBER, EVENT_UNBLOCK, &live, &order);

    if (err == ERR_NONE)
        err = service_key(service_of(call), &order->event.key,
                          request->idempotency_key, &request->base);
    if (err == ERR_NONE && request->block_id == 0)
        err = ERR_NO_RELATION;
    if (err != ERR_NONE)
        return service_call_fail(call, order, err);
    order->event.block.via = request->block_id;
    return service_call_send(call, order);
}

/* --- ListBlocks --- */

struct page { /* an answer and what it points to */
    Kindred__V1__ListBlocksResponse response;
    Kindred__V1__Block block[STORE_PAGE_MAX], *blocks[STORE_PAGE_MAX];
    char name[STORE_PAGE_MAX][SEAL_NAME];
};

static void fill(struct page *page, const struct service *service,
                 const struct store_result *result)
{
    kindred__v1__list_blocks_response__init(&page->response);
    for (uint32_t i = 0; i < result->listed.blocks; i++) {
        const struct store_block *from = &result->listed.block[i];
        Kindred__V1__Block *to = &page->block[i];

        kindred__v1__block__init(to);
        to->block_id = from->via;
        to->day = from->day;
        page->name[i][0] = '\0';
        if (from->known != KNOWN_BY_OFFER)
            seal_name(page->name[i], service->keys->name, from->via,
                      from->known == KNOWN_AS_SEEKER ? 0 : 1);
        to->their_name = page->name[i];
        page->blocks[i] = to;
    }
    page->response.blocks = page->blocks;
    page->response.n_blocks = result->listed.blocks;
    page->response.more = result->listed.more;
}

static void listed(struct service_request *request, struct rpc_call *call)
{
    enum err err = service_request_err(request);
    struct page page;

    if (!call)
        return;
    if (err != ERR_NONE) {
        rpc_end(call, err);
        return;
    }
    fill(&page, request->service, &request->job.result);
    service_call_answer(call, ERR_NONE, &page.response);
    wipe(&page, sizeof page);
}

static struct rpc_verdict
safety_list_blocks(struct rpc_call *call,
                   const Kindred__V1__ListBlocksRequest *in)
{
    struct service_request *request;
    struct seal_token who;
    enum err err = service_check_caller(call, GRADE_MEMBER, &who);

    if (err == ERR_NONE && in->page_size > STORE_PAGE_MAX)
        err = ERR_INVALID;
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    request = service_request_new(service_of(call), rpc_call_id(call),
                                  STORE_LIST_BLOCKS, listed);
    if (!request)
        return rpc_fail(call, ERR_FULL);
    request->job.command.list_blocks.member = who.member;
    request->job.command.list_blocks.after_via = in->after_block_id;
    request->job.command.list_blocks.most = in->page_size;
    err = service_request_send(request);
    return err == ERR_NONE ? rpc_later(call) : rpc_fail(call, err);
}

API_KINDRED_V1_SAFETY(RPC_WRAP, safety)

const struct rpc_binding service_safety_bindings[] = {
    API_KINDRED_V1_SAFETY(RPC_BIND, safety)};
const size_t service_safety_count =
    sizeof service_safety_bindings / sizeof service_safety_bindings[0];
