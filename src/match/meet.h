/* match/meet -- what happens in a talk: join, end, idle, reflect. */
#ifndef MATCH_MEET_H
#define MATCH_MEET_H

#include "match/state.h"

bool match_meet_join(struct match_engine *engine,
                     const struct match_event *event);
/* END and IDLE. */
bool match_meet_end(struct match_engine *engine,
                    const struct match_event *event);
bool match_meet_reflect(struct match_engine *engine,
                        const struct match_event *event);

/* End a talk that is not busy. */
void match_meet_close(struct match_engine *engine, struct match_talk *talk,
                      enum match_talk_why why, uint64_t call,
                      const struct match_key *key);

#endif
