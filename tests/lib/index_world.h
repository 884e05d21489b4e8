/* index_world -- an engine filled from within: duties and tickets as if they
 * were stored, without a store.  For tests that need many at once. */
#ifndef INDEX_WORLD_H
#define INDEX_WORLD_H

#include <stdlib.h>

#include "base/chance.h"
#include "check.h"
#include "hands.h"
#include "match/index.h"

enum { POOLS = 2, EFFECTS = 64 };

struct history {                   /* what is tried */
    uint32_t peers, rounds, sizes; /* sizes: of the table of duties */
    uint32_t tickets;
    uint64_t records; /* different yes and total */
    struct hands how;
    bool laden; /* nobody has a load of 0 */
};

static struct match_engine *engine;
static struct match_effects effects;
static struct match_effect item[EFFECTS];
static uint64_t seed;

static uint64_t roll(uint64_t sides)
{
    return chance_below(&seed, sides);
}

static struct match_duty *duty_of(uint64_t member)
{
    struct match_duty *duty;

    CHECK(match_duty_need(engine, member, member % POOLS, &duty) == ERR_NONE);
    return duty;
}

static void clear_agenda(void)
{
    while (heap_pop(&engine->duty_moments, HEAP_NONE) ||
           heap_pop(&engine->ticket_moments, HEAP_NONE) ||
           list_pop_front(&engine->tell))
        continue;
}

static void attend(const struct history *history, uint64_t member)
{
    struct match_duty *duty = duty_of(member);
    struct match_duty_row row = duty->row;
    struct match_card card = hands_card(&seed, &history->how, MATCH_PEER);

    match_duty_discard(engine, duty);
    CHECK(match_hand_set(&duty->hand, &engine->pool[row.pool].rarity, &card,
                         ++engine->stamp) == ERR_NONE);
    row.state = roll(8) ? DUTY_ON : DUTY_PAUSED;
    row.grade = roll(5) ? GRADE_PEER : GRADE_CRISIS_PEER;
    row.grade_until_ms = roll(9) ? 0 : engine->now_ms + roll(40000);
    row.capacity = (uint8_t)roll(4);
    row.rest_until_ms = roll(6) ? 0 : engine->now_ms + roll(20000);
    row.total = (uint32_t)roll(history->records);
    row.yes = (uint32_t)roll((uint64_t)row.total + 1);
    row.tie = chance_next(&seed);
    if (row.tie % 4 == 0)
        row.tie = row.tie % 8; /* some have the same */
    match_duty_adopt(engine, duty, &row, 0);
    if (roll(3) || history->laden)
        match_duty_count(engine, duty);
    clear_agenda();
}

static void ask(const struct history *history, uint32_t i)
{
    struct match_card card = hands_card(&seed, &history->how, MATCH_SEEKER);
    struct match_ticket_row row = {
        .id = 1 + i + 1000 * engine->now_ms,
        .member = 1000000 + i,
        .pool = i % POOLS,
        .danger = roll(6) == 0,
        .since_ms = engine->now_ms > 70000 ? engine->now_ms - roll(70000)
                                           : engine->now_ms,
        .expires_ms = MATCH_NEVER,
        .tie = chance_next(&seed)};
    struct match_ticket *old = match_ticket_of(engine, row.member), *ticket;

    if (old)
        match_ticket_free(engine, old);
    CHECK(match_ticket_new(engine, &row, &card, &ticket) == ERR_NONE);
    match_ticket_adopt(engine, ticket, &row, 0);
    clear_agenda();
}

static void open_world(const struct history *history)
{
    struct match_sizes sizes = {.pools = POOLS,
                                .tickets = history->tickets,
                                .duties = history->sizes,
                                .talks = 8,
                                .pairs = 100000,
                                .terms = (uint32_t)history->how.tokens + 1};
    struct match_limits limits;
    struct match_event event = {.kind = EVENT_BEGIN, .now_ms = 200000000};

    match_limits_init(&limits);
    engine = match_engine_init(calloc(1, match_engine_bytes(&sizes)), &sizes,
                               &limits);
    effects = (struct match_effects){.item = item, .cap = EFFECTS};
    event.begin.epoch = 1;
    match_engine_step(engine, &event, &effects);
    event.kind = EVENT_LIVE;
    match_engine_step(engine, &event, &effects);
    for (uint64_t token = 1; token <= history->how.tokens && roll(2); token++)
        for (uint32_t pool = 0; pool < POOLS; pool++)
            CHECK(match_rarity_load(&engine->pool[pool].rarity, token,
                                    roll(2000)) == ERR_NONE);
}

#endif
