/* match/offer -- a ticket shown to one peer, as the engine holds it.
 *
 * A closed offer keeps its place until another needs it, so that its answer
 * can be replayed without the store.
 *
 * Laws
 *   1. Its state moves only as ENGINE.md §4 lists: the table in offer.c.
 *   2. A ticket has at most one offer open or proposed. */
#ifndef MATCH_OFFER_H
#define MATCH_OFFER_H

#include "match/subject.h"

struct match_engine;
struct match_ticket;
struct match_duty;

enum { OFFER_NEW = OFFER_STATES }; /* proposed, in flight */

struct match_offer {
    struct match_subject subject;
    struct match_offer_row row;  /* row.id = 0: a free place */
    struct match_ticket *ticket; /* NULL once closed */
    struct match_duty *duty;
    uint64_t talk; /* of ACCEPTED */
    struct match_timer lapse;
    struct list duty_link;
};

/* A proposed offer, linked to both.  ERR_FULL. */
MUST_USE enum err match_offer_new(struct match_engine *engine,
                                  const struct match_offer_row *row,
                                  struct match_ticket *ticket,
                                  struct match_duty *duty,
                                  struct match_offer **offer);
struct match_offer *match_offer_find(const struct match_engine *engine,
                                     uint64_t id);
void match_offer_adopt(struct match_engine *engine, struct match_offer *offer,
                       const struct match_offer_row *row, uint64_t seq);
void match_offer_arm(struct match_engine *engine, struct match_offer *offer);

/* Never stored: as if it had not been. */
void match_offer_undo(struct match_engine *engine, struct match_offer *offer);

#endif
