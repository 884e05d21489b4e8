/* match/engine -- step(engine, event, effects): the whole of the matching.
 *
 * Pure: no clock, no chance, no allocation after match_engine_init(), no I/O,
 * no callbacks.  What ENGINE.md says, to the last bit.  One engine serves all
 * pools of a node and is the single writer of their matching facts.
 *
 * Tighten at propose, loosen at stored: what forbids holds from the moment it
 * is proposed, what permits holds only when the store said so.  A row has at
 * most one command in flight; what arrives meanwhile is latched and replayed
 * in the order hold, close, answer (all of it: match/flight).
 *
 * Presence: an ASK or ATTEND, and every SEEN, proves life; LOST of the newest
 * stream, or lost_ms without proof, makes its owner away; the same key (or a
 * SEEN while the stream stands) brings them back.  A caller that knows the
 * streams by itself sets limits.fresh_ms and lost_ms to UINT64_MAX and sends
 * LOST and the returning ASK or ATTEND alone: nobody need beat then.
 *
 * What the engine does not hold (a closed ticket, an ended talk, an unknown
 * offer) is the store's to answer: the call is passed on with its key.
 *
 * Laws: those of DESIGN §8, of which match_engine_check() walks 1, 2, 4 and 8,
 * and the engine's own, of which it walks 1 to 4:
 *   1. A subject (ticket, offer, duty, talk) has at most one command in
 *      flight.
 *   2. A peer's used + reserved never exceeds the capacity in force when the
 *      last of them was proposed, nor 8.
 *   3. A pair that is told or offered satisfies Hard at that step.
 *   4. Every live ticket is in exactly one of: waiting, offered, in flight.
 *   5. A call is answered exactly once. */
#ifndef MATCH_ENGINE_H
#define MATCH_ENGINE_H

#include <stddef.h>

#include "match/effect.h"
#include "match/event.h"

struct match_engine; /* opaque; lives in the caller's memory */

/* What the tables are sized for.  A table that is full answers ERR_FULL. */
struct match_sizes {
    uint32_t pools;   /* pool numbers are 0 .. pools - 1 */
    uint32_t tickets; /* live */
    uint32_t duties;  /* on duty, or with an open offer or live talk */
    uint32_t talks;   /* live, or ended and still open to reflection */
    uint32_t pairs;   /* exclusions, blocks and bonds of live members */
    uint32_t terms;   /* distinct tokens on live cards, per pool */
};

/* The bytes an engine of these sizes takes. */
size_t match_engine_bytes(const struct match_sizes *sizes);

/* Make an engine in memory[match_engine_bytes(sizes)], all zero and aligned as
 * by calloc(): a table takes real memory only as far as it is used.  Nothing to
 * close: the caller frees the memory. */
struct match_engine *match_engine_init(void *memory,
                                       const struct match_sizes *sizes,
                                       const struct match_limits *limits);

/* Apply event at event->now_ms.  effects is emptied first.  TICK goes on with
 * what `more` left over, else fires at most one timer: the first due.  Whether
 * another is due now, match_engine_deadline_ms() says. */
void match_engine_step(struct match_engine *engine,
                       const struct match_event *event,
                       struct match_effects *effects);

/* When the next TICK is due (now, if it is past); UINT64_MAX = never. */
uint64_t match_engine_deadline_ms(const struct match_engine *engine);

/* Walk the laws that show in the tables; REQUIREs them.  The number of facts
 * checked. */
uint64_t match_engine_check(const struct match_engine *engine);

/* What it holds now, for statistics. */
struct match_engine_count {
    uint32_t tickets_waiting, tickets_offered, duties_on, duties_paused;
    uint32_t offers_open, talks_live, commands_in_flight;
};
void match_engine_count(const struct match_engine *engine,
                        struct match_engine_count *count);

/* The rows it holds, one after another, for DESIGN law 13 and for recordings:
 * *cursor starts at 0; false at the end.  Rows of subjects with a command in
 * flight are left out. */
bool match_engine_row(const struct match_engine *engine, uint64_t *cursor,
                      struct match_row *row);

#endif
