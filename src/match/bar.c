#include "match/bar.h"

#include "base/require.h"
#include "match/index.h"
#include "match/peer.h"
#include "match/say.h"

/* ---- under way ---- */

/* The count of such events; NULL: they are not counted. */
static uint32_t *count_of(struct match_engine *engine,
                          enum match_event_kind kind)
{
    if (kind == EVENT_BLOCK)
        return &engine->blocks;
    return kind == EVENT_HOLD || kind == EVENT_GONE ? &engine->holds : NULL;
}

void match_bar_arrived(struct match_engine *engine, enum match_event_kind kind)
{
    uint32_t *count = count_of(engine, kind);

    if (count)
        ++*count;
}

void match_bar_over(struct match_engine *engine, enum match_event_kind kind)
{
    uint32_t *count = count_of(engine, kind);

    if (!count)
        return;
    REQUIRE(*count > 0);
    --*count;
}

/* ---- block ---- */

/* The open offer between a seeker and a peer, or NULL. */
static struct match_offer *offer_between(const struct match_engine *engine,
                                         uint64_t seeker, uint64_t peer)
{
    struct match_ticket *ticket = match_ticket_of(engine, seeker);

    if (!ticket || !ticket->offer || ticket->offer->row.peer != peer)
        return NULL;
    REQUIRE(ticket->offer->ticket == ticket);
    return ticket->offer;
}

struct between { /* what lives between two members, either way round */
    struct match_offer *offer[2];
    struct match_talk *talk[2 * MATCH_CAPACITY_MAX];
    uint32_t talks;
};

static void add_talks(const struct match_engine *engine, uint64_t seeker,
                      uint64_t peer, struct between *all)
{
    struct match_duty *duty = match_duty_of(engine, peer);

    if (!duty)
        return;
    LIST_EACH (node, &duty->talk_list) {
        struct match_talk *talk =
            LIST_ENTRY(node, struct match_talk, duty_link);

        if (talk->row.seeker != seeker)
            continue;
        REQUIRE(all->talks < 2 * MATCH_CAPACITY_MAX); /* DESIGN law 2 */
        all->talk[all->talks++] = talk;
    }
}

static struct between find_between(const struct match_engine *engine,
                                   uint64_t a, uint64_t b)
{
    struct between all = {
        .offer = {offer_between(engine, a, b), offer_between(engine, b, a)}};

    add_talks(engine, a, b, &all);
    add_talks(engine, b, a, &all);
    return all;
}

static bool between_busy(const struct between *all)
{
    for (int i = 0; i < 2; i++)
        if (all->offer[i] && match_subject_busy(&all->offer[i]->subject))
            return true;
    for (uint32_t i = 0; i < all->talks; i++)
        if (match_subject_busy(&all->talk[i]->subject))
            return true;
    return false;
}

static void lock_between(struct match_engine *engine,
                         struct match_flight *flight, const struct between *all)
{
    for (int i = 0; i < 2; i++) {
        if (!all->offer[i])
            continue;
        match_flight_lock(engine, flight, &all->offer[i]->subject);
        match_flight_lock(engine, flight, &all->offer[i]->ticket->subject);
    }
    for (uint32_t i = 0; i < all->talks; i++)
        match_flight_lock(engine, flight, &all->talk[i]->subject);
}

bool match_bar_block(struct match_engine *engine,
                     const struct match_event *event)
{
    struct match_command command = {.kind = COMMAND_BLOCK, .key = event->key};
    uint64_t other = event->block.other;
    struct between all;
    struct match_flight *flight;

    REQUIRE(engine->blocks > 0); /* counted when it arrived */
    if (event->member == 0 || other == 0 || event->member == other) {
        match_bar_over(engine, event->kind);
        match_say_reply(engine, event->call, ERR_INVALID, 0);
        return true;
    }
    all = find_between(engine, event->member, other);
    if (between_busy(&all))
        return false;
    command.block.member = event->member;
    command.block.other = other;
    command.block.via = event->block.via;
    command.block.talks = all.talks;
    for (uint32_t i = 0; i < all.talks; i++)
        command.block.talk[i] = all.talk[i]->row.id;
    if (!match_flight_pass(engine, &command, event->call)) {
        match_bar_over(engine, event->kind);
        match_index_part(engine, event->member, other); /* it forbade */
        return true;
    }
    flight = match_flight_find(engine, command.op);
    REQUIRE(flight != NULL);
    flight->member = event->member;
    flight->other = other;
    lock_between(engine, flight, &all);
    return true;
}

bool match_bar_unblock(struct match_engine *engine,
                       const struct match_event *event)
{
    struct match_command command = {.kind = COMMAND_UNBLOCK, .key = event->key};

    REQUIRE(event->kind == EVENT_UNBLOCK);
    if (match_flight_blocks(engine, event->member, event->block.other))
        return false; /* the block first */
    command.block.member = event->member;
    command.block.other = event->block.other;
    command.block.via = event->block.via;
    (void)match_flight_pass(engine, &command, event->call);
    return true;
}

/* ---- hold ---- */

static void set_held(struct match_engine *engine, uint64_t member, bool held)
{
    struct match_ticket *ticket = match_ticket_of(engine, member);
    struct match_duty *duty = match_duty_of(engine, member);

    REQUIRE(member != 0);
    if (ticket && ticket->held != held) {
        ticket->held = held;
        match_ticket_arm(engine, ticket);
    }
    if (duty && duty->held != held) {
        duty->held = held;
        match_duty_arm(engine, duty);
        if (!held)
            match_index_rise(engine, duty); /* somebody's best, it may be */
    }
}

void match_bar_lift(struct match_engine *engine, uint64_t member)
{
    REQUIRE(engine->mode == ENGINE_LIVE);
    /* unless another is on its way */
    set_held(engine, member, match_flight_holds(engine, member, NULL));
}

/* Is anything of theirs busy? */
static bool busy(const struct match_engine *engine, uint64_t member)
{
    const struct match_ticket *ticket = match_ticket_of(engine, member);
    const struct match_duty *duty = match_duty_of(engine, member);
    const struct match_talk *talk = NULL;

    if ((ticket && (ticket->unsent || match_subject_busy(&ticket->subject))) ||
        (duty && (match_peer_busy(duty) || match_peer_talks_busy(duty))))
        return true;
    while ((talk = match_talk_sought(engine, member, talk)))
        if (match_subject_busy(&talk->subject))
            return true;
    return false;
}

static void lock_all(struct match_engine *engine, struct match_flight *flight,
                     uint64_t member)
{
    struct match_ticket *ticket = match_ticket_of(engine, member);
    struct match_duty *duty = match_duty_of(engine, member);
    struct match_talk *talk = NULL;

    REQUIRE(flight != NULL);
    if (ticket) {
        match_flight_lock(engine, flight, &ticket->subject);
        if (ticket->offer)
            match_flight_lock(engine, flight, &ticket->offer->subject);
    }
    while ((talk = match_talk_sought(engine, member, talk)))
        match_flight_lock(engine, flight, &talk->subject);
    if (!duty)
        return;
    match_peer_lock(engine, flight, duty);
    LIST_EACH (node, &duty->talk_list)
        match_flight_lock(
            engine, flight,
            &LIST_ENTRY(node, struct match_talk, duty_link)->subject);
}

bool match_bar_hold(struct match_engine *engine,
                    const struct match_event *event)
{
    struct match_command command = {.kind = COMMAND_HOLD, .key = event->key};
    bool held = event->kind == EVENT_GONE || event->hold.held;
    struct match_flight *flight;

    REQUIRE(event->kind == EVENT_HOLD || event->kind == EVENT_GONE);
    REQUIRE(engine->holds > 0); /* counted when it arrived */
    if (event->member == 0) {
        match_bar_over(engine, event->kind);
        match_say_reply(engine, event->call, ERR_INVALID, 0);
        return true;
    }
    if (held)
        set_held(engine, event->member, true);
    if (match_flight_holds(engine, event->member, event) ||
        (held && busy(engine, event->member)))
        return false; /* one after the other, as they were asked for */
    command.hold.member = event->member;
    command.hold.held = held;
    command.hold.erased = event->kind == EVENT_GONE;
    if (!match_flight_pass(engine, &command, event->call)) {
        match_bar_over(engine, event->kind);
        set_held(engine, event->member, false); /* there was no other */
        return true;
    }
    flight = match_flight_find(engine, command.op);
    REQUIRE(flight != NULL);
    flight->member = event->member;
    if (held)
        lock_all(engine, flight, event->member);
    return true;
}

/* ---- cards ---- */

static void change(struct match_engine *engine, struct match_hand *hand,
                   uint32_t pool, const struct match_card *card)
{
    struct match_hand old = *hand;
    struct match_rarity *rarity = &engine->pool[pool].rarity;

    REQUIRE(old.version != 0);
    REQUIRE(pool < engine->sizes.pools);
    hand->version = 0;
    if (match_hand_set(hand, rarity, card, ++engine->stamp) == ERR_NONE) {
        match_hand_clear(&old, rarity);
        return;
    }
    /* No room: the old one stays, under a version that no longer commits. */
    *hand = old;
    match_say_note(engine, LOG_QUEUE_FULL);
}

void match_bar_card(struct match_engine *engine,
                    const struct match_event *event)
{
    struct match_ticket *ticket = match_ticket_of(engine, event->member);
    struct match_duty *duty = match_duty_of(engine, event->member);
    const struct match_card *card = event->card.card;
    enum err err = card ? match_card_check(card) : ERR_CARD_MISSING;

    if (err == ERR_NONE && card->role == MATCH_SEEKER && ticket) {
        change(engine, &ticket->hand, ticket->row.pool, card);
        ticket->binding = 0; /* it was of the old one */
        match_ticket_arm(engine, ticket);
    }
    if (err == ERR_NONE && card->role == MATCH_PEER && duty &&
        duty->hand.version != 0) {
        match_index_drop(engine, duty);
        change(engine, &duty->hand, duty->row.pool, card);
        match_index_put(engine, duty);
    }
    match_say_reply(engine, event->call, err, 0);
}
