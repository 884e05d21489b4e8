/* match/fit -- one ticket and one peer: may they meet, and how well they fit.
 *
 * Laws
 *   1. match_fit_hard() is Hard of ENGINE.md §2, but for the state of the duty:
 *      whether it is on, free or away is its own.  While a ticket waits for one
 *      peer alone (match_ticket_wishes()), nobody else passes. */
#ifndef MATCH_FIT_H
#define MATCH_FIT_H

#include "match/state.h"

/* Law 1, but for the cards and what the pair has between them: the same pool,
 * two members, neither held, and the grade. */
bool match_fit_people(const struct match_engine *engine,
                      const struct match_ticket *ticket,
                      const struct match_duty *duty);

/* That, and the cards both ways at the ticket's age. */
bool match_fit_cards(const struct match_engine *engine,
                     const struct match_ticket *ticket,
                     const struct match_duty *duty);

/* From when on an exclusion or a block lets them meet: 0 = now already,
 * MATCH_NEVER = not as things are. */
uint64_t match_fit_parted_until_ms(const struct match_engine *engine,
                                   const struct match_ticket *ticket,
                                   const struct match_duty *duty);

/* Both. */
bool match_fit_hard(const struct match_engine *engine,
                    const struct match_ticket *ticket,
                    const struct match_duty *duty);

/* A duty will be held against Hard, its cards perhaps, too: a hint to the
 * memory, no more. */
void match_fit_expect(const struct match_duty *duty, bool cards);

/* P; of one pool. */
uint32_t match_fit_p(const struct match_engine *engine,
                     const struct match_ticket *ticket,
                     const struct match_duty *duty);

/* Of a duty of greater P than the best of a ticket: it is the best, unless Hard
 * is against it. */
void match_fit_claim(const struct match_engine *engine,
                     const struct match_ticket *ticket, struct match_best *best,
                     struct match_duty *duty, uint32_t p);

#endif
