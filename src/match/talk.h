/* match/talk -- an accepted offer, as the engine holds it while it lives.
 *
 * Laws
 *   1. Its state moves only as ENGINE.md §4 lists: the table in talk.c. */
#ifndef MATCH_TALK_H
#define MATCH_TALK_H

#include "match/subject.h"

struct match_engine;
struct match_duty;

enum { TALK_NEW = TALK_STATES };

struct match_talk {
    struct match_subject subject;
    struct match_talk_row row; /* row.id = 0: a free place */
    struct match_duty *duty;   /* NULL once ended */
    struct match_timer no_show, limit;
    struct list duty_link;
    struct list seeker_link; /* with the others of the seeker that live */
};

struct match_talk *match_talk_find(const struct match_engine *engine,
                                   uint64_t id);

/* The first (`after` NULL) or the next talk that lives in which this member is
 * the seeker; NULL: no more. */
struct match_talk *match_talk_sought(const struct match_engine *engine,
                                     uint64_t seeker,
                                     const struct match_talk *after);

/* Adopt a row: of a talk that is not known and lives, a new one.  ERR_FULL. */
MUST_USE enum err match_talk_adopt(struct match_engine *engine,
                                   const struct match_talk_row *row,
                                   uint64_t seq);
void match_talk_arm(struct match_engine *engine, struct match_talk *talk);
/* Ended, told, not busy: its place is free. */
void match_talk_free(struct match_engine *engine, struct match_talk *talk);

#endif
