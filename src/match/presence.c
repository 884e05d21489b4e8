#include "match/presence.h"

#include "base/require.h"
#include "match/agenda.h"
#include "match/say.h"

static struct map *streams(struct match_engine *engine,
                           const struct match_subject *subject)
{
    REQUIRE(subject->kind == SUBJECT_TICKET || subject->kind == SUBJECT_DUTY);
    return subject->kind == SUBJECT_TICKET ? &engine->ticket_by_stream
                                           : &engine->duty_by_stream;
}

static uint32_t number(const struct match_engine *engine,
                       const struct match_subject *subject)
{
    const void *at = subject;

    if (subject->kind == SUBJECT_TICKET)
        return (uint32_t)((const struct match_ticket *)at - engine->ticket);
    REQUIRE(subject->kind == SUBJECT_DUTY);
    return (uint32_t)((const struct match_duty *)at - engine->duty);
}

static void arm(struct match_engine *engine, struct match_subject *subject)
{
    if (subject->kind == SUBJECT_TICKET)
        match_ticket_arm(engine, (struct match_ticket *)(void *)subject);
    else
        match_duty_arm(engine, (struct match_duty *)(void *)subject);
}

static void moment(struct match_engine *engine, struct match_subject *subject)
{
    if (subject->kind == SUBJECT_TICKET)
        match_agenda_ticket(engine, (struct match_ticket *)(void *)subject);
    else
        match_agenda_duty(engine, (struct match_duty *)(void *)subject);
}

/* A proof of life: back, or fresh again, is a moment. */
static void seen(struct match_engine *engine, struct match_subject *subject,
                 struct match_presence *presence)
{
    bool stale = subject->kind == SUBJECT_TICKET &&
                 engine->now_ms - presence->seen_ms > engine->limits.fresh_ms;
    bool back = presence->away;

    REQUIRE(presence->seen_ms <= engine->now_ms);
    presence->seen_ms = engine->now_ms;
    presence->away = false;
    arm(engine, subject);
    if (back || stale)
        moment(engine, subject);
}

void match_presence_close(struct match_engine *engine,
                          struct match_subject *subject,
                          struct match_presence *presence)
{
    if (presence->stream != 0)
        REQUIRE(map_remove(streams(engine, subject), presence->stream));
    presence->stream = 0;
}

void match_presence_open(struct match_engine *engine,
                         struct match_subject *subject,
                         struct match_presence *presence, uint64_t call)
{
    uint64_t old = presence->stream;

    REQUIRE(engine->event != NULL);
    if (old != 0 && old != call)
        match_say_drop(engine, old, ERR_REPLACED);
    match_presence_close(engine, subject, presence);
    if (call != 0) {
        REQUIRE(map_put(streams(engine, subject), call,
                        number(engine, subject)) == ERR_NONE);
        presence->stream = call;
    }
    seen(engine, subject, presence);
}

void match_presence_lost(struct match_engine *engine,
                         struct match_subject *subject,
                         struct match_presence *presence)
{
    if (presence->away)
        return;
    presence->away = true;
    presence->away_ms = engine->now_ms;
    arm(engine, subject);
}

/* A beat names no stream: the member's own ticket or duty is meant. */
static enum err beat(struct match_engine *engine,
                     const struct match_event *event)
{
    struct match_ticket *ticket = match_ticket_of(engine, event->member);
    struct match_duty *duty = match_duty_of(engine, event->member);

    if (event->stream.role == MATCH_SEEKER) {
        if (!ticket || ticket->row.id != event->stream.ticket)
            return ERR_NO_TICKET;
        if (ticket->presence.stream != 0)
            seen(engine, &ticket->subject, &ticket->presence);
        return ERR_NONE;
    }
    if (!duty || duty->row.state == DUTY_OFF)
        return ERR_NOT_ON_DUTY;
    if (duty->presence.stream != 0)
        seen(engine, &duty->subject, &duty->presence);
    return ERR_NONE;
}

void match_presence_event(struct match_engine *engine,
                          const struct match_event *event)
{
    uint64_t stream = event->stream.stream;
    uint32_t seeker =
        stream != 0 ? map_get(&engine->ticket_by_stream, stream) : MAP_NONE;
    uint32_t peer =
        stream != 0 ? map_get(&engine->duty_by_stream, stream) : MAP_NONE;
    struct match_subject *subject = NULL;
    struct match_presence *presence = NULL;

    if (stream == 0) {
        enum err err =
            event->kind == EVENT_SEEN ? beat(engine, event) : ERR_NONE;

        match_say_reply(engine, event->call, err, event->stream.ticket);
        return;
    }
    if (seeker != MAP_NONE) {
        subject = &engine->ticket[seeker].subject;
        presence = &engine->ticket[seeker].presence;
    } else if (peer != MAP_NONE) {
        subject = &engine->duty[peer].subject;
        presence = &engine->duty[peer].presence;
    }
    if (presence && event->kind == EVENT_SEEN)
        seen(engine, subject, presence);
    if (presence && event->kind == EVENT_LOST) {
        match_presence_close(engine, subject, presence);
        match_presence_lost(engine, subject, presence);
    }
    match_say_reply(engine, event->call, ERR_NONE, 0);
}
