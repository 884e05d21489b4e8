#include "match/line.h"

#include "base/require.h"

#define TURN_LATER ((uint64_t)1 << 62) /* no time is so late */

uint64_t match_line_turn(const struct match_ticket *ticket)
{
    uint64_t since = ticket->row.since_ms & (TURN_LATER - 1);

    return ticket->row.danger ? since : since | TURN_LATER;
}

bool match_line_before(const struct match_ticket *a,
                       const struct match_ticket *b)
{
    uint64_t one = match_line_turn(a), other = match_line_turn(b);

    return one != other ? one < other : a->row.id < b->row.id;
}

static bool is_fresh(const struct match_engine *engine,
                     const struct match_ticket *ticket)
{
    return engine->now_ms - ticket->presence.seen_ms <= engine->limits.fresh_ms;
}

/* Does it wait, as far as it is up to itself? */
static bool is_ready(const struct match_engine *engine,
                     const struct match_ticket *ticket)
{
    return ticket->row.state == TICKET_WAITING && !ticket->closing &&
           !ticket->held && !match_subject_busy(&ticket->subject) &&
           !ticket->presence.away && is_fresh(engine, ticket) &&
           engine->now_ms >= ticket->backoff_ms;
}

static bool is_open(const struct match_engine *engine)
{
    return engine->mode == ENGINE_LIVE && !engine->draining;
}

uint64_t match_line_settled_ms(const struct match_engine *engine)
{
    return match_timer_add(engine->live_ms, engine->limits.settle_ms);
}

static bool is_settled(const struct match_engine *engine)
{
    return engine->now_ms >= match_line_settled_ms(engine);
}

bool match_line_waits(const struct match_engine *engine,
                      const struct match_ticket *ticket)
{
    return is_ready(engine, ticket) && is_open(engine) &&
           (ticket->row.danger || is_settled(engine));
}

void match_line_leave(struct match_engine *engine, struct match_ticket *ticket)
{
    REQUIRE(list_linked(&ticket->wait_link) == heap_in(&ticket->turn));
    list_unlink(&ticket->wait_link);
    heap_set(&engine->line, &ticket->turn, HEAP_NONE);
}

void match_line_empty(struct match_engine *engine)
{
    struct list *node;

    heap_clear(&engine->line);
    for (uint32_t i = 0; i < engine->sizes.pools; i++)
        while ((node = list_pop_front(&engine->pool[i].waiting))) {
            struct match_ticket *ticket =
                LIST_ENTRY(node, struct match_ticket, wait_link);

            REQUIRE(!heap_in(&ticket->turn));
            REQUIRE(!is_fresh(engine, ticket)); /* Law 1 */
        }
}

static bool belongs_ahead(const struct match_ticket *ticket)
{
    return ticket->row.danger || ticket->row.wish != 0;
}

void match_line_up(struct match_engine *engine, struct match_ticket *ticket)
{
    struct list *waiting = &engine->pool[ticket->row.pool].waiting;

    if (!is_ready(engine, ticket)) { /* Law 1 */
        match_line_leave(engine, ticket);
        return;
    }
    heap_set(&engine->line, &ticket->turn, match_line_turn(ticket));
    if (list_linked(&ticket->wait_link)) {
        REQUIRE(ticket->ahead == belongs_ahead(ticket)); /* else it was busy */
        return;
    }
    ticket->ahead = belongs_ahead(ticket); /* Law 2 */
    if (ticket->ahead)
        list_push_front(waiting, &ticket->wait_link);
    else
        list_push_back(waiting, &ticket->wait_link);
}

struct match_ticket *match_line_first(struct match_engine *engine)
{
    struct heap_item *first;

    while (is_open(engine) && (first = heap_first(&engine->line))) {
        struct match_ticket *ticket =
            LIST_ENTRY(first, struct match_ticket, turn);

        if (is_fresh(engine, ticket)) /* danger is before all others */
            return ticket->row.danger || is_settled(engine) ? ticket : NULL;
        match_line_leave(engine, ticket); /* Law 1 */
    }
    return NULL;
}

struct match_ticket *match_line_next(struct match_engine *engine, uint32_t pool,
                                     struct match_ticket *after)
{
    struct list *line = &engine->pool[pool].waiting;
    struct list *node = after ? after->wait_link.next : line->next;
    bool all = is_settled(engine);

    REQUIRE(node != NULL);
    if (!is_open(engine))
        return NULL;
    while (node != line) {
        struct match_ticket *ticket =
            LIST_ENTRY(node, struct match_ticket, wait_link);

        node = node->next;
        __builtin_prefetch(node);
        if (!is_fresh(engine, ticket))
            match_line_leave(engine, ticket); /* Law 1 */
        else if (all || ticket->row.danger)
            return ticket;
        else if (!ticket->ahead)
            break; /* Law 2: nor does anybody behind */
    }
    return NULL;
}
