/* engine_store -- the store of the engine's tests: rows in arrays, guards and
 * writes of ENGINE.md §5, nothing more.
 *
 * long because it has every command the engine sends. */
#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H

#include <stdbool.h>
#include <string.h>

#include "match/command.h"

enum { STORE_CAP = 4096 };

struct engine_store {
    struct match_row row[STORE_CAP]; /* pairs and rarity among them */
    uint32_t rows;
    uint32_t seeker_card[32], peer_card[32]; /* versions by member */
    bool held[32];
    uint64_t seq;
    bool broken; /* every command is refused by a full disk */

    struct match_row out[MATCH_ROWS_MAX]; /* of the command under way */
    uint32_t outs;
};

static struct match_row *store_find(struct engine_store *s,
                                    enum match_row_kind kind, uint64_t id)
{
    for (uint32_t i = 0; i < s->rows; i++) {
        struct match_row *row = &s->row[i];

        if (row->kind == kind &&
            ((kind == ROW_TICKET && row->ticket.id == id) ||
             (kind == ROW_OFFER && row->offer.id == id) ||
             (kind == ROW_DUTY && row->duty.member == id) ||
             (kind == ROW_TALK && row->talk.id == id)))
            return row;
    }
    return NULL;
}

static struct match_row *store_add(struct engine_store *s,
                                   const struct match_row *row)
{
    if (s->rows == STORE_CAP)
        return NULL;
    s->row[s->rows] = *row;
    return &s->row[s->rows++];
}

static void store_out(struct engine_store *s, const struct match_row *row)
{
    for (uint32_t i = 0; row && i < s->outs; i++)
        if (s->out[i].kind == row->kind && row->kind != ROW_PAIR &&
            memcmp(&s->out[i].ticket.id, &row->ticket.id, 8) == 0) {
            s->out[i] = *row;
            return;
        }
    if (row && s->outs < MATCH_ROWS_MAX)
        s->out[s->outs++] = *row;
}

static bool store_same_pair(const struct match_pair_row *x,
                            const struct match_pair_row *y)
{
    return x->kind == y->kind && x->ticket == y->ticket && x->a == y->a &&
           x->b == y->b;
}

/* pair.a and .b in any order. */
static void store_pair(struct engine_store *s, struct match_pair_row pair)
{
    struct match_row row = {.kind = ROW_PAIR, .pair = pair};

    if ((pair.kind == PAIR_RESTS || pair.kind == PAIR_BOND) &&
        pair.b < pair.a) {
        row.pair.a = pair.b;
        row.pair.b = pair.a;
    }
    for (uint32_t i = 0; i < s->rows; i++)
        if (s->row[i].kind == ROW_PAIR &&
            store_same_pair(&s->row[i].pair, &row.pair)) {
            if (row.pair.until_ms < s->row[i].pair.until_ms)
                row.pair.until_ms = s->row[i].pair.until_ms;
            s->row[i] = row;
            store_out(s, &row);
            return;
        }
    store_out(s, store_add(s, &row));
}

static bool store_forbids(const struct engine_store *s,
                          const struct match_offer_row *offer, uint64_t now)
{
    bool rests = false, bond = false;

    for (uint32_t i = 0; i < s->rows; i++) {
        const struct match_pair_row *p = &s->row[i].pair;

        if (s->row[i].kind != ROW_PAIR || p->gone ||
            !((p->a == offer->seeker && p->b == offer->peer) ||
              (p->b == offer->seeker && p->a == offer->peer)))
            continue;
        if (p->kind == PAIR_BLOCK ||
            (p->kind == PAIR_TICKET && p->ticket == offer->ticket))
            return true;
        rests |= p->kind == PAIR_RESTS && now < p->until_ms;
        bond |= p->kind == PAIR_BOND;
    }
    return rests && !bond;
}

static enum err store_hard(const struct engine_store *s,
                           const struct match_offer_row *offer, uint64_t now)
{
    if (s->held[offer->seeker] || s->held[offer->peer])
        return ERR_MEMBER_INACTIVE;
    if (s->seeker_card[offer->seeker] != offer->seeker_card_version ||
        s->peer_card[offer->peer] != offer->peer_card_version)
        return ERR_CARD_VERSION;
    return store_forbids(s, offer, now) ? ERR_EXCLUDED : ERR_NONE;
}

/* Close an open offer; its ticket waits again (unless it ends too). */
static void store_close_offer(struct engine_store *s, struct match_row *offer,
                              enum match_offer_state state, bool ends)
{
    struct match_row *ticket = store_find(s, ROW_TICKET, offer->offer.ticket);
    struct match_row *duty = store_find(s, ROW_DUTY, offer->offer.peer);

    offer->offer.state = state;
    if (!ends)
        ticket->ticket.state = TICKET_WAITING;
    duty->duty.used--;
    store_out(s, offer);
    store_out(s, ticket);
    store_out(s, duty);
}

static void store_revoke_all(struct engine_store *s, uint64_t peer)
{
    for (uint32_t i = 0; i < s->rows; i++)
        if (s->row[i].kind == ROW_OFFER && s->row[i].offer.peer == peer &&
            s->row[i].offer.state == OFFER_OPEN)
            store_close_offer(s, &s->row[i], OFFER_REVOKED, false);
}

static void store_end_talk(struct engine_store *s, struct match_row *talk,
                           enum match_talk_why why, uint64_t now)
{
    struct match_row *duty = store_find(s, ROW_DUTY, talk->talk.peer);

    talk->talk.state = TALK_ENDED;
    talk->talk.why = why;
    talk->talk.ended_ms = now;
    duty->duty.used--;
    duty->duty.rest_until_ms = now + duty->duty.rest_ms;
    store_out(s, talk);
    store_out(s, duty);
}

static void store_end_ticket(struct engine_store *s, struct match_row *ticket,
                             enum match_ticket_why why)
{
    for (uint32_t i = 0; i < s->rows; i++)
        if (s->row[i].kind == ROW_OFFER &&
            s->row[i].offer.ticket == ticket->ticket.id &&
            s->row[i].offer.state == OFFER_OPEN)
            store_close_offer(s, &s->row[i], OFFER_REVOKED, true);
    ticket->ticket.state = TICKET_ENDED;
    ticket->ticket.why = why;
    store_out(s, ticket);
}

static struct match_row *store_live_ticket(struct engine_store *s,
                                           uint64_t member)
{
    for (uint32_t i = 0; i < s->rows; i++)
        if (s->row[i].kind == ROW_TICKET && s->row[i].ticket.member == member &&
            s->row[i].ticket.state < TICKET_MATCHED)
            return &s->row[i];
    return NULL;
}

static void store_show_pairs(struct engine_store *s, uint64_t member)
{
    for (uint32_t i = 0; i < s->rows; i++)
        if (s->row[i].kind == ROW_PAIR &&
            (s->row[i].pair.a == member || s->row[i].pair.b == member))
            store_out(s, &s->row[i]);
}

/* The age of an ended talk of the seeker goes on with this ticket. */
static enum err store_lend(struct engine_store *s,
                           struct match_ticket_row *ticket, uint64_t after)
{
    struct match_row *talk = store_find(s, ROW_TALK, after);

    if (!talk || talk->talk.seeker != ticket->member)
        return ERR_NO_TALK;
    if (talk->talk.state != TALK_ENDED)
        return ERR_TALK_LIVES;
    if (talk->talk.carry & CARRY_LENT)
        return ERR_AGE;
    ticket->since_ms = talk->talk.since_ms;
    talk->talk.carry |= CARRY_LENT;
    return ERR_NONE;
}

static enum err store_open_ticket(struct engine_store *s,
                                  const struct match_command *c)
{
    struct match_row row = {.kind = ROW_TICKET,
                            .ticket = c->open_ticket.ticket};
    struct match_row *duty = store_find(s, ROW_DUTY, row.ticket.member);

    if (s->held[row.ticket.member])
        return ERR_MEMBER_INACTIVE;
    if (store_live_ticket(s, row.ticket.member))
        return ERR_TICKET_LIVES;
    if (row.ticket.wish_talk != 0) {
        struct match_row *talk = store_find(s, ROW_TALK, row.ticket.wish_talk);

        if (!talk || talk->talk.seeker != row.ticket.member)
            return ERR_NO_TALK;
        row.ticket.wish = talk->talk.peer;
    }
    if (c->open_ticket.after != 0) {
        enum err err = store_lend(s, &row.ticket, c->open_ticket.after);

        if (err != ERR_NONE)
            return err;
    }
    store_out(s, store_add(s, &row));
    if (duty) {
        store_revoke_all(s, row.ticket.member);
        if (duty->duty.state == DUTY_ON) {
            duty->duty.state = DUTY_PAUSED;
            duty->duty.why = DUTY_WHY_ASK;
        }
        store_out(s, duty);
    }
    store_show_pairs(s, row.ticket.member);
    return ERR_NONE;
}

static enum err store_open_duty(struct engine_store *s,
                                const struct match_command *c)
{
    struct match_row row = {.kind = ROW_DUTY, .duty = c->open_duty.duty};
    struct match_row *old = store_find(s, ROW_DUTY, row.duty.member);

    if (s->held[row.duty.member])
        return ERR_MEMBER_INACTIVE;
    if (store_live_ticket(s, row.duty.member))
        return ERR_TICKET_LIVES;
    row.duty.used = old ? old->duty.used : 0;
    row.duty.yes = old ? old->duty.yes : 0;
    row.duty.total = old ? old->duty.total : 0;
    row.duty.rest_until_ms = old ? old->duty.rest_until_ms : 0;
    if (old)
        *old = row;
    else
        old = store_add(s, &row);
    store_out(s, old);
    store_show_pairs(s, row.duty.member);
    return ERR_NONE;
}

static enum err store_set_duty(struct engine_store *s,
                               const struct match_command *c)
{
    const struct match_duty_row *want = &c->set_duty.duty;
    struct match_row *duty = store_find(s, ROW_DUTY, want->member);

    store_out(s, duty);
    if (!duty || duty->duty.state == DUTY_OFF)
        return ERR_NOT_ON_DUTY;
    if (want->state == DUTY_ON && store_live_ticket(s, want->member) &&
        duty->duty.state == DUTY_PAUSED)
        return ERR_TICKET_LIVES;
    duty->duty.state = want->state;
    duty->duty.why = want->why;
    duty->duty.capacity = want->capacity;
    duty->duty.lapses = want->lapses;
    if (c->set_duty.revoke)
        store_revoke_all(s, want->member);
    store_out(s, duty);
    return ERR_NONE;
}

static enum err store_close_duty(struct engine_store *s, uint64_t member,
                                 enum match_duty_why why)
{
    struct match_row *duty = store_find(s, ROW_DUTY, member);

    if (!duty || duty->duty.state == DUTY_OFF)
        return ERR_NOT_ON_DUTY;
    duty->duty.state = DUTY_OFF;
    duty->duty.why = why;
    store_revoke_all(s, member);
    store_out(s, duty);
    return ERR_NONE;
}

static enum err store_offer(struct engine_store *s,
                            const struct match_command *c)
{
    struct match_row row = {.kind = ROW_OFFER, .offer = c->offer.offer};
    struct match_row *ticket = store_find(s, ROW_TICKET, row.offer.ticket);
    struct match_row *duty = store_find(s, ROW_DUTY, row.offer.peer);
    enum err err = store_hard(s, &row.offer, c->now_ms);

    store_out(s, ticket);
    store_out(s, duty);
    if (err != ERR_NONE)
        return err;
    if (ticket->ticket.state != TICKET_WAITING)
        return ERR_TICKET_ENDED;
    if (duty->duty.state != DUTY_ON)
        return ERR_NOT_ON_DUTY;
    if (duty->duty.used >= duty->duty.capacity)
        return ERR_FULL;
    ticket->ticket.state = TICKET_OFFERED;
    ticket->ticket.offers++;
    duty->duty.used++;
    store_out(s, ticket);
    store_out(s, duty);
    store_out(s, store_add(s, &row));
    return ERR_NONE;
}

static enum err store_accept(struct engine_store *s,
                             const struct match_command *c)
{
    struct match_row *offer = store_find(s, ROW_OFFER, c->accept.offer);
    struct match_row *ticket, talk;

    if (!offer || offer->offer.peer != c->accept.peer)
        return ERR_NO_OFFER;
    ticket = store_find(s, ROW_TICKET, offer->offer.ticket);
    store_out(s, offer);
    store_out(s, ticket);
    if (offer->offer.state != OFFER_OPEN)
        return ERR_OFFER_CLOSED;
    if (c->now_ms >= offer->offer.deadline_ms)
        return ERR_LATE;
    offer->offer.answer = c->key;
    if (store_hard(s, &offer->offer, c->now_ms) != ERR_NONE) {
        store_close_offer(s, offer, OFFER_REVOKED, false);
        return ERR_OFFER_GONE;
    }
    store_find(s, ROW_DUTY, offer->offer.peer)->duty.lapses = 0;
    store_out(s, store_find(s, ROW_DUTY, offer->offer.peer));
    offer->offer.state = OFFER_ACCEPTED;
    ticket->ticket.state = TICKET_MATCHED;
    ticket->ticket.why = TICKET_WHY_MATCHED;
    store_out(s, offer);
    store_out(s, ticket);
    talk = (struct match_row){.kind = ROW_TALK,
                              .talk = {.id = c->accept.talk,
                                       .ticket = offer->offer.ticket,
                                       .offer = offer->offer.id,
                                       .seeker = offer->offer.seeker,
                                       .peer = offer->offer.peer,
                                       .pool = offer->offer.pool,
                                       .since_ms = ticket->ticket.since_ms,
                                       .started_ms = c->now_ms}};
    store_out(s, store_add(s, &talk));
    return ERR_NONE;
}

static void store_part(struct engine_store *s, struct match_row *offer,
                       uint64_t rests_until_ms, uint64_t backoff_until_ms)
{
    struct match_row *ticket = store_find(s, ROW_TICKET, offer->offer.ticket);

    if (backoff_until_ms != 0) {
        ticket->ticket.backoff_until_ms = backoff_until_ms;
        ticket->ticket.offers = 0;
        store_out(s, ticket);
    }
    if (rests_until_ms == 0)
        return;
    store_pair(s, (struct match_pair_row){.kind = PAIR_RESTS,
                                          .a = offer->offer.seeker,
                                          .b = offer->offer.peer,
                                          .until_ms = rests_until_ms});
    store_pair(s, (struct match_pair_row){.kind = PAIR_TICKET,
                                          .a = offer->offer.seeker,
                                          .b = offer->offer.peer,
                                          .ticket = offer->offer.ticket});
}

static enum err store_decline(struct engine_store *s,
                              const struct match_command *c)
{
    struct match_row *offer = store_find(s, ROW_OFFER, c->decline.offer);
    struct match_row *duty;

    if (!offer || offer->offer.peer != c->decline.peer)
        return ERR_NO_OFFER;
    store_out(s, offer);
    if (offer->offer.state != OFFER_OPEN)
        return ERR_OFFER_CLOSED;
    duty = store_find(s, ROW_DUTY, offer->offer.peer);
    duty->duty.lapses = 0;
    offer->offer.answer = c->key;
    store_close_offer(s, offer, OFFER_DECLINED, false);
    store_part(s, offer, c->decline.rests_until_ms,
               c->decline.backoff_until_ms);
    return ERR_NONE;
}

static enum err store_lapse(struct engine_store *s,
                            const struct match_command *c)
{
    struct match_row *offer = store_find(s, ROW_OFFER, c->close_offer.offer);
    struct match_row *duty;

    if (!offer || offer->offer.state != OFFER_OPEN)
        return ERR_OFFER_CLOSED;
    duty = store_find(s, ROW_DUTY, offer->offer.peer);
    store_close_offer(s, offer, c->close_offer.state, false);
    if (c->close_offer.state == OFFER_LAPSED && duty->duty.state != DUTY_OFF &&
        ++duty->duty.lapses >= c->close_offer.lapses_max &&
        duty->duty.state == DUTY_ON) {
        duty->duty.state = DUTY_PAUSED;
        duty->duty.why = DUTY_WHY_LAPSES;
        store_revoke_all(s, offer->offer.peer);
    }
    store_out(s, duty);
    store_part(s, offer, c->close_offer.rests_until_ms,
               c->close_offer.backoff_until_ms);
    return ERR_NONE;
}

static enum err store_talk(struct engine_store *s,
                           const struct match_command *c)
{
    struct match_row *talk =
        store_find(s, ROW_TALK,
                   c->kind == COMMAND_JOIN      ? c->join.talk
                   : c->kind == COMMAND_REFLECT ? c->reflect.talk
                                                : c->end_talk.talk);

    if (!talk)
        return ERR_NO_TALK;
    store_out(s, talk);
    if (c->kind == COMMAND_REFLECT) {
        struct match_row *duty = store_find(s, ROW_DUTY, talk->talk.peer);

        if (c->reflect.side == MATCH_SEEKER && c->reflect.said) {
            duty->duty.total++;
            duty->duty.yes += c->reflect.understood;
        }
        store_out(s, duty);
        return ERR_NONE;
    }
    if (talk->talk.state == TALK_ENDED)
        return ERR_TALK_ENDED;
    if (c->kind == COMMAND_JOIN) {
        talk->talk.joined |= (uint8_t)(1u << c->join.side);
        if (talk->talk.joined == 3)
            talk->talk.state = TALK_OPEN;
        store_out(s, talk);
        return ERR_NONE;
    }
    store_end_talk(s, talk, c->end_talk.why, c->now_ms);
    if (c->end_talk.rests_until_ms != 0)
        store_pair(
            s, (struct match_pair_row){.kind = PAIR_RESTS,
                                       .a = talk->talk.seeker,
                                       .b = talk->talk.peer,
                                       .until_ms = c->end_talk.rests_until_ms});
    return ERR_NONE;
}

static bool store_between(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return (a == c && b == d) || (a == d && b == c);
}

static enum err store_block(struct engine_store *s,
                            const struct match_command *c)
{
    uint64_t a = c->block.member, b = c->block.other;

    store_pair(s, (struct match_pair_row){.kind = PAIR_BLOCK,
                                          .gone = c->kind == COMMAND_UNBLOCK,
                                          .a = a,
                                          .b = b});
    for (uint32_t i = 0; c->kind == COMMAND_BLOCK && i < s->rows; i++) {
        struct match_row *row = &s->row[i];

        if (row->kind == ROW_OFFER && row->offer.state == OFFER_OPEN &&
            store_between(a, b, row->offer.seeker, row->offer.peer))
            store_close_offer(s, row, OFFER_REVOKED, false);
        if (row->kind == ROW_TALK && row->talk.state != TALK_ENDED &&
            store_between(a, b, row->talk.seeker, row->talk.peer))
            store_end_talk(s, row, TALK_WHY_BLOCK, c->now_ms);
    }
    return ERR_NONE;
}

static enum err store_hold(struct engine_store *s,
                           const struct match_command *c)
{
    uint64_t member = c->hold.member;
    struct match_row *ticket = store_live_ticket(s, member);

    s->held[member] = c->hold.held;
    if (!c->hold.held)
        return ERR_NONE;
    if (ticket)
        store_end_ticket(s, ticket, TICKET_WHY_HELD);
    (void)store_close_duty(s, member, DUTY_WHY_HELD);
    store_revoke_all(s, member); /* of a duty that was OFF, too */
    for (uint32_t i = 0; i < s->rows; i++)
        if (s->row[i].kind == ROW_TALK && s->row[i].talk.state != TALK_ENDED &&
            (s->row[i].talk.seeker == member || s->row[i].talk.peer == member))
            store_end_talk(s, &s->row[i], TALK_WHY_HELD, c->now_ms);
    return ERR_NONE;
}

static enum err store_close_ticket(struct engine_store *s,
                                   const struct match_command *c)
{
    struct match_row *ticket =
        store_find(s, ROW_TICKET, c->close_ticket.ticket);

    if (!ticket || ticket->ticket.member != c->close_ticket.member)
        return ERR_NO_TICKET;
    store_out(s, ticket);
    if (ticket->ticket.state == TICKET_MATCHED)
        return ERR_ALREADY_MATCHED;
    if (ticket->ticket.state == TICKET_ENDED)
        return ERR_TICKET_ENDED;
    store_end_ticket(s, ticket, c->close_ticket.why);
    return ERR_NONE;
}

static enum err store_danger(struct engine_store *s,
                             const struct match_command *c)
{
    struct match_row *ticket =
        store_find(s, ROW_TICKET, c->raise_danger.ticket);

    if (!ticket || ticket->ticket.member != c->raise_danger.member)
        return ERR_NO_TICKET;
    store_out(s, ticket);
    if (ticket->ticket.state >= TICKET_MATCHED)
        return ticket->ticket.state == TICKET_MATCHED ? ERR_ALREADY_MATCHED
                                                      : ERR_TICKET_ENDED;
    ticket->ticket.danger = true;
    s->outs--;
    store_out(s, ticket);
    return ERR_NONE;
}

static uint64_t store_reference(const struct match_command *c)
{
    switch ((int)c->kind) {
    case COMMAND_OPEN_TICKET:
        return c->open_ticket.ticket.id;
    case COMMAND_OFFER:
        return c->offer.offer.id;
    case COMMAND_ACCEPT:
        return c->accept.talk;
    case COMMAND_DECLINE:
        return c->decline.offer;
    default:
        return 1;
    }
}

/* Execute; the rows of result are in s->out until the next. */
static struct match_result store_run(struct engine_store *s,
                                     const struct match_command *c)
{
    struct match_result result = {.op = c->op, .row = s->out};

    s->outs = 0;
    result.seq = ++s->seq;
    if (s->broken) {
        result.err = ERR_STORE;
        result.outcome = OUTCOME_REFUSED;
        return result;
    }
    switch (c->kind) {
    case COMMAND_OPEN_TICKET:
        result.err = store_open_ticket(s, c);
        break;
    case COMMAND_CLOSE_TICKET:
        result.err = store_close_ticket(s, c);
        break;
    case COMMAND_OPEN_DUTY:
        result.err = store_open_duty(s, c);
        break;
    case COMMAND_SET_DUTY:
        result.err = store_set_duty(s, c);
        break;
    case COMMAND_CLOSE_DUTY:
        result.err =
            store_close_duty(s, c->close_duty.member, c->close_duty.why);
        break;
    case COMMAND_OFFER:
        result.err = store_offer(s, c);
        break;
    case COMMAND_ACCEPT:
        result.err = store_accept(s, c);
        break;
    case COMMAND_DECLINE:
        result.err = store_decline(s, c);
        break;
    case COMMAND_CLOSE_OFFER:
        result.err = store_lapse(s, c);
        break;
    case COMMAND_JOIN:
    case COMMAND_END_TALK:
    case COMMAND_REFLECT:
        result.err = store_talk(s, c);
        break;
    case COMMAND_BLOCK:
    case COMMAND_UNBLOCK:
        result.err = store_block(s, c);
        break;
    case COMMAND_HOLD:
        result.err = store_hold(s, c);
        break;
    case COMMAND_RAISE_DANGER:
        result.err = store_danger(s, c);
        break;
    case COMMAND_RARITY:
    case COMMAND_KINDS:
    default:
        break;
    }
    result.outcome = result.err == ERR_NONE ? OUTCOME_OK : OUTCOME_REFUSED;
    result.reference = result.err == ERR_NONE ? store_reference(c) : 0;
    result.rows = s->outs;
    return result;
}

#endif
