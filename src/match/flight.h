/* match/flight -- commands on their way to the store, and what waits for them.
 *
 * A flight locks the subjects it names.  An event that meets a locked subject
 * is latched: kept, without its pointers, and tried again after each result in
 * the order hold, block, close, change, answer.
 *
 * Laws
 *   1. A subject is locked by at most one flight (match/engine law 1).
 *   2. A call that waits in a flight or a latch is answered once (match/engine
 *      law 5). */
#ifndef MATCH_FLIGHT_H
#define MATCH_FLIGHT_H

#include "match/effect.h"
#include "match/event.h"
#include "match/subject.h"

struct match_engine;

enum { FLIGHT_SPARE = 256, FLIGHT_LATCHES = 256 };

struct match_flight {
    uint64_t op;   /* 0 = a free place */
    uint64_t call; /* to be answered with the result; 0 = none */
    enum match_command_kind kind;
    uint64_t subject;       /* id of what it is about */
    bool spare;             /* it locks no ticket, duty or talk of its own */
    bool over;              /* of ACCEPT: the talk it made has ended since */
    uint64_t member, other; /* of BLOCK, HOLD; whose call it is */
    struct list locked;     /* subjects */
    struct list link;       /* free, or in flight */
    struct list bar_link;   /* of BLOCK, HOLD: with the others of them */
};

/* Hand command to the store.  NULL: too many are in flight. */
struct match_flight *match_flight_send(struct match_engine *engine,
                                       struct match_command *command,
                                       uint64_t call);
/* The same for a command about something the engine does not hold, or about
 * many: at most FLIGHT_SPARE of them.  False: too many, and call was told. */
bool match_flight_pass(struct match_engine *engine,
                       struct match_command *command, uint64_t call);
void match_flight_lock(struct match_engine *engine, struct match_flight *flight,
                       struct match_subject *subject);
struct match_flight *match_flight_find(const struct match_engine *engine,
                                       uint64_t op);
/* Unlock everything, arm it again, and end the flight. */
void match_flight_land(struct match_engine *engine,
                       struct match_flight *flight);

/* Keep an event for later.  False: no room. */
bool match_flight_latch(struct match_engine *engine,
                        const struct match_event *event);
/* Try what was latched.  False: out of room or chance, go on in a TICK. */
bool match_flight_replay(struct match_engine *engine);

/* Is a hold of this member on its way, or latched before `until` (NULL: at
 * all)? */
bool match_flight_holds(const struct match_engine *engine, uint64_t member,
                        const struct match_event *until);
/* Does a WITHDRAW of this ticket, or a LEAVE or PAUSE of this peer, still wait
 * to be taken?  0: of none. */
bool match_flight_closes(const struct match_engine *engine, uint64_t ticket,
                         uint64_t peer);
/* Is a block of this pair on its way? */
bool match_flight_blocks(const struct match_engine *engine, uint64_t a,
                         uint64_t b);

/* Fenced: answer every call that waits, end every stream, as room allows. */
bool match_flight_abandon(struct match_engine *engine);

#endif
