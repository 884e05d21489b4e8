#include "server/hub.h"

#include <stdlib.h>

#include "base/chance.h"
#include "base/require.h"

/* Talk ids are random, so that mixing in the side keeps them apart. */
static uint64_t key_of(uint64_t talk, enum match_role side)
{
    uint64_t key = chance_mix(talk * 2 + (side == MATCH_PEER));

    return key == 0 ? 1 : key;
}

enum err server_hub_init(struct server_hub *hub, uint32_t cap)
{
    uint32_t slots = map_slots_for(cap);

    *hub = (struct server_hub){.cap = cap};
    hub->slot = calloc(slots, sizeof *hub->slot);
    hub->seat = calloc(cap, sizeof *hub->seat);
    if (!hub->slot || !hub->seat || pthread_mutex_init(&hub->lock, NULL) != 0) {
        free(hub->slot);
        free(hub->seat);
        *hub = (struct server_hub){0};
        return ERR_NOMEM;
    }
    map_init(&hub->map, hub->slot, slots);
    for (uint32_t i = 0; i < cap; i++)
        hub->seat[i].next_free = i + 1;
    return ERR_NONE;
}

void server_hub_close(struct server_hub *hub)
{
    if (!hub->slot)
        return;
    (void)pthread_mutex_destroy(&hub->lock);
    free(hub->slot);
    free(hub->seat);
    *hub = (struct server_hub){0};
}

static enum err seat(struct server_hub *hub, uint64_t key, uint64_t call,
                     uint64_t *older)
{
    uint32_t at = map_get(&hub->map, key);

    if (at != MAP_NONE) { /* Law 1 */
        *older = hub->seat[at].call;
        hub->seat[at].call = call;
        return ERR_NONE;
    }
    at = hub->free;
    if (at == hub->cap || map_put(&hub->map, key, at) != ERR_NONE)
        return ERR_FULL;
    hub->free = hub->seat[at].next_free;
    hub->seat[at].call = call;
    return ERR_NONE;
}

enum err server_hub_seat(struct server_hub *hub, uint64_t talk,
                         enum match_role side, uint64_t call, uint64_t *older)
{
    enum err err;

    REQUIRE(call != 0);
    *older = 0;
    (void)pthread_mutex_lock(&hub->lock);
    err = seat(hub, key_of(talk, side), call, older);
    (void)pthread_mutex_unlock(&hub->lock);
    return err;
}

void server_hub_leave(struct server_hub *hub, uint64_t talk,
                      enum match_role side, uint64_t call)
{
    uint64_t key = key_of(talk, side);
    uint32_t at;

    (void)pthread_mutex_lock(&hub->lock);
    at = map_get(&hub->map, key);
    if (at != MAP_NONE && hub->seat[at].call == call) { /* Law 2 */
        REQUIRE(map_remove(&hub->map, key));
        hub->seat[at] = (struct server_hub_seat){.next_free = hub->free};
        hub->free = at;
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

uint64_t server_hub_find(struct server_hub *hub, uint64_t talk,
                         enum match_role side)
{
    uint64_t call = 0;
    uint32_t at;

    (void)pthread_mutex_lock(&hub->lock);
    at = map_get(&hub->map, key_of(talk, side));
    if (at != MAP_NONE)
        call = hub->seat[at].call;
    (void)pthread_mutex_unlock(&hub->lock);
    return call;
}
