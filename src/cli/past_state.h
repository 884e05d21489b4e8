/* cli/past_state -- what cli/past keeps: members, asks, offers, and the lines
 * in the order they came.  Private to cli/past*.c. */
#ifndef CLI_PAST_STATE_H
#define CLI_PAST_STATE_H

#include "cli/day.h"
#include "cli/names.h"
#include "cli/past.h"

struct cli_past_member {                        /* by number, from 1 */
    uint32_t pool, version[MATCH_ROLES], named; /* named: by cards, from 1 */
    uint64_t stream[MATCH_ROLES];               /* 0: none, or lost */
    bool lost;
    struct match_key key[MATCH_ROLES]; /* of the ask or attend that lives */
    uint32_t ask, generation; /* the one that lives, or 0; of the account key */
    bool on;
};

struct cli_past_ask {
    uint32_t member, named; /* named: as WORKLOAD numbers it; 0 = refused */
    uint64_t talk, accepted_ms, talk_ms; /* talk_ms: 0 = not known */
    bool refused;
};

struct cli_past_offer {
    uint32_t ask, peer;
    uint64_t made_ms, after_ms;
    enum cli_day_say say;
    bool known; /* what was said to it */
};

struct cli_past_line {
    enum cli_day_do what;
    uint64_t t_ms, rest_ms, call; /* call: a refusal takes the line out */
    uint32_t member, other, ask;
    struct match_card *card; /* owned */
    enum match_grade grade;
    enum match_role side;
    uint8_t capacity;
    bool danger, understood, again, out;
};

struct cli_past_rarity { /* of a pool at the start */
    struct match_rarity_row *row;
    uint32_t rows, cap;
    bool given; /* in bits, from outside */
};

struct cli_past {
    struct cli_names members, tickets, offers, talks, streams, calls;
    struct cli_past_member *member;
    struct cli_past_ask *ask;
    struct cli_past_offer *offer;
    struct cli_past_line *line;
    /* by number; call_line: of the line after the one it made */
    uint32_t *ticket_ask, *talk_ask, *stream_member, *call_line;
    uint32_t members_cap, asks, asks_cap, offers_cap, lines, lines_cap;
    uint32_t tickets_cap, talks_cap, streams_cap, calls_cap;
    struct cli_past_rarity rarity[CLI_DAY_POOLS_MAX];
    uint64_t now_ms; /* of the past, from 0 */
};

/* Room for need elements of size bytes in *table; new ones are all zero. */
MUST_USE enum err cli_past_state_grow(void *table, uint32_t *cap, uint32_t need,
                                      size_t size);

/* The number of an id, from 1; 0: none, or not known. */
uint32_t cli_past_state_find(const struct cli_names *names, uint64_t id);
MUST_USE enum err cli_past_state_add(struct cli_names *names, uint64_t id,
                                     uint32_t *number);

/* What an id has beside it: an ask, a member; 0: nothing. */
MUST_USE enum err cli_past_state_bind(struct cli_names *names,
                                      uint32_t **beside, uint32_t *cap,
                                      uint64_t id, uint32_t value);
uint32_t cli_past_state_bound(const struct cli_names *names,
                              const uint32_t *beside, uint64_t id);

/* The number of a member, new or not. */
MUST_USE enum err cli_past_state_member(struct cli_past *past, uint64_t id,
                                        uint32_t *number);

/* A line, now. */
MUST_USE enum err cli_past_state_line(struct cli_past *past,
                                      const struct cli_past_line *line);
MUST_USE enum err cli_past_state_say(struct cli_past *past,
                                     enum cli_day_do what, uint32_t member,
                                     uint64_t call);

/* cli/past_hear: what an effect says about the day. */
MUST_USE enum err cli_past_hear(struct cli_past *past,
                                const struct match_effect *effect,
                                uint64_t now_ms);

#endif
