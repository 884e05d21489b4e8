/* match/words -- what is written of the engine where a person or a program
 * reads it: one word for each kind, state and reason.
 *
 * They are part of what `kindred replay` and `kindred simulate` write, so a
 * word that is out there stays.
 *
 * Laws
 *   1. Each value has a word of its own among its like; NULL says that there
 *      is no reason yet, and nothing else. */
#ifndef MATCH_WORDS_H
#define MATCH_WORDS_H

#include "match/effect.h"
#include "match/event.h"

const char *match_words_event(enum match_event_kind kind);
const char *match_words_effect(enum match_effect_kind kind);
const char *match_words_command(enum match_command_kind kind);

const char *match_words_ticket(enum match_ticket_state state);
const char *match_words_offer(enum match_offer_state state);
const char *match_words_duty(enum match_duty_state state);
const char *match_words_talk(enum match_talk_state state);

/* NULL: none. */
const char *match_words_ticket_why(enum match_ticket_why why);
const char *match_words_duty_why(enum match_duty_why why);
const char *match_words_talk_why(enum match_talk_why why);
const char *match_words_bound(enum match_bound bound);

#endif
