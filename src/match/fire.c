#include "match/fire.h"

#include "base/require.h"
#include "match/agenda.h"
#include "match/batch.h"
#include "match/index.h"
#include "match/line.h"
#include "match/meet.h"
#include "match/peer.h"
#include "match/presence.h"
#include "match/say.h"
#include "match/seeker.h"
#include "match/why.h"

enum { FIRE_AGAIN_MS = 20 }; /* what had to wait is tried again */

static void fire_ticket(struct match_engine *engine,
                        struct match_ticket *ticket, enum match_timer_kind kind)
{
    enum match_ticket_why why =
        kind == TIMER_LIFETIME ? TICKET_WHY_EXPIRED : TICKET_WHY_LOST;

    REQUIRE(match_ticket_live(ticket));
    if (match_subject_busy(&ticket->subject))
        return; /* by another's command: armed again when it lands */
    if (match_seeker_close(engine, ticket, why, 0, NULL))
        return;
    ticket->subject.hold_off_ms = engine->now_ms + FIRE_AGAIN_MS;
    match_ticket_arm(engine, ticket);
}

static void fire_bound(struct match_engine *engine, struct match_ticket *ticket)
{
    bool again = ticket->bound != BOUND_NONE;
    uint32_t peers;

    REQUIRE(!again || ticket->bound_one); /* match/why law 3 */
    REQUIRE(!again || !match_ticket_wishes(engine, ticket));
    ticket->bound_one = match_ticket_wishes(engine, ticket);
    ticket->bound = (uint8_t)match_why_bound(engine, ticket, &peers);
    ticket->bound_peers = (uint8_t)peers;
    if (ticket->bound == BOUND_NONE_COMPATIBLE)
        ticket->binding = match_why_binding(engine, ticket);
    if (!again)
        match_say_note(engine, LOG_BOUND_PASSED);
    match_say_tell(engine, &ticket->subject);
    match_ticket_arm(engine, ticket);
}

static void fire_duty(struct match_engine *engine, struct match_duty *duty,
                      enum match_timer_kind kind)
{
    enum match_duty_why why = DUTY_WHY_LOST;

    REQUIRE(duty->row.state != DUTY_OFF);
    if (match_subject_busy(&duty->subject))
        return; /* armed again when it lands */
    if (kind == TIMER_DUTY_UNTIL)
        why = match_duty_graded(engine, duty) ? DUTY_WHY_UNTIL : DUTY_WHY_GRADE;
    if (match_peer_close(engine, duty, why, 0, NULL))
        return;
    duty->subject.hold_off_ms = engine->now_ms + FIRE_AGAIN_MS;
    match_duty_arm(engine, duty);
}

static void fire_lapse(struct match_engine *engine, struct match_offer *offer)
{
    REQUIRE(offer->row.state == OFFER_OPEN);
    REQUIRE(engine->now_ms >= offer->row.deadline_ms); /* DESIGN law 8 */
    if (match_subject_busy(&offer->subject))
        return; /* its peer's or seeker's command: armed again when it lands */
    if (!offer->ticket->held && !offer->duty->held &&
        match_peer_close_offer(engine, offer, OFFER_LAPSED))
        return;
    offer->subject.hold_off_ms = engine->now_ms + FIRE_AGAIN_MS;
    match_offer_arm(engine, offer);
}

static void fire_talk(struct match_engine *engine, struct match_talk *talk,
                      enum match_talk_why why)
{
    if (!match_subject_busy(&talk->subject)) /* else armed when it lands */
        match_meet_close(engine, talk, why, 0, NULL);
}

/* One less of each term it has; with `also`, of each that both have. */
static void discount(struct match_rarity *rarity, const struct match_hand *hand,
                     const struct match_hand *also)
{
    for (uint8_t i = 0; i < hand->haves; i++)
        if (!also || match_hand_has(also, hand->have[i])) {
            REQUIRE(rarity->term[hand->have[i]].now > 0);
            rarity->term[hand->have[i]].now--;
        }
}

/* How many members there are, and in `now` how many have each term (ENGINE.md
 * §2).  Every term knows how many hands have it (match/hand law 2): taken off
 * are the hands of attends that are not stored, and what a member with both a
 * ticket and a duty has in either hand, who counts once. */
static uint64_t count_pool(struct match_engine *engine, struct match_pool *pool)
{
    uint64_t members = (uint64_t)pool->tickets_n + pool->duties_n;

    for (uint32_t i = 0; i < pool->rarity.used; i++)
        pool->rarity.term[i].now = pool->rarity.term[i].holders;
    LIST_EACH (node, &engine->in_flight) {
        const struct match_flight *flight =
            LIST_ENTRY(node, struct match_flight, link);
        const struct match_duty *duty =
            flight->kind == COMMAND_OPEN_DUTY
                ? match_duty_of(engine, flight->subject)
                : NULL;

        if (duty && duty->row.state == DUTY_OFF &&
            &engine->pool[duty->row.pool] == pool)
            discount(&pool->rarity, &duty->hand, NULL);
    }
    LIST_EACH (node, &pool->tickets) {
        const struct match_ticket *ticket =
            LIST_ENTRY(node, struct match_ticket, pool_link);
        const struct match_duty *duty =
            match_duty_of(engine, ticket->row.member);

        if (!duty || duty->row.state == DUTY_OFF ||
            duty->row.pool != ticket->row.pool)
            continue;
        members--; /* a member counts once */
        discount(&pool->rarity, &duty->hand, &ticket->hand);
    }
    return members;
}

static void smooth_pool(struct match_engine *engine, struct match_pool *pool)
{
    match_rarity_smooth(&pool->rarity, count_pool(engine, pool));
    pool->page = 0;
    pool->page_first = true;
}

void match_fire_arm_smooth(struct match_engine *engine)
{
    uint64_t every_ms = engine->limits.rarity_ms;

    heap_set(
        &engine->timers, &engine->smooth.due,
        match_timer_add(engine->now_ms - engine->now_ms % every_ms, every_ms));
}

/* Count who lives and has what, and smooth the rarities of all pools. */
static void smooth(struct match_engine *engine)
{
    for (uint32_t i = 0; i < engine->sizes.pools; i++)
        if (!engine->pool[i].rarity.frozen)
            smooth_pool(engine, &engine->pool[i]);
    match_index_unsettle(engine);
    match_fire_arm_smooth(engine);
}

void match_fire(struct match_engine *engine, struct match_timer *timer)
{
    struct match_ticket *ticket = timer->owner;
    struct match_duty *duty = timer->owner;
    enum match_timer_kind kind = (enum match_timer_kind)timer->due.rank;

    REQUIRE(!heap_in(&timer->due));
    REQUIRE(timer->due.key <= engine->now_ms);
    switch (kind) {
    case TIMER_TALK_LIMIT:
        fire_talk(engine, timer->owner, TALK_WHY_LIMIT);
        break;
    case TIMER_NO_SHOW:
        fire_talk(engine, timer->owner, TALK_WHY_NO_SHOW);
        break;
    case TIMER_PEER_SILENT:
        match_presence_lost(engine, &duty->subject, &duty->presence);
        break;
    case TIMER_SEEKER_SILENT:
        match_presence_lost(engine, &ticket->subject, &ticket->presence);
        break;
    case TIMER_DUTY_GRACE:
    case TIMER_DUTY_UNTIL:
        fire_duty(engine, duty, kind);
        break;
    case TIMER_LAPSE:
        fire_lapse(engine, timer->owner);
        break;
    case TIMER_TICKET_GRACE:
    case TIMER_LIFETIME:
        fire_ticket(engine, ticket, kind);
        break;
    case TIMER_BOUND:
        fire_bound(engine, ticket);
        break;
    case TIMER_REST:
        match_agenda_duty(engine, duty);
        match_say_tell(engine, &duty->subject);
        match_duty_arm(engine, duty);
        break;
    case TIMER_RELAX:
    case TIMER_BACKOFF:
        match_agenda_ticket(engine, ticket);
        match_ticket_arm(engine, ticket);
        break;
    case TIMER_BATCH:
        match_batch_run(engine);
        break;
    case TIMER_SMOOTH:
        smooth(engine);
        break;
    case TIMER_KINDS:
    default:
        REQUIRE(!"a timer has a kind");
    }
}

void match_fire_wake(struct match_engine *engine)
{
    struct heap_item *nap;

    while ((nap = heap_pop(&engine->naps, engine->now_ms))) {
        if (nap->rank == TIMER_BACKOFF)
            match_line_up(engine, LIST_ENTRY(nap, struct match_ticket, nap));
        else
            match_duty_woken(engine, LIST_ENTRY(nap, struct match_duty, nap));
    }
}

/* The next rows of a pool's table that say something; how many. */
static uint32_t fill_page(struct match_engine *engine, uint32_t number)
{
    struct match_pool *pool = &engine->pool[number];
    uint32_t n = 0;

    if (pool->page_first)
        engine->page[n++] = (struct match_rarity_row){
            .pool = number, .count_q8 = pool->rarity.members_q8};
    for (; pool->page < pool->rarity.used && n < STATE_PAGE; pool->page++) {
        const struct match_term *term = &pool->rarity.term[pool->page];

        if (term->token != 0 && term->count_q8 > 0)
            engine->page[n++] =
                (struct match_rarity_row){.pool = number,
                                          .token = term->token,
                                          .count_q8 = term->count_q8};
    }
    REQUIRE(n <= STATE_PAGE);
    return n;
}

bool match_fire_page(struct match_engine *engine)
{
    for (uint32_t i = 0; i < engine->sizes.pools; i++) {
        struct match_pool *pool = &engine->pool[i];
        struct match_command command = {.kind = COMMAND_RARITY};

        if (engine->page_out)
            return true; /* one at a time: the rows live until the next */
        if (!pool->page_first && pool->page >= pool->rarity.used)
            continue;
        if (!match_say_room(engine))
            return false;
        command.rarity.first = pool->page_first;
        command.rarity.pool = i;
        command.rarity.rows = fill_page(engine, i);
        command.rarity.row = engine->page;
        pool->page_first = false;
        if (pool->page >= pool->rarity.used)
            pool->page = UINT32_MAX;
        if (command.rarity.rows == 0)
            continue;
        engine->page_out = match_flight_pass(engine, &command, 0);
    }
    return true;
}
