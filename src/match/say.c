#include "match/say.h"

#include "base/require.h"
#include "match/view.h"

bool match_say_room(const struct match_engine *engine)
{
    REQUIRE(engine->effects->n <= engine->effects->cap);
    return engine->effects->cap - engine->effects->n > SAY_SPARE;
}

uint32_t match_say_fresh_left(const struct match_engine *engine)
{
    REQUIRE(engine->effects->fresh_used <= MATCH_FRESH_MAX);
    return MATCH_FRESH_MAX - engine->effects->fresh_used;
}

bool match_say_fresh(struct match_engine *engine, uint64_t *number)
{
    if (match_say_fresh_left(engine) == 0)
        return false;
    *number = engine->event->fresh[engine->effects->fresh_used++];
    return true;
}

struct match_effect *match_say(struct match_engine *engine,
                               enum match_effect_kind kind, uint64_t call)
{
    struct match_effects *effects = engine->effects;
    struct match_effect *effect = &effects->item[effects->n];

    REQUIRE(effects->n < effects->cap);
    effects->n++;
    *effect = (struct match_effect){.kind = kind, .call = call};
    return effect;
}

void match_say_reply(struct match_engine *engine, uint64_t call, enum err err,
                     uint64_t reference)
{
    struct match_effect *effect;

    REQUIRE(err < ERR_COUNT);
    if (call == 0)
        return;
    effect = match_say(engine, EFFECT_REPLY, call);
    effect->reply.err = err;
    effect->reply.reference = reference;
}

void match_say_drop(struct match_engine *engine, uint64_t call, enum err err)
{
    REQUIRE(err != ERR_NONE);
    if (call != 0)
        match_say(engine, EFFECT_DROP, call)->drop = err;
}

void match_say_note(struct match_engine *engine, enum log_code code)
{
    REQUIRE(code < LOG_COUNT);
    engine->note[code]++;
    if (engine->note_from == engine->note_to) {
        engine->note_from = code;
        engine->note_to = code + 1u;
    } else if (code < engine->note_from) {
        engine->note_from = code;
    } else if (code >= engine->note_to) {
        engine->note_to = code + 1u;
    }
}

void match_say_tell(struct match_engine *engine, struct match_subject *subject)
{
    if (!list_linked(&subject->tell_link))
        list_push_back(&engine->tell, &subject->tell_link);
}

static void tell_ticket(struct match_engine *engine,
                        struct match_ticket *ticket)
{
    if (ticket->row.state != (uint32_t)TICKET_NEW) {
        struct match_effect *effect =
            match_say(engine, EFFECT_TELL_TICKET, ticket->presence.stream);

        match_view_ticket(engine, ticket, &effect->ticket);
    }
    if (!match_ticket_live(ticket) && !match_subject_busy(&ticket->subject))
        match_ticket_free(engine, ticket);
}

static void tell_duty(struct match_engine *engine, struct match_duty *duty)
{
    /* an attend that is not stored yet is told nothing */
    if (duty->presence.stream != 0 && duty->presence.stream != duty->call)
        match_view_duty(
            engine, duty,
            &match_say(engine, EFFECT_TELL_DUTY, duty->presence.stream)->duty);
    match_duty_idle(engine, duty);
}

static void tell_talk(struct match_engine *engine, struct match_talk *talk)
{
    if (talk->row.state != (uint32_t)TALK_NEW)
        match_say(engine, EFFECT_TELL_TALK, 0)->talk =
            (struct match_talk_view){.talk = talk->row.id,
                                     .state = talk->row.state,
                                     .why = talk->row.why};
    if (talk->row.state == TALK_ENDED && !match_subject_busy(&talk->subject))
        match_talk_free(engine, talk);
}

static void tell(struct match_engine *engine, struct match_subject *subject)
{
    switch (subject->kind) {
    case SUBJECT_TICKET:
        tell_ticket(engine, (struct match_ticket *)(void *)subject);
        break;
    case SUBJECT_DUTY:
        tell_duty(engine, (struct match_duty *)(void *)subject);
        break;
    case SUBJECT_TALK:
        tell_talk(engine, (struct match_talk *)(void *)subject);
        break;
    case SUBJECT_OFFER: /* told as part of its duty */
    default:
        REQUIRE(!"an offer has no owner of its own");
    }
}

bool match_say_flush(struct match_engine *engine)
{
    const struct match_effects *effects = engine->effects;

    while (!list_empty(&engine->tell)) {
        struct list *node = engine->tell.next;

        if (effects->cap - effects->n < 2)
            return false;
        list_unlink(node);
        tell(engine, LIST_ENTRY(node, struct match_subject, tell_link));
    }
    for (uint32_t code = engine->note_from; code < engine->note_to; code++) {
        struct match_effect *effect;

        if (engine->note[code] == 0)
            continue;
        if (effects->cap - effects->n < 2)
            return false;
        effect = match_say(engine, EFFECT_NOTE, 0);
        effect->note.code = (enum log_code)code;
        effect->note.n = engine->note[code];
        engine->note[code] = 0;
    }
    engine->note_from = engine->note_to = 0;
    return true;
}
