#include "match/meet.h"

#include "base/require.h"
#include "match/say.h"

bool match_meet_join(struct match_engine *engine,
                     const struct match_event *event)
{
    struct match_talk *talk = match_talk_find(engine, event->talk.talk);
    struct match_command command = {.kind = COMMAND_JOIN, .key = event->key};
    struct match_flight *flight;
    enum err err = ERR_NONE;

    REQUIRE(event->kind == EVENT_JOIN);
    if (!talk)
        err = ERR_NO_TALK;
    else if (event->talk.side >= MATCH_ROLES)
        err = ERR_INVALID;
    else if (talk->row.state == TALK_ENDED)
        err = ERR_TALK_ENDED;
    if (err != ERR_NONE || talk->row.joined >> event->talk.side & 1) {
        match_say_reply(engine, event->call, err, event->talk.talk);
        return true;
    }
    if (match_subject_busy(&talk->subject))
        return false;
    command.join.talk = talk->row.id;
    command.join.side = event->talk.side;
    flight = match_flight_send(engine, &command, event->call);
    REQUIRE(flight != NULL); /* there is one for each talk */
    flight->subject = talk->row.id;
    match_flight_lock(engine, flight, &talk->subject);
    return true;
}

/* The command that ends a talk, and what follows for the pair and the peer. */
static struct match_command ending(const struct match_engine *engine,
                                   const struct match_talk *talk,
                                   enum match_talk_why why)
{
    const struct match_limits *limits = &engine->limits;
    struct match_command command = {.kind = COMMAND_END_TALK};

    REQUIRE(why != TALK_WHY_NONE);
    REQUIRE(talk->duty != NULL);
    command.end_talk.talk = talk->row.id;
    command.end_talk.why = why;
    command.end_talk.rest_until_ms =
        match_timer_add(engine->now_ms, talk->duty->row.rest_ms);
    if (why != TALK_WHY_NO_SHOW) /* nobody is blamed for that */
        command.end_talk.rests_until_ms =
            match_timer_add(engine->now_ms, limits->exclude_talked_ms);
    return command;
}

void match_meet_close(struct match_engine *engine, struct match_talk *talk,
                      enum match_talk_why why, uint64_t call,
                      const struct match_key *key)
{
    struct match_command command = ending(engine, talk, why);
    struct match_flight *flight;

    REQUIRE(talk->row.state != TALK_ENDED);
    REQUIRE(!match_subject_busy(&talk->subject));
    if (key)
        command.key = *key;
    flight = match_flight_send(engine, &command, call);
    REQUIRE(flight != NULL); /* there is one for each talk */
    flight->subject = talk->row.id;
    match_flight_lock(engine, flight, &talk->subject);
}

bool match_meet_end(struct match_engine *engine,
                    const struct match_event *event)
{
    struct match_talk *talk = match_talk_find(engine, event->talk.talk);
    enum match_talk_why why =
        event->kind == EVENT_IDLE ? TALK_WHY_IDLE : TALK_WHY_ENDED;

    REQUIRE(event->kind == EVENT_END || event->kind == EVENT_IDLE);
    if (talk && talk->row.state != TALK_ENDED) {
        if (match_subject_busy(&talk->subject))
            return false;
        match_meet_close(engine, talk, why, event->call, &event->key);
        return true;
    }
    if (event->kind == EVENT_END) { /* the store knows how it ended */
        struct match_command command = {.kind = COMMAND_END_TALK,
                                        .key = event->key};

        command.end_talk.talk = event->talk.talk;
        command.end_talk.why = why;
        (void)match_flight_pass(engine, &command, event->call);
        return true;
    }
    match_say_reply(engine, event->call, ERR_TALK_ENDED, 0);
    return true;
}

bool match_meet_reflect(struct match_engine *engine,
                        const struct match_event *event)
{
    const struct match_talk *talk =
        match_talk_find(engine, event->reflect.talk);
    struct match_command command = {.kind = COMMAND_REFLECT, .key = event->key};

    REQUIRE(event->kind == EVENT_REFLECT);
    if (talk && match_subject_busy(&talk->subject))
        return false;
    if (talk && talk->row.state != TALK_ENDED) {
        match_say_reply(engine, event->call, ERR_TALK_LIVES, 0);
        return true;
    }
    command.reflect.talk = event->reflect.talk;
    command.reflect.within_ms = engine->limits.reflect_ms;
    command.reflect.side = event->reflect.side;
    command.reflect.said = event->reflect.said;
    command.reflect.understood = event->reflect.understood;
    command.reflect.again = event->reflect.again;
    (void)match_flight_pass(engine, &command, event->call);
    return true;
}
