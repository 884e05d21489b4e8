/* The laws, at the two moments that matter: when the engine proposes, and when
 * the store has executed.  Nothing here asks the engine. */
#include <string.h>

#include "sim_cover.h"
#include "sim_model.h"

static bool holds(const struct match_card *card, uint64_t token)
{
    for (uint32_t i = 0; i < card->haves; i++)
        if (card->have[i] == token)
            return true;
    return false;
}

bool sim_laws_accepts(const struct match_card *a, const struct match_card *b,
                      uint64_t age_ms)
{
    for (uint32_t i = 0; i < a->must_nots; i++)
        if (holds(b, a->must_not[i]))
            return false;
    for (uint32_t i = 0; i < a->musts; i++) {
        const struct match_group *must = &a->must[i];
        uint32_t met = 0;

        for (uint32_t j = 0; j < must->count; j++)
            met += holds(b, a->must_token[must->first + j]);
        if (met == 0 &&
            (must->relax_after_ms == 0 || age_ms < must->relax_after_ms))
            return false;
    }
    return true;
}

static bool excluded(const struct sim *sim, uint64_t seeker, uint64_t peer,
                     uint64_t ticket, uint64_t now_ms)
{
    if (sim_truth_pair(sim, PAIR_BLOCK, seeker, peer, 0, now_ms) ||
        sim_truth_pair(sim, PAIR_BLOCK, peer, seeker, 0, now_ms) ||
        sim_truth_pair(sim, PAIR_TICKET, seeker, peer, ticket, now_ms))
        return true;
    return sim_truth_pair(sim, PAIR_RESTS, seeker, peer, 0, now_ms) &&
           !sim_truth_pair(sim, PAIR_BOND, seeker, peer, 0, now_ms);
}

bool sim_laws_hard(struct sim *sim, uint64_t ticket_id, uint64_t peer_id,
                   uint64_t now_ms)
{
    const struct match_row *ticket = sim_truth_row(sim, ROW_TICKET, ticket_id);
    const struct match_row *duty = sim_truth_row(sim, ROW_DUTY, peer_id);
    const struct sim_member *seeker, *peer = sim_people_of(sim, peer_id);
    uint64_t age_ms;

    if (!ticket || !duty || !peer)
        return false;
    if (ticket->ticket.wish != 0 && ticket->ticket.wish != peer_id &&
        !ticket->ticket.danger && now_ms < ticket->ticket.wish_until_ms)
        return false; /* it waits for another alone */
    seeker = sim_people_of(sim, ticket->ticket.member);
    if (!seeker || seeker == peer || seeker->pool != peer->pool)
        return false;
    age_ms =
        now_ms > ticket->ticket.since_ms ? now_ms - ticket->ticket.since_ms : 0;
    if (peer->grade_until_ms && now_ms >= peer->grade_until_ms)
        return false;
    return sim_laws_accepts(&seeker->card[MATCH_SEEKER],
                            &peer->card[MATCH_PEER], age_ms) &&
           sim_laws_accepts(&peer->card[MATCH_PEER],
                            &seeker->card[MATCH_SEEKER], age_ms) &&
           !excluded(sim, seeker->id, peer->id, ticket_id, now_ms);
}

/* ---- proposed ---- */

static struct sim_run_of_offers *run_of(struct sim *sim, uint64_t ticket)
{
    uint32_t at = map_get(&sim->kept[ROW_TICKET]->map, ticket);

    return at == MAP_NONE ? NULL : &sim->run[at];
}

/* A ticket that was offered offers_max times rests before the next.  The row
 * tells how many after a crash; a back-off that was not written is forgiven. */
static void check_backoff(struct sim *sim, uint64_t id)
{
    const struct match_ticket_row *ticket =
        &sim_truth_row(sim, ROW_TICKET, id)->ticket;
    struct sim_run_of_offers *run = run_of(sim, id);
    uint32_t life = (uint32_t)sim->crashes;
    uint32_t most = (uint32_t)sim->limits.offers_max;

    if (run->life != life)
        run->offers = ticket->offers < most ? ticket->offers : 0;
    if (run->backoff_ms != ticket->backoff_until_ms ||
        (run->offers >= most &&
         sim->now_ms >= run->returned_ms + sim->limits.backoff_ms))
        run->offers = 0;
    run->life = life;
    run->backoff_ms = ticket->backoff_until_ms;
    LAW("a ticket backs off after offers_max offers", run->offers < most);
}

bool sim_laws_backs_off(struct sim *sim, uint64_t ticket)
{
    return run_of(sim, ticket)->offers >= sim->limits.offers_max;
}

static void count_offer(struct sim *sim, uint64_t ticket)
{
    struct sim_run_of_offers *run = run_of(sim, ticket);

    run->offers++;
    run->returned_ms = sim->now_ms; /* at the earliest */
}

static void proposed_offer(struct sim *sim, const struct match_command *command)
{
    const struct match_offer_row *offer = &command->offer.offer;
    const struct sim_member *seeker = sim_people_of(sim, offer->seeker);
    const struct sim_member *peer = sim_people_of(sim, offer->peer);
    uint64_t late_ms = sim->mix.late_ms; /* a timer may be late by that */
    const struct match_row *ticket =
        sim_truth_row(sim, ROW_TICKET, offer->ticket);

    LAW("an offer names people", seeker && peer && ticket);
    sim_trace(sim, "  offer %04llx to %04llx: streams %llu %llu",
              (unsigned long long)(offer->seeker & 0xffff),
              (unsigned long long)(offer->peer & 0xffff),
              (unsigned long long)seeker->ask_call,
              (unsigned long long)peer->attend_call);
    LAW("DESIGN law 4: no pair across pools",
        seeker->pool == peer->pool && offer->pool == peer->pool);
    LAW("seeker and peer are two", seeker != peer);
    LAW("no offer without a fresh proof of life",
        seeker->ask_call != 0 &&
            sim->now_ms - seeker->ask_proof_ms <= sim->limits.fresh_ms);
    LAW("no offer to a peer who is lost",
        peer->attend_call != 0 && sim->now_ms - peer->attend_proof_ms <=
                                      sim->limits.lost_ms + late_ms);
    LAW("no offer to a peer who rests", peer->heard_rest_ms <= sim->now_ms);
    LAW("tighten at propose: no offer of one who is held or gone",
        !seeker->held && !seeker->gone && !peer->held && !peer->gone);
    LAW("an offer says whether it is danger",
        offer->danger == ticket->ticket.danger);
    LAW("an offer names whom it goes on with",
        offer->met == (ticket->ticket.wish == offer->peer
                           ? ticket->ticket.wish_talk
                           : 0));
    LAW("no offer in back-off", ticket->ticket.backoff_until_ms <= sim->now_ms);
    check_backoff(sim, offer->ticket);
    LAW("an offer's deadline",
        offer->deadline_ms == sim->now_ms + (offer->danger
                                                 ? sim->limits.offer_danger_ms
                                                 : sim->limits.offer_ms));
    for (int i = 0; i < SIM_KNOWN; i++)
        LAW("DESIGN law 3: no offer after a block was asked for",
            (sim->ban[i].a != offer->seeker || sim->ban[i].b != offer->peer) &&
                (sim->ban[i].b != offer->seeker ||
                 sim->ban[i].a != offer->peer));
    if (offer->seeker_card_version == seeker->card[MATCH_SEEKER].version &&
        offer->peer_card_version == peer->card[MATCH_PEER].version)
        LAW("DESIGN law 4: no offer against a must or must_not",
            sim_laws_accepts(&seeker->card[MATCH_SEEKER],
                             &peer->card[MATCH_PEER],
                             sim->now_ms - ticket->ticket.since_ms) &&
                sim_laws_accepts(&peer->card[MATCH_PEER],
                                 &seeker->card[MATCH_SEEKER],
                                 sim->now_ms - ticket->ticket.since_ms));
}

void sim_laws_proposed(struct sim *sim, const struct match_command *command)
{
    LAW("a command is of this moment and epoch",
        command->now_ms == sim->now_ms && command->epoch == sim->engine_epoch);
    if (command->kind == COMMAND_OFFER)
        proposed_offer(sim, command);
    sim_laws_order(sim, command);
}

void sim_laws_heard(struct sim *sim, const struct match_command *command,
                    const struct match_result *result)
{
    if (command->kind == COMMAND_HOLD) { /* done, or never was */
        struct sim_member *member = sim_people_of(sim, command->hold.member);

        if (member) {
            member->held = member->held_stored;
            member->gone = member->gone_stored;
        }
    }
    for (uint32_t i = 0; i < result->rows; i++) {
        const struct match_row *row = &result->row[i];
        struct sim_member *member =
            row->kind == ROW_DUTY ? sim_people_of(sim, row->duty.member) : NULL;

        if (member && result->seq >= member->heard_rest_seq &&
            command->kind != COMMAND_OPEN_DUTY) { /* it changes no rest */
            member->heard_rest_seq = result->seq;
            member->heard_rest_ms = row->duty.rest_until_ms;
        }
    }
}

/* ---- executed ---- */

static void offered(struct sim *sim, const struct match_offer_row *offer,
                    uint64_t now_ms)
{
    const struct match_row *ticket =
        sim_truth_row(sim, ROW_TICKET, offer->ticket);
    const struct match_row *duty = sim_truth_row(sim, ROW_DUTY, offer->peer);
    const struct sim_member *seeker = sim_people_of(sim, offer->seeker);
    const struct sim_member *peer = sim_people_of(sim, offer->peer);

    LAW("only a waiting ticket is offered",
        ticket && ticket->ticket.state == TICKET_WAITING);
    count_offer(sim, offer->ticket);
    LAW("only a peer on duty is offered to",
        duty && duty->duty.state == DUTY_ON);
    LAW("DESIGN law 2: open offers and talks within the capacity",
        sim_truth_used(sim, offer->peer) < duty->duty.capacity);
    LAW("no more talks a day than the peer chose",
        duty->duty.day_max == 0 ||
            sim_truth_today(sim, offer->peer, now_ms) < duty->duty.day_max);
    LAW("DESIGN laws 3 and 4: Hard(ticket, peer) at the offer",
        sim_laws_hard(sim, offer->ticket, offer->peer, now_ms));
    LAW("card versions at the offer",
        offer->seeker_card_version == seeker->card[MATCH_SEEKER].version &&
            offer->peer_card_version == peer->card[MATCH_PEER].version);
}

static void accepted(struct sim *sim, const struct match_command *command)
{
    const struct match_row *row =
        sim_truth_row(sim, ROW_OFFER, command->accept.offer);
    const struct match_offer_row *offer = row ? &row->offer : NULL;
    const struct sim_member *seeker, *peer;

    LAW("only an open offer is accepted", offer && offer->state == OFFER_OPEN);
    LAW("only its peer accepts", offer->peer == command->accept.peer);
    LAW("DESIGN law 8: nothing is accepted after its deadline",
        command->now_ms < offer->deadline_ms);
    LAW("DESIGN laws 3 and 4: Hard(ticket, peer) at the accept",
        sim_laws_hard(sim, offer->ticket, offer->peer, command->now_ms));
    seeker = sim_people_of(sim, offer->seeker);
    peer = sim_people_of(sim, offer->peer);
    LAW("card versions at the accept are those offered",
        offer->seeker_card_version == seeker->card[MATCH_SEEKER].version &&
            offer->peer_card_version == peer->card[MATCH_PEER].version);
}

/* Before the rows are believed. */
static void guards(struct sim *sim, const struct match_command *command,
                   const struct match_result *result)
{
    const struct match_row *row;

    if (result->outcome != OUTCOME_OK)
        return;
    for (uint32_t i = 0; i < result->rows; i++)
        if (command->kind == COMMAND_OPEN_TICKET &&
            result->row[i].kind == ROW_TICKET &&
            result->row[i].ticket.id == command->open_ticket.ticket.id) {
            sim_laws_wished(sim, &result->row[i].ticket);
            sim_laws_lent(sim, command, &result->row[i].ticket);
        }
    if (command->kind == COMMAND_OFFER)
        offered(sim, &command->offer.offer, command->now_ms);
    if (command->kind == COMMAND_ACCEPT)
        accepted(sim, command);
    if (command->kind == COMMAND_CLOSE_OFFER) {
        row = sim_truth_row(sim, ROW_OFFER, command->close_offer.offer);
        LAW("only an open offer closes", row && row->offer.state == OFFER_OPEN);
        LAW("a lapse comes after the deadline",
            command->close_offer.state != OFFER_LAPSED ||
                command->now_ms >= row->offer.deadline_ms);
    }
}

static bool rests(const struct sim *sim, uint64_t a, uint64_t b,
                  uint64_t until_ms)
{
    return until_ms == 0 ||
           sim_truth_pair(sim, PAIR_RESTS, a, b, 0, until_ms - 1);
}

static void closed_offer(struct sim *sim, uint64_t id, uint64_t for_ms,
                         uint64_t now_ms)
{
    const struct match_offer_row *offer =
        &sim_truth_row(sim, ROW_OFFER, id)->offer;
    const struct match_row *ticket =
        sim_truth_row(sim, ROW_TICKET, offer->ticket);

    LAW("a closed offer's ticket waits again",
        ticket->ticket.state == TICKET_WAITING);
    if (offer->state == OFFER_REVOKED)
        return;
    LAW("a declined or lapsed pair rests",
        for_ms == 0 || rests(sim, offer->seeker, offer->peer, now_ms + for_ms));
    LAW("a pair does not meet again for the ticket it declined",
        sim_truth_pair(sim, PAIR_TICKET, offer->seeker, offer->peer,
                       offer->ticket, now_ms));
}

/* So many lapses in a row pause the duty; any answer, attend or resume starts
 * anew. */
static void count_lapses(struct sim *sim, const struct match_command *command)
{
    bool lapse = command->kind == COMMAND_CLOSE_OFFER;
    uint64_t id = lapse                             ? command->close_offer.offer
                  : command->kind == COMMAND_ACCEPT ? command->accept.offer
                                                    : command->decline.offer;
    const struct match_offer_row *offer =
        &sim_truth_row(sim, ROW_OFFER, id)->offer;
    const struct match_row *duty = sim_truth_row(sim, ROW_DUTY, offer->peer);
    struct sim_member *peer = sim_people_of(sim, offer->peer);

    if (!peer || (lapse && offer->state != OFFER_LAPSED))
        return;
    if (!lapse)
        peer->lapses = 0;
    else if (duty->duty.state != DUTY_OFF)
        peer->lapses++;
    LAW("lapses in a row pause the duty",
        duty->duty.state != DUTY_ON || peer->lapses < sim->limits.lapses_max);
}

static void start_anew(struct sim *sim, uint64_t member)
{
    struct sim_member *peer = sim_people_of(sim, member);

    if (peer)
        peer->lapses = 0;
}

static uint32_t open_offers_to(const struct sim *sim, uint64_t peer)
{
    const struct sim_table *offers = sim->kept[ROW_OFFER];
    uint32_t open = 0;

    for (uint32_t i = 0; i < offers->n; i++)
        open += offers->row[i].offer.peer == peer &&
                offers->row[i].offer.state == OFFER_OPEN;
    return open;
}

static void closed_lives(struct sim *sim, uint64_t member)
{
    const struct sim_table *tickets = sim->kept[ROW_TICKET];
    const struct sim_table *talks = sim->kept[ROW_TALK];
    const struct match_row *duty = sim_truth_row(sim, ROW_DUTY, member);

    LAW("a hold ends the duty", !duty || duty->duty.state == DUTY_OFF);
    LAW("a hold revokes the offers", open_offers_to(sim, member) == 0);
    for (uint32_t i = 0; i < tickets->n; i++)
        LAW("a hold ends the ticket",
            tickets->row[i].ticket.member != member ||
                tickets->row[i].ticket.state > TICKET_OFFERED);
    for (uint32_t i = 0; i < talks->n; i++)
        LAW("a hold ends the talks",
            (talks->row[i].talk.seeker != member &&
             talks->row[i].talk.peer != member) ||
                talks->row[i].talk.state == TALK_ENDED);
}

static void held(struct sim *sim, const struct match_command *command)
{
    struct sim_member *member = sim_people_of(sim, command->hold.member);

    if (command->hold.held)
        closed_lives(sim, command->hold.member);
    if (!member)
        return;
    member->held_stored = command->hold.held;
    member->gone_stored = member->gone_stored || command->hold.erased;
}

static void ended_talk(struct sim *sim, const struct match_command *command)
{
    const struct match_talk_row *talk =
        &sim_truth_row(sim, ROW_TALK, command->end_talk.talk)->talk;
    const struct match_row *duty = sim_truth_row(sim, ROW_DUTY, talk->peer);

    LAW("an ended talk has ended", talk->state == TALK_ENDED);
    if (talk->why != TALK_WHY_NO_SHOW)
        LAW("those who talked rest from each other",
            rests(sim, talk->seeker, talk->peer,
                  command->now_ms + sim->limits.exclude_talked_ms));
    LAW("a peer rests after every end",
        duty->duty.rest_ms == 0 ||
            duty->duty.rest_until_ms >= command->now_ms + duty->duty.rest_ms);
}

/* After they are. */
static void outcomes(struct sim *sim, const struct match_command *command)
{
    const struct match_limits *limits = &sim->limits;
    uint64_t now_ms = command->now_ms;
    const struct match_row *duty;

    switch (command->kind) {
    case COMMAND_OPEN_TICKET:
        duty = sim_truth_row(sim, ROW_DUTY, command->open_ticket.ticket.member);
        LAW("who asks is not on duty", !duty || duty->duty.state != DUTY_ON);
        LAW("who asks has no offers open",
            open_offers_to(sim, command->open_ticket.ticket.member) == 0);
        break;
    case COMMAND_SET_DUTY:
        if (command->set_duty.duty.state == DUTY_ON)
            start_anew(sim, command->set_duty.duty.member);
        else
            LAW("a pause revokes",
                open_offers_to(sim, command->set_duty.duty.member) == 0);
        break;
    case COMMAND_CLOSE_DUTY:
        LAW("leaving revokes",
            open_offers_to(sim, command->close_duty.member) == 0);
        break;
    case COMMAND_DECLINE:
        closed_offer(sim, command->decline.offer, limits->exclude_declined_ms,
                     now_ms);
        count_lapses(sim, command);
        break;
    case COMMAND_ACCEPT:
        count_lapses(sim, command);
        break;
    case COMMAND_OPEN_DUTY:
        start_anew(sim, command->open_duty.duty.member);
        break;
    case COMMAND_CLOSE_OFFER:
        closed_offer(sim, command->close_offer.offer, limits->exclude_lapsed_ms,
                     now_ms);
        count_lapses(sim, command);
        break;
    case COMMAND_END_TALK:
        ended_talk(sim, command);
        break;
    case COMMAND_BLOCK:
        LAW("a block ends their talk",
            command->block.other == 0 ||
                !sim_truth_talk(sim, command->block.member,
                                command->block.other));
        LAW("a block stands",
            command->block.other == 0 ||
                sim_truth_pair(sim, PAIR_BLOCK, command->block.member,
                               command->block.other, 0, now_ms));
        break;
    case COMMAND_HOLD:
        held(sim, command);
        break;
    case COMMAND_OFFER:
    case COMMAND_JOIN:
    case COMMAND_REFLECT:
    case COMMAND_UNBLOCK:
    case COMMAND_CLOSE_TICKET:
    case COMMAND_RAISE_DANGER:
    case COMMAND_RARITY:
    case COMMAND_KINDS:
        break;
    }
}

/* What a command only looked at and another closed since: a closed offer moved
 * its ticket, so both are shown. */
static void replayed(const struct match_result *result)
{
    for (uint32_t i = 0; i < result->rows; i++) {
        const struct match_row *row = &result->row[i];
        bool whole = row->kind != ROW_OFFER || row->offer.state == OFFER_OPEN;

        for (uint32_t j = 0; j < result->rows && !whole; j++)
            whole = result->row[j].kind == ROW_TICKET &&
                    result->row[j].ticket.id == row->offer.ticket;
        LAW("a replay shows a closed offer with its ticket", whole);
    }
}

void sim_laws_executed(struct sim *sim, const struct sim_flying *flying,
                       const struct match_result *result)
{
    const struct match_command *command = &flying->command;

    LAW("DESIGN law 8: a stale epoch is fenced, the one in force is not",
        (result->outcome == OUTCOME_FENCED) == (command->epoch != sim->epoch));
    LAW("what the engine knew alone, the store does not refuse",
        !flying->clean || command->kind != COMMAND_OFFER ||
            result->outcome == OUTCOME_OK || result->outcome == OUTCOME_FENCED);
    guards(sim, command, result);
    sim_cover_executed(sim, flying, result);
    if (result->outcome == OUTCOME_REPLAY)
        replayed(result);
    sim_truth_believe(sim, command, result);
    if (result->outcome == OUTCOME_OK && command->kind == COMMAND_RARITY)
        sim_model_stored(sim, command);
    if (result->outcome == OUTCOME_OK)
        outcomes(sim, command);
    else if (command->kind == COMMAND_ACCEPT && result->err == ERR_OFFER_GONE)
        start_anew(sim, command->accept.peer);
}
