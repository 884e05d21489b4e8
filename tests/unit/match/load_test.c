/* match/load -- what lived is taken up again. */
#include "engine_world.h"
#include "match/state.h"

static void load(struct world *w, bool tickets)
{
    for (uint32_t i = 0; i < w->store.rows; i++) {
        struct match_event event = {.kind = EVENT_LOAD};

        event.load.row = &w->store.row[i];
        if (w->store.row[i].kind == ROW_TICKET)
            event.load.card = &w->seeker[1];
        if ((w->store.row[i].kind == ROW_TICKET) == tickets)
            world_step(w, &event);
    }
}

/* The engine ends, and another takes up what the store has, 1 s later. */
static void start_again(struct world *w)
{
    struct match_limits limits = w->limits;

    free(w->engine);
    memset(w->duty, 0, sizeof w->duty);
    store_find(&w->store, ROW_DUTY, 2)->duty.state = DUTY_OFF; /* claim */
    w->now_ms += 1000;
    world_open(w, &limits);
    CHECK(world_err(w, world_ask(w, 5, false)) == ERR_STARTING);
    load(w, true);
    load(w, false);
}

static enum err ask_as(struct world *w, const struct match_key *key,
                       uint32_t generation)
{
    struct match_event event = {
        .kind = EVENT_ASK, .member = 1, .generation = generation, .key = *key};

    event.ask.card = &w->seeker[1];
    return world_err(w, world_event(w, event));
}

/* Which account key asked for it is not known until it is asked for again: who
 * rotated theirs long ago does not lose it by a start. */
static void whose(void)
{
    const struct match_key other = {.word = {77, 7}};
    struct world *w = world_new();
    struct match_key key;

    (void)world_attend(w, 2, 1);
    (void)world_ask(w, 1, false);
    start_again(w);
    world_live(w);
    key = world_stored(w, ROW_TICKET, w->ticket_of[1])->ticket.key;
    CHECK(ask_as(w, &other, 3) == ERR_TICKET_LIVES);
    CHECK(ask_as(w, &key, 3) == ERR_NONE);
    CHECK(ask_as(w, &other, 3) == ERR_TICKET_LIVES);
    CHECK(ask_as(w, &other, 4) == ERR_FULL);
    world_agrees(w);
    world_free(w);
}

static void recovery(void)
{
    struct world *w = world_new();
    uint64_t offer;

    (void)world_attend(w, 2, 1);
    (void)world_ask(w, 1, false);
    (void)world_ask(w, 3, false); /* waits: the peer has no room */
    offer = w->duty[2].offer[0].id;
    start_again(w);
    CHECK(w->engine->ticket_moments.size == 0); /* match/agenda law 2 */
    CHECK(w->engine->duty_moments.size == 0);
    world_live(w);
    CHECK(list_empty(&w->engine->pool[0].waiting)); /* match/line law 1 */
    CHECK(w->notes[LOG_RECOVERED_TICKETS] == 2);
    world_agrees(w);
    (void)world_attend(w, 2, 1);
    CHECK(w->duty[2].offers == 1 && w->duty[2].offer[0].id == offer);
    CHECK(world_err(w, world_answer(w, 2, offer, false)) == ERR_NONE);
    world_until(w, 60999);
    for (uint64_t member = 1; member <= 3; member += 2)
        CHECK(world_stored(w, ROW_TICKET, w->ticket_of[member])->ticket.state ==
              TICKET_WAITING);
    world_until(w, 61000); /* lost since the start, and grace */
    CHECK(w->notes[LOG_TICKET_ENDED] == 2);
    world_agrees(w);
    world_free(w);
}

int main(void)
{
    recovery();
    whose();
    return check_report("match/load");
}
