/* server/hub -- who receives in which talk, over all loops.
 *
 * A talk has two sides, each with at most one live Receive.  Shared by all
 * threads under one lock, held for a look-up and no longer.
 *
 * Laws
 *   1. One watcher per (talk, side): the newest; the older is given back.
 *   2. Only the watcher itself, by its call, takes itself away. */
#ifndef SERVER_HUB_H
#define SERVER_HUB_H

#include <pthread.h>

#include "base/map.h"
#include "match/card.h"

struct server_hub_seat { /* private */
    uint64_t call;
    uint32_t next_free;
};

struct server_hub { /* all private */
    pthread_mutex_t lock;
    struct map map;
    struct map_slot *slot;
    struct server_hub_seat *seat;
    uint32_t cap, free;
};

/* Room for cap watchers.  ERR_NOMEM. */
MUST_USE enum err server_hub_init(struct server_hub *hub, uint32_t cap);
void server_hub_close(struct server_hub *hub);

/* Seat call; *older is the call it took the place of, or 0.  ERR_FULL. */
MUST_USE enum err server_hub_seat(struct server_hub *hub, uint64_t talk,
                                  enum match_role side, uint64_t call,
                                  uint64_t *older);

/* Nothing happens if another has the seat by now. */
void server_hub_leave(struct server_hub *hub, uint64_t talk,
                      enum match_role side, uint64_t call);

/* Who watches, or 0. */
uint64_t server_hub_find(struct server_hub *hub, uint64_t talk,
                         enum match_role side);

#endif
