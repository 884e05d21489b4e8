#include "match/offer.h"

#include "base/require.h"
#include "match/agenda.h"
#include "match/index.h"
#include "match/say.h"

/* ENGINE.md §4; a row may also be adopted as it was. */
static const bool allowed[OFFER_STATES + 1][OFFER_STATES] = {
    [OFFER_NEW] = {[OFFER_OPEN] = true, [OFFER_REVOKED] = true},
    [OFFER_OPEN] = {[OFFER_OPEN] = true,
                    [OFFER_ACCEPTED] = true,
                    [OFFER_DECLINED] = true,
                    [OFFER_LAPSED] = true,
                    [OFFER_REVOKED] = true},
    [OFFER_ACCEPTED] = {[OFFER_ACCEPTED] = true},
    [OFFER_DECLINED] = {[OFFER_DECLINED] = true},
    [OFFER_LAPSED] = {[OFFER_LAPSED] = true},
    [OFFER_REVOKED] = {[OFFER_REVOKED] = true},
};

static void move(struct match_engine *engine, struct match_offer *offer,
                 const struct match_offer_row *row)
{
    REQUIRE(row->state < OFFER_STATES);
    REQUIRE(row->id == offer->row.id);
    REQUIRE(allowed[offer->row.state][row->state]); /* Law 1 */
    engine->offers_open -= offer->row.state == OFFER_OPEN;
    engine->offers_open += row->state == OFFER_OPEN;
    offer->row = *row;
}

struct match_offer *match_offer_find(const struct match_engine *engine,
                                     uint64_t id)
{
    uint32_t at = id != 0 ? map_get(&engine->offer_by_id, id) : MAP_NONE;

    return at == MAP_NONE ? NULL : &engine->offer[at];
}

enum err match_offer_new(struct match_engine *engine,
                         const struct match_offer_row *row,
                         struct match_ticket *ticket, struct match_duty *duty,
                         struct match_offer **offer)
{
    struct list *node;
    struct match_offer *new;

    REQUIRE(row->id != 0);
    REQUIRE(ticket->offer == NULL); /* Law 2 */
    if (match_offer_find(engine, row->id))
        return ERR_FULL;
    node = spare_take(&engine->offer_free);
    if (!node)
        node = list_pop_front(&engine->offer_closed); /* the oldest */
    if (!node)
        return ERR_FULL;
    new = (struct match_offer *)(void *)LIST_ENTRY(node, struct match_subject,
                                                   table_link);
    if (new->row.id != 0)
        REQUIRE(map_remove(&engine->offer_by_id, new->row.id));
    *new = (struct match_offer){
        .subject = {.kind = SUBJECT_OFFER},
        .row = *row,
        .ticket = ticket,
        .duty = duty,
        .lapse = {.due = {.rank = TIMER_LAPSE, .id = row->id}, .owner = new}};
    new->row.state = (enum match_offer_state)OFFER_NEW;
    REQUIRE(map_put(&engine->offer_by_id, row->id,
                    (uint32_t)(new - engine->offer)) == ERR_NONE);
    ticket->offer = new;
    list_push_back(&duty->offer_list, &new->duty_link);
    duty->offers++;
    *offer = new;
    return ERR_NONE;
}

/* Part from ticket and duty. */
static void part(struct match_engine *engine, struct match_offer *offer)
{
    REQUIRE(offer->ticket->offer == offer);
    REQUIRE(offer->duty->offers > 0);
    heap_set(&engine->timers, &offer->lapse.due, MATCH_NEVER);
    offer->ticket->offer = NULL;
    list_unlink(&offer->duty_link);
    offer->duty->offers--;
    match_index_touch(engine, offer->duty);
    match_say_tell(engine, &offer->duty->subject);
    offer->ticket = NULL;
    offer->duty = NULL;
}

void match_offer_undo(struct match_engine *engine, struct match_offer *offer)
{
    if (offer->row.state != (uint32_t)OFFER_NEW)
        return;
    REQUIRE(!match_subject_busy(&offer->subject));
    REQUIRE(offer->duty != NULL);
    part(engine, offer); /* no moment: the same would be proposed for ever */
    REQUIRE(map_remove(&engine->offer_by_id, offer->row.id));
    offer->row.id = 0;
    spare_give(&engine->offer_free, &offer->subject.table_link);
}

static void note(struct match_engine *engine, enum match_offer_state state)
{
    static const enum log_code code[OFFER_STATES] = {
        [OFFER_OPEN] = LOG_OFFERED,
        [OFFER_ACCEPTED] = LOG_COUNT,
        [OFFER_DECLINED] = LOG_OFFER_DECLINED,
        [OFFER_LAPSED] = LOG_OFFER_LAPSED,
        [OFFER_REVOKED] = LOG_OFFER_REVOKED,
    };

    REQUIRE(state < OFFER_STATES);
    if (code[state] != LOG_COUNT)
        match_say_note(engine, code[state]);
}

void match_offer_adopt(struct match_engine *engine, struct match_offer *offer,
                       const struct match_offer_row *row, uint64_t seq)
{
    uint32_t was = offer->row.state;
    struct match_duty *duty = offer->duty;

    if (seq < offer->subject.seq)
        return;
    offer->subject.seq = seq;
    move(engine, offer, row);
    if (was == (uint32_t)row->state)
        return;
    note(engine, row->state);
    if (row->state == OFFER_OPEN) {
        match_offer_arm(engine, offer);
        match_say_tell(engine, &duty->subject);
        return;
    }
    REQUIRE(duty != NULL);
    part(engine, offer);
    list_push_back(&engine->offer_closed, &offer->subject.table_link);
    if (row->state != OFFER_ACCEPTED) /* else the slot is the talk's */
        match_agenda_duty(engine, duty);
}

void match_offer_arm(struct match_engine *engine, struct match_offer *offer)
{
    uint64_t due = MATCH_NEVER;

    REQUIRE(offer->row.id != 0);
    if (offer->row.state == OFFER_OPEN &&
        !match_subject_busy(&offer->subject)) {
        due = match_timer_add(offer->row.deadline_ms, engine->limits.slack_ms);
        if (due < offer->subject.hold_off_ms)
            due = offer->subject.hold_off_ms;
    }
    heap_set(&engine->timers, &offer->lapse.due, due);
}
