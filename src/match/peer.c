#include "match/peer.h"

#include "base/require.h"
#include "match/index.h"
#include "match/presence.h"
#include "match/say.h"
#include "match/seeker.h"

static bool keyed(const struct match_key *key)
{
    return key->word[0] != 0 || key->word[1] != 0;
}

static bool same_key(const struct match_key *a, const struct match_key *b)
{
    return keyed(a) && a->word[0] == b->word[0] && a->word[1] == b->word[1];
}

bool match_peer_busy(const struct match_duty *duty)
{
    if (match_subject_busy(&duty->subject))
        return true;
    LIST_EACH (node, &duty->offer_list) {
        if (match_subject_busy(
                &LIST_ENTRY(node, struct match_offer, duty_link)->subject))
            return true;
    }
    return false;
}

bool match_peer_talks_busy(const struct match_duty *duty)
{
    LIST_EACH (node, &duty->talk_list) {
        if (match_subject_busy(
                &LIST_ENTRY(node, struct match_talk, duty_link)->subject))
            return true;
    }
    return false;
}

void match_peer_lock(struct match_engine *engine, struct match_flight *flight,
                     struct match_duty *duty)
{
    REQUIRE(!match_peer_busy(duty));
    match_flight_lock(engine, flight, &duty->subject);
    LIST_EACH (node, &duty->offer_list) {
        struct match_offer *offer =
            LIST_ENTRY(node, struct match_offer, duty_link);

        match_flight_lock(engine, flight, &offer->subject);
        match_flight_lock(engine, flight, &offer->ticket->subject);
    }
}

/* ---- attend ---- */

static enum err attend_refused(const struct match_engine *engine,
                               const struct match_event *event)
{
    uint64_t until_ms = event->attend.grade_until_ms;

    if (engine->draining)
        return ERR_DRAINING;
    if (event->member == 0 || event->pool >= engine->sizes.pools)
        return ERR_INVALID;
    if (match_ticket_of(engine, event->member))
        return ERR_TICKET_LIVES;
    if (event->attend.grade < GRADE_PEER ||
        event->attend.grade >= GRADE_COUNT ||
        (until_ms != 0 && until_ms <= engine->now_ms))
        return ERR_GRADE;
    if (event->attend.capacity > MATCH_CAPACITY_MAX ||
        event->attend.day_max > MATCH_DAY_MAX)
        return ERR_CAPACITY;
    if (!event->attend.card)
        return ERR_CARD_MISSING;
    if (event->attend.card->role != MATCH_PEER)
        return ERR_CARD;
    return match_card_check(event->attend.card);
}

/* The same key again: the newest stream of the same duty. */
static bool resume(struct match_engine *engine, struct match_duty *duty,
                   const struct match_event *event)
{
    bool asked = duty->call != 0 || keyed(&duty->key); /* in flight */
    const struct match_key *key = asked ? &duty->key : &duty->row.key;

    if ((!asked && duty->row.state == DUTY_OFF) || !same_key(&event->key, key))
        return false;
    if (event->key.request_hash != key->request_hash) {
        match_say_reply(engine, event->call, ERR_KEY_REUSED, 0);
        return true;
    }
    if (asked && duty->call != duty->presence.stream) /* that is lost */
        match_say_drop(engine, duty->call, ERR_REPLACED);
    match_presence_open(engine, &duty->subject, &duty->presence, event->call);
    if (asked) {
        duty->call = event->call; /* the older one was dropped */
        return true;
    }
    match_say_reply(engine, event->call, ERR_NONE, duty->row.member);
    match_say_tell(engine, &duty->subject);
    return true;
}

static enum err take_card(struct match_engine *engine, struct match_duty *duty,
                          const struct match_card *card)
{
    struct match_rarity *rarity = &engine->pool[duty->row.pool].rarity;
    enum err err;

    REQUIRE(card->role == MATCH_PEER);
    if (duty->hand.version == card->version)
        return ERR_NONE;
    match_duty_discard(engine, duty);
    err = match_hand_set(&duty->hand, rarity, card, ++engine->stamp);
    match_index_put(engine, duty);
    return err;
}

static void send_attend(struct match_engine *engine, struct match_duty *duty,
                        const struct match_event *event, uint64_t tie)
{
    struct match_command command = {.kind = COMMAND_OPEN_DUTY,
                                    .key = event->key};
    struct match_duty_row *row = &command.open_duty.duty;
    struct match_flight *flight;

    *row = duty->row;
    row->state = DUTY_ON;
    row->why = DUTY_WHY_NONE;
    row->grade = event->attend.grade;
    row->capacity = event->attend.capacity;
    row->day_max = event->attend.day_max;
    row->used = match_duty_used(duty);
    row->lapses = 0;
    row->grade_until_ms = event->attend.grade_until_ms;
    row->until_ms = event->attend.until_ms;
    row->rest_ms = event->attend.rest_ms;
    row->tie = tie;
    row->key = event->key;
    command.open_duty.card_version = duty->hand.version;
    command.open_duty.day_since_ms = match_duty_day_since_ms(engine);
    flight = match_flight_send(engine, &command, event->call);
    REQUIRE(flight != NULL); /* there is one for each duty */
    flight->call = 0;        /* a newer stream may take its place: duty->call */
    flight->subject = flight->member = duty->row.member;
    match_flight_lock(engine, flight, &duty->subject);
    duty->call = event->call;
    duty->key = event->key;
    duty->closing = false;
}

bool match_peer_attend(struct match_engine *engine,
                       const struct match_event *event)
{
    struct match_duty *duty = match_duty_of(engine, event->member);
    uint64_t tie = 0;
    enum err err;

    REQUIRE(event->kind == EVENT_ATTEND);
    if (duty && resume(engine, duty, event))
        return true;
    if (match_seeker_yields(engine, match_ticket_of(engine, event->member),
                            event->generation)) {
        match_say_reply(engine, event->call, ERR_FULL, 0);
        return true;
    }
    err = attend_refused(engine, event);
    if (err == ERR_NONE && duty && duty->held)
        err = ERR_MEMBER_INACTIVE;
    if (err == ERR_NONE && duty && match_subject_busy(&duty->subject))
        err = ERR_FULL; /* its card cannot wait with it: try again */
    if (err == ERR_NONE && !match_say_fresh(engine, &tie))
        err = ERR_FULL;
    if (err == ERR_NONE)
        err = match_duty_need(engine, event->member, event->pool, &duty);
    if (err == ERR_NONE) {
        err = take_card(engine, duty, event->attend.card);
        if (err != ERR_NONE)
            match_duty_idle(engine, duty);
    }
    if (err != ERR_NONE) {
        match_say_reply(engine, event->call, err, 0);
        return true;
    }
    match_presence_open(engine, &duty->subject, &duty->presence, event->call);
    send_attend(engine, duty, event, tie);
    return true;
}

/* ---- leave, pause, resume, capacity ---- */

bool match_peer_close(struct match_engine *engine, struct match_duty *duty,
                      enum match_duty_why why, uint64_t call,
                      const struct match_key *key)
{
    struct match_command command = {.kind = COMMAND_CLOSE_DUTY};
    struct match_flight *flight;

    REQUIRE(duty->row.state != DUTY_OFF);
    REQUIRE(why != DUTY_WHY_NONE);
    if (match_peer_busy(duty))
        return false;
    if (key)
        command.key = *key;
    command.close_duty.member = duty->row.member;
    command.close_duty.why = why;
    flight = match_flight_send(engine, &command, call);
    if (!flight)
        return false;
    flight->subject = flight->member = duty->row.member;
    match_peer_lock(engine, flight, duty);
    duty->closing = false;
    return true;
}

bool match_peer_leave(struct match_engine *engine,
                      const struct match_event *event)
{
    struct match_duty *duty = match_duty_of(engine, event->member);

    REQUIRE(event->kind == EVENT_LEAVE);
    if (duty && (match_subject_busy(&duty->subject) || duty->held)) {
        duty->closing = true;
        return false;
    }
    if (!duty || duty->row.state == DUTY_OFF) {
        struct match_command command = {.kind = COMMAND_CLOSE_DUTY,
                                        .key = event->key};

        command.close_duty.member = event->member;
        command.close_duty.why = DUTY_WHY_LEFT;
        if (keyed(&event->key))
            (void)match_flight_pass(engine, &command, event->call);
        else
            match_say_reply(engine, event->call, ERR_NOT_ON_DUTY, 0);
        return true;
    }
    if (match_peer_close(engine, duty, DUTY_WHY_LEFT, event->call, &event->key))
        return true;
    duty->closing = true;
    return false;
}

/* The row that is wanted. */
static enum err wanted(const struct match_engine *engine,
                       const struct match_duty *duty,
                       const struct match_event *event,
                       struct match_duty_row *row)
{
    bool replayed = keyed(&event->key); /* then the store knows better */

    *row = duty->row;
    if (event->kind == EVENT_CAPACITY) {
        row->capacity = event->capacity.capacity;
        return row->capacity <= MATCH_CAPACITY_MAX ? ERR_NONE : ERR_CAPACITY;
    }
    if (event->kind == EVENT_PAUSE) {
        row->state = DUTY_PAUSED;
        row->why = DUTY_WHY_REQUEST;
        return duty->row.state == DUTY_ON || replayed ? ERR_NONE
                                                      : ERR_DUTY_STATE;
    }
    REQUIRE(event->kind == EVENT_RESUME);
    row->state = DUTY_ON;
    row->why = DUTY_WHY_NONE;
    row->lapses = 0;
    if (match_ticket_of(engine, event->member))
        return ERR_TICKET_LIVES;
    return duty->row.state == DUTY_PAUSED || replayed ? ERR_NONE
                                                      : ERR_DUTY_STATE;
}

bool match_peer_set(struct match_engine *engine,
                    const struct match_event *event)
{
    struct match_command command = {.kind = COMMAND_SET_DUTY,
                                    .key = event->key};
    struct match_duty *duty = match_duty_of(engine, event->member);
    struct match_flight *flight;
    enum err err;

    if (duty && (match_subject_busy(&duty->subject) || duty->held ||
                 (event->kind == EVENT_PAUSE && match_peer_busy(duty)))) {
        duty->closing = duty->closing || event->kind == EVENT_PAUSE;
        return false;
    }
    if (duty && event->kind == EVENT_PAUSE)
        duty->closing = false;
    err = duty && duty->row.state != DUTY_OFF
              ? wanted(engine, duty, event, &command.set_duty.duty)
              : ERR_NOT_ON_DUTY;
    if (err != ERR_NONE) {
        match_say_reply(engine, event->call, err, 0);
        return true;
    }
    command.set_duty.revoke = event->kind == EVENT_PAUSE;
    flight = match_flight_send(engine, &command, event->call);
    REQUIRE(flight != NULL); /* there is one for each duty */
    flight->subject = flight->member = event->member;
    if (event->kind == EVENT_PAUSE) {
        match_peer_lock(engine, flight, duty);
        duty->closing = false;
    } else {
        match_flight_lock(engine, flight, &duty->subject);
    }
    return true;
}

/* ---- answers ---- */

/* When the ticket may be offered again if this offer comes back now: 0, or the
 * end of the back-off that it has earned. */
static uint64_t backoff(const struct match_engine *engine,
                        const struct match_offer *offer)
{
    REQUIRE(offer->ticket != NULL);
    if (match_ticket_offers(offer->ticket) < engine->limits.offers_max)
        return 0;
    return match_timer_add(engine->now_ms, engine->limits.backoff_ms);
}

/* An answer to an offer that is no longer open, or was never theirs. */
static void answer_closed(struct match_engine *engine,
                          const struct match_offer *offer,
                          const struct match_event *event)
{
    enum err err = ERR_NONE;

    REQUIRE(event->kind == EVENT_ANSWER);
    if (!offer || offer->row.peer != event->member ||
        offer->row.state == (uint32_t)OFFER_NEW)
        err = ERR_NO_OFFER;
    else if (!same_key(&event->key, &offer->row.answer))
        err = ERR_OFFER_CLOSED;
    else if (event->key.request_hash != offer->row.answer.request_hash)
        err = ERR_KEY_REUSED;
    else if (offer->row.state == OFFER_REVOKED)
        err = ERR_OFFER_GONE; /* as it was said the first time */
    match_say_reply(engine, event->call, err,
                    err != ERR_NONE    ? 0
                    : offer->talk != 0 ? offer->talk
                                       : offer->row.id);
}

/* The engine does not hold it: only the store can say what came of it. */
static void answer_unknown(struct match_engine *engine,
                           const struct match_event *event)
{
    struct match_command command = {.kind = COMMAND_DECLINE, .key = event->key};

    command.decline.offer = event->answer.offer;
    command.decline.peer = event->member;
    if (event->answer.accept) {
        command.kind = COMMAND_ACCEPT;
        command.accept.offer = event->answer.offer;
        command.accept.peer = event->member;
        if (!match_say_fresh(engine, &command.accept.talk)) {
            match_say_reply(engine, event->call, ERR_FULL, 0);
            return;
        }
    }
    if (keyed(&event->key))
        (void)match_flight_pass(engine, &command, event->call);
    else
        match_say_reply(engine, event->call, ERR_NO_OFFER, 0);
}

/* Has one more talk a place, beside those that live and those on their way?  An
 * accept that the store takes and the engine cannot hold would be a talk without
 * a clock, and one too many to start with again. */
static bool has_place(const struct match_engine *engine)
{
    uint32_t taken = engine->talk_free.out;

    if (taken + engine->in_flight_n < engine->sizes.talks)
        return true;
    LIST_EACH (node, &engine->in_flight)
        taken +=
            LIST_ENTRY(node, struct match_flight, link)->kind == COMMAND_ACCEPT;
    return taken < engine->sizes.talks;
}

bool match_peer_answer(struct match_engine *engine,
                       const struct match_event *event)
{
    struct match_offer *offer = match_offer_find(engine, event->answer.offer);
    struct match_command command = {.kind = COMMAND_DECLINE, .key = event->key};
    struct match_flight *flight;

    if (!offer) {
        answer_unknown(engine, event);
        return true;
    }
    if (offer->row.peer == event->member && match_subject_busy(&offer->subject))
        return false; /* even closed: what closed it says which talk it made */
    if (offer->row.peer != event->member || offer->row.state != OFFER_OPEN) {
        answer_closed(engine, offer, event);
        return true;
    }
    if (offer->ticket->held || offer->duty->held)
        return false;
    REQUIRE(!match_subject_busy(&offer->ticket->subject));
    if (event->answer.accept && engine->now_ms >= offer->row.deadline_ms) {
        match_say_reply(engine, event->call, ERR_LATE, 0); /* DESIGN law 8 */
        return true;
    }
    if (event->answer.accept && !has_place(engine)) {
        match_say_reply(engine, event->call, ERR_FULL, 0);
        return true;
    }
    if (event->answer.accept) {
        command.kind = COMMAND_ACCEPT;
        command.accept.offer = offer->row.id;
        command.accept.ticket = offer->row.ticket;
        command.accept.peer = event->member;
        if (!match_say_fresh(engine, &command.accept.talk))
            return false;
    } else {
        command.decline.offer = offer->row.id;
        command.decline.peer = event->member;
        command.decline.rests_until_ms =
            match_timer_add(engine->now_ms, engine->limits.exclude_declined_ms);
        command.decline.backoff_until_ms = backoff(engine, offer);
    }
    flight = match_flight_send(engine, &command, event->call);
    REQUIRE(flight != NULL); /* there is one for each ticket */
    flight->subject = offer->row.id;
    flight->member = event->member;
    match_flight_lock(engine, flight, &offer->subject);
    match_flight_lock(engine, flight, &offer->ticket->subject);
    return true;
}

/* Is a lapse of theirs on its way? */
static bool lapsing(const struct match_duty *duty)
{
    LIST_EACH (node, &duty->offer_list) {
        const struct match_flight *flight =
            LIST_ENTRY(node, struct match_offer, duty_link)->subject.flight;

        if (flight && flight->kind == COMMAND_CLOSE_OFFER)
            return true;
    }
    return false;
}

bool match_peer_close_offer(struct match_engine *engine,
                            struct match_offer *offer,
                            enum match_offer_state state)
{
    struct match_command command = {.kind = COMMAND_CLOSE_OFFER};
    struct match_duty *duty = offer->duty;
    struct match_flight *flight;
    bool pauses = state == OFFER_LAPSED && duty->row.state == DUTY_ON &&
                  duty->row.lapses + 1u >= engine->limits.lapses_max;

    REQUIRE(!match_subject_busy(&offer->subject));
    REQUIRE(state == OFFER_LAPSED || state == OFFER_REVOKED);
    if (pauses && match_peer_busy(duty))
        return false;
    if (state == OFFER_LAPSED &&
        (lapsing(duty) || match_subject_busy(&duty->subject)))
        return false; /* whether it pauses is known only after that */
    command.close_offer.offer = offer->row.id;
    command.close_offer.state = state;
    command.close_offer.lapses_max = (uint8_t)engine->limits.lapses_max;
    command.close_offer.backoff_until_ms = backoff(engine, offer);
    if (state == OFFER_LAPSED)
        command.close_offer.rests_until_ms =
            match_timer_add(engine->now_ms, engine->limits.exclude_lapsed_ms);
    flight = match_flight_send(engine, &command, 0);
    REQUIRE(flight != NULL);
    flight->subject = offer->row.id;
    if (pauses) {
        /* this offer and its ticket too */
        match_peer_lock(engine, flight, duty);
        return true;
    }
    match_flight_lock(engine, flight, &offer->subject);
    match_flight_lock(engine, flight, &offer->ticket->subject);
    return true;
}
