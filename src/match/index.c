#include "match/index.h"

#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "match/score.h"

void match_index_forget(struct match_engine *engine)
{
    REQUIRE(engine->fits > 0);
    memset(engine->fit, 0, sizeof *engine->fit * engine->fits);
}

/* Remembering changes nothing that can be seen. */
static const struct match_fit *fit(const struct match_engine *engine,
                                   const struct match_ticket *ticket,
                                   const struct match_duty *duty)
{
    uint32_t a = ticket->hand.stamp, b = duty->hand.stamp;
    uint64_t key = (uint64_t)a << 32 | b;
    struct match_fit *found =
        &engine->fit[chance_mix(key) & (engine->fits - 1)];

    REQUIRE(a != 0 && ticket->hand.version != 0);
    REQUIRE(b != 0 && duty->hand.version != 0);
    if (found->ticket_stamp == a && found->duty_stamp == b)
        return found;
    *found = (struct match_fit){
        .ticket_stamp = a,
        .duty_stamp = b,
        .age = match_hand_age(&ticket->hand, &duty->hand),
    };
    if (found->age != UINT32_MAX)
        found->h = match_score_both(&engine->pool[ticket->row.pool].rarity,
                                    &ticket->hand, &duty->hand);
    return found;
}

bool match_index_hard(const struct match_engine *engine,
                      const struct match_ticket *ticket,
                      const struct match_duty *duty)
{
    uint32_t age;

    if (ticket->row.pool != duty->row.pool ||
        ticket->row.member == duty->row.member || duty->hand.version == 0)
        return false;
    if (ticket->held || duty->held || !match_duty_graded(engine, duty))
        return false;
    age = fit(engine, ticket, duty)->age;
    if (age == UINT32_MAX || match_ticket_age(engine, ticket) < age)
        return false;
    return !match_pair_forbids(&engine->pairs, ticket->row.member,
                               duty->row.member, ticket->row.id,
                               engine->now_ms) &&
           !match_flight_blocks(engine, ticket->row.member, duty->row.member);
}

uint32_t match_index_p(const struct match_engine *engine,
                       const struct match_ticket *ticket,
                       const struct match_duty *duty)
{
    REQUIRE(ticket->row.pool == duty->row.pool);
    return match_score_record(fit(engine, ticket, duty)->h, duty->row.yes,
                              duty->row.total);
}

/* best(ticket): the highest P among those who are ON, free or not. */
static uint32_t best(const struct match_engine *engine,
                     const struct match_ticket *ticket)
{
    uint32_t most = 0;

    LIST_EACH (node, &engine->pool[ticket->row.pool].duties) {
        const struct match_duty *duty =
            LIST_ENTRY(node, struct match_duty, pool_link);

        if (duty->row.state != DUTY_ON || duty->hand.version == 0 ||
            match_index_p(engine, ticket, duty) <= most ||
            !match_index_hard(engine, ticket, duty))
            continue;
        most = match_index_p(engine, ticket, duty);
    }
    return most;
}

/* θ when the best is known. */
static uint32_t share(const struct match_engine *engine,
                      const struct match_ticket *ticket, uint64_t most)
{
    const struct match_limits *limits = &engine->limits;
    uint64_t waited = match_ticket_age(engine, ticket);

    REQUIRE(waited < limits->relax_ms);
    most = most * limits->theta_share >> 16;
    REQUIRE(most <= UINT32_MAX);
    return (uint32_t)(most * (limits->relax_ms - waited) / limits->relax_ms);
}

/* Is its θ 0, whoever is there? */
static bool easy(const struct match_engine *engine,
                 const struct match_ticket *ticket)
{
    return ticket->row.danger ||
           match_ticket_age(engine, ticket) >= engine->limits.relax_ms;
}

uint32_t match_index_theta(const struct match_engine *engine,
                           const struct match_ticket *ticket)
{
    if (easy(engine, ticket))
        return 0;
    return share(engine, ticket, best(engine, ticket));
}

/* P desc, load asc, h asc, id asc. */
static bool before(const struct match_rank *a, const struct match_rank *b)
{
    if (a->p != b->p)
        return a->p > b->p;
    if (a->load != b->load)
        return a->load < b->load;
    if (a->h != b->h)
        return a->h < b->h;
    return a->duty->row.member < b->duty->row.member;
}

/* Put one among the n first of at most k, if it is before the last. */
static uint32_t insert(struct match_rank *rank, uint32_t n, uint32_t k,
                       const struct match_rank *one)
{
    uint32_t at;

    if (n < k)
        n++;
    for (at = n - 1; at > 0 && before(one, &rank[at - 1]); at--)
        rank[at] = rank[at - 1];
    rank[at] = *one;
    return n;
}

uint32_t match_index_top(const struct match_engine *engine,
                         const struct match_ticket *ticket,
                         enum match_index_who who, uint32_t k,
                         struct match_rank *rank)
{
    bool any = easy(engine, ticket); /* else the best is looked for, too */
    uint32_t n = 0, most = 0, theta;

    REQUIRE(k > 0);
    REQUIRE(k <= MATCH_TOP_K_MAX);
    LIST_EACH (node, &engine->pool[ticket->row.pool].duties) {
        struct match_duty *duty =
            LIST_ENTRY(node, struct match_duty, pool_link);
        struct match_rank one = {.duty = duty};
        bool best_yet, ranks, idle = match_duty_free(engine, duty);

        if (duty->row.state != DUTY_ON || duty->hand.version == 0 ||
            (any && !idle))
            continue;
        one.p = match_index_p(engine, ticket, duty);
        best_yet = !any && one.p > most;
        ranks = idle && (n < k || one.p >= rank[n - 1].p) &&
                (who == INDEX_ANY || duty->row.grade == GRADE_CRISIS_PEER);
        if (ranks) {
            one.load = match_duty_load(engine, duty);
            one.h = duty->row.tie - ticket->row.tie;
            ranks = n < k || before(&one, &rank[n - 1]);
        }
        if ((!best_yet && !ranks) || !match_index_hard(engine, ticket, duty))
            continue; /* Law 1 */
        if (best_yet)
            most = one.p;
        if (ranks)
            n = insert(rank, n, k, &one);
    }
    theta = any ? 0 : share(engine, ticket, most);
    while (n > 0 && rank[n - 1].p < theta)
        n--;
    return n;
}

enum match_bound match_index_bound(const struct match_engine *engine,
                                   const struct match_ticket *ticket)
{
    enum match_bound why = BOUND_NOBODY_ON_DUTY;

    REQUIRE(match_ticket_live(ticket));
    LIST_EACH (node, &engine->pool[ticket->row.pool].duties) {
        const struct match_duty *duty =
            LIST_ENTRY(node, struct match_duty, pool_link);

        if (duty->row.state != DUTY_ON)
            continue;
        if (match_index_hard(engine, ticket, duty))
            return BOUND_ALL_BUSY;
        why = BOUND_NONE_COMPATIBLE;
    }
    return why;
}
