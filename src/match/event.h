/* match/event -- what can happen to the engine.
 *
 * An event carries its time, the call it answers, and fresh random numbers:
 * the engine has no clock and no chance.  now_ms never goes backwards.
 *
 * fresh[] is used in order: ASK takes the ticket's id and its tie; ATTEND the
 * duty's tie; ANSWER the talk's id; every offer made, in any event, its id.
 * When they run out the engine says `more` and goes on in the next TICK. */
#ifndef MATCH_EVENT_H
#define MATCH_EVENT_H

#include "match/command.h"

enum match_event_kind {
    EVENT_BEGIN, /* a claim succeeded; what follows is its load */
    EVENT_LOAD,  /* one live row, in the order ENGINE.md §5 gives */
    EVENT_LIVE,  /* the load is complete: check every law, start */
    EVENT_ASK,   /* call = the stream; same key = resume */
    EVENT_WITHDRAW,
    EVENT_DANGER, /* it turned out so since the ask */
    EVENT_ATTEND, /* call = the stream; same key = resume */
    EVENT_LEAVE,
    EVENT_PAUSE,
    EVENT_RESUME,
    EVENT_CAPACITY,
    EVENT_ANSWER,
    EVENT_JOIN, /* a side began to receive */
    EVENT_END,
    EVENT_REFLECT,
    EVENT_IDLE, /* the relay saw no message for idle_ms, or one expired */
    EVENT_BLOCK,
    EVENT_UNBLOCK,
    EVENT_SEEN, /* a beat, or any proof of life, of the stream `stream` */
    EVENT_LOST, /* the stream `stream` closed; an older one is ignored */
    EVENT_CARD, /* a card was put; cards of members not live are ignored */
    EVENT_HOLD,
    EVENT_GONE,   /* erased */
    EVENT_RARITY, /* a table from outside, frozen from now on */
    EVENT_STORED, /* the result of a STORE effect */
    EVENT_TICK,   /* deadline_ms() came, or `more` was said */
    EVENT_DRAIN,  /* no new tickets, duties or offers */
    EVENT_KINDS
};

enum { MATCH_FRESH_MAX = 8 };

struct match_event {
    enum match_event_kind kind;
    uint32_t pool;         /* of ASK, ATTEND, RARITY: below sizes.pools */
    uint32_t generation;   /* of ASK, ATTEND: of the caller's account key */
    uint64_t now_ms, call; /* call: whom to REPLY to; 0 = nobody */
    uint64_t member;       /* whose event it is; 0 where none */
    struct match_key key;  /* of a member's changing call */
    uint64_t fresh[MATCH_FRESH_MAX];
    union {
        struct {
            uint64_t epoch;
        } begin;
        struct { /* card: of a ticket, else NULL; copied */
            const struct match_row *row;
            const struct match_card *card;
        } load;
        struct { /* card: copied.  Talks of theirs, or 0: after lends its age;
                    of wish the peer is asked for, for wish_ms (0 = ever) alone */
            const struct match_card *card;
            uint64_t after, wish, wish_ms;
            bool danger;
        } ask;
        struct {
            uint64_t ticket;
        } withdraw; /* and DANGER */
        struct {    /* card: the peer's, copied; 0 in *_until_ms = no end */
            const struct match_card *card;
            enum match_grade grade;
            uint8_t capacity, day_max;
            uint64_t grade_until_ms, until_ms, rest_ms;
        } attend;
        struct {
            uint8_t capacity;
        } capacity;
        struct {
            uint64_t offer;
            bool accept;
        } answer;
        struct { /* JOIN, END, IDLE (side unused) */
            uint64_t talk;
            enum match_role side;
        } talk;
        struct {
            uint64_t talk;
            enum match_role side;
            bool said, understood, again;
        } reflect;
        struct {
            uint64_t other, via; /* as in the command */
        } block;
        struct { /* SEEN, LOST.  stream: the call id of the Ask or Attend; 0: a
                    beat of the member's own ticket (role SEEKER; must be
                    `ticket`) or duty, answered: NO_TICKET, NOT_ON_DUTY */
            uint64_t stream, ticket;
            enum match_role role;
        } stream;
        struct {
            const struct match_card *card;
        } card;
        struct {
            bool held;
        } hold;
        struct { /* EVENT_RARITY: bits in Q8 per token, frozen, in place of
                    all before; 0 of one in no row, or after a bad row */
            const struct match_rarity_row *row;
            uint32_t rows;
        } rarity;
        struct {
            const struct match_result *result;
        } stored;
    };
};

#endif
