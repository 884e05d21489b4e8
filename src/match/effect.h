/* match/effect -- what the engine wants done, in order.
 *
 * The caller owns the array.  When it is full, fresh numbers run out or a slice
 * of what takes long is over, the engine says `more`: carry these out, then
 * step a TICK with the same now_ms at once.  Pointers in a command (rarity
 * rows) live until the next step. */
#ifndef MATCH_EFFECT_H
#define MATCH_EFFECT_H

#include "base/log.h"
#include "match/command.h"

enum match_effect_kind {
    EFFECT_STORE,       /* hand the command to the store; answer with STORED */
    EFFECT_REPLY,       /* answer the call */
    EFFECT_TELL_TICKET, /* the whole current state, to the stream */
    EFFECT_TELL_DUTY,
    EFFECT_TELL_TALK, /* to whoever receives in this talk */
    EFFECT_DROP,      /* end the stream `call` with err */
    EFFECT_NOTE,      /* log_event() */
    EFFECT_KINDS
};

/* Why a seeker still waits past the bound. */
enum match_bound {
    BOUND_NONE, /* the bound has not passed */
    BOUND_NOBODY_ON_DUTY,
    BOUND_NONE_COMPATIBLE,
    BOUND_ALL_BUSY,
    BOUND_COUNT
};

struct match_ticket_view {
    uint64_t ticket, talk;         /* talk: 0 until MATCHED */
    enum match_ticket_state state; /* OFFERED is told as WAITING */
    enum match_ticket_why why;
    enum match_bound bound;
    bool bound_few; /* its reason rests on one to four peers: nobody is told */
    uint32_t binding; /* bit i: must[i] of their card alone rules five out */
    bool danger;
    bool wishes; /* nobody will do but whom they asked for */
    uint64_t waited_ms;
    uint32_t estimate_min; /* 0 = too few matches to say */
};

struct match_duty_view {
    uint64_t member;
    enum match_duty_state state;
    enum match_duty_why why;
    uint8_t capacity, offers, talks;
    uint64_t rest_until_ms;
    uint64_t day_until_ms; /* day_max were begun: from when on one more may */
    struct {
        uint64_t id, deadline_ms, met;
        uint8_t showns;
        bool danger;
        uint64_t shown[MATCH_SHOWN_MAX];
    } offer[MATCH_CAPACITY_MAX];
    uint64_t talk[MATCH_CAPACITY_MAX];
};

struct match_talk_view {
    uint64_t talk;
    enum match_talk_state state;
    enum match_talk_why why;
};

struct match_effect {
    enum match_effect_kind kind;
    uint64_t call; /* REPLY, DROP: the call; TELL_TICKET, TELL_DUTY: the
                      stream (0: a seeker without one); STORE: the call it is on behalf of, or 0 */
    union {
        struct match_command store;
        struct {
            enum err err;       /* ERR_NONE: done */
            uint64_t reference; /* the ticket (ASK, WITHDRAW), the talk (an
                                   accepting ANSWER), the offer (declining) */
        } reply;
        struct match_ticket_view ticket;
        struct match_duty_view duty;
        struct match_talk_view talk;
        enum err drop;
        struct {
            enum log_code code;
            enum err reason;
            uint64_t n;
        } note;
    };
};

struct match_effects {
    struct match_effect *item; /* the caller's, cap ≥ 32 */
    uint32_t cap, n;
    uint32_t fresh_used; /* of the event's fresh[] */
    bool more;
};

#endif
