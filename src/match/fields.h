/* match/fields -- every field of an event and of an effect, once, by what it
 * is: a number, an id, a call, a key, a token, a time.
 *
 * One walk serves four ends: PUT writes the fields as bytes, GET reads them
 * back and checks them, SUM adds them to a running sum, VEIL maps what names
 * somebody or some moment.  A field that is added to an event or an effect is
 * added here (tests/lint/fields sees to it), and is then recorded, compared and
 * veiled.
 *
 * Bytes are little-endian, of fixed width.  Counts come before what they
 * count.  Keys, mailboxes and text never enter the engine, so there is none.
 *
 * Pointers (cards, rows, results) are followed: GET and VEIL put what they
 * point to into the caller's room, and the event or effect points there.
 *
 * Laws
 *   1. What PUT wrote, GET reads back, field by field, and no byte is left.
 *   2. GET of any bytes stays in them, and within every bound: ERR_INVALID,
 *      with what and most saying which bound in fixed words.
 *   3. VEIL maps every id, call, key, token and time, and nothing else; with
 *      lift, back.
 *   4. Two walks of the same fields give the same sum; with one field changed,
 *      another. */
#ifndef MATCH_FIELDS_H
#define MATCH_FIELDS_H

#include <stddef.h>

#include "match/effect.h"
#include "match/event.h"

enum match_fields_mode { FIELDS_PUT, FIELDS_GET, FIELDS_SUM, FIELDS_VEIL };

enum match_veil_kind {
    VEIL_ID, /* of a member, ticket, offer, talk; a tie, which is drawn alike */
    VEIL_CALL,
    VEIL_KEY, /* a word of an idempotency key, a request's hash */
    VEIL_TOKEN,
    VEIL_TIME,
    VEIL_KINDS
};

/* What the layer above plugs: a one-to-one map of each kind with 0 to 0, that
 * keeps the order of times and the distance between them. */
struct match_veil {
    uint64_t (*map)(const void *arg, enum match_veil_kind kind, uint64_t x,
                    bool lift);
    const void *arg;
};

enum { MATCH_FIELDS_RARITY_MAX = 16384 }; /* rows of one table */

struct match_room { /* what a walked event or effect points to */
    struct match_result result;
    struct match_card card;
    struct match_row row[MATCH_ROWS_MAX];
    struct match_rarity_row rarity[MATCH_FIELDS_RARITY_MAX];
};

struct match_fields {
    enum match_fields_mode mode;
    uint8_t *out;      /* PUT: [size] */
    const uint8_t *in; /* GET: [size] */
    size_t at, size;
    uint64_t sum;
    const struct match_veil *veil;
    bool lift;
    struct match_room *room; /* GET, VEIL */
    uint32_t pools;          /* GET: rows are of pools below */
    enum err err;            /* ERR_TOO_LARGE: PUT past size */
    const char *what;        /* of ERR_INVALID: "… is at most" most */
    uint64_t most;
};

/* fresh: how many of event->fresh count; what GET found is returned. */
uint32_t match_fields_event(struct match_fields *fields,
                            struct match_event *event, uint32_t fresh);

/* SUM and VEIL alone. */
void match_fields_effect(struct match_fields *fields,
                         struct match_effect *effect);

/* --- the pieces, for what else is written so --- */

/* A number of width bytes, at most `most`: as it is, or as it was read. */
uint64_t match_fields_number(struct match_fields *fields, uint64_t x,
                             unsigned width, uint64_t most, const char *what);
/* The same of what counts or bounds something: never above most, whatever the
 * mode. */
uint32_t match_fields_count(struct match_fields *fields, uint64_t x,
                            unsigned width, uint32_t most, const char *what);
uint64_t match_fields_named(struct match_fields *fields,
                            enum match_veil_kind kind, uint64_t x);
void match_fields_key(struct match_fields *fields, struct match_key *key);
void match_fields_row(struct match_fields *fields, struct match_row *row);

#endif
