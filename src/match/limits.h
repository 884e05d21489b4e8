/* match/limits -- every constant of the policy, in one table.
 *
 * The table yields the struct, the defaults, the bounds that --set and the
 * configuration check, and the help text.  ENGINE.md §3 says what each means;
 * the defaults were measured there.
 *
 * Laws
 *   1. Every default lies within its own bounds. */
#ifndef MATCH_LIMITS_H
#define MATCH_LIMITS_H

#include <stdint.h>

#include "base/err.h"

/* Bounds that are part of the format of a card or a row. */
enum {
    MATCH_HAVE_MAX = 64,
    MATCH_SEEK_MAX = 32, /* groups */
    MATCH_SEEK_TOKENS_MAX = 64,
    MATCH_MUST_MAX = 16, /* groups */
    MATCH_GROUP_MAX = 8, /* tokens in one group */
    MATCH_MUST_TOKENS_MAX = MATCH_MUST_MAX * MATCH_GROUP_MAX,
    MATCH_MUST_NOT_MAX = 32,
    MATCH_CAPACITY_MAX = 8,
    MATCH_DAY_MAX = 16, /* of a peer's own maximum of talks a day */
    MATCH_SHOWN_MAX = 3,
    MATCH_TOP_K_MAX = 64,
    MATCH_BATCH_MAX = 2048
};

/* clang-format off */
/*    name                 default    least  most         help */
#define MATCH_LIMITS_TABLE(X) \
    X(relax_ms,              60000,   1,     3600000,     "a ticket's standard falls to zero over this time") \
    X(theta_share,           58982,   0,     65536,       "first standard, as a share of the best on duty (65536 = all of it)") \
    X(batch_ms,              1000,    10,    60000,       "batches run at multiples of this") \
    X(top_k,                 16,      1,     MATCH_TOP_K_MAX, "candidates per ticket in a batch") \
    X(batch_tickets,         512,     1,     MATCH_BATCH_MAX, "tickets in a batch") \
    X(age_per_min,           4096,    0,     1048576,     "weight of a minute of age in a batch") \
    X(age_max,               524288,  0,     16777216,    "most that age can weigh") \
    X(load_weight,           2048,    0,     65536,       "weight of each recent offer to a peer") \
    X(bound_ms,              120000,  1000,  86400000,    "a seeker is told honestly after this") \
    X(ticket_ms,             1800000, 1000,  86400000,    "lifetime of a ticket") \
    X(offer_ms,              30000,   1000,  600000,      "lifetime of an offer") \
    X(offer_danger_ms,       15000,   1000,  600000,      "lifetime of an offer for a ticket in danger") \
    X(slack_ms,              250,     0,     10000,       "an offer lapses this long after its deadline") \
    X(beat_ms,               20000,   1000,  600000,      "clients prove they are there this often") \
    X(fresh_ms,              25000,   1000,  600000,      "a proof of life is fresh for this long") \
    X(lost_ms,               45000,   1000,  600000,      "lost after this long without proof") \
    X(grace_ticket_ms,       60000,   0,     3600000,     "a lost seeker's ticket lives on for this long, and waits on as long after a talk to which nobody came") \
    X(grace_duty_ms,         30000,   0,     3600000,     "a lost peer's duty lives on for this long") \
    X(exclude_declined_ms,   86400000,0,     31536000000, "a pair rests after a decline") \
    X(exclude_lapsed_ms,     1800000, 0,     31536000000, "a pair rests after a lapse") \
    X(exclude_talked_ms,     604800000,0,    31536000000, "a pair rests after a talk") \
    X(lapses_max,            2,       1,     255,         "lapses in a row that pause a duty") \
    X(offers_max,            20,      1,     255,         "offers of a ticket before it backs off") \
    X(backoff_ms,            60000,   0,     3600000,     "how long it backs off") \
    X(rest_ms,               300000,  0,     86400000,    "default rest after a talk") \
    X(day_ms,                86400000,1000,  604800000,   "a peer's own maximum of talks is counted over this long") \
    X(settle_ms,             3000,    0,     600000,      "no offers for this long after a start (danger: at once)") \
    X(carry_ms,              1800000, 0,     86400000,    "who asks again within this after a talk that was none, or no fit, keeps the age; 0: never") \
    X(join_ms,               60000,   1000,  3600000,     "both sides join a talk within this") \
    X(idle_ms,               1800000, 1000,  86400000,    "a silent talk ends after this") \
    X(talk_ms,               14400000,1000,  86400000,    "longest talk") \
    X(mailbox_ms,            86400000,0,     2592000000,  "a mailbox can be read for this long after the end") \
    X(link_ms,               2592000000,0,   31536000000, "who met whom is kept for this long after the end; day_ms or more") \
    X(reflect_ms,            604800000,0,    2592000000,  "a talk can be reflected on for this long after its end; 0: never") \
    X(message_bytes_max,     32768,   2048,  32768,       "largest ciphertext of one message") \
    X(message_ms,            604800000,1000, 2592000000,  "an unread message lives this long") \
    X(rarity_ms,             600000,  1000,  86400000,    "term counts are smoothed this often") \
    X(show_min,              20,      1,     1000000,     "a term is shown as a reason only where this many current cards have it") \
    X(retries_max,           3,       0,     16,          "immediate retries after a refused offer")
/* clang-format on */

struct match_limits {
#define X(name, normal, least, most, help) uint64_t name;
    MATCH_LIMITS_TABLE(X)
#undef X
};

struct match_limit { /* one row of the table, for parsers and help */
    const char *name, *help;
    uint64_t normal, least, most;
};

/* The rows; their number in *n. */
const struct match_limit *match_limits_table(uint32_t *n);

/* All defaults. */
void match_limits_init(struct match_limits *limits);

/* Set the limit called name.  ERR_INVALID: no such name, or value out of its
 * bounds; nothing changed. */
MUST_USE enum err match_limits_set(struct match_limits *limits,
                                   const char *name, uint64_t value);

#endif
