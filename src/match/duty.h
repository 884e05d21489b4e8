/* match/duty -- a peer's time on call, as the engine holds it.
 *
 * Its place outlives the duty while offers or talks of it do, and after that
 * until another needs it: the load of a peer who comes back is still known.
 *
 * Laws
 *   1. Its state moves only as ENGINE.md §4 lists: the table in duty.c.
 *   2. used, which is what it has of offers (proposed ones too) and talks, is
 *      counted here and never taken from a row. */
#ifndef MATCH_DUTY_H
#define MATCH_DUTY_H

#include "match/hand.h"
#include "match/subject.h"

struct match_engine;

enum match_duty_timer {
    DUTY_SILENT,
    DUTY_GRACE,
    DUTY_UNTIL,
    DUTY_REST,
    DUTY_TIMERS
};

enum { DUTY_BUCKETS = 12, DUTY_BUCKET_MS = 300000, DUTY_LOAD_MAX = 8 };

struct match_duty { /* what each question asks first; the hand comes last */
    struct match_subject subject;
    struct match_duty_row row; /* row.member = 0: a free place */
    struct match_presence presence;
    uint8_t offers, talks;       /* in the lists below */
    bool closing, held, asking;  /* what forbids, from the propose on */
    uint8_t begins;              /* of begun[] */
    uint32_t place;              /* of match/slice: 1 + its column; 0 = none */
    uint32_t batch, batch_index; /* its number in the batch `batch` */
    uint64_t bucket;             /* the newest of recent[] */
    uint16_t recent[DUTY_BUCKETS]; /* offers made, by bucket modulo */
    struct {                       /* talks begun lately, oldest first */
        uint64_t talk, at_ms;
    } begun[MATCH_DAY_MAX];
    struct list offer_list, talk_list;
    struct match_key key; /* of the attend in flight */
    uint64_t call;        /* which is to be answered; 0 = it was */
    struct match_timer timer[DUTY_TIMERS];
    /* Until its rest is over, or next a talk counts no more in the day. */
    struct heap_item nap;
    struct heap_item moment; /* in the agenda */
    struct list pool_link;   /* not OFF, in its pool */
    struct match_hand hand;  /* empty when OFF */
};

/* The duty of a member, known or new (then OFF).  ERR_FULL. */
MUST_USE enum err match_duty_need(struct match_engine *engine, uint64_t member,
                                  uint32_t pool, struct match_duty **duty);
struct match_duty *match_duty_of(const struct match_engine *engine,
                                 uint64_t member);

/* Adopt a row of the store. */
void match_duty_adopt(struct match_engine *engine, struct match_duty *duty,
                      const struct match_duty_row *row, uint64_t seq);

/* Empty its hand. */
void match_duty_discard(struct match_engine *engine, struct match_duty *duty);

void match_duty_arm(struct match_engine *engine, struct match_duty *duty);
/* Its nap is over by the clock: it may be free, until the next. */
void match_duty_woken(struct match_engine *engine, struct match_duty *duty);

/* OFF and nothing left of it: its place may be had by another. */
void match_duty_idle(struct match_engine *engine, struct match_duty *duty);

uint8_t match_duty_used(const struct match_duty *duty);
/* How many more offers it may have now: of its capacity, and of its own
 * maximum a day, which open offers count against as talks begun do. */
uint8_t match_duty_room(const struct match_engine *engine,
                        const struct match_duty *duty);
/* A talk of it began.  Harmless if that is known. */
void match_duty_begun(struct match_engine *engine, struct match_duty *duty,
                      const struct match_talk_row *talk);
/* From when on it has room for one more talk in its day, if the talks begun
 * have taken all of it; else 0. */
uint64_t match_duty_day_until_ms(const struct match_engine *engine,
                                 const struct match_duty *duty);
/* What was begun at this time or before counts no more. */
uint64_t match_duty_day_since_ms(const struct match_engine *engine);
/* free(p) of ENGINE.md §3. */
bool match_duty_free(const struct match_engine *engine,
                     const struct match_duty *duty);
/* Is the grade enough, and unexpired? */
bool match_duty_graded(const struct match_engine *engine,
                       const struct match_duty *duty);

/* The bucket of time that loads are of now, modulo 2^32. */
uint32_t match_duty_bucket(const struct match_engine *engine);

struct match_duty_load {
    uint32_t offers; /* load(p) */
    uint32_t now;    /* the bucket of time, modulo 2^32 */
    uint32_t until;  /* that from which on it may be less though nothing
                        happens: at most DUTY_BUCKETS from now */
};

struct match_duty_load match_duty_load(const struct match_engine *engine,
                                       const struct match_duty *duty);
/* One more offer for it. */
void match_duty_count(struct match_engine *engine, struct match_duty *duty);

#endif
