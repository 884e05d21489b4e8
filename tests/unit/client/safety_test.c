#include "client/client.h"
#include "member_world.h"
#include "pb/kindred/v1/safety.pb-c.h"

/* What the server was asked for last, and what it says. */
static struct {
    uint64_t talk, offer, block, after;
    size_t rows;
    char name[8];
    int calls;
} server;

static struct rpc_verdict world_safety_block(struct rpc_call *call,
                                             const Kindred__V1__BlockRequest *r)
{
    Kindred__V1__BlockResponse response = KINDRED__V1__BLOCK_RESPONSE__INIT;

    server.calls++;
    if (world_token(call) != ERR_NONE)
        return rpc_fail(call, ERR_UNAUTHENTICATED);
    CHECK(r->idempotency_key.len == 16);
    server.talk = server.offer = 0;
    if (r->whom_case == KINDRED__V1__BLOCK_REQUEST__WHOM_TALK_ID)
        server.talk = r->talk_id;
    if (r->whom_case == KINDRED__V1__BLOCK_REQUEST__WHOM_OFFER_ID)
        server.offer = r->offer_id;
    return rpc_reply(call, &response);
}

static struct rpc_verdict
world_safety_unblock(struct rpc_call *call,
                     const Kindred__V1__UnblockRequest *request)
{
    CHECK(request->idempotency_key.len == 16);
    server.block = request->block_id;
    return rpc_fail(call, ERR_NO_RELATION);
}

static struct rpc_verdict
world_safety_list_blocks(struct rpc_call *call,
                         const Kindred__V1__ListBlocksRequest *request)
{
    Kindred__V1__ListBlocksResponse response =
        KINDRED__V1__LIST_BLOCKS_RESPONSE__INIT;
    static Kindred__V1__Block block[65], *blocks[65];

    server.after = request->after_block_id;
    for (size_t i = 0; i < server.rows; i++) {
        kindred__v1__block__init(&block[i]);
        block[i].block_id = i + 1;
        block[i].day = 20000;
        if (i == 0)
            block[i].their_name = server.name;
        blocks[i] = &block[i];
    }
    response.blocks = blocks;
    response.n_blocks = server.rows;
    response.more = true;
    return rpc_reply(call, &response);
}

API_KINDRED_V1_SAFETY(RPC_WRAP, world_safety)
static const struct rpc_binding world_safety_bindings[] = {
    API_KINDRED_V1_SAFETY(RPC_BIND, world_safety)};

struct heard {
    struct kindred_loop *loop;
    struct kindred_error error;
    uint32_t count;
    struct kindred_block first, last;
    bool more;
    int ends;
};

static void on_done(void *arg, const struct kindred_error *error)
{
    struct heard *heard = arg;

    heard->error = *error;
    heard->ends++;
    kindred_loop_stop(heard->loop);
}

static void on_listed(void *arg, const struct kindred_error *error,
                      const struct kindred_block *block, uint32_t count,
                      bool more)
{
    struct heard *heard = arg;

    CHECK(count == 0 || error->status == 0);
    heard->count = count;
    heard->more = more;
    if (count > 0) {
        heard->first = block[0];
        heard->last = block[count - 1];
    }
    on_done(arg, error);
}

static struct member_world *open_world(struct heard *heard)
{
    struct member_world *world = member_world_open();

    WORLD_BIND(world, world_safety_bindings);
    *heard = (struct heard){.loop = world->loop};
    return world;
}

/* One of the two ids, and never the other. */
static void blocks(void)
{
    struct heard heard;
    struct member_world *world = open_world(&heard);

    CHECK(kindred_member_block(world->member, 7, 0, on_done, &heard));
    CHECK(heard.ends == 0);
    member_world_run(world, 5000);
    CHECK(heard.ends == 1 && heard.error.status == 0);
    CHECK(server.talk == 7 && server.offer == 0);
    CHECK(kindred_member_block(world->member, 0, 8, on_done, &heard));
    member_world_run(world, 5000);
    CHECK(heard.ends == 2 && server.talk == 0 && server.offer == 8);
    CHECK(kindred_member_unblock(world->member, 9, on_done, &heard));
    member_world_run(world, 5000);
    CHECK(heard.ends == 3 && server.block == 9);
    CHECK(strcmp(heard.error.reason, "NO_RELATION") == 0);
    member_world_close(world);
}

static void list(struct member_world *world, struct heard *heard, size_t rows,
                 const char *name)
{
    server.rows = rows;
    (void)snprintf(server.name, sizeof server.name, "%s", name);
    CHECK(kindred_member_blocks(world->member, 5, on_listed, heard));
    member_world_run(world, 5000);
}

/* A page, and what a server might say that makes no sense. */
static void pages(void)
{
    struct heard heard;
    struct member_world *world = open_world(&heard);

    list(world, &heard, 64, "Heron 1");
    CHECK(heard.ends == 1 && heard.error.status == 0);
    CHECK(server.after == 5 && heard.count == 64 && heard.more);
    CHECK(heard.first.id == 1 && heard.last.id == 64);
    CHECK(strcmp(heard.first.their_name, "Heron 1") == 0);
    CHECK(heard.last.their_name[0] == '\0' && heard.last.day == 20000);
    list(world, &heard, 0, "");
    CHECK(heard.ends == 2 && heard.error.status == 0 && heard.count == 0);
    list(world, &heard, 65, "Heron 1");
    CHECK(heard.ends == 3 && heard.error.status != 0 && heard.count == 0);
    list(world, &heard, 1, "\033[2J");
    CHECK(heard.ends == 4 && heard.error.status != 0 && heard.count == 0);
    member_world_close(world);
}

int main(void)
{
    blocks();
    pages();
    return check_report("client/safety");
}
