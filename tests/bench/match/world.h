/* bench/match/world -- the real engine, driven through match_engine_step()
 * alone, and a store that answers at once by echoing the rows.
 *
 * Peers are members 1 to peers, seekers the `seekers` after them.  What a step
 * costs is CPU time of this thread: what else the machine does is not in it. */
#ifndef BENCH_MATCH_WORLD_H
#define BENCH_MATCH_WORLD_H

#include <stddef.h>

#include "match/engine.h"

enum { BENCH_EFFECTS = 256 /* as server/turn */, BENCH_QUEUE = 4096 };

struct bench_duty { /* the store's row, and whom it is offered to */
    struct match_duty_row row;
    uint32_t offered[MATCH_CAPACITY_MAX]; /* seekers */
    uint8_t offers;
};

struct bench_seeker { /* its ticket and that ticket's open offer */
    struct match_ticket_row ticket;
    struct match_offer_row offer;
    uint64_t stream;
};

/* What an event cost: its own step, that of its command's result, and all that
 * followed from it; and the longest single step of them. */
struct bench_cost {
    double event_us, stored_us, rest_us, longest_us;
};

struct bench_world {
    struct match_engine *engine;
    size_t bytes;
    uint32_t peers, seekers;
    struct bench_duty *duty;     /* [peers + 1] */
    struct bench_seeker *seeker; /* [seekers] */
    uint64_t now_ms, dice, streams, seq;
    uint64_t offers; /* ever */
    struct match_effects effects;
    struct match_effect item[BENCH_EFFECTS];
    struct match_command queue[BENCH_QUEUE];
    uint32_t head, queued;
    struct match_row out[MATCH_ROWS_MAX];
    uint32_t outs;
};

/* An engine that is LIVE and settles; nobody need beat.  table: the rarities,
 * bits in Q8. */
void bench_world_open(struct bench_world *w, const struct match_sizes *sizes,
                      const struct match_rarity_row *table, uint32_t rows);
void bench_world_close(struct bench_world *w);

struct bench_cost bench_world_event(struct bench_world *w,
                                    struct match_event event);

struct bench_cost bench_world_attend(struct bench_world *w, uint32_t peer,
                                     const struct match_card *card,
                                     uint8_t capacity);
struct bench_cost bench_world_ask(struct bench_world *w, uint32_t seeker,
                                  const struct match_card *card, bool danger);
/* Its stream is lost and comes back: the ticket's own moment, in event_us. */
struct bench_cost bench_world_return(struct bench_world *w, uint32_t seeker);
struct bench_cost bench_world_withdraw(struct bench_world *w, uint32_t seeker);
struct bench_cost bench_world_capacity(struct bench_world *w, uint32_t peer,
                                       uint8_t capacity);
/* LEAVE, PAUSE or RESUME. */
struct bench_cost bench_world_move(struct bench_world *w, uint32_t peer,
                                   enum match_event_kind kind);

/* Time goes on to now_ms, every timer due fired; the sum of what they cost. */
struct bench_cost bench_world_until(struct bench_world *w, uint64_t now_ms);

#endif
