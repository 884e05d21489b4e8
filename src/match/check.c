#include "match/check.h"

#include <string.h>

#include "base/require.h"
#include "match/index.h"
#include "match/line.h"
#include "match/peer.h"

/* Each walk returns the number of facts it checked. */

/* match/engine law 1: a locked subject is in its flight's list, once. */
static uint64_t check_flights(const struct match_engine *e)
{
    uint64_t facts = 0;
    uint32_t n = 0;

    LIST_EACH (node, &e->in_flight) {
        struct match_flight *flight =
            LIST_ENTRY(node, struct match_flight, link);

        REQUIRE(match_flight_find(e, flight->op) == flight);
        n++;
        LIST_EACH (lock, &flight->locked) {
            REQUIRE(
                LIST_ENTRY(lock, struct match_subject, flight_link)->flight ==
                flight);
            facts++;
        }
    }
    REQUIRE(n == e->in_flight_n);
    return facts + n + 1;
}

/* How many BLOCKs, HOLDs and GONEs are latched or in flight. */
static uint64_t check_bars(const struct match_engine *e)
{
    uint32_t blocks = 0, holds = 0;

    LIST_EACH (node, &e->in_flight) {
        const struct match_flight *flight =
            LIST_ENTRY(node, struct match_flight, link);

        blocks += flight->kind == COMMAND_BLOCK;
        holds += flight->kind == COMMAND_HOLD;
        REQUIRE(
            list_linked(&flight->bar_link) ==
            (flight->kind == COMMAND_BLOCK || flight->kind == COMMAND_HOLD));
    }
    LIST_EACH (node, &e->latched) {
        enum match_event_kind kind =
            LIST_ENTRY(node, struct match_latch, link)->event.kind;

        blocks += kind == EVENT_BLOCK;
        holds += kind == EVENT_HOLD || kind == EVENT_GONE;
    }
    REQUIRE(blocks == e->blocks && holds == e->holds);
    return 2;
}

static bool locked(const struct match_subject *subject)
{
    return match_subject_busy(subject) == list_linked(&subject->flight_link);
}

/* match/line laws 1 and 2, this one held against the one before it. */
static bool in_its_place(const struct match_engine *e,
                         const struct match_ticket *ticket)
{
    const struct list *first = &e->pool[ticket->row.pool].waiting;
    struct list *before = ticket->wait_link.prev;

    if (list_linked(&ticket->wait_link) != heap_in(&ticket->turn))
        return false;
    if (!list_linked(&ticket->wait_link))
        return !match_line_waits(e, ticket);
    return ticket->row.state == TICKET_WAITING && !ticket->presence.away &&
           !ticket->closing && !ticket->held &&
           !match_subject_busy(&ticket->subject) &&
           e->now_ms >= ticket->backoff_ms &&
           ticket->ahead == (ticket->row.danger || ticket->row.wish != 0) &&
           (!ticket->ahead || before == first ||
            LIST_ENTRY(before, struct match_ticket, wait_link)->ahead);
}

/* DESIGN law 1, match/engine law 4: in exactly one of waiting, offered, in
 * flight. */
static uint64_t check_ticket(const struct match_engine *e,
                             const struct match_ticket *ticket)
{
    const struct match_offer *offer = ticket->offer;
    bool busy = match_subject_busy(&ticket->subject);

    REQUIRE(locked(&ticket->subject));
    REQUIRE(match_ticket_find(e, ticket->row.id) == ticket);
    REQUIRE(match_ticket_of(e, ticket->row.member) == ticket);
    REQUIRE(ticket->hand.version != 0);
    REQUIRE(ticket->row.state != TICKET_OFFERED || (offer && offer->ticket));
    REQUIRE(in_its_place(e, ticket));
    if (ticket->row.state == (uint32_t)TICKET_NEW)
        REQUIRE(busy || ticket->unsent);
    if (!offer) {
        REQUIRE(ticket->row.state != TICKET_OFFERED);
        return 8;
    }
    REQUIRE(offer->ticket == ticket); /* one offer, and it is this one */
    REQUIRE(offer->row.ticket == ticket->row.id);
    REQUIRE(ticket->row.state == TICKET_OFFERED || busy);
    REQUIRE(offer->row.state == OFFER_OPEN ||
            offer->row.state == (uint32_t)OFFER_NEW);
    return 12;
}

/* DESIGN laws 4 and 8, match/engine law 3. */
static uint64_t check_offer(const struct match_engine *e,
                            const struct match_offer *offer)
{
    const struct match_ticket *ticket = offer->ticket;
    const struct match_duty *duty = offer->duty;

    REQUIRE(locked(&offer->subject));
    REQUIRE(match_offer_find(e, offer->row.id) == offer);
    if (!ticket) {
        REQUIRE(offer->row.state < OFFER_STATES);
        REQUIRE(offer->row.state != OFFER_OPEN);
        REQUIRE(duty == NULL);
        return 5;
    }
    REQUIRE(offer->row.peer == duty->row.member);
    REQUIRE(offer->row.seeker == ticket->row.member);
    REQUIRE(offer->row.seeker != offer->row.peer);
    REQUIRE(offer->row.pool == ticket->row.pool);
    REQUIRE(offer->row.pool == duty->row.pool);
    REQUIRE(offer->row.deadline_ms >= offer->row.made_ms);
    REQUIRE(offer->row.made_ms <= e->now_ms);
    if (offer->row.state == (uint32_t)OFFER_NEW)
        REQUIRE(match_subject_busy(&offer->subject));
    if (offer->row.made_ms == e->now_ms && duty->row.state == DUTY_ON &&
        offer->row.seeker_card_version == ticket->hand.version &&
        offer->row.peer_card_version == duty->hand.version && !ticket->held &&
        !duty->held && match_duty_graded(e, duty) &&
        !match_flight_blocks(e, offer->row.seeker, offer->row.peer))
        REQUIRE(match_hand_age(&ticket->hand, &duty->hand) <=
                match_ticket_age(e, ticket));
    return 10;
}

/* DESIGN law 2, match/engine law 2: what a peer has is what the lists say, and
 * never more than eight. */
static uint64_t check_duty(const struct match_engine *e,
                           const struct match_duty *duty)
{
    uint32_t offers = 0, talks = 0;

    REQUIRE(locked(&duty->subject));
    REQUIRE(match_duty_of(e, duty->row.member) == duty);
    REQUIRE((duty->row.state != DUTY_OFF) == list_linked(&duty->pool_link));
    REQUIRE(duty->row.state == DUTY_OFF || duty->hand.version != 0);
    LIST_EACH (node, &duty->offer_list) {
        REQUIRE(LIST_ENTRY(node, struct match_offer, duty_link)->duty == duty);
        offers++;
    }
    LIST_EACH (node, &duty->talk_list) {
        REQUIRE(LIST_ENTRY(node, struct match_talk, duty_link)->duty == duty);
        talks++;
    }
    REQUIRE(offers == duty->offers && talks == duty->talks);
    REQUIRE(offers + talks <= MATCH_CAPACITY_MAX);
    if (list_linked(&duty->subject.table_link))
        REQUIRE(offers + talks == 0 && duty->row.state == DUTY_OFF);
    return 7 + offers + talks + match_index_check(e, duty);
}

static uint64_t check_talk(const struct match_engine *e,
                           const struct match_talk *talk)
{
    REQUIRE(locked(&talk->subject));
    REQUIRE(match_talk_find(e, talk->row.id) == talk);
    REQUIRE((talk->row.state == TALK_ENDED) == (talk->duty == NULL));
    REQUIRE((talk->duty == NULL) == !list_linked(&talk->seeker_link));
    if (talk->duty) {
        const struct match_talk *sought = NULL;

        REQUIRE(talk->duty->row.member == talk->row.peer);
        do {
            sought = match_talk_sought(e, talk->row.seeker, sought);
            REQUIRE(sought != NULL); /* it is among those */
            REQUIRE(sought->row.seeker == talk->row.seeker);
        } while (sought != talk);
    }
    return 5;
}

uint64_t match_check_members(const struct match_engine *e)
{
    uint64_t facts = check_flights(e) + check_bars(e);
    uint32_t tickets_in[TICKET_STATES + 1] = {0}, open = 0;

    for (uint32_t i = 0; i < e->ticket_free.used; i++)
        if (e->ticket[i].row.id != 0) {
            tickets_in[e->ticket[i].row.state]++;
            if (list_linked(&e->ticket[i].pool_link))
                facts += check_ticket(e, &e->ticket[i]);
        }
    for (uint32_t i = 0; i < e->offer_free.used; i++)
        if (e->offer[i].row.id != 0) {
            open += e->offer[i].row.state == OFFER_OPEN;
            facts += check_offer(e, &e->offer[i]);
        }
    for (uint32_t i = 0; i < e->duty_free.used; i++)
        if (e->duty[i].row.member != 0)
            facts += check_duty(e, &e->duty[i]);
    for (uint32_t i = 0; i < e->talk_free.used; i++)
        if (e->talk[i].row.id != 0)
            facts += check_talk(e, &e->talk[i]);
    REQUIRE(memcmp(tickets_in, e->tickets_in, sizeof tickets_in) == 0);
    REQUIRE(open == e->offers_open);
    return facts + 2;
}

/* Every term is held as often as cards say, and has as many holders. */
static uint64_t check_terms(const struct match_engine *e,
                            const struct match_pool *pool)
{
    uint64_t holders = 0, have = 0, refs = 0, held = 0;

    for (uint32_t i = 0; i < pool->rarity.used; i++) {
        holders += pool->rarity.term[i].holders;
        refs += pool->rarity.term[i].refs;
    }
    LIST_EACH (node, &pool->tickets) {
        const struct match_hand *hand =
            &LIST_ENTRY(node, struct match_ticket, pool_link)->hand;

        have += hand->haves;
        held += (uint64_t)hand->haves + hand->seek.terms + hand->must_terms +
                hand->must_nots;
    }
    for (uint32_t i = 0; i < e->duty_free.used; i++) {
        const struct match_hand *hand = &e->duty[i].hand;

        if (hand->version == 0 || &e->pool[e->duty[i].row.pool] != pool)
            continue;
        have += hand->haves;
        held += (uint64_t)hand->haves + hand->seek.terms + hand->must_terms +
                hand->must_nots;
    }
    REQUIRE(holders == have);
    REQUIRE(refs == held);
    return 2;
}

/* The waits in order are those of the ring. */
static uint64_t check_waits(const struct match_pool *pool)
{
    uint32_t n = pool->waits < STATE_WAITS ? pool->waits : STATE_WAITS;
    uint64_t left = 0;

    for (uint32_t i = 0; i < n; i++) {
        REQUIRE(i == 0 ||
                pool->wait_sorted_ms[i - 1] <= pool->wait_sorted_ms[i]);
        left += pool->wait_ms[i] - pool->wait_sorted_ms[i];
    }
    REQUIRE(left == 0);
    return n;
}

uint64_t match_check_tables(const struct match_engine *e)
{
    uint64_t facts = heap_check(&e->timers) + heap_check(&e->line) +
                     heap_check(&e->naps) + heap_check(&e->ticket_moments) +
                     heap_check(&e->duty_moments);

    for (uint32_t i = 0; i < e->sizes.pools; i++)
        facts += check_terms(e, &e->pool[i]) + check_waits(&e->pool[i]);
    REQUIRE(e->choice_at <= e->choices);
    REQUIRE(e->spare_n <= FLIGHT_SPARE);
    return facts + 2;
}

/* ---- rows, for DESIGN law 13 ---- */

/* Is a command in flight that may change what this member has, without naming
 * every row of it? */
static bool touched(const struct match_engine *e, uint64_t member)
{
    const struct match_duty *duty = match_duty_of(e, member);

    return duty && (match_peer_busy(duty) || match_peer_talks_busy(duty));
}

static bool row_of_ticket(const struct match_ticket *ticket,
                          struct match_row *row)
{
    if (ticket->row.id == 0 || !list_linked(&ticket->pool_link) ||
        match_subject_busy(&ticket->subject) ||
        ticket->row.state == (uint32_t)TICKET_NEW)
        return false;
    *row = (struct match_row){.kind = ROW_TICKET, .ticket = ticket->row};
    return true;
}

static bool row_of_duty(const struct match_engine *e,
                        const struct match_duty *duty, struct match_row *row)
{
    if (duty->row.member == 0 || touched(e, duty->row.member) ||
        (duty->row.state == DUTY_OFF && match_duty_used(duty) == 0))
        return false;
    *row = (struct match_row){.kind = ROW_DUTY, .duty = duty->row};
    row->duty.used = match_duty_used(duty);
    return true;
}

bool match_check_row(const struct match_engine *e, uint64_t *cursor,
                     struct match_row *row)
{
    uint64_t tickets = e->ticket_free.used;
    uint64_t offers = tickets + e->offer_free.used;
    uint64_t duties = offers + e->duty_free.used;
    uint64_t talks = duties + e->talk_free.used, all = talks + e->pairs.used;

    while (*cursor < all) {
        uint64_t at = (*cursor)++;

        if (at < tickets) {
            if (row_of_ticket(&e->ticket[at], row))
                return true;
        } else if (at < offers) {
            const struct match_offer *offer = &e->offer[at - tickets];

            *row = (struct match_row){.kind = ROW_OFFER, .offer = offer->row};
            if (offer->row.id != 0 && offer->row.state == OFFER_OPEN &&
                !match_subject_busy(&offer->subject))
                return true;
        } else if (at < duties) {
            if (row_of_duty(e, &e->duty[at - offers], row))
                return true;
        } else if (at < talks) {
            const struct match_talk *talk = &e->talk[at - duties];

            *row = (struct match_row){.kind = ROW_TALK, .talk = talk->row};
            if (talk->row.id != 0 && talk->row.state != TALK_ENDED &&
                !match_subject_busy(&talk->subject))
                return true;
        } else {
            const struct match_pair_row *pair = &e->pairs.slot[at - talks].row;

            *row = (struct match_row){.kind = ROW_PAIR, .pair = *pair};
            if (pair->a != 0 && !pair->gone)
                return true;
        }
    }
    return false;
}
