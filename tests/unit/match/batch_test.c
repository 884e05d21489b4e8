/* A batch against the same decided at once, by hand: Laws 1 to 3. */
#include "match/batch.h"

#include <string.h>

#include "index_world.h"
#include "match/fit.h"
#include "match/line.h"

enum { MOST = 512 };

struct pair {
    uint64_t ticket, peer;
};

static struct pair wanted[MOST], proposed[MOST];
static uint32_t wants, proposals, slices;

/* ENGINE.md §3, word for word. */
static int64_t worth(const struct match_ticket *ticket,
                     const struct match_rank *rank)
{
    uint64_t age = 4096 * match_ticket_age(engine, ticket) / 60000;
    int64_t weight = (int64_t)rank->p + (int64_t)(age < 524288 ? age : 524288) -
                     2048 * (int64_t)rank->load;

    weight = weight > 1 ? weight : 1;
    weight += ticket->row.danger ? (int64_t)1 << 32 : 0;
    return weight * 65536 + 65535 - (int64_t)(chance_mix(rank->h) >> 48);
}

/* Those who wait, in batch order. */
static uint32_t in_order(struct match_ticket **list)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < POOLS; i++)
        LIST_EACH (node, &engine->pool[i].tickets) {
            struct match_ticket *ticket =
                LIST_ENTRY(node, struct match_ticket, pool_link);
            uint32_t at;

            if (!match_line_waits(engine, ticket))
                continue;
            for (at = n++; at > 0 && match_line_before(ticket, list[at - 1]);
                 at--)
                list[at] = list[at - 1];
            list[at] = ticket;
        }
    return n;
}

static uint32_t candidates(struct match_ticket *ticket, uint32_t k,
                           struct match_rank *rank)
{
    uint32_t n = ticket->row.danger
                     ? match_index_top(engine, ticket, SWEEP_CRISIS, k, rank)
                     : 0;

    return n > 0 ? n : match_index_top(engine, ticket, SWEEP_ANY, k, rank);
}

/* What the batch is to propose, on a graph of our own. */
static void decide_at_once(const struct history *history)
{
    static struct match_duty *peer[MOST * MATCH_TOP_K_MAX];
    struct match_ticket **list = calloc(history->tickets, sizeof *list);
    uint32_t n = in_order(list), k = (uint32_t)engine->limits.top_k;
    void *memory = malloc(match_assign_bytes(MOST, k));
    struct match_assign assign;

    match_assign_init(&assign, memory, MOST, k);
    n = n < engine->limits.batch_tickets
            ? n
            : (uint32_t)engine->limits.batch_tickets;
    assign.tickets = n;
    assign.peers = 0;
    for (uint32_t t = 0; t < n; t++) {
        struct match_rank rank[MATCH_TOP_K_MAX];

        assign.edges[t] = candidates(list[t], k, rank);
        for (uint32_t e = 0; e < assign.edges[t]; e++) {
            uint32_t at = 0;

            while (at < assign.peers && peer[at] != rank[e].duty)
                at++;
            if (at == assign.peers) {
                peer[assign.peers++] = rank[e].duty;
                assign.capacity[at] = (uint8_t)(rank[e].duty->row.capacity -
                                                match_duty_used(rank[e].duty));
            }
            assign.edge[(size_t)t * k + e] = (struct match_assign_edge){
                .peer = at, .value = worth(list[t], &rank[e])};
        }
    }
    match_assign_solve(&assign);
    wants = 0;
    for (uint32_t t = 0; t < n; t++)
        if (assign.chosen[t] != MATCH_ASSIGN_NONE)
            wanted[wants++] = (struct pair){
                list[t]->row.id,
                peer[assign.edge[(size_t)t * k + assign.chosen[t]].peer]
                    ->row.member};
    free(memory);
    free(list);
}

/* One step; is more to be done? */
static bool tick(void)
{
    static uint64_t fresh;
    struct match_event event = {.kind = EVENT_TICK, .now_ms = engine->now_ms};

    for (uint32_t i = 0; i < MATCH_FRESH_MAX; i++)
        event.fresh[i] = ++fresh;
    match_engine_step(engine, &event, &effects);
    slices++;
    for (uint32_t i = 0; i < effects.n; i++)
        if (item[i].kind == EFFECT_STORE &&
            item[i].store.kind == COMMAND_OFFER && proposals < MOST)
            proposed[proposals++] =
                (struct pair){item[i].store.offer.offer.ticket,
                              item[i].store.offer.offer.peer};
    return effects.more;
}

static void step(void)
{
    while (tick())
        continue;
}

/* A world in which a batch falls due now; the time. */
static uint64_t fall_due(const struct history *history, uint64_t start)
{
    seed = start;
    open_world(history);
    engine->limits.batch_tickets = history->rounds;
    for (uint64_t i = 0; i < history->peers; i++)
        attend(history, 1 + i);
    engine->now_ms += 10000;
    for (uint32_t i = 0; i < history->tickets; i++)
        ask(history, i);
    step();
    /* whatever else comes due before it, or at its time */
    while (heap_first(&engine->timers)->rank != TIMER_BATCH) {
        engine->now_ms = match_engine_deadline_ms(engine);
        step();
    }
    engine->now_ms = match_engine_deadline_ms(engine);
    proposals = slices = 0;
    return engine->now_ms;
}

static void live(const struct history *history, uint64_t start)
{
    uint64_t multiple = fall_due(history, start);

    CHECK(multiple % engine->limits.batch_ms == 0);
    decide_at_once(history);
    step();
    CHECK(wants > 0 && slices > 2); /* Law 2 */
    CHECK(proposals == wants);
    CHECK(memcmp(proposed, wanted, wants * sizeof wanted[0]) == 0); /* Law 3 */
    CHECK(match_batch_due_ms(engine) >= multiple + 1000 ||          /* Law 1 */
          match_batch_due_ms(engine) == MATCH_NEVER);
    CHECK(match_engine_check(engine) > 0);
    free(engine);
}

/* A peer leaves between two slices, and who comes has their place: what was
 * decided for the one is not offered to the other.  Could it have been? */
static bool replace(const struct history *history, uint64_t start)
{
    const uint64_t newcomer = 2 * history->peers;
    struct match_duty_row off;
    struct match_duty *duty;
    bool is_free;

    (void)fall_due(history, start);
    while (engine->choices == 0 || engine->batch_edged < engine->choices)
        CHECK(tick());
    CHECK(proposals == 0);
    duty = engine->chosen[0];
    off = duty->row;
    off.state = DUTY_OFF;
    match_duty_adopt(engine, duty, &off, 0);
    match_duty_idle(engine, duty);
    attend(history, newcomer + off.pool);
    CHECK(match_duty_of(engine, newcomer + off.pool) == duty);
    is_free = match_duty_free(engine, duty);
    step();
    CHECK(proposals > 0);
    for (uint32_t i = 0; i < proposals; i++)
        CHECK(proposed[i].peer != newcomer + off.pool);
    CHECK(match_engine_check(engine) > 0);
    free(engine);
    return is_free;
}

int main(void)
{
    static const struct history full = {40,   200, 40, 300, 3, {9, 6, 4, 1, 1},
                                        false};
    uint32_t could = 0;

    static const struct history histories[] = {
        /* many want few */
        {40, 200, 64, 300, 3, {9, 6, 4, 1, 1}, false},
        /* few want many; more wait than a batch takes */
        {900, 150, 1000, 400, 20, {40, 16, 6, 1, 1}, false},
    };

    for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++)
        for (uint64_t start = 1; start <= 6; start++)
            live(&histories[i], start + 10 * i);
    for (uint64_t start = 1; start <= 10; start++)
        could += replace(&full, 100 + start);
    CHECK(could > 0);
    return check_report("match/batch");
}
