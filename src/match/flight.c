#include "match/flight.h"

#include "base/require.h"
#include "match/agenda.h"
#include "match/line.h"
#include "match/say.h"
#include "match/turn.h"

struct match_flight *match_flight_send(struct match_engine *engine,
                                       struct match_command *command,
                                       uint64_t call)
{
    struct list *node = spare_take(&engine->flight_free);
    struct match_flight *flight;

    REQUIRE(engine->mode == ENGINE_LIVE);
    if (!node)
        return NULL;
    flight = LIST_ENTRY(node, struct match_flight, link);
    REQUIRE(flight->op == 0);
    command->op = ++engine->op;
    command->epoch = engine->epoch;
    command->now_ms = engine->now_ms;
    *flight = (struct match_flight){
        .op = command->op, .call = call, .kind = command->kind};
    list_init(&flight->locked);
    list_push_back(&engine->in_flight, &flight->link);
    if (flight->kind == COMMAND_BLOCK || flight->kind == COMMAND_HOLD)
        list_push_back(&engine->barring, &flight->bar_link);
    engine->in_flight_n++;
    REQUIRE(map_put(&engine->flight_by_op, flight->op,
                    (uint32_t)(flight - engine->flight)) == ERR_NONE);
    match_say(engine, EFFECT_STORE, call)->store = *command;
    return flight;
}

bool match_flight_pass(struct match_engine *engine,
                       struct match_command *command, uint64_t call)
{
    struct match_flight *flight = NULL;

    if (engine->spare_n < FLIGHT_SPARE)
        flight = match_flight_send(engine, command, call);
    if (!flight) {
        match_say_reply(engine, call, ERR_FULL, 0);
        return false;
    }
    flight->spare = true;
    engine->spare_n++;
    REQUIRE(engine->spare_n <= FLIGHT_SPARE);
    return true;
}

void match_flight_lock(struct match_engine *engine, struct match_flight *flight,
                       struct match_subject *subject)
{
    REQUIRE(flight->op != 0);
    REQUIRE(!match_subject_busy(subject)); /* Law 1, match/subject law 1 */
    subject->flight = flight;
    if (subject->kind == SUBJECT_TICKET)
        match_line_leave(engine, (struct match_ticket *)(void *)subject);
    list_push_back(&flight->locked, &subject->flight_link);
}

struct match_flight *match_flight_find(const struct match_engine *engine,
                                       uint64_t op)
{
    uint32_t at = op != 0 ? map_get(&engine->flight_by_op, op) : MAP_NONE;

    return at == MAP_NONE ? NULL : &engine->flight[at];
}

static void unlock(struct match_engine *engine, struct match_subject *subject)
{
    void *at = subject;

    REQUIRE(match_subject_busy(subject));
    subject->flight = NULL;
    switch (subject->kind) {
    case SUBJECT_TICKET:
        match_ticket_arm(engine, at);
        if (!match_ticket_live(at))
            match_say_tell(engine, subject);
        else if (subject->missed)
            match_agenda_ticket(engine, at);
        break;
    case SUBJECT_DUTY:
        match_duty_arm(engine, at);
        if (((struct match_duty *)at)->row.state == DUTY_OFF)
            match_say_tell(engine, subject);
        else if (subject->missed)
            match_agenda_duty(engine, at);
        break;
    case SUBJECT_TALK:
        match_talk_arm(engine, at);
        if (((struct match_talk *)at)->row.state == TALK_ENDED)
            match_say_tell(engine, subject);
        break;
    case SUBJECT_OFFER:
    default:
        match_offer_arm(engine, at);
        break;
    }
    subject->missed = false;
}

void match_flight_land(struct match_engine *engine, struct match_flight *flight)
{
    REQUIRE(flight->op != 0);
    while (!list_empty(&flight->locked))
        unlock(engine, LIST_ENTRY(list_pop_front(&flight->locked),
                                  struct match_subject, flight_link));
    REQUIRE(map_remove(&engine->flight_by_op, flight->op));
    list_unlink(&flight->link);
    list_unlink(&flight->bar_link);
    if (flight->spare)
        engine->spare_n--;
    flight->op = 0;
    engine->in_flight_n--;
    spare_give(&engine->flight_free, &flight->link);
    engine->replay = !list_empty(&engine->latched);
}

bool match_flight_latch(struct match_engine *engine,
                        const struct match_event *event)
{
    struct list *node = list_pop_front(&engine->latch_free);
    struct match_latch *latch;

    REQUIRE(event->kind != EVENT_ATTEND); /* its card would be lost */
    REQUIRE(event->kind != EVENT_STORED);
    if (!node)
        return false;
    latch = LIST_ENTRY(node, struct match_latch, link);
    latch->event = *event;
    if (event->kind == EVENT_ASK)
        latch->event.ask.card = NULL; /* its ticket holds it */
    list_push_back(&engine->latched, &latch->link);
    return true;
}

/* The order in which latched events are tried. */
static int rank(enum match_event_kind kind)
{
    static const int ranks[EVENT_KINDS] = {
        [EVENT_HOLD] = 1,    [EVENT_GONE] = 1,   [EVENT_BLOCK] = 2,
        [EVENT_UNBLOCK] = 2, [EVENT_DANGER] = 3, [EVENT_WITHDRAW] = 3,
        [EVENT_LEAVE] = 3,   [EVENT_END] = 3,    [EVENT_IDLE] = 3,
        [EVENT_PAUSE] = 4,   [EVENT_RESUME] = 4, [EVENT_CAPACITY] = 4,
        [EVENT_JOIN] = 4,    [EVENT_ASK] = 4,    [EVENT_REFLECT] = 4,
        [EVENT_ANSWER] = 5,
    };

    REQUIRE(kind < EVENT_KINDS);
    REQUIRE(ranks[kind] > 0);
    return ranks[kind];
}

bool match_flight_replay(struct match_engine *engine)
{
    if (!engine->replay)
        return true;
    for (int now = 1; now <= 5; now++) {
        struct list *node = engine->latched.next;

        while (node != &engine->latched) {
            struct match_latch *latch =
                LIST_ENTRY(node, struct match_latch, link);

            node = node->next;
            if (rank(latch->event.kind) != now)
                continue;
            if (!match_say_room(engine) || match_say_fresh_left(engine) == 0)
                return false;
            latch->event.now_ms = engine->now_ms;
            if (!match_turn_take(engine, &latch->event))
                continue;
            list_unlink(&latch->link); /* Law 2 */
            list_push_back(&engine->latch_free, &latch->link);
        }
    }
    engine->replay = false;
    return true;
}

static bool names_pair(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return (a == c && b == d) || (a == d && b == c);
}

static bool holds(const struct match_event *event, uint64_t member)
{
    return (event->kind == EVENT_HOLD || event->kind == EVENT_GONE) &&
           event->member == member;
}

bool match_flight_closes(const struct match_engine *engine, uint64_t ticket,
                         uint64_t peer)
{
    LIST_EACH (node, &engine->latched) {
        const struct match_event *event =
            &LIST_ENTRY(node, struct match_latch, link)->event;

        if (event->kind == EVENT_WITHDRAW && ticket != 0 &&
            event->withdraw.ticket == ticket)
            return true;
        if ((event->kind == EVENT_LEAVE || event->kind == EVENT_PAUSE) &&
            peer != 0 && event->member == peer)
            return true;
    }
    return false;
}

bool match_flight_holds(const struct match_engine *engine, uint64_t member,
                        const struct match_event *until)
{
    REQUIRE(member != 0);
    if (engine->holds == 0)
        return false;
    LIST_EACH (node, &engine->barring) {
        const struct match_flight *flight =
            LIST_ENTRY(node, struct match_flight, bar_link);

        if (flight->kind == COMMAND_HOLD && flight->member == member)
            return true;
    }
    LIST_EACH (node, &engine->latched) {
        const struct match_event *event =
            &LIST_ENTRY(node, struct match_latch, link)->event;

        if (event == until)
            return false;
        if (holds(event, member))
            return true;
    }
    return false;
}

bool match_flight_blocks(const struct match_engine *engine, uint64_t a,
                         uint64_t b)
{
    if (engine->blocks == 0)
        return false;
    LIST_EACH (node, &engine->barring) {
        const struct match_flight *flight =
            LIST_ENTRY(node, struct match_flight, bar_link);

        if (flight->kind == COMMAND_BLOCK &&
            names_pair(a, b, flight->member, flight->other))
            return true;
    }
    LIST_EACH (node, &engine->latched) {
        const struct match_event *event =
            &LIST_ENTRY(node, struct match_latch, link)->event;

        if (event->kind == EVENT_BLOCK &&
            names_pair(a, b, event->member, event->block.other))
            return true;
    }
    return false;
}

bool match_flight_abandon(struct match_engine *engine)
{
    uint32_t streams = engine->sizes.tickets + engine->sizes.duties;

    REQUIRE(engine->mode == ENGINE_FENCED);
    while (!list_empty(&engine->in_flight) || !list_empty(&engine->latched)) {
        const struct match_event *event;
        struct list *node;

        if (!match_say_room(engine))
            return false;
        node = list_pop_front(&engine->in_flight);
        if (node) {
            match_say_reply(engine,
                            LIST_ENTRY(node, struct match_flight, link)->call,
                            ERR_FENCED, 0);
            continue;
        }
        node = list_pop_front(&engine->latched);
        event = &LIST_ENTRY(node, struct match_latch, link)->event;
        if (event->kind != EVENT_ASK) /* its ticket knows the newest call */
            match_say_reply(engine, event->call, ERR_FENCED, 0);
    }
    for (; engine->fence < streams; engine->fence++) {
        uint32_t i = engine->fence;
        bool seeker = i < engine->sizes.tickets;
        uint64_t stream, call;

        if (!match_say_room(engine))
            return false;
        if (!seeker)
            i -= engine->sizes.tickets;
        stream = seeker ? engine->ticket[i].presence.stream
                        : engine->duty[i].presence.stream;
        call = seeker ? engine->ticket[i].call : engine->duty[i].call;
        match_say_drop(engine, stream, ERR_FENCED);
        if (call != stream)
            match_say_reply(engine, call, ERR_FENCED, 0); /* Law 2 */
    }
    return true;
}
