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

/* ---- deadlines ---- */

enum err rpc_roster_due(struct rpc_call *call, uint64_t due_ms)
{
    struct heap *due = &call->server->due;

    if (due_ms != RPC_NEVER && !heap_in(&call->due) && due->size == due->cap) {
        uint32_t cap = due->cap ? due->cap * 2 : 64;
        struct heap_place *place = realloc(due->place, cap * sizeof *place);

        if (!place)
            return ERR_NOMEM;
        due->place = place;
        due->cap = cap;
    }
    heap_set(due, &call->due, due_ms);
    return ERR_NONE;
}

struct rpc_call *rpc_roster_next(const struct rpc_server *server,
                                 uint64_t now_ms)
{
    struct heap_item *first = heap_first(&server->due);

    if (!first || first->key > now_ms)
        return NULL;
    return LIST_ENTRY(first, struct rpc_call, due);
}
