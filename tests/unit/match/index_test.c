/* The index against a walk over all duties: random peers who come, go, change
 * and rest, in several pools and sectors, and every question after each.  Long
 * because all of it is held against one slow model. */
#include "index_world.h"
#include "match/adopt.h"
#include "match/bar.h"
#include "match/fire.h"
#include "match/fit.h"
#include "match/score.h"
#include "match/why.h"

/* ---- slow and obvious ---- */

/* match/fit law 1, match/sweep law 1 */
static bool slow_hard(const struct match_ticket *ticket,
                      const struct match_duty *duty)
{
    uint32_t age = match_hand_age(&ticket->hand, &duty->hand);

    return ticket->row.pool == duty->row.pool && !duty->held &&
           ticket->row.member != duty->row.member && age != UINT32_MAX &&
           match_ticket_age(engine, ticket) >= age &&
           match_duty_graded(engine, duty) &&
           match_pair_until_ms(&engine->pairs, ticket->row.member,
                               duty->row.member, ticket->row.id,
                               engine->now_ms) == 0;
}

static uint32_t slow_p(const struct match_ticket *ticket,
                       const struct match_duty *duty)
{
    return match_score_record(
        match_score_both(&engine->pool[ticket->row.pool].rarity, &ticket->hand,
                         &duty->hand),
        duty->row.yes, duty->row.total);
}

static uint64_t slow_theta(const struct match_ticket *ticket,
                           uint32_t *compatible)
{
    uint64_t best = 0, waited = match_ticket_age(engine, ticket);
    const struct match_limits *limits = &engine->limits;

    *compatible = 0;
    LIST_EACH (node, &engine->pool[ticket->row.pool].duties) {
        const struct match_duty *duty =
            LIST_ENTRY(node, struct match_duty, pool_link);

        if (duty->row.state != DUTY_ON || !slow_hard(ticket, duty))
            continue;
        (*compatible)++;
        if (slow_p(ticket, duty) > best)
            best = slow_p(ticket, duty);
    }
    if (ticket->row.danger || waited >= limits->relax_ms)
        return 0;
    return (best * limits->theta_share >> 16) * (limits->relax_ms - waited) /
           limits->relax_ms;
}

static bool slow_before(const struct match_rank *a, const struct match_rank *b)
{
    if (a->p != b->p)
        return a->p > b->p;
    if (a->load != b->load)
        return a->load < b->load;
    if (a->h != b->h)
        return a->h < b->h;
    return a->duty->row.member < b->duty->row.member;
}

/* match/sweep law 2 */
static uint32_t slow_top(const struct match_ticket *ticket,
                         enum match_sweep_who who, uint32_t k,
                         struct match_rank *rank)
{
    uint32_t compatible;
    uint64_t theta = slow_theta(ticket, &compatible);
    uint32_t n = 0;

    LIST_EACH (node, &engine->pool[ticket->row.pool].duties) {
        struct match_duty *duty =
            LIST_ENTRY(node, struct match_duty, pool_link);
        struct match_rank one = {.duty = duty};
        uint32_t at;

        if (!match_duty_free(engine, duty) || !slow_hard(ticket, duty) ||
            (who == SWEEP_CRISIS && duty->row.grade != GRADE_CRISIS_PEER))
            continue;
        one.p = slow_p(ticket, duty);
        one.load = match_duty_load(engine, duty).offers;
        one.h = duty->row.tie - ticket->row.tie;
        if (one.p < theta || (n == k && !slow_before(&one, &rank[k - 1])))
            continue;
        at = n < k ? n++ : k - 1;
        for (; at > 0 && slow_before(&one, &rank[at - 1]); at--)
            rank[at] = rank[at - 1];
        rank[at] = one;
    }
    return n;
}

/* ---- what happens ---- */

static void leave(struct match_duty *duty)
{
    struct match_duty_row row = duty->row;

    row.state = DUTY_OFF;
    while (duty->talks > 0) {
        duty->talks--;
        match_index_touch(engine, duty);
    }
    match_duty_adopt(engine, duty, &row, 0);
    match_duty_idle(engine, duty);
    clear_agenda();
}

/* A talk of it began, up to a day ago. */
static void begin_talk(struct match_duty *duty)
{
    static uint64_t talks;
    struct match_talk_row talk = {.id = ++talks, .peer = duty->row.member};

    talk.started_ms =
        engine->now_ms -
        (roll(2) ? roll(20000) : engine->limits.day_ms - roll(20000));
    match_duty_begun(engine, duty, &talk);
}

/* The same duty, a little otherwise. */
static void alter(struct match_duty *duty)
{
    struct match_duty_row row = duty->row;

    if (row.state == DUTY_OFF)
        return;
    switch (roll(7)) {
    case 0:
        row.capacity = (uint8_t)roll(4);
        break;
    case 1:
        row.state = row.state == DUTY_ON ? DUTY_PAUSED : DUTY_ON;
        break;
    case 2:
        row.total++;
        row.yes += (uint32_t)roll(2);
        break;
    case 3:
        duty->presence.away = !duty->presence.away;
        break;
    case 4:
        row.day_max = (uint8_t)roll(4);
        break;
    case 5:
        begin_talk(duty);
        break;
    default:
        duty->talks = (uint8_t)roll(3);
        match_duty_count(engine, duty);
    }
    match_duty_adopt(engine, duty, &row, 0);
    clear_agenda();
}

/* P of the best there is for the ticket: so many may not reach what suffices
 * without it, so that it is looked for. */
static uint32_t best_p(struct match_ticket *ticket)
{
    static struct match_rank rank[MATCH_TOP_K_MAX];

    (void)match_index_top(engine, ticket, SWEEP_ANY, MATCH_TOP_K_MAX, rank);
    return ticket->best.p;
}

/* Keep a ticket from a peer for a time, most often from the best there is. */
static void part(struct match_ticket *ticket, uint64_t peer)
{
    uint64_t seeker = ticket->row.member;
    struct match_pair_row row = {.kind = PAIR_RESTS,
                                 .a = seeker,
                                 .b = peer,
                                 .until_ms = engine->now_ms + roll(10000)};

    (void)best_p(ticket);
    if (roll(4) && ticket->best.duty)
        row.b = ticket->best.duty->row.member;
    if (roll(4) == 0)
        row = (struct match_pair_row){
            .kind = PAIR_BLOCK, .a = row.b, .b = seeker};
    match_adopt_pair(engine, &row, 0);
}

/* The first peer who blocked the ticket's seeker takes that back. */
static void unblock(struct match_ticket *ticket)
{
    uint64_t seeker = ticket->row.member;

    LIST_EACH (node, &engine->pool[ticket->row.pool].duties) {
        const struct match_duty *duty =
            LIST_ENTRY(node, struct match_duty, pool_link);
        struct match_pair_row row = {.kind = PAIR_BLOCK,
                                     .gone = true,
                                     .a = duty->row.member,
                                     .b = seeker};

        if (match_pair_until_ms(&engine->pairs, seeker, row.a, ticket->row.id,
                                engine->now_ms) != MATCH_NEVER)
            continue;
        (void)best_p(ticket);
        match_adopt_pair(engine, &row, 0);
        return;
    }
}

/* Who comes and goes made terms rarer or commoner: now that shows. */
static void smooth(void)
{
    heap_set(&engine->timers, &engine->smooth.due, MATCH_NEVER);
    engine->smooth.due.key = engine->now_ms;
    match_fire(engine, &engine->smooth);
}

/* Law 1, and the order, of every question about one ticket. */
static void compare(struct match_ticket *ticket)
{
    static struct match_rank slow[MATCH_TOP_K_MAX], fast[MATCH_TOP_K_MAX];
    uint32_t k = roll(3) ? 1 : (uint32_t)(1 + roll(MATCH_TOP_K_MAX));
    enum match_sweep_who who = roll(3) ? SWEEP_ANY : SWEEP_CRISIS;
    uint32_t n = slow_top(ticket, who, k, slow);
    enum match_bound bound = BOUND_NOBODY_ON_DUTY;
    uint32_t compatible, peers;
    uint64_t theta = slow_theta(ticket, &compatible);

    if (roll(4) == 0) /* in whatever order they are asked */
        (void)match_why_bound(engine, ticket, &peers);
    CHECK(match_index_top(engine, ticket, who, k, fast) == n);
    for (uint32_t i = 0; i < n; i++)
        CHECK(fast[i].duty == slow[i].duty && fast[i].p == slow[i].p &&
              fast[i].load == slow[i].load);
    LIST_EACH (node, &engine->pool[ticket->row.pool].duties) {
        struct match_duty *duty =
            LIST_ENTRY(node, struct match_duty, pool_link);

        CHECK(match_fit_hard(engine, ticket, duty) ==
              (duty->hand.version != 0 && slow_hard(ticket, duty)));
        if (duty->row.state != DUTY_ON)
            continue;
        bound = BOUND_NONE_COMPATIBLE;
        if (roll(20) == 0)
            CHECK(match_index_wants(engine, ticket, duty) ==
                  (slow_hard(ticket, duty) && slow_p(ticket, duty) >= theta));
    }
    CHECK(match_why_bound(engine, ticket, &peers) ==
          (compatible > 0 ? BOUND_ALL_BUSY : bound));
    CHECK(peers == (compatible < INDEX_TOLD ? compatible : INDEX_TOLD));
}

static void live(const struct history *history, uint64_t start)
{
    seed = start;
    open_world(history);
    for (uint64_t i = 0; i < history->peers; i++)
        attend(history, 1 + i);
    for (uint32_t i = 0; i < history->tickets; i++)
        ask(history, i);
    for (uint32_t round = 0; round < history->rounds; round++) {
        uint64_t member = 1 + roll(history->peers);
        uint32_t t = (uint32_t)roll(history->tickets);
        struct match_duty *duty = match_duty_of(engine, member);

        if (roll(3) == 0)
            engine->now_ms += roll(300) ? roll(3000) : 300000 * roll(14);
        match_fire_wake(engine);
        if (!duty || roll(3) == 0)
            attend(history, member);
        else if (roll(3) == 0)
            leave(duty);
        else
            alter(duty);
        if (roll(4) == 0)
            ask(history, t);
        if (roll(4) == 0)
            part(match_ticket_of(engine, 1000000 + t),
                 1 + roll(history->peers));
        if (roll(4) == 0)
            unblock(match_ticket_of(engine, 1000000 + t));
        if (roll(4) == 0 && match_ticket_of(engine, 1000000 + t)->best.duty)
            alter(match_ticket_of(engine, 1000000 + t)->best.duty);
        if (roll(60) == 0)
            smooth();
        compare(match_ticket_of(engine, 1000000 + t));
        for (uint64_t i = 1; i <= history->peers; i++) /* Laws 1, 2, 3 */
            if ((duty = match_duty_of(engine, i)) != NULL && roll(8) == 0)
                CHECK(match_index_check(engine, duty) >= 3);
    }
    free(engine);
}

/* Nothing but their ids tells peers apart, and the first of them came last. */
static void all_the_same(const struct history *history, uint64_t start)
{
    open_world(history);
    for (uint64_t i = history->peers; i > 0; i--) {
        seed = start;
        attend(history, i);
    }
    for (uint32_t i = 0; i < history->tickets; i++) {
        ask(history, i);
        compare(match_ticket_of(engine, 1000000 + i));
    }
    free(engine);
}

/* The seeker blocks who is their best; does it forbid while it waits? */
static bool block_best(struct match_ticket *ticket)
{
    struct match_event event = {.kind = EVENT_BLOCK,
                                .member = ticket->row.member};
    uint32_t p = ticket->best.p;
    bool less;

    event.block.other = ticket->best.duty->row.member;
    match_bar_arrived(engine, event.kind);
    CHECK(match_flight_latch(engine, &event));
    less = best_p(ticket) < p;
    (void)list_pop_front(&engine->latched); /* as for a replay */
    CHECK(match_bar_block(engine, &event));
    return less;
}

/* Who is the best is held. */
static bool hold_best(struct match_ticket *ticket)
{
    struct match_event event = {.kind = EVENT_HOLD,
                                .member = ticket->best.duty->row.member};

    event.hold.held = true;
    match_bar_arrived(engine, event.kind);
    CHECK(match_bar_hold(engine, &event));
    return false;
}

/* What is on its way to the store is refused; does it forbid till then? */
static bool store_refuses(struct match_ticket *ticket, uint32_t p)
{
    struct match_result result = {.outcome = OUTCOME_REFUSED, .err = ERR_FULL};
    bool less = best_p(ticket) < p;

    CHECK(effects.n == 1 && item[0].kind == EFFECT_STORE);
    result.op = item[0].store.op;
    match_adopt_result(engine, &result);
    clear_agenda();
    return less;
}

/* What waited, for room or for the store, and at last is refused, forbids no
 * more: the peer is somebody's best again. */
static void refuse(const struct history *history,
                   bool (*bar)(struct match_ticket *), bool room)
{
    uint32_t barred = 0;

    seed = 1;
    open_world(history);
    for (uint64_t i = 0; i < history->peers; i++)
        attend(history, 1 + i);
    engine->effects = &effects;
    engine->spare_n = room ? 0 : FLIGHT_SPARE;
    for (uint32_t i = 0; i < history->tickets; i++) {
        struct match_ticket *ticket;
        uint32_t p;

        ask(history, i);
        effects.n = 0;
        ticket = match_ticket_of(engine, 1000000 + i);
        p = best_p(ticket);
        if (!ticket->best.duty)
            continue;
        barred += bar(ticket);
        barred += room && store_refuses(ticket, p);
        CHECK(engine->blocks == 0);
        CHECK(best_p(ticket) == p);
    }
    CHECK(barred > 0);
    free(engine);
}

/* ON, with this record, and free. */
static void record(uint64_t member, uint32_t yes, uint32_t total)
{
    struct match_duty *duty = match_duty_of(engine, member);
    struct match_duty_row row = duty->row;

    row.state = DUTY_ON;
    row.grade = GRADE_PEER;
    row.grade_until_ms = row.rest_until_ms = 0;
    row.capacity = 1;
    row.yes = yes;
    row.total = total;
    match_duty_adopt(engine, duty, &row, 0);
    clear_agenda();
}

static void expire(uint64_t member)
{
    struct match_duty *duty = match_duty_of(engine, member);
    struct match_duty_row row = duty->row;

    row.grade_until_ms = engine->now_ms;
    match_duty_adopt(engine, duty, &row, 0);
    clear_agenda();
}

/* match/sweep law 2: of two who are alike, the one who comes later in the walk
 * is better by one point, the least there is: it is the best. */
static void by_one(const struct history *history)
{
    const uint64_t earlier = POOLS, later = 2 * POOLS; /* of pool 0 */
    uint32_t seen = 0;

    seed = 1;
    open_world(history);
    for (uint64_t member = earlier; member <= later; member += POOLS) {
        seed = 7; /* the same card */
        attend(history, member);
        match_index_drop(engine, match_duty_of(engine, member));
    }
    record(earlier, 58, 120);
    record(later, 2995, 5993);
    for (uint32_t i = 0; i < 200; i++) {
        const struct match_duty *first = match_duty_of(engine, earlier);
        const struct match_duty *second = match_duty_of(engine, later);
        struct match_ticket *ticket;
        struct match_rank rank;

        ask(history, 0);
        ticket = match_ticket_of(engine, 1000000);
        if (ticket->row.danger ||
            match_ticket_age(engine, ticket) >= engine->limits.relax_ms ||
            !slow_hard(ticket, second) ||
            slow_p(ticket, second) != slow_p(ticket, first) + 1)
            continue;
        CHECK(first->place < second->place);
        CHECK(match_index_top(engine, ticket, SWEEP_ANY, 1, &rank) == 1);
        CHECK(rank.duty == second);
        CHECK(best_p(ticket) == slow_p(ticket, second));
        expire(later);
        CHECK(best_p(ticket) == slow_p(ticket, first));
        record(later, 2995, 5993); /* graded again, and else as it was */
        CHECK(best_p(ticket) == slow_p(ticket, second));
        seen++;
    }
    CHECK(seen > 0);
    free(engine);
}

/* The hand, which is empty, takes up this card. */
static void deal(struct match_hand *hand, const struct match_card *card)
{
    CHECK(match_hand_set(hand, &engine->pool[0].rarity, card,
                         ++engine->stamp) == ERR_NONE);
}

/* A peer of pool 0 with this card and record, free. */
static void come(const struct history *history, uint64_t member,
                 const struct match_card *card, uint32_t yes, uint32_t total)
{
    attend(history, member);
    match_duty_discard(engine, match_duty_of(engine, member));
    deal(&match_duty_of(engine, member)->hand, card);
    record(member, yes, total);
}

/* Of one group of two terms the peer who has both is the best, for all their
 * poor record, as long as the other has only the commoner of the two.  Then
 * that is the rarer one, and the other is the best; nothing about the first
 * changed meanwhile. */
static void other_rarities(void)
{
    enum { BOTH = POOLS, ONE = 2 * POOLS, OTHERS = 10, SMOOTHED = 100 };
    static const struct history history = {
        .sizes = 64, .tickets = 1, .records = 1, .how = {.tokens = 2}};
    static const struct match_card both = {
        .version = 1, .role = MATCH_PEER, .haves = 2, .have = {1, 2}};
    static const struct match_card asked = {
        .version = 1,
        .role = MATCH_SEEKER,
        .seeks = 1,
        .seek_tokens = 2,
        .seek = {{.count = 2, .importance = 1}},
        .seek_token = {1, 2}};
    struct match_card one = {
        .version = 1, .role = MATCH_PEER, .haves = 1, .have = {1}};
    struct match_ticket *ticket;
    uint32_t p;

    seed = 2;
    open_world(&history);
    CHECK(!engine->pool[0].rarity.frozen);
    come(&history, BOTH, &both, 0, 100);
    come(&history, ONE, &one, 1000, 1000);
    ask(&history, 0);
    ticket = match_ticket_of(engine, 1000000);
    match_hand_clear(&ticket->hand, &engine->pool[0].rarity);
    deal(&ticket->hand, &asked);
    ticket->row.danger = false;
    ticket->row.since_ms = engine->now_ms;
    for (int i = 0; i < SMOOTHED; i++)
        smooth();
    p = best_p(ticket);
    CHECK(ticket->best.duty == match_duty_of(engine, BOTH));
    one.have[0] = 2;
    for (uint64_t i = 1; i <= OTHERS; i++)
        come(&history, ONE + i * POOLS, &one, 0, 100);
    for (int i = 0; i < SMOOTHED; i++)
        smooth();
    CHECK(slow_p(ticket, match_duty_of(engine, BOTH)) == p);
    CHECK(best_p(ticket) > p);
    CHECK(ticket->best.duty == match_duty_of(engine, ONE));
    free(engine);
}

/* Of two who may meet again the bests are looked for again, and nobody
 * else's. */
static void parts_two(const struct history *history)
{
    struct match_ticket *ticket[2];

    seed = 3;
    open_world(history);
    for (uint64_t i = 0; i < history->peers; i++)
        attend(history, 1 + i);
    for (uint32_t i = 0; i < 2; i++) {
        do
            ask(history, i);
        while (!(ticket[i] = match_ticket_of(engine, 1000000 + i)) ||
               best_p(ticket[i]) == 0);
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct match_pair_row row = {
            .kind = PAIR_BOND, .a = 1, .b = 1000000 + i};
        uint64_t until_ms[2] = {ticket[0]->best.until_ms,
                                ticket[1]->best.until_ms};

        match_adopt_pair(engine, &row, 0);
        CHECK(ticket[i]->best.until_ms <= engine->now_ms);
        CHECK(ticket[1 - i]->best.until_ms == until_ms[1 - i]);
        (void)best_p(ticket[i]);
        CHECK(ticket[i]->best.until_ms > engine->now_ms);
    }
    free(engine);
}

int main(void)
{
    static const struct history histories[] = {
        /* few cards, all much alike: ties, and one block */
        {60, 1500, 64, 12, 1, {5, 4, 3, 2, 1}, false},
        /* several blocks and pools, many records */
        {1400, 250, 2000, 12, 30, {40, 16, 6, 2, 2}, false},
        /* sixteen sectors */
        {2600, 120, 32768, 12, 3, {30, 12, 5, 1, 1}, false},
        /* more terms than rows: some of them share one */
        {700, 250, 1000, 12, 4, {3000, 60, 30, 8, 20}, false},
        /* sixteen sectors, all alike: the first in h is found early */
        {2600, 120, 32768, 12, 1, {3, 3, 2, 1, 0}, false},
        /* the same, where equals are told apart by loads above 0 */
        {2600, 120, 32768, 12, 1, {3, 3, 2, 1, 0}, true},
        /* four sectors of several blocks: some are as good as can be, of any
         * h */
        {4000, 120, 8192, 12, 1, {20, 6, 2, 0, 0}, false},
    };

    for (size_t i = 0; i < sizeof histories / sizeof histories[0]; i++)
        for (uint64_t start = 1; start <= 3; start++)
            live(&histories[i], start + 100 * i);
    for (uint64_t start = 1; start <= 20; start++)
        all_the_same(&histories[0], start);
    refuse(&histories[0], block_best, false);
    refuse(&histories[0], block_best, true);
    refuse(&histories[0], hold_best, true);
    parts_two(&histories[0]);
    by_one(&histories[0]);
    other_rarities();
    return check_report("match/index");
}
