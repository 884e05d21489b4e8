/* match/say -- effects, in the order in which they are to be carried out.
 *
 * Replies, drops and commands are said at once; what somebody is to be told
 * and notes wait for the end of the step, and for the next if there is no
 * room. */
#ifndef MATCH_SAY_H
#define MATCH_SAY_H

#include "match/state.h"

enum { SAY_SPARE = 12 }; /* what one event may say at once */

/* Room to go on: effects for another command and its answers. */
bool match_say_room(const struct match_engine *engine);
/* The next fresh number of the event; false: none left. */
bool match_say_fresh(struct match_engine *engine, uint64_t *number);
/* How many are left. */
uint32_t match_say_fresh_left(const struct match_engine *engine);

struct match_effect *match_say(struct match_engine *engine,
                               enum match_effect_kind kind, uint64_t call);
/* Nobody asked (call 0): nothing is said. */
void match_say_reply(struct match_engine *engine, uint64_t call, enum err err,
                     uint64_t reference);
void match_say_drop(struct match_engine *engine, uint64_t call, enum err err);
void match_say_note(struct match_engine *engine, enum log_code code);

/* Its owner is to be told how it is now. */
void match_say_tell(struct match_engine *engine, struct match_subject *subject);
/* Tell and note what waits; false: something still does. */
bool match_say_flush(struct match_engine *engine);

#endif
