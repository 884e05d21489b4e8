#include "match/load.h"

#include <string.h>

#include "base/require.h"
#include "match/adopt.h"
#include "match/fire.h"
#include "match/presence.h"
#include "match/say.h"

void match_load_begin(struct match_engine *engine, uint64_t epoch)
{
    REQUIRE(engine->mode == ENGINE_IDLE);
    REQUIRE(engine->op == 0);
    engine->mode = ENGINE_LOADING;
    engine->epoch = epoch;
}

static enum err load_ticket(struct match_engine *engine,
                            const struct match_ticket_row *row,
                            const struct match_card *card)
{
    struct match_ticket *ticket;
    enum err err;

    if (!card || row->id == 0 || row->member == 0 ||
        row->pool >= engine->sizes.pools ||
        match_ticket_of(engine, row->member))
        return ERR_INVALID;
    if (row->state != TICKET_WAITING && row->state != TICKET_OFFERED)
        return ERR_INVALID;
    err = match_ticket_new(engine, row, card, &ticket);
    if (err != ERR_NONE)
        return err;
    match_ticket_adopt(engine, ticket, row, 0);
    REQUIRE(match_ticket_live(ticket));
    return ERR_NONE;
}

static enum err load_offer(struct match_engine *engine,
                           const struct match_offer_row *row)
{
    struct match_ticket *ticket = match_ticket_find(engine, row->ticket);
    struct match_offer *offer;
    struct match_duty *duty;
    enum err err;

    if (!ticket || ticket->offer || row->state != OFFER_OPEN || row->id == 0 ||
        row->peer == 0 || row->pool != ticket->row.pool)
        return ERR_INVALID;
    err = match_duty_need(engine, row->peer, row->pool, &duty);
    if (err != ERR_NONE)
        return err;
    err = match_offer_new(engine, row, ticket, duty, &offer);
    if (err != ERR_NONE)
        return err;
    match_offer_adopt(engine, offer, row, 0);
    REQUIRE(ticket->offer == offer);
    return ERR_NONE;
}

static enum err load_duty(struct match_engine *engine,
                          const struct match_duty_row *row)
{
    struct match_duty *duty;
    enum err err;

    if (row->member == 0 || row->pool >= engine->sizes.pools ||
        row->state != DUTY_OFF)
        return ERR_INVALID;
    err = match_duty_need(engine, row->member, row->pool, &duty);
    if (err != ERR_NONE)
        return err;
    REQUIRE(duty->row.state == DUTY_OFF);
    match_duty_adopt(engine, duty, row, 0);
    return ERR_NONE;
}

enum err match_load_row(struct match_engine *engine,
                        const struct match_row *row,
                        const struct match_card *card)
{
    REQUIRE(engine->mode == ENGINE_LOADING);
    REQUIRE(row != NULL);
    switch (row->kind) {
    case ROW_TICKET:
        return load_ticket(engine, &row->ticket, card);
    case ROW_OFFER:
        return load_offer(engine, &row->offer);
    case ROW_DUTY:
        return load_duty(engine, &row->duty);
    case ROW_TALK:
        if (row->talk.id == 0 || row->talk.peer == 0 || row->talk.seeker == 0 ||
            row->talk.pool >= engine->sizes.pools)
            return ERR_INVALID;
        return match_talk_adopt(engine, &row->talk, 0);
    case ROW_PAIR:
        if (row->pair.a == 0 || row->pair.b == 0)
            return ERR_INVALID;
        match_adopt_pair(engine, &row->pair, 0);
        return ERR_NONE;
    case ROW_RARITY:
        if (row->rarity.pool >= engine->sizes.pools)
            return ERR_INVALID;
        return match_rarity_restore(&engine->pool[row->rarity.pool].rarity,
                                    row->rarity.token, row->rarity.count_q8);
    case ROW_KINDS:
    default:
        return ERR_INVALID;
    }
}

void match_load_live(struct match_engine *engine)
{
    struct match_engine_count count;

    REQUIRE(engine->mode == ENGINE_LOADING);
    engine->mode = ENGINE_LIVE;
    engine->live_ms = engine->now_ms;
    for (uint32_t i = 0; i < engine->sizes.pools; i++) {
        match_rarity_refresh(&engine->pool[i].rarity);
        LIST_EACH (node, &engine->pool[i].tickets) {
            struct match_ticket *ticket =
                LIST_ENTRY(node, struct match_ticket, pool_link);

            match_presence_lost(engine, &ticket->subject, &ticket->presence);
        }
    }
    match_fire_arm_smooth(engine);
    match_fire_wake(engine);
    (void)match_engine_check(engine);
    memset(engine->note, 0, sizeof engine->note); /* nothing happened anew */
    match_engine_count(engine, &count);
    engine->note[LOG_RECOVERED_TICKETS] =
        (uint64_t)count.tickets_waiting + count.tickets_offered;
    engine->note[LOG_RECOVERED_TALKS] = count.talks_live;
    engine->note_from = 0;
    engine->note_to = LOG_COUNT;
}
