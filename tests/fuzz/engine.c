/* fuzz/engine -- any bytes as events to the engine, with a store behind it.
 *
 * The first byte says how: even, they are what chance is in the random
 * histories of the tests; odd, they are the events themselves, from anybody,
 * about anything, well behaved or not.  The engine walks its laws after each
 * step (match_engine_check), and when all has landed its rows are the store's
 * (DESIGN law 13). */
#include "base/require.h"
#include "engine_history.h"
#include "fuzz.h"

enum { FRESH = 1000, MOST = 1500 };

/* Some number that was given out as an id, and some that never is.  None that
 * will be: ids are 64 random bits, so nobody names one before it is there. */
static uint64_t some_id(struct world *w)
{
    return FRESH - 2 + roll(w->fresh - FRESH + 2);
}

static void set_card(struct world *w, uint64_t member,
                     struct match_event *event)
{
    enum match_role role = (enum match_role)roll(2);
    struct match_card *card =
        role == MATCH_SEEKER ? &w->seeker[member] : &w->peer[member];
    struct match_card made = {.version = card->version + 1, .role = role};

    made.haves = (uint8_t)roll(5);
    for (uint8_t i = 0; i < made.haves; i++)
        made.have[i] = 7 + i;
    made.show = roll(16);
    made.seeks = made.seek_tokens = (uint8_t)roll(3);
    for (uint8_t i = 0; i < made.seeks; i++) {
        made.seek[i] = (struct match_group){
            .first = i, .count = 1, .importance = (uint8_t)roll(4)};
        made.seek_token[i] = 7 + roll(6);
    }
    made.musts = made.must_tokens = (uint8_t)roll(2);
    made.must[0] =
        (struct match_group){.count = 1, .relax_after_ms = (uint32_t)roll(9)};
    made.must_token[0] = 7 + roll(3);
    made.must_nots = (uint8_t)roll(2);
    made.must_not[0] = 7 + roll(9);
    if (match_card_check(&made) != ERR_NONE)
        return;
    *card = made;
    if (role == MATCH_SEEKER)
        w->store.seeker_card[member] = made.version;
    else
        w->store.peer_card[member] = made.version;
    event->card.card = card;
}

static void fill_matching(struct world *w, struct match_event *event)
{
    uint64_t member = event->member;

    switch ((int)event->kind) {
    case EVENT_ASK:
        event->ask.card = &w->seeker[member];
        event->ask.danger = roll(4) == 0;
        w->ticket_of[member] = w->fresh;
        break;
    case EVENT_WITHDRAW:
    case EVENT_DANGER:
        event->withdraw.ticket = roll(2) ? w->ticket_of[member] : some_id(w);
        break;
    case EVENT_ATTEND:
        event->attend.card = &w->peer[member];
        event->attend.grade = roll(3) ? GRADE_PEER : GRADE_CRISIS_PEER;
        event->attend.capacity = (uint8_t)roll(10);
        event->attend.rest_ms = roll(3) * 1000;
        event->attend.until_ms = roll(3) ? 0 : w->now_ms + roll(90000);
        event->attend.grade_until_ms = roll(3) ? 0 : w->now_ms + roll(90000);
        break;
    case EVENT_CAPACITY:
        event->capacity.capacity = (uint8_t)roll(10);
        break;
    case EVENT_ANSWER:
        event->answer.offer = roll(4) ? some_offer(w, member) : some_id(w);
        event->answer.accept = roll(3) != 0;
        break;
    default:
        break;
    }
}

static void fill_rest(struct world *w, struct match_event *event)
{
    uint64_t talk = roll(3) ? some_talk(w, event->member) : some_id(w);

    switch ((int)event->kind) {
    case EVENT_JOIN:
    case EVENT_END:
    case EVENT_IDLE:
        event->talk.talk = talk;
        event->talk.side = (enum match_role)roll(2);
        break;
    case EVENT_REFLECT:
        event->reflect.talk = talk;
        event->reflect.side = (enum match_role)roll(2);
        event->reflect.said = roll(2);
        event->reflect.understood = roll(2);
        event->reflect.again = roll(2);
        break;
    case EVENT_BLOCK:
    case EVENT_UNBLOCK:
        event->block.other = 1 + roll(MEMBERS);
        break;
    case EVENT_SEEN:
    case EVENT_LOST:
        event->stream.stream = roll(w->calls + 2);
        event->stream.ticket = w->ticket_of[event->member];
        event->stream.role = (enum match_role)roll(2);
        break;
    case EVENT_CARD:
        set_card(w, event->member, event);
        break;
    case EVENT_HOLD:
        event->hold.held = roll(2);
        break;
    default:
        break;
    }
}

static void anything(struct world *w)
{
    struct match_event event = {.member = 1 + roll(MEMBERS)};

    event.kind =
        (enum match_event_kind)(EVENT_ASK + roll(EVENT_HOLD - EVENT_ASK + 1));
    if (roll(5) == 0) /* a key that may have been another's */
        event.key = (struct match_key){.word = {1 + roll(12), 1},
                                       .request_hash = roll(2)};
    fill_matching(w, &event);
    fill_rest(w, &event);
    (void)world_event(w, event);
}

static void events(struct world *w)
{
    w->later = true;
    while (rolls() && w->store.rows < STORE_CAP - 64 && w->calls < MOST) {
        switch (roll(8)) {
        case 0:
            world_until(w, w->now_ms + roll(roll(4) ? 3000 : 60000));
            break;
        case 1:
        case 2:
            if (w->flyings > 0)
                execute(w, (uint32_t)roll(w->flyings));
            break;
        case 3:
        case 4:
            if (lates > 0)
                deliver(w, (uint32_t)roll(lates));
            break;
        default:
            anything(w);
        }
        if (w->flyings > WORLD_FLYING / 2 || lates > WORLD_FLYING / 2)
            settle(w);
    }
    settle(w);
    world_agrees(w);
}

static void drain(struct world *w)
{
    struct match_event event = {.kind = EVENT_DRAIN};

    (void)world_event(w, event);
    dice = dice_end = NULL;
    settle(w);
    world_until(w, w->now_ms + 100000);
    settle(w);
    world_agrees(w);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *w;

    if (size < 2 || size > 6000)
        return 0;
    w = world_new();
    dice = data + 1;
    dice_end = data + size;
    lates = 0;
    seed_now = 1;
    if (data[0] & 1)
        events(w);
    else
        history(w, 1);
    if (data[0] & 2)
        drain(w);
    for (uint64_t call = 1; call <= w->calls; call++) /* match/engine law 5 */
        CHECK(w->call[call].answers <= 1);
    dice = dice_end = NULL;
    world_free(w);
    REQUIRE(check_failed == 0);
    return 0;
}
