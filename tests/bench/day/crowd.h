/* bench/day/crowd -- ten thousand members of libkindred and the day they have,
 * as many times faster as crowd.faster says, on one thread.
 *
 * stage.c is the day: who comes when, and what is printed at its end; seeker.c
 * and peer.c are the two parts, talk.c is what both do once they met.  Each
 * who is there has a connection of their own, and none when they are gone.
 *
 * All times in a name that ends in day_ms are of the day; crowd_ms() makes
 * them ours.  When people come, how long they stay and how patient they are
 * are assumptions, as those of bench/quality/workload.c. */
#ifndef BENCH_DAY_CROWD_H
#define BENCH_DAY_CROWD_H

#include "kindred/client.h"
#include "teds.h"

enum {
    CROWD_OFFERS = 8, /* that a peer can have at once */
    CROWD_REASONS = 8,
    CROWD_SECOND = 1000,
    CROWD_MINUTE = 60 * CROWD_SECOND,
    CROWD_HOUR = 60 * CROWD_MINUTE
};

struct person { /* all zero but identity and role: not there */
    struct kindred_identity identity;
    struct kindred_client *client; /* NULL: not there */
    struct kindred_member *member;
    struct kindred_timer *timer; /* a seeker's patience, a peer's shift */
    struct kindred_ask *ask;
    struct kindred_duty *duty;
    struct kindred_timer *pause;  /* a peer's, after lapses */
    uint64_t offer[CROWD_OFFERS]; /* those that were there a moment ago */
    uint64_t asked_us;            /* 0: not waiting */
    uint32_t pending, talks;      /* calls and talks that are theirs */
    enum kindred_role role;
    enum kindred_grade grade;
    bool bound, silent, carried; /* carried: an age, which works once */
    bool told;                   /* a seeker: what their ticket is */
    bool leaving;                /* a peer: has said so */
};

struct crowd_count { /* what happened; each is printed under its name */
#define CROWD_COUNTS(X)                                                        \
    X(asks)                                                                    \
    X(asks_again) /* after a talk that was none, or no fit */                  \
    X(asks_in_danger)                                                          \
    X(matched)                                                                 \
    X(told_the_bound)                                                          \
    X(withdrew)                                                                \
    X(left_silently) /* waiting */                                             \
    X(duties)                                                                  \
    X(accepted)                                                                \
    X(declined)                                                                \
    X(let_lapse)                                                               \
    X(pauses)                                                                  \
    X(said)                                                                    \
    X(heard)                                                                   \
    X(vanished) /* from a talk */                                              \
    X(reflected)                                                               \
    X(busy) /* still there from before when they were to come */
#define X(name) uint64_t name;
    CROWD_COUNTS(X)
#undef X
    uint64_t ticket_end[CROWD_REASONS], talk_end[CROWD_REASONS];
};

struct crowd {
    struct kindred_loop *loop;
    const char *address;
    uint64_t faster;
    struct teds teds; /* all chance */
    struct crowd_count count;
    double *wait_ms; /* of each who was matched */
    uint32_t waits, waits_cap, there;
    bool over; /* nobody new comes */
};
extern struct crowd crowd;

/* Ours for theirs; at least 1. */
uint64_t crowd_ms(uint64_t day_ms);
uint64_t crowd_now_us(void);
uint32_t crowd_permille(void);

/* A call failed (or not: status 0): counted by what and why. */
void crowd_failed(const char *what, const struct kindred_error *error);

/* They are there: a connection, a member, a timer. */
void crowd_arrive(struct person *who, void (*fire)(void *arg));
/* Nothing of theirs goes on any more?  Then they are gone. */
void crowd_may_go(struct person *who);

/* They ask; after: the mailbox of a talk whose wait goes on, or NULL. */
void crowd_seeker_come(struct person *who, const uint8_t *after);
void crowd_peer_come(struct person *who, uint64_t stay_day_ms);
/* The day is over: they take it back, go off duty. */
void crowd_seeker_stop(struct person *who);
void crowd_peer_stop(struct person *who);

void crowd_talk_begin(struct person *who,
                      const struct kindred_talk_start *start);

#endif
