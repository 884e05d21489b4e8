#include "match/batch.h"

#include "base/chance.h"
#include "base/require.h"
#include "match/agenda.h"
#include "match/index.h"

enum { MINUTE_MS = 60000 };

/* The first multiple of step at or after t. */
static uint64_t next_multiple(uint64_t t, uint64_t step)
{
    uint64_t past = t % step;

    REQUIRE(step > 0);
    return past == 0 ? t : match_timer_add(t, step - past);
}

uint64_t match_batch_due_ms(const struct match_engine *engine)
{
    uint64_t settled =
        match_timer_add(engine->live_ms, engine->limits.settle_ms);
    uint64_t due = MATCH_NEVER, least = engine->batch_next_ms; /* Law 1 */

    if (engine->mode != ENGINE_LIVE || engine->draining)
        return MATCH_NEVER;
    for (uint32_t i = 0; i < engine->sizes.pools; i++)
        LIST_EACH (node, &engine->pool[i].tickets) {
            const struct match_ticket *ticket =
                LIST_ENTRY(node, struct match_ticket, pool_link);

            if (match_ticket_waits(engine, ticket))
                return next_multiple(least > engine->now_ms ? least
                                                            : engine->now_ms,
                                     engine->limits.batch_ms);
            if (engine->now_ms < settled)
                due = settled;
        }
    return due == MATCH_NEVER ? due
                              : next_multiple(least > due ? least : due,
                                              engine->limits.batch_ms);
}

static void sift(struct match_ticket **heap, uint32_t at, uint32_t n)
{
    struct match_ticket *ticket = heap[at];

    for (;;) {
        uint32_t down = 2 * at + 1;

        if (down >= n)
            break;
        if (down + 1 < n && match_ticket_before(heap[down], heap[down + 1]))
            down++;
        if (!match_ticket_before(ticket, heap[down]))
            break;
        heap[at] = heap[down];
        at = down;
    }
    heap[at] = ticket;
}

/* All that wait, in batch order. */
static uint32_t gather(struct match_engine *engine)
{
    struct match_ticket **list = engine->scratch;
    uint32_t n = 0;

    for (uint32_t i = 0; i < engine->sizes.pools; i++)
        LIST_EACH (node, &engine->pool[i].tickets) {
            struct match_ticket *ticket =
                LIST_ENTRY(node, struct match_ticket, pool_link);

            REQUIRE(n < engine->sizes.tickets);
            if (match_ticket_waits(engine, ticket))
                list[n++] = ticket;
        }
    for (uint32_t i = n / 2; i-- > 0;)
        sift(list, i, n);
    for (uint32_t end = n; end-- > 1;) {
        struct match_ticket *last = list[0];

        list[0] = list[end];
        list[end] = last;
        sift(list, 0, end);
    }
    return n;
}

/* W·2^16 and the tie hash. */
static int64_t value(const struct match_engine *engine,
                     const struct match_ticket *ticket,
                     const struct match_rank *rank)
{
    const struct match_limits *limits = &engine->limits;
    uint64_t age =
        limits->age_per_min * match_ticket_age(engine, ticket) / MINUTE_MS;
    int64_t weight;

    if (age > limits->age_max)
        age = limits->age_max;
    weight =
        (int64_t)(rank->p + age) - (int64_t)(limits->load_weight * rank->load);
    if (weight < 1)
        weight = 1;
    if (ticket->row.danger)
        weight += (int64_t)1 << 32;
    REQUIRE(weight < (int64_t)1 << 33);
    return weight * 65536 + 65535 - (int64_t)(chance_mix(rank->h) >> 48);
}

/* The number of a peer in this batch. */
static uint32_t number(struct match_engine *engine, struct match_duty *duty)
{
    struct match_assign *assign = &engine->assign;

    if (duty->batch == engine->batches)
        return duty->batch_index;
    REQUIRE(duty->row.capacity > match_duty_used(duty));
    duty->batch = engine->batches;
    duty->batch_index = assign->peers++;
    assign->capacity[duty->batch_index] =
        (uint8_t)(duty->row.capacity - match_duty_used(duty));
    engine->chosen[duty->batch_index] = duty;
    return duty->batch_index;
}

static void add_ticket(struct match_engine *engine, struct match_ticket *ticket,
                       uint32_t t)
{
    struct match_assign *assign = &engine->assign;
    struct match_rank rank[MATCH_TOP_K_MAX];
    uint32_t k = (uint32_t)engine->limits.top_k, n = 0;

    REQUIRE(k <= assign->degree_max);
    if (ticket->row.danger)
        n = match_index_top(engine, ticket, INDEX_CRISIS, k, rank);
    if (n == 0)
        n = match_index_top(engine, ticket, INDEX_ANY, k, rank);
    assign->edges[t] = n;
    for (uint32_t i = 0; i < n; i++)
        assign->edge[(size_t)t * assign->degree_max + i] =
            (struct match_assign_edge){.peer = number(engine, rank[i].duty),
                                       .value =
                                           value(engine, ticket, &rank[i])};
}

void match_batch_run(struct match_engine *engine)
{
    struct match_assign *assign = &engine->assign;
    uint32_t n = gather(engine);
    uint64_t step = engine->limits.batch_ms;

    REQUIRE(engine->choice_at == engine->choices);
    engine->batch_next_ms = engine->now_ms - engine->now_ms % step + step;
    if (n > engine->limits.batch_tickets)
        n = (uint32_t)engine->limits.batch_tickets;
    engine->batches++;
    engine->choices = engine->choice_at = 0;
    assign->tickets = n;
    assign->peers = 0;
    for (uint32_t t = 0; t < n; t++)
        add_ticket(engine, engine->scratch[t], t);
    match_assign_solve(assign);
    for (uint32_t t = 0; t < n; t++) { /* Law 2 */
        uint32_t edge = assign->chosen[t];
        uint32_t peer;

        if (edge == MATCH_ASSIGN_NONE)
            continue;
        peer = assign->edge[(size_t)t * assign->degree_max + edge].peer;
        engine->choice[engine->choices++] =
            (struct match_choice){.ticket = engine->scratch[t]->row.id,
                                  .peer = engine->chosen[peer]->row.member};
    }
    REQUIRE(engine->choices <= n);
}

bool match_batch_offer(struct match_engine *engine)
{
    REQUIRE(engine->choice_at <= engine->choices);
    for (; engine->choice_at < engine->choices; engine->choice_at++) {
        const struct match_choice *choice = &engine->choice[engine->choice_at];
        struct match_ticket *ticket = match_ticket_find(engine, choice->ticket);
        struct match_duty *duty = match_duty_of(engine, choice->peer);

        if (!ticket || !duty || !match_ticket_waits(engine, ticket) ||
            !match_duty_free(engine, duty) ||
            !match_index_hard(engine, ticket, duty))
            continue; /* something came between */
        if (!match_agenda_propose(engine, ticket, duty))
            return false;
    }
    return true;
}
