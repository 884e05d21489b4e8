#include "match/words.h"

#include "base/require.h"

/* Law 1: no value goes without. */
static const char *word(const char *const *words, unsigned n, unsigned x)
{
    REQUIRE(x < n);
    return words[x];
}

const char *match_words_event(enum match_event_kind kind)
{
    static const char *const words[EVENT_KINDS] = {
        [EVENT_BEGIN] = "begin",       [EVENT_LOAD] = "load",
        [EVENT_LIVE] = "live",         [EVENT_ASK] = "ask",
        [EVENT_WITHDRAW] = "withdraw", [EVENT_DANGER] = "danger",
        [EVENT_ATTEND] = "attend",     [EVENT_LEAVE] = "leave",
        [EVENT_PAUSE] = "pause",       [EVENT_RESUME] = "resume",
        [EVENT_CAPACITY] = "capacity", [EVENT_ANSWER] = "answer",
        [EVENT_JOIN] = "join",         [EVENT_END] = "end",
        [EVENT_REFLECT] = "reflect",   [EVENT_IDLE] = "idle",
        [EVENT_BLOCK] = "block",       [EVENT_UNBLOCK] = "unblock",
        [EVENT_SEEN] = "seen",         [EVENT_LOST] = "lost",
        [EVENT_CARD] = "card",         [EVENT_HOLD] = "hold",
        [EVENT_GONE] = "gone",         [EVENT_RARITY] = "rarity",
        [EVENT_STORED] = "stored",     [EVENT_TICK] = "tick",
        [EVENT_DRAIN] = "drain",
    };

    return word(words, EVENT_KINDS, kind);
}

const char *match_words_effect(enum match_effect_kind kind)
{
    static const char *const words[EFFECT_KINDS] = {
        [EFFECT_STORE] = "store",
        [EFFECT_REPLY] = "reply",
        [EFFECT_TELL_TICKET] = "tell_ticket",
        [EFFECT_TELL_DUTY] = "tell_duty",
        [EFFECT_TELL_TALK] = "tell_talk",
        [EFFECT_DROP] = "drop",
        [EFFECT_NOTE] = "note",
    };

    return word(words, EFFECT_KINDS, kind);
}

const char *match_words_command(enum match_command_kind kind)
{
    static const char *const words[COMMAND_KINDS] = {
        [COMMAND_OPEN_TICKET] = "open_ticket",
        [COMMAND_CLOSE_TICKET] = "close_ticket",
        [COMMAND_OPEN_DUTY] = "open_duty",
        [COMMAND_SET_DUTY] = "set_duty",
        [COMMAND_CLOSE_DUTY] = "close_duty",
        [COMMAND_OFFER] = "offer",
        [COMMAND_ACCEPT] = "accept",
        [COMMAND_DECLINE] = "decline",
        [COMMAND_CLOSE_OFFER] = "close_offer",
        [COMMAND_JOIN] = "join",
        [COMMAND_END_TALK] = "end_talk",
        [COMMAND_REFLECT] = "reflect",
        [COMMAND_BLOCK] = "block",
        [COMMAND_UNBLOCK] = "unblock",
        [COMMAND_HOLD] = "hold",
        [COMMAND_RARITY] = "rarity",
        [COMMAND_RAISE_DANGER] = "raise_danger",
    };

    return word(words, COMMAND_KINDS, kind);
}

const char *match_words_ticket(enum match_ticket_state state)
{
    static const char *const words[TICKET_STATES] = {
        [TICKET_WAITING] = "waiting",
        [TICKET_OFFERED] = "offered",
        [TICKET_MATCHED] = "matched",
        [TICKET_ENDED] = "ended",
    };

    return word(words, TICKET_STATES, state);
}

const char *match_words_offer(enum match_offer_state state)
{
    static const char *const words[OFFER_STATES] = {
        [OFFER_OPEN] = "open",         [OFFER_ACCEPTED] = "accepted",
        [OFFER_DECLINED] = "declined", [OFFER_LAPSED] = "lapsed",
        [OFFER_REVOKED] = "revoked",
    };

    return word(words, OFFER_STATES, state);
}

const char *match_words_duty(enum match_duty_state state)
{
    static const char *const words[DUTY_STATES] = {
        [DUTY_OFF] = "off",
        [DUTY_ON] = "on",
        [DUTY_PAUSED] = "paused",
    };

    return word(words, DUTY_STATES, state);
}

const char *match_words_talk(enum match_talk_state state)
{
    static const char *const words[TALK_STATES] = {
        [TALK_JOINING] = "joining",
        [TALK_OPEN] = "open",
        [TALK_ENDED] = "ended",
    };

    return word(words, TALK_STATES, state);
}

const char *match_words_ticket_why(enum match_ticket_why why)
{
    static const char *const words[TICKET_WHYS] = {
        [TICKET_WHY_MATCHED] = "matched", [TICKET_WHY_WITHDRAWN] = "withdrawn",
        [TICKET_WHY_EXPIRED] = "expired", [TICKET_WHY_LOST] = "lost",
        [TICKET_WHY_HELD] = "held",       [TICKET_WHY_ERASED] = "erased",
    };

    return word(words, TICKET_WHYS, why);
}

const char *match_words_duty_why(enum match_duty_why why)
{
    static const char *const words[DUTY_WHYS] = {
        [DUTY_WHY_LEFT] = "left",       [DUTY_WHY_UNTIL] = "until",
        [DUTY_WHY_GRADE] = "grade",     [DUTY_WHY_LOST] = "lost",
        [DUTY_WHY_REQUEST] = "request", [DUTY_WHY_LAPSES] = "lapses",
        [DUTY_WHY_ASK] = "ask",         [DUTY_WHY_HELD] = "held",
        [DUTY_WHY_ERASED] = "erased",   [DUTY_WHY_CLAIM] = "claim",
    };

    return word(words, DUTY_WHYS, why);
}

const char *match_words_talk_why(enum match_talk_why why)
{
    static const char *const words[TALK_WHYS] = {
        [TALK_WHY_ENDED] = "ended",   [TALK_WHY_NO_SHOW] = "no_show",
        [TALK_WHY_IDLE] = "idle",     [TALK_WHY_LIMIT] = "limit",
        [TALK_WHY_BLOCK] = "block",   [TALK_WHY_HELD] = "held",
        [TALK_WHY_ERASED] = "erased",
    };

    return word(words, TALK_WHYS, why);
}

const char *match_words_bound(enum match_bound bound)
{
    static const char *const words[BOUND_COUNT] = {
        [BOUND_NOBODY_ON_DUTY] = "nobody_on_duty",
        [BOUND_NONE_COMPATIBLE] = "none_compatible",
        [BOUND_ALL_BUSY] = "all_busy",
    };

    return word(words, BOUND_COUNT, bound);
}
