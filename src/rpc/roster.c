#include <stdlib.h>

#include "base/require.h"
#include "rpc/state.h"

/* An id is loop (8 bits), generation of its slot (36), slot (20).  A slot
 * whose generations are used up is never used again (rpc/call law 3). */
enum { SLOT_BITS = 20, LOOP_SHIFT = 56, SLOTS_MAX = 1 << SLOT_BITS };
#define GENERATIONS ((uint64_t)1 << (LOOP_SHIFT - SLOT_BITS))

struct rpc_slot {
    struct rpc_call *call; /* NULL: free */
    uint64_t generation;
    uint32_t next; /* free: index + 1 of the next free one */
};

/* ---- ids ---- */

static enum err more_slots(struct rpc_server *server)
{
    uint32_t count = server->slots_count ? server->slots_count * 2 : 64;
    struct rpc_slot *slots;

    if (count > SLOTS_MAX)
        return ERR_NOMEM;
    slots = realloc(server->slots, count * sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (uint32_t i = count; i-- > server->slots_count;) {
        slots[i] = (struct rpc_slot){.next = server->slots_free};
        server->slots_free = i + 1;
    }
    server->slots = slots;
    server->slots_count = count;
    return ERR_NONE;
}

enum err rpc_roster_enter(struct rpc_call *call)
{
    struct rpc_server *server = call->server;
    struct rpc_slot *slot;
    uint32_t index;

    REQUIRE(call->slot == 0);
    if (server->slots_free == 0 && more_slots(server) != ERR_NONE)
        return ERR_NOMEM;
    index = server->slots_free - 1;
    slot = &server->slots[index];
    REQUIRE(!slot->call);
    server->slots_free = slot->next;
    slot->call = call;
    slot->generation++;
    REQUIRE(slot->generation < GENERATIONS);
    call->slot = index + 1;
    call->id = (uint64_t)server->loop << LOOP_SHIFT |
               slot->generation << SLOT_BITS | index;
    return ERR_NONE;
}

void rpc_roster_leave(struct rpc_call *call)
{
    struct rpc_server *server = call->server;
    struct rpc_slot *slot;

    if (call->slot == 0)
        return;
    slot = &server->slots[call->slot - 1];
    REQUIRE(slot->call == call);
    slot->call = NULL;
    if (slot->generation < GENERATIONS - 1) {
        slot->next = server->slots_free;
        server->slots_free = call->slot;
    }
    call->slot = 0;
    call->id = 0;
}

struct rpc_call *rpc_roster_find(const struct rpc_server *server, uint64_t id)
{
    uint32_t index = (uint32_t)(id & (SLOTS_MAX - 1));
    struct rpc_call *call;

    if (index >= server->slots_count)
        return NULL;
    call = server->slots[index].call;
    return call && call->id == id ? call : NULL;
}

struct rpc_call *rpc_roster_at(const struct rpc_server *server, uint32_t slot)
{
    REQUIRE(slot < server->slots_count);
    return server->slots[slot].call;
}

/* ---- deadlines: a heap, the soonest on top ---- */

static void put(struct rpc_server *server, uint32_t at, struct rpc_call *call)
{
    server->heap[at] = call;
    call->heap_at = at + 1;
}

static void settle(struct rpc_server *server, uint32_t at)
{
    struct rpc_call *call = server->heap[at];

    while (at > 0) { /* up */
        uint32_t above = (at - 1) / 2;

        if (server->heap[above]->due_ms <= call->due_ms)
            break;
        put(server, at, server->heap[above]);
        at = above;
    }
    for (;;) { /* down */
        uint32_t below = 2 * at + 1;

        if (below >= server->heap_count)
            break;
        if (below + 1 < server->heap_count &&
            server->heap[below + 1]->due_ms < server->heap[below]->due_ms)
            below++;
        if (server->heap[below]->due_ms >= call->due_ms)
            break;
        put(server, at, server->heap[below]);
        at = below;
    }
    put(server, at, call);
}

static void drop(struct rpc_call *call)
{
    struct rpc_server *server = call->server;
    uint32_t at = call->heap_at - 1;
    struct rpc_call *last = server->heap[--server->heap_count];

    call->heap_at = 0;
    if (last == call)
        return;
    put(server, at, last);
    settle(server, at);
}

enum err rpc_roster_due(struct rpc_call *call, uint64_t due_ms)
{
    struct rpc_server *server = call->server;

    call->due_ms = due_ms;
    if (due_ms == RPC_NEVER) {
        if (call->heap_at > 0)
            drop(call);
        return ERR_NONE;
    }
    if (call->heap_at > 0) {
        settle(server, call->heap_at - 1);
        return ERR_NONE;
    }
    if (server->heap_count == server->heap_cap) {
        uint32_t cap = server->heap_cap ? server->heap_cap * 2 : 64;
        struct rpc_call **heap =
            realloc(server->heap, cap * sizeof *server->heap);

        if (!heap)
            return ERR_NOMEM;
        server->heap = heap;
        server->heap_cap = cap;
    }
    put(server, server->heap_count++, call);
    settle(server, call->heap_at - 1);
    return ERR_NONE;
}

struct rpc_call *rpc_roster_next(const struct rpc_server *server,
                                 uint64_t now_ms)
{
    if (server->heap_count == 0 || server->heap[0]->due_ms > now_ms)
        return NULL;
    return server->heap[0];
}
